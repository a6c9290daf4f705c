# SPDX-License-Identifier: Apache-2.0


"""Text from outside, made fit for a terminal."""

_CUT = "..."


def printable(text: str | bytes, limit: int) -> str:
    r"""Return `text` as printable characters only, `limit` of them at most.

    Bytes are read as UTF-8. Whatever is not printable, be it a control character, a
    bidirectional override or an invalid byte, is escaped as in a Python literal
    (`\n`, `\x1b`, `\u202e`), and so is the backslash, so that no two texts look the same.
    What is longer is cut between characters and ends in `...`.
    """
    if isinstance(text, bytes):
        # A character takes 4 bytes at most, so nothing past that can be shown.
        text = text[: 4 * (limit + 1)].decode("utf-8", "surrogateescape")
    shown = ""
    fits = ""
    for character in text:
        shown += _escaped(character)
        if len(shown) > limit:
            return fits + _CUT[: limit - len(fits)]
        if len(shown) <= limit - len(_CUT):
            fits = shown
    return shown


def _escaped(character: str) -> str:
    if character == "\\":
        return r"\\"
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # how surrogateescape carries an invalid byte
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")

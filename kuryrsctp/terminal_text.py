# SPDX-License-Identifier: Apache-2.0


"""Escapes text from outside, so that it can be shown on a terminal."""

_CUT = "..."


def printable(text: str | bytes, limit: int) -> str:
    r"""Return `text` as printable characters only, `limit` of them at most.

    Bytes are read as UTF-8. What is not printable (a control character, a bidirectional
    override, an invalid byte) is escaped as in a Python literal (`\n`, `\x1b`, `\u202e`). The
    backslash is escaped as well, so that different texts never look the same. A longer text is
    cut between characters and ends in `...`.
    """
    if isinstance(text, bytes):
        # A character takes at most 4 bytes: what follows them cannot be shown.
        text = text[: 4 * (limit + 1)].decode("utf-8", "surrogateescape")
    escaped = ""
    kept = ""
    for character in text:
        escaped += _escaped(character)
        if len(escaped) > limit:
            return kept + _CUT[: limit - len(kept)]
        if len(escaped) <= limit - len(_CUT):
            kept = escaped
    return escaped


def _escaped(character: str) -> str:
    if character == "\\":
        return r"\\"
    if character.isprintable():
        return character
    if "\udc80" <= character <= "\udcff":  # an invalid byte, as surrogateescape represents it
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")

# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.


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

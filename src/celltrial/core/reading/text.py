"""From bytes to text: encodings that real files have, and characters that no text of ours holds.

UTF-8 and UTF-16 are told by what they are; GB18030 (and GBK, GB2312 within it) where the bytes can be nothing else and
nearly all characters are common ones: any bytes of a western code page can be read as rare Chinese characters too.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from celltrial.core.errors import UserError, fault

#: Bytes of a text that a person wrote: a protocol, a mapping, the fields of a command.
MOST_BYTES: Final = 4 * 1024 * 1024
#: Bytes of what a program wrote: a table, a USDM document.
MOST_BYTES_OF_DATA: Final = 64 * 1024 * 1024
#: Share of the two-byte characters that must be common for bytes to be taken as GB18030 unasked.
_COMMON_SHARE: Final = 0.95
#: Controls but tab and line breaks, and what changes the direction of a text.
_FORBIDDEN: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]"
)
#: In a name there are no line breaks and nothing that is invisible either.
_FORBIDDEN_IN_NAMES: Final = re.compile(
    _FORBIDDEN.pattern[:-1] + "\t\n\r\x85\u00ad\u200b-\u200d\u2028\u2029\u2060-\u2064]"
)
_WIDE: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2212: 0x2D}


class Encoding(StrEnum):
    """How a text is written as bytes."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    GB18030 = "gb18030"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the encoding it was read from; line breaks are those of this system."""

    text: str
    encoding: Encoding


def decode(data: bytes, file: str, encoding: Encoding | None = None) -> Decoded:
    """Return the text of a file.

    encoding: as chosen; None recognises it. Raises COR-051 where the bytes are no text of it, or of no encoding that is known.
    """
    chosen = encoding or _recognised(data)
    if chosen is None:
        at = _first_wrong_byte(data)
        raise UserError(fault("COR-051", f"{file}:{_line(data, at)}", found=at + 1, expected=", ".join(Encoding)))
    try:
        text = data.decode({"utf-8": "utf-8-sig"}.get(chosen.value, chosen.value))
    except UnicodeDecodeError as error:
        where = f"{file}:{_line(data, error.start)}"
        raise UserError(fault("COR-051", where, found=error.start + 1, expected=chosen.value)) from None
    return Decoded(text.replace("\r\n", "\n").replace("\r", "\n"), chosen)


def _recognised(data: bytes) -> Encoding | None:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Encoding.UTF_16
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return Encoding.GB18030 if _is_gb18030(data) else None
    return Encoding.UTF_8


def _is_gb18030(data: bytes) -> bool:
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return False
    wide = [char for char in text if char > "\x7f"]
    common = sum(_is_common(char) for char in wide)
    return bool(wide) and _FORBIDDEN.search(text) is None and common >= _COMMON_SHARE * len(wide)


def _is_common(char: str) -> bool:
    """Whether a character is in the first, ordered part of the standard: signs, full-width forms, common characters."""
    encoded = char.encode("gb18030")
    return len(encoded) == 2 and 0xA1 <= encoded[0] <= 0xF7 and encoded[1] >= 0xA1


def _first_wrong_byte(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def check_characters(text: str, file: str) -> None:
    """Refuse a text with a character that its reader cannot see (COR-052), at its line and column."""
    found = _FORBIDDEN.search(text)
    if found is None:
        return
    at = found.start()
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    raise UserError(fault("COR-052", f"{file}:{line}:{column}", found=shown_character(found.group())))


def forbidden_in(text: str, *, name: bool = False) -> str:
    r"""Return the first character of a value that is not allowed, as it is shown; "" where there is none.

    name: whether the value names something; a name has no line breaks and nothing invisible.

    >>> forbidden_in("A\u202e1"), forbidden_in("A-1"), forbidden_in("two\nlines", name=True)
    ('U+202E', '', 'U+000A')
    """
    found = (_FORBIDDEN_IN_NAMES if name else _FORBIDDEN).search(text)
    return "" if found is None else shown_character(found.group())


def shown_character(char: str) -> str:
    """Return a character by its number, as one that cannot be seen is shown."""
    return f"U+{ord(char):04X}"


def narrow(text: str) -> str:
    """Return a text with full-width digits, letters, signs and spaces as the plain ones.

    >>> narrow("－１２．５")
    '-12.5'
    """
    return text if text.isascii() else text.translate(_WIDE)

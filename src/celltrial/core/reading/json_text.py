"""JSON text to plain data, or one fault that says where and why it is not usable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.reading.bounds import LARGEST_NUMBER, shown
from celltrial.core.reading.text import forbidden_in
from celltrial.core.values import Identifier, Value, message

MAXIMUM_DEPTH: Final = 60
#: Fault ids by what is wrong; a room with ids of its own passes them.
FAULTS: Final[Mapping[str, str]] = MappingProxyType(
    {"syntax": "COR-054", "extent": "COR-053", "half": "COR-058", "twice": "COR-055", "number": "COR-056"}
)


class _TwiceError(ValueError):
    """A name that appears twice in one object."""


class _NumberError(ValueError):
    """A number that is not finite, or larger than anything counted."""


def read_json(text: str, file: str, *, most_characters: int, ids: Mapping[str, str] = FAULTS) -> Any:
    """Return the data of a JSON text.

    Faults: syntax (with line and column); extent (too large or too deep); half a character; a name twice in one object,
    which readers of JSON take differently; a number that is not finite; COR-052 a character that cannot be seen.
    """
    if len(text) > most_characters:
        raise UserError(fault(ids["extent"], file, found=len(text), expected=most_characters))
    try:
        data = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_whole_number
        )
    except json.JSONDecodeError as error:
        found = _said(error.msg)
        raise UserError(fault(ids["syntax"], f"{file}:{error.lineno}:{error.colno}", found=found)) from None
    except _TwiceError as error:
        raise UserError(fault(ids["twice"], file, found=str(error))) from None
    except _NumberError as error:
        raise UserError(fault(ids["number"], file, found=str(error), expected=f"<= {LARGEST_NUMBER:.0e}")) from None
    except RecursionError:
        raise UserError(fault(ids["extent"], file, found="> 900", expected=MAXIMUM_DEPTH)) from None
    _check(data, file, ids)
    return data


def json_or_text(text: str, where: str, *, most_characters: int) -> Any:
    """Return the data of a text that is JSON, within the bounds of `read_json`; a text that is none as it is.

    >>> json_or_text("[15, 10]", "stage_sizes", most_characters=100), json_or_text("hsd", "spending", most_characters=100)
    ([15, 10], 'hsd')
    """
    try:
        return read_json(text, where, most_characters=most_characters)
    except UserError as error:
        if {item.id for item in error.faults} == {FAULTS["syntax"]}:
            return text
        raise


#: What Python's reader of JSON says -> code of what a writer can act on; what is nowhere here is shown as it is.
_SYNTAX: Final = (
    ("Expecting value", "json_without_value"),
    ("Extra data", "json_with_more"),
    ("delimiter", "json_without_delimiter"),
    ("property name", "json_without_name"),
    ("Unterminated string", "json_unended_text"),
    ("control character", "json_control_in_text"),
    ("escape", "json_unknown_escape"),
)


def _said(text: str) -> Value:
    return next((message(code) for part, code in _SYNTAX if part in text), Identifier(text))


def pointer_of(path: tuple[str | int, ...]) -> str:
    """Return the JSON pointer of a path (RFC 6901).

    >>> pointer_of(("study", "versions", 0, "a/b"))
    '/study/versions/0/a~1b'
    """
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise _TwiceError(twice.encode("ascii", "backslashreplace").decode()[:80])
    return found


def _no_constant(name: str) -> float:
    raise _NumberError(name)


def _finite(text: str) -> float:
    value = float(text)
    if abs(value) > LARGEST_NUMBER:
        raise _NumberError(shown(text))
    return value


def _whole_number(text: str) -> int:
    if len(text) > 20 or abs(int(text)) > LARGEST_NUMBER:  # Python reads no whole number of thousands of digits
        raise _NumberError(shown(text))
    return int(text)


def _check(data: Any, file: str, ids: Mapping[str, str]) -> None:
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(data, ())]
    while waiting:
        value, path = waiting.pop()
        if len(path) > MAXIMUM_DEPTH:
            raise UserError(fault(ids["extent"], f"{file}#{pointer_of(path)}", found=len(path), expected=MAXIMUM_DEPTH))
        if isinstance(value, dict):
            for name, inner in value.items():
                _refuse_text(name, f"{file}#{pointer_of(path)}", ids)
                waiting.append((inner, (*path, name)))
        elif isinstance(value, list):
            waiting += [(inner, (*path, number)) for number, inner in enumerate(value)]
        elif isinstance(value, str):
            _refuse_text(value, f"{file}#{pointer_of(path)}", ids)


def _refuse_text(text: str, where: str, ids: Mapping[str, str]) -> None:
    if text.isascii() and text.isprintable():
        return
    faults: list[Fault] = []
    try:
        text.encode()
    except UnicodeEncodeError:
        faults.append(fault(ids["half"], where))
    found = forbidden_in(text)
    if found:
        faults.append(fault("COR-052", where, found=found))
    if faults:
        raise UserError(faults[0])

"""How the plain types are in JSON: text, numbers, decimals, dates and times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from celltrial.core.errors import UserError, fault
from celltrial.core.measured import Measured
from celltrial.core.values import message

#: Dates, times and numbers repeat in a trial: so many texts of each type are read only once.
_TEXTS: Final = 16_384


class UnreadableError(ValueError):
    """A stored value does not have the shape it should have; gathers the path on its way out."""

    def __init__(self, expected: str, found: object, path: str = "") -> None:
        self.expected, self.found, self.path = expected, found, path
        super().__init__(expected, found, path)

    def within(self, step: str) -> UnreadableError:
        """Return the same finding one level further out."""
        return UnreadableError(self.expected, self.found, f"{step}.{self.path}" if self.path else step)


class Shape(NamedTuple):
    """How one type is in JSON.

    kind:  the JSON kind: string, integer, number, boolean, null, array, object, any.
    name:  its tag in an ambiguous union.
    holds: whether a Python value is of this type.
    write: Python value -> plain JSON value; None where they are the same.
    read:  plain JSON value -> Python value; raises UnreadableError.
    given: type of a JSON value -> what `read` comes to for it, without asking for the type again; None where
           the value stays as it is. A type that is not listed goes through `read`.
    taken: type of a Python value -> what `write` comes to for it, in the same way.
    """

    kind: str
    name: str
    holds: Callable[[Any], bool]
    write: Callable[[Any], Any] | None
    read: Callable[[Any], Any]
    given: Mapping[type, Callable[[Any], Any] | None] = MappingProxyType({})
    taken: Mapping[type, Callable[[Any], Any] | None] = MappingProxyType({})


def _exact(kind: type, name: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if type(value) is not kind:
            raise UnreadableError(name, value)
        return value

    return read


def _parsed(expected: str, parse: Callable[[str], Any], write: Callable[[Any], str]) -> Callable[[str], Any]:
    """Return a reader of text that takes only what the writer would have written."""

    @lru_cache(maxsize=_TEXTS)
    def known(value: str) -> Any:
        try:
            result = parse(value)
            if write(result) == value:
                return result
        except (ValueError, InvalidOperation, UserError):
            pass
        raise UnreadableError(expected, value)

    return known


def _write_decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise UserError(fault("LDG-023", expected=message("finite_number"), found=str(value)))
    return str(value)


def _write_datetime(value: datetime) -> str:
    if value.tzinfo is None:
        raise UserError(fault("COR-011", expected=message("time_with_a_utc_offset"), found=value.isoformat()))
    return value.astimezone(UTC).isoformat()


def _write_float(value: float) -> float:
    return float(value)


def _read_float(value: Any) -> float:
    if type(value) is not float:
        raise UnreadableError("a number with a decimal point", value)
    return value


def _write_timedelta(value: timedelta) -> int:
    return value // timedelta(microseconds=1)


def _read_timedelta(value: Any) -> timedelta:
    try:
        if type(value) is int:
            return timedelta(microseconds=value)
    except OverflowError:
        pass
    raise UnreadableError("microseconds", value)


def _same(kind: type, name: str, json_kind: str, tag: str) -> Shape:
    """Return the shape of a type that JSON has too."""
    return Shape(json_kind, tag, instance_of(kind), None, _exact(kind, name), {kind: None}, {kind: None})


def instance_of(kind: type) -> Callable[[Any], bool]:
    """Return the test for values of exactly this type."""
    return lambda value: type(value) is kind


def _text(kind: type, name: str, parse: Callable[[str], Any], write: Callable[[Any], str]) -> Shape:
    known = _parsed(name, parse, write)

    def read(value: Any) -> Any:
        if type(value) is not str:
            raise UnreadableError(name, value)
        return known(value)

    return Shape("string", name, instance_of(kind), write, read, {str: known}, {kind: write})


SCALARS: Final[Mapping[Any, Shape]] = {
    # A closed list (`StrEnum`) may be where a text is stored; its value is what is written.
    str: Shape(
        "string",
        "str",
        lambda value: isinstance(value, str),
        str.__str__,
        _exact(str, "text"),
        {str: None},
        {str: None},
    ),
    int: _same(int, "a whole number", "integer", "int"),
    bool: _same(bool, "true or false", "boolean", "bool"),
    float: Shape(
        "number",
        "float",
        lambda value: isinstance(value, float) or type(value) is int,
        _write_float,
        _read_float,
        {float: None},
        {float: None, int: float},
    ),
    type(None): _same(type(None), "null", "null", "null"),
    None: _same(type(None), "null", "null", "null"),
    Decimal: _text(Decimal, "decimal", Decimal, _write_decimal),
    # A number was stored as its text before a value could also lie beyond a limit: the same text is read.
    Measured: _text(Measured, "measured value", Measured.read, str),
    date: _text(date, "date", date.fromisoformat, date.isoformat),
    time: _text(time, "time", time.fromisoformat, time.isoformat),
    datetime: _text(datetime, "datetime", datetime.fromisoformat, _write_datetime),
    timedelta: Shape("integer", "timedelta", instance_of(timedelta), _write_timedelta, _read_timedelta),
}

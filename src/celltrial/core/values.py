"""Values that a condition or a fault speaks of: typed, the same in every language, put into words at one place per language.

A refused act says what was needed and what was found; a fault says what was expected and what was found. Both hold a
`Value`, never a sentence: whoever receives one can compute with it, close a part of it to a blinded reader, or hand it to
`celltrial.locale.wording.in_words`.

    Count Quantity Duration      a number: of things, with a unit (UCUM), of time
    Day Moment                   a calendar day, a moment with the zone in which it was lived
    Bound Interval               a limit on one side, or on both
    Choice SetOf                 one of these, all of these
    Term Identifier Formula      a code of a list, a name that passes through untouched, a rule over names of parameters
    Message                      a code with typed parameters; its texts are in `locale/values.toml`
    Absent Unknown Redacted      nothing there, not known, closed to this reader
    Protected                    a value of a kind that is closed to blinded readers
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Final, Literal, Protocol, TypeAlias
from zoneinfo import ZoneInfo

from celltrial.core.quantities import Quantity


class Relation(StrEnum):
    """How a value lies to a limit."""

    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    NOT = "not"


#: Units of time by UCUM: second, minute, hour, day, week, month, year.
TimeUnit = Literal["s", "min", "h", "d", "wk", "mo", "a"]


class _Plain:
    """What every value can be printed as in a log or a notebook: the same for every reader, and no sentence."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return the fields in order, a message as its code with its parameters.

        >>> str(at_most(Duration(14))), str(message("since", day=date(2025, 3, 1)))
        ('at_most 14 d', 'since(day=2025-03-01)')
        """
        if isinstance(self, Message):
            return (
                f"{self.code}({', '.join(f'{name}={value}' for name, value in self.params)})"
                if self.params
                else self.code
            )
        held = [getattr(self, item.name) for item in fields(self)]  # type: ignore[arg-type]
        shown = " ".join(", ".join(map(str, part)) if isinstance(part, tuple) else str(part) for part in held)
        return shown.strip() or type(self).__name__.lower()


@dataclass(frozen=True, slots=True)
class Count(_Plain):
    """A number of things; `of` is the code of what is counted, such as "attempt", "" where the sentence says it."""

    value: int
    of: str = ""


@dataclass(frozen=True, slots=True)
class Duration(_Plain):
    """A length of time."""

    value: float | Decimal
    unit: TimeUnit = "d"


@dataclass(frozen=True, slots=True)
class Day(_Plain):
    """A calendar day."""

    on: date


@dataclass(frozen=True, slots=True)
class Moment(_Plain):
    """A moment in UTC and the IANA zone in which it is to be read."""

    at: datetime
    zone: str = "UTC"

    @property
    def local(self) -> datetime:
        """The same moment on the clock of its zone."""
        return self.at.astimezone(ZoneInfo(self.zone))


@dataclass(frozen=True, slots=True)
class Bound(_Plain):
    """A limit on one side."""

    relation: Relation
    value: Value


@dataclass(frozen=True, slots=True)
class Interval(_Plain):
    """Both ends belong to it."""

    low: Value
    high: Value


@dataclass(frozen=True, slots=True)
class Choice(_Plain):
    """One of these."""

    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class SetOf(_Plain):
    """All of these, in order; none where it is empty."""

    items: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Term(_Plain):
    """A code of a code list: a status, a role, a kind, a word of the protocol."""

    list: str
    code: str


@dataclass(frozen=True, slots=True)
class Identifier(_Plain):
    """A name, a number of a record, a text as it was written: the same in every language."""

    text: str


@dataclass(frozen=True, slots=True)
class Formula(_Plain):
    """A rule over names of parameters, such as `0 < low < high`: the same in every language."""

    text: str


@dataclass(frozen=True, slots=True)
class Absent(_Plain):
    """Nothing is there."""


@dataclass(frozen=True, slots=True)
class Unknown(_Plain):
    """It is not known."""


@dataclass(frozen=True, slots=True)
class Redacted(_Plain):
    """Closed to this reader."""


@dataclass(frozen=True, slots=True)
class Protected(_Plain):
    """A value that reveals an arm; `kind` says how: by the arm itself, or by what the product holds."""

    kind: Literal["arm", "product"]
    value: Value


@dataclass(frozen=True, slots=True)
class Message(_Plain):
    """A code with typed parameters; its texts are in `locale/values.toml` as `value.<code>`."""

    code: str
    params: tuple[tuple[str, Value], ...] = ()


Value = (
    Count
    | Quantity
    | Duration
    | Day
    | Moment
    | Bound
    | Interval
    | Choice
    | SetOf
    | Term
    | Identifier
    | Formula
    | Absent
    | Unknown
    | Redacted
    | Protected
    | Message
)


class _Moment(Protocol):
    """A moment in its zone, as `core.dates.Instant` is one; dates import values, not the other way round."""

    @property
    def utc(self) -> datetime: ...
    @property
    def zone(self) -> str: ...


#: What stands for a value without being written as one. A plain text is none of them: it would be a sentence in one language.
Sayable: TypeAlias = "Value | Enum | int | float | Decimal | date | _Moment"

ABSENT: Final = Absent()
UNKNOWN: Final = Unknown()
REDACTED: Final = Redacted()
#: The protocol does not say.
NOT_STATED: Final = Message("not_stated")

_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def snake(name: str) -> str:
    """Return the name of a class as data names it.

    >>> snake("SetOf")
    'set_of'
    """
    return _HUMP.sub("_", name).lower()


def as_value(said: Sayable) -> Value:
    """Return the value that a plain Python object stands for.

    >>> as_value(3), as_value(date(2025, 3, 1))
    (Count(value=3, of=''), Day(on=datetime.date(2025, 3, 1)))
    >>> as_value(Relation.AT_LEAST)
    Term(list='relation', code='at_least')
    """
    match said:
        case Enum():
            return Term(snake(type(said).__name__), str(said.value))
        case bool():
            return Term("answer", "yes" if said else "no")
        case int():
            return Count(said)
        case float() | Decimal():
            number = Decimal(str(said))
            return Quantity(number, "") if number.is_finite() else Identifier(str(said))
        case datetime():
            return Moment(said.astimezone(UTC))
        case date():
            return Day(said)
        case str():
            raise TypeError(f"a text is no value: {said!r}")
        case _:
            return said if isinstance(said, Value) else Moment(said.utc, said.zone)


def message(code: str, /, **params: Sayable) -> Message:
    """Return a message with its parameters as values.

    >>> message("since", day=date(2025, 3, 1))
    Message(code='since', params=(('day', Day(on=datetime.date(2025, 3, 1))),))
    """
    return Message(code, tuple((name, as_value(param)) for name, param in params.items()))


def at_least(limit: Sayable) -> Bound:
    """Return a lower limit that belongs to what is allowed; of a time, from then on."""
    return Bound(Relation.AT_LEAST, as_value(limit))


def at_most(limit: Sayable) -> Bound:
    """Return an upper limit that belongs to what is allowed; of a time, by then."""
    return Bound(Relation.AT_MOST, as_value(limit))


def more_than(limit: Sayable) -> Bound:
    """Return a lower limit that does not belong to what is allowed; of a time, after then."""
    return Bound(Relation.MORE_THAN, as_value(limit))


def less_than(limit: Sayable) -> Bound:
    """Return an upper limit that does not belong to what is allowed; of a time, before then."""
    return Bound(Relation.LESS_THAN, as_value(limit))


_COMPARED: Final = {
    "<": Relation.LESS_THAN,
    "<=": Relation.AT_MOST,
    ">=": Relation.AT_LEAST,
    ">": Relation.MORE_THAN,
    "!=": Relation.NOT,
}


def compared(operator: str, limit: Sayable) -> Value:
    """Return what a comparison asks for; `==`, `is` and `in` ask for the value itself.

    >>> compared("<=", 3), compared("==", 3)
    (Bound(relation=<Relation.AT_MOST: 'at_most'>, value=Count(value=3, of='')), Count(value=3, of=''))
    """
    relation = _COMPARED.get(operator)
    return as_value(limit) if relation is None else Bound(relation, as_value(limit))


def between(low: Sayable, high: Sayable) -> Interval:
    """Return an interval with both its ends."""
    return Interval(as_value(low), as_value(high))


def one_of(*options: Sayable) -> Value:
    """Return a choice; one option alone is that option."""
    values = tuple(as_value(option) for option in options)
    return values[0] if len(values) == 1 else Choice(values)


def all_of(*items: Sayable) -> Value:
    """Return a set; none of them is `ABSENT`, one alone is that one."""
    values = tuple(as_value(item) for item in items)
    return ABSENT if not values else values[0] if len(values) == 1 else SetOf(values)


def names(texts: Iterable[str]) -> Value:
    """Return identifiers, in order, as a set; `ABSENT` where there are none."""
    return all_of(*(Identifier(text) for text in texts))


def as_written(text: str) -> Value:
    """Return what somebody wrote; `ABSENT` where that is blank.

    >>> as_written("B1"), as_written(" ")
    (Identifier(text='B1'), Absent())
    """
    return Identifier(text) if text.strip() else ABSENT


def from_fault(param: object) -> Value:
    """Return a fault's parameter as a value; one that is a plain text is as it is written."""
    return as_written(param) if isinstance(param, str) and not isinstance(param, Enum) else as_value(param)  # type: ignore[arg-type]


def or_unknown(said: Sayable | None) -> Value:
    """Return what is known, or `UNKNOWN`."""
    return UNKNOWN if said is None else as_value(said)


def or_absent(said: Sayable | None) -> Value:
    """Return what is there, or `ABSENT`."""
    return ABSENT if said is None else as_value(said)


def redacted(value: Value, closed: Collection[str]) -> Value:
    """Return a value without its parts of a closed kind ("arm", "product"), and with the others laid open.

    >>> redacted(at_most(Protected("product", Count(2))), {"product"})
    Bound(relation=<Relation.AT_MOST: 'at_most'>, value=Redacted())
    """
    match value:
        case Protected():
            return REDACTED if value.kind in closed else redacted(value.value, closed)
        case Bound():
            return replace(value, value=redacted(value.value, closed))
        case Interval():
            return Interval(redacted(value.low, closed), redacted(value.high, closed))
        case Choice():
            return Choice(tuple(redacted(option, closed) for option in value.options))
        case SetOf():
            return SetOf(tuple(redacted(item, closed) for item in value.items))
        case Message():
            return Message(value.code, tuple((name, redacted(param, closed)) for name, param in value.params))
        case _:
            return value


def as_data(value: Value) -> dict[str, Any]:
    """Return a value as plain data for JSON: its `kind` and its fields.

    >>> as_data(at_least(Duration(2, "d")))
    {'kind': 'bound', 'relation': 'at_least', 'value': {'kind': 'duration', 'value': 2, 'unit': 'd'}}
    """
    if isinstance(value, Protected):
        return as_data(value.value)
    if isinstance(value, Message):
        return {"kind": "message", "code": value.code, "params": {name: as_data(param) for name, param in value.params}}
    held = {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    return {"kind": snake(type(value).__name__), **held}


def _plain(held: Any) -> Any:
    match held:
        case tuple():
            return [as_data(item) for item in held]
        case Enum():
            return held.value
        case datetime():
            return held.astimezone(UTC).isoformat()
        case date():
            return held.isoformat()
        case Decimal():
            return int(held) if held == held.to_integral_value() else float(held)
        case int() | float() | str():
            return held
        case _:
            return as_data(held)

"""Plain data to a command: every fault at once, each at its field. Numbers, days and moments as people write them.

Data comes from JSON, or as words: of a command line, of a table. `nested` makes the one of the other. The faults carry the
ids of the edge that reads (APP).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Any, Final

from celltrial.conduct.envelope import Precision
from celltrial.conduct.facts.events import EVENTS
from celltrial.core.dates import Instant, calendar_form, parse_instant
from celltrial.core.dates import zone as zone_of
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.measured import Measured
from celltrial.core.quantities import Quantity
from celltrial.core.reading.json_text import json_or_text
from celltrial.core.reading.text import MOST_BYTES
from celltrial.core.values import (
    ABSENT,
    Bound,
    Identifier,
    Relation,
    Value,
    as_written,
    at_most,
    between,
    message,
    names,
    one_of,
)
from celltrial.forms.description import CommandForm, Field, Kind, describe_record

_NUMBER: Final = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,2})?")
_WHOLE: Final = re.compile(r"[+-]?\d{1,18}")
_ANSWERS: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("yes", "true", "y", "1", "是"), True),
    **dict.fromkeys(("no", "false", "n", "0", "否"), False),
}
#: So much of a wrong value is shown.
_SHOWN: Final = 80
_BETWEEN: Final = re.compile(r"[,;，；、]")


class Word(str):
    """A value as words: of a command line, of a table. An empty one says that nothing is given, commas part a list."""

    __slots__ = ()


class _WrongError(ValueError):
    """A value is of another form than its field; `expected` says of which."""

    def __init__(self, expected: Value, fault_id: str = "APP-067") -> None:
        self.expected, self.id = expected, fault_id
        super().__init__(fault_id)


def read(form: CommandForm, given: Mapping[str, Any], *, where: str = "", zone: str | None = None) -> Any:
    """Return the command of its fields as plain data; `{"fact": {...}}` is taken for the fields of the fact.

    where: what a fault names before the field; the name of the command unless given.
    zone:  of the place, for moments that state none; without it those are refused.

    APP-064: no such field; APP-065: a field is missing; APP-067: a value of another form; APP-068: a value out of range.
    """
    inner = given.get("fact")
    if form.carries is not None and set(given) == {"fact"} and isinstance(inner, Mapping):
        given = inner
    reading = _Reading(zone)
    values = reading.record(form.fields, given, where or form.name)
    if reading.faults:
        raise UserError(*reading.faults)
    return form.make(values)


def nested(words: Mapping[str, str], where: str) -> dict[str, Any]:
    """Return words under dotted paths as plain data; what is in a list is counted from 1.

    >>> nested({"subject": "P1", "findings.1.concept": "ice_score", "findings.1.value": "7"}, "RecordSigns")
    {'subject': 'P1', 'findings': [{'concept': 'ice_score', 'value': '7'}]}

    APP-069: a path that holds both a value and fields, or that counts with gaps.
    """
    tree: dict[str, Any] = {}
    for path, value in words.items():
        *steps, last = path.split(".")
        held: Any = tree
        for step in steps:
            held = held.setdefault(step, {})
            if not isinstance(held, dict):
                raise UserError(fault("APP-069", where, found=Identifier(path)))
        if last in held:
            raise UserError(fault("APP-069", where, found=Identifier(path)))
        held[last] = Word(value)
    return {name: _listed(value, f"{where}.{name}") for name, value in tree.items()}


def _listed(tree: Any, where: str) -> Any:
    if not isinstance(tree, dict):
        return tree
    if not any(name.isdecimal() for name in tree):
        return {name: _listed(value, f"{where}.{name}") for name, value in tree.items()}
    expected = [str(number) for number in range(1, len(tree) + 1)]
    if sorted(tree, key=lambda name: (len(name), name)) != expected:
        raise UserError(fault("APP-069", where, found=names(tree)))
    return [_listed(tree[number], f"{where}.{number}") for number in expected]


def near(word: str, known: list[str]) -> Value:
    """Return what may have been meant, or else everything that is known.

    >>> near("subjct", ["subject", "cohort"])
    Message(code='did_you_mean', params=(('near', Identifier(text='subject')),))
    """
    plain = {name.casefold(): name for name in known}
    found = get_close_matches(word.casefold(), list(plain), 3, 0.7)
    if found:
        return message("did_you_mean", near=one_of(*(Identifier(plain[name]) for name in found)))
    return message("known_names", known=names(known))


#: A month or a year for a day: as ISO 8601 and CDISC write it, with `UN` or `UNK` for what is not known, and in Chinese.
_PARTIAL: Final = re.compile(
    r"(?P<year>(?:19|20|21)\d\d)(?:-(?P<month>0?[1-9]|1[0-2])(?:-(?:UN|UNK|--?))?|-(?:UN|UNK)-(?:UN|UNK))?"
    r"|(?P<an>(?:19|20|21)\d\d)年(?:(?P<mois>0?[1-9]|1[0-2])月)?",
    re.IGNORECASE,
)


class _Reading:
    """One pass over the data of one command; gathers every fault."""

    def __init__(self, zone: str | None) -> None:
        self.faults: list[Fault] = []
        self._zone = zone

    def record(self, fields: tuple[Field, ...], given: Mapping[str, Any], where: str) -> dict[str, Any]:
        known = {item.name: item for item in fields}
        for name in given:
            if name not in known:
                shown = Identifier(str(name)[:_SHOWN])
                self.faults.append(fault("APP-064", where, found=shown, expected=near(str(name), [*known])))
        given = {**given, **_completed(known, given)}
        values: dict[str, Any] = {}
        for name, item in known.items():
            raw = given.get(name)
            if name not in given or self._is_left_out(item, raw):
                if item.required:
                    self.faults.append(fault("APP-065", f"{where}.{name}", label=item.label))
                else:
                    values[name] = item.default
            else:
                values[name] = self._values(item, raw, f"{where}.{name}")
        return values

    @staticmethod
    def _is_left_out(field: Field, raw: Any) -> bool:
        """Whether an empty word says that nothing is given: not where an empty text is a value."""
        if not isinstance(raw, Word) or raw.strip():
            return False
        return not (field.kind is Kind.TEXT and field.may_be_empty and field.required)

    def _values(self, field: Field, raw: Any, where: str) -> Any:
        if raw is None and field.nullable:
            return None
        if isinstance(raw, Word) and (field.repeated or field.kind is Kind.RECORD) and raw.lstrip()[:1] in {"[", "{"}:
            raw = json_or_text(raw, where, most_characters=MOST_BYTES)
        if not field.repeated:
            return self._value(field, raw, where)
        if isinstance(raw, Word):
            raw = [Word(part.strip()) for part in _BETWEEN.split(raw) if part.strip()]
        if not isinstance(raw, list | tuple):
            self._wrong(field, raw, where, message("a_list"))
            return ()
        return tuple(self._value(field, item, f"{where}.{number}") for number, item in enumerate(raw, start=1))

    def _value(self, field: Field, raw: Any, where: str) -> Any:
        if field.kind is Kind.RECORD:
            if not isinstance(raw, Mapping):
                return self._no_object(field, raw, where)
            before = len(self.faults)
            values = self.record(field.fields, raw, where)
            return field.type(**values) if len(self.faults) == before else None
        try:
            if field.kind is Kind.FACT:
                return self._fact(raw, where)
            return self._single(field, raw)
        except _WrongError as wrong:
            self._wrong(field, raw, where, wrong.expected, wrong.id)
            return None

    def _no_object(self, field: Field, raw: Any, where: str) -> None:
        self._wrong(field, raw, where, message("an_object_of", fields=names(item.name for item in field.fields)))

    def _wrong(self, field: Field, raw: Any, where: str, expected: Value, fault_id: str = "APP-067") -> None:
        self.faults.append(fault(fault_id, where, label=field.label, expected=expected, found=_shown(raw)))

    def _single(self, field: Field, raw: Any) -> Any:
        match field.kind:
            case Kind.TEXT:
                text = _text(field, raw)
                return as_written(text) if field.type == Value else text
            case Kind.YES_NO:
                return _yes_no(raw)
            case Kind.INTEGER:
                return _ranged(field, _integer(raw))
            case Kind.DECIMAL:
                return _ranged(field, _decimal(raw))
            case Kind.MEASURED:
                return _measured(raw)
            case Kind.DATE:
                return _date(raw)
            case Kind.MOMENT:
                return _moment(raw, self._zone)
            case _:
                return _code(field, raw)

    def _fact(self, raw: Any, where: str) -> Any:
        """Return a fact from `{"stored.name/1": {fields}}`; the version may be left out."""
        if not isinstance(raw, Mapping) or len(raw) != 1:
            raise _WrongError(message("a_stored_name_with_its_fields"))
        name, given = next(iter(raw.items()))
        kind = _facts().get(name)
        if kind is None:
            raise _WrongError(near(str(name), sorted(EVENTS)))
        if not isinstance(given, Mapping):
            raise _WrongError(message("an_object_of", fields=names(item.name for item in describe_record(kind))))
        before = len(self.faults)
        values = self.record(describe_record(kind), given, f"{where}.{name}")
        return kind(**values) if len(self.faults) == before else None


@cache
def _facts() -> Mapping[str, type[Any]]:
    return {**{name.partition("/")[0]: kind for name, kind in EVENTS.items()}, **EVENTS}


def _shown(raw: Any) -> Value:
    if raw is None or raw == "":
        return ABSENT
    if isinstance(raw, bool):
        return Identifier("true" if raw else "false")
    return as_written(str(raw)[:_SHOWN])


def _narrow(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("−", "-").strip()


def _text(field: Field, raw: Any) -> str:
    if isinstance(raw, str):
        return raw.strip() if isinstance(raw, Word) else raw
    if field.number_as_text and isinstance(raw, int | float | Decimal) and not isinstance(raw, bool):
        return str(raw)
    raise _WrongError(message("a_text"))


def _yes_no(raw: Any) -> bool:
    if isinstance(raw, bool):
        return raw
    answer = _ANSWERS.get(_narrow(raw).casefold()) if isinstance(raw, str) else None
    if answer is None:
        raise _WrongError(message("yes_or_no_as_json"))
    return answer


def _integer(raw: Any) -> int:
    if isinstance(raw, str) and _WHOLE.fullmatch(_narrow(raw)):
        return int(_narrow(raw))
    if isinstance(raw, float) and raw.is_integer():
        return int(raw)
    if isinstance(raw, int) and not isinstance(raw, bool):
        return raw
    raise _WrongError(message("a_whole_number"))


def _decimal(raw: Any) -> Decimal:
    if isinstance(raw, str | int | float | Decimal) and not isinstance(raw, bool):
        text = _narrow(str(raw))
        if _NUMBER.fullmatch(text):
            return Decimal(text)
    raise _WrongError(message("a_number"))


def _measured(raw: Any) -> Measured:
    if isinstance(raw, str | int | float | Decimal) and not isinstance(raw, bool) and str(raw).strip():
        return Measured.read(str(raw))
    raise _WrongError(message("a_measured_value"))


def _date(raw: Any) -> date:
    """Return a day; a time of midnight, as spreadsheets add it, says nothing more."""
    if isinstance(raw, str):
        text = calendar_form(_narrow(raw))
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
        try:
            known = datetime.fromisoformat(text)
        except ValueError:
            known = None
        if known is not None and known.tzinfo is None and known.time() == time():
            return known.date()
    raise _WrongError(message("a_day_such_as"))


def _completed(known: Mapping[str, Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the first day of each month or year that is given for a day, with how exactly it is known.

    Only of a day beside which its precision stands (`onset`, `onset_precision`), and where nobody states another.
    """
    found: dict[str, Any] = {}
    for name, item in known.items():
        raw, beside = given.get(name), f"{name}_precision"
        partial = _PARTIAL.fullmatch(_narrow(raw)) if isinstance(raw, str) and item.type is date else None
        if partial is None or beside not in known:
            continue
        month = partial["month"] or partial["mois"]
        precision = Precision.YEAR if month is None else Precision.MONTH
        if given.get(beside) in {None, "", precision.value}:
            kind = Word if isinstance(raw, Word) else str
            day = f"{int(partial['year'] or partial['an']):04d}-{int(month or 1):02d}-01"
            found |= {name: kind(day), beside: kind(precision.value)}
    return found


def _moment(raw: Any, zone: str | None) -> Instant:
    if isinstance(raw, Mapping) and set(raw) <= {"utc", "zone"} and isinstance(raw.get("zone", ""), str):
        return _moment(raw.get("utc"), raw.get("zone") or zone)
    if not isinstance(raw, str):
        raise _WrongError(message("a_moment_such_as"))
    try:
        return Instant(parse_instant(raw, zone), zone_of(zone or "UTC").key)
    except UserError as error:
        expected = message("a_zone_such_as") if error.faults[0].id == "COR-010" else message("a_moment_such_as")
        raise _WrongError(expected) from None


def _code(field: Field, raw: Any) -> StrEnum:
    if isinstance(raw, str):
        known = {item.value: item for item in field.codes}
        plain = {name.casefold(): item for name, item in known.items()}
        text = _narrow(raw)
        found = known.get(text) or plain.get(re.sub(r"[\s-]+", "_", text.casefold()))
        if found is not None:
            return found
    raise _WrongError(one_of(*(message("code_named", code=Identifier(item.value), name=item) for item in field.codes)))


def _ranged(field: Field, value: Any) -> Any:
    low, high = field.said.low, field.said.high
    too_low = low is not None and (value < low or (field.said.above and value == low))
    if too_low or (high is not None and value > high):
        raise _WrongError(limits(field), "APP-068")
    return value


def limits(field: Field) -> Value:
    """Return the range of a field; `ABSENT` where every value is possible."""
    low, high, unit = field.said.low, field.said.high, field.said.unit
    ends = [None if end is None else Quantity(end, "" if unit.startswith("{") else unit) for end in (low, high)]
    lower = None if ends[0] is None else Bound(Relation.MORE_THAN if field.said.above else Relation.AT_LEAST, ends[0])
    if ends[0] is not None and ends[1] is not None and not field.said.above:
        return between(ends[0], ends[1])
    if lower is not None and ends[1] is not None:
        return message("both_limits", low=lower, high=at_most(ends[1]))
    return lower or (ABSENT if ends[1] is None else at_most(ends[1]))

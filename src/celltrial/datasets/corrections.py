"""Corrections applied: the facts as they are after every correction, oldest first; and what a new one must meet.

A correction once written stays, so one that no table could be made with is refused before: the event it names
must be there, the record must be that event's, the field must be a field of it that can hold the new value, and
the old value must be the current one. The answer to one item of a follow-up visit is a field of its own.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from celltrial.conduct.envelope import Event, Precision
from celltrial.conduct.facts.follow_up.events import FollowUpVisitRecorded
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.trial.events import FactCorrected
from celltrial.conduct.facts.tumour.events import LesionMeasured
from celltrial.conduct.vocabulary import Answer
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.errors import UserError, fault
from celltrial.core.reading.bounds import check_values
from celltrial.core.values import Identifier, message

#: Correcting this field moves the event in time.
OCCURRED = "occurred"
#: The answer to one item of a follow-up visit; the record names the item.
ANSWER = "answer"
_UNUSABLE = (KeyError, ValueError, TypeError, AttributeError, InvalidOperation, UserError)


def corrected(events: Iterable[Event[Any]], corrections: Iterable[Event[FactCorrected]]) -> list[Event[Any]]:
    """Return `events` with each correction applied to the event whose position it names.

    A correction of an event that is not among `events` (it lies beyond the data cut) does nothing.
    Raises DAT-006 where the corrected event has no such field or the field cannot hold the value.
    """
    standing = list(events)
    place = {event.position: index for index, event in enumerate(standing)}
    for correction in corrections:
        index = place.get(correction.fact.position)
        if index is not None:
            standing[index] = _apply(standing[index], correction.fact)
    return standing


def fits(correction: FactCorrected, event: Event[Any], earlier: Iterable[Event[FactCorrected]]) -> tuple[bool, bool]:
    """Return whether the field of the event can hold the new value, and whether the old value is the one that stands.

    event: the one that the correction names; earlier: the corrections made so far. A number or a date outside the bounds of
    what is read (`core.reading.bounds`) can be held by none.
    """
    [standing] = corrected([event], (item for item in earlier if item.fact.position == event.position))
    try:
        changed = _apply(standing, correction)
        check_values(_read(changed, correction), correction.field)
    except UserError:
        return False, False
    return True, _stands(standing, correction)


def _stands(event: Event[Any], correction: FactCorrected) -> bool:
    """Tell whether the old value that a correction states is the one on record."""
    try:
        return bool(_parsed(event, correction, correction.old) == _read(event, correction))
    except _UNUSABLE:
        return False


def _apply(event: Event[Any], correction: FactCorrected) -> Event[Any]:
    try:
        value = _parsed(event, correction, correction.new)
        return _written(event, correction, value)
    except _UNUSABLE:
        name = type(event.fact).__name__
        raise UserError(
            fault(
                "DAT-006",
                f"event {event.position}",
                expected=message("value_for_a_field_of", name=Identifier(name)),
                found=f"{correction.field} = {correction.new}",
            )
        ) from None


def _answer(event: Event[Any], correction: FactCorrected) -> int | None:
    """Return the index of the answered item that a correction is about; None where it is about no answer."""
    if correction.field != ANSWER or not isinstance(event.fact, FollowUpVisitRecorded):
        return None
    named = correction.record.split("/", 3)[3:]
    return [item.item for item in event.fact.items].index("".join(named))


def _read(event: Event[Any], correction: FactCorrected) -> Any:
    if correction.field == OCCURRED:
        return event.occurred
    index = _answer(event, correction)
    return getattr(event.fact, correction.field) if index is None else event.fact.items[index].answer


def _parsed(event: Event[Any], correction: FactCorrected, text: str) -> Any:
    """Return a value of the corrected field from its text."""
    if correction.field == OCCURRED:
        return Instant(parse_instant(text), event.occurred.zone)
    if _answer(event, correction) is not None:
        return Answer(text)
    return _value(_kinds(type(event.fact))[correction.field], text)


def _written(event: Event[Any], correction: FactCorrected, value: Any) -> Event[Any]:
    if correction.field == OCCURRED:
        return event._replace(occurred=value)
    fact, index = event.fact, _answer(event, correction)
    if index is not None:
        items = (*fact.items[:index], replace(fact.items[index], answer=value), *fact.items[index + 1 :])
        return event._replace(fact=replace(fact, items=items))
    changes: dict[str, Any] = {correction.field: value}
    if correction.field == "onset" and isinstance(fact, AdverseEventReported):
        changes["onset_precision"] = Precision.DAY  # a corrected onset is a day
    if isinstance(fact, LesionMeasured) and correction.field == "diameter_mm":
        changes["too_small"] = False  # a lesion that has a diameter could be measured
    return event._replace(fact=replace(fact, **changes))


def _kinds(fact: type[Any]) -> dict[str, tuple[type[Any], ...]]:
    """Return the types that each field of a fact may hold."""
    hints = typing.get_type_hints(fact)
    return {item.name: _union(hints[item.name]) for item in fields(fact)}


def _union(hint: Any) -> tuple[type[Any], ...]:
    if isinstance(hint, types.UnionType):
        return tuple(part for part in typing.get_args(hint))
    return (hint,)


def _value(kinds: tuple[type[Any], ...], text: str) -> Any:
    if text in {"", "None", "null"} and types.NoneType in kinds:
        return None
    kind = next(part for part in kinds if part is not types.NoneType)
    if kind is bool:
        return {"true": True, "yes": True, "false": False, "no": False}[text.lower()]
    if kind is date:
        return date.fromisoformat(text)
    if kind in {str, int, Decimal} or issubclass(kind, Enum):
        return kind(text)
    raise TypeError(kind)

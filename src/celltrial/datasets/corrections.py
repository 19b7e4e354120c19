"""Corrections applied: the facts as they stand after every correction, oldest first."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any

from celltrial.conduct.envelope import Event
from celltrial.conduct.trial.events import FactCorrected
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.errors import UserError, fault

__all__ = ["corrected"]

#: Correcting this field moves the event in time.
OCCURRED = "occurred"


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


def _apply(event: Event[Any], correction: FactCorrected) -> Event[Any]:
    try:
        if correction.field == OCCURRED:
            return event._replace(occurred=Instant(parse_instant(correction.new), event.occurred.zone))
        kind = _kinds(type(event.fact))[correction.field]
        return event._replace(fact=replace(event.fact, **{correction.field: _value(kind, correction.new)}))
    except (KeyError, ValueError, TypeError, InvalidOperation, UserError):
        name = type(event.fact).__name__
        raise UserError(
            fault(
                "DAT-006",
                f"event {event.position}",
                expected=f"a value for a field of {name}",
                found=f"{correction.field} = {correction.new}",
            )
        ) from None


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

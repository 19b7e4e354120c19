"""Fields of the right types for every command, with the names that a trial has."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from celltrial.conduct.facts.state import TrialState
from celltrial.core.dates import Instant

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
SCALARS: Mapping[Any, Any] = {
    int: 1, float: 0.5, bool: True, Decimal: Decimal(1), date: date(2026, 5, 30), time: time(10, 30),
    datetime: NOW, timedelta: timedelta(hours=1), Instant: Instant(NOW - timedelta(hours=1), "Asia/Shanghai"),
}  # fmt: skip


def sample(annotation: Any, name: str, known: Mapping[str, str]) -> Any:
    """Return a value of a type; text takes the identifier that the trial has under that name."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if annotation is str:
        return known.get(name, "Asia/Shanghai" if name == "zone" else name)
    if annotation in SCALARS:
        return SCALARS[annotation]
    if origin in {Union, types.UnionType}:
        return sample(next(item for item in inner if item is not type(None)), name, known)
    if origin is Literal:
        return inner[0]
    if origin is tuple:
        return tuple(sample(item, name, known) for item in (inner[:1] if inner[-1] is Ellipsis else inner))
    if origin is frozenset:
        return frozenset({sample(inner[0], name, known)})
    if origin is not None and issubclass(origin, Mapping):
        return {sample(inner[0], name, known): sample(inner[1], name, known)}
    if annotation is object or annotation is Any:
        return None
    if issubclass(annotation, Enum):
        return next(iter(annotation))
    hints = get_type_hints(annotation)
    made = {
        item.name: sample(hints[item.name], item.name, known) for item in dataclasses.fields(annotation) if item.init
    }
    return annotation(**made)


def names_in(state: TrialState) -> dict[str, str]:
    """Return an identifier of everything that the trial has."""
    subject = next(iter(state.subjects.values()), None)
    found = {"trial": state.trial, "version": state.version}
    if subject is not None:
        found |= {"subject": subject.subject, "site": subject.site, "identity": subject.identity}
        found |= {"event": next(iter(subject.adverse_events), "event")}
    for name, kept in (("batch", state.batches), ("cohort", state.cohorts), ("source", state.sources), ("task", state.tasks),
                       ("suspension", state.suspensions), ("recommendation", state.recommendations), ("alert", state.alerts),
                       ("halt", state.halts), ("query", state.queries), ("change", state.changes)):  # fmt: skip
        if kept:
            found[name] = next(iter(kept))
    return found

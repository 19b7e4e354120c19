"""Small persistent updates: a new state that shares all that did not change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.state import TrialState

K = TypeVar("K")
V = TypeVar("V")
Evolver = Callable[[TrialState, Event[Any]], TrialState]


def put(mapping: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    """Return a mapping with one entry set."""
    changed = dict(mapping)
    changed[key] = value
    return changed


def without(mapping: Mapping[K, V], key: K) -> dict[K, V]:
    """Return a mapping without one entry."""
    changed = dict(mapping)
    changed.pop(key, None)
    return changed


def change_subject(state: TrialState, subject: str, **changes: Any) -> TrialState:
    """Return the state with fields of one subject changed."""
    return state.changed(subjects=put(state.subjects, subject, state.subjects[subject].changed(**changes)))


def change_batch(state: TrialState, batch: str, **changes: Any) -> TrialState:
    """Return the state with fields of one batch changed."""
    return state.changed(batches=put(state.batches, batch, state.batches[batch].changed(**changes)))


def is_watched(state: TrialState, subject: str, concept: str) -> bool:
    """Tell whether the protocol has an observation of a subject, once treated, looked at before others are infused."""
    plan = state.plan
    return plan is not None and concept in plan.sentinel_concepts and bool(state.subjects[subject].infusions)


def observe(state: TrialState, subject: str, concept: str, on: date) -> TrialState:
    """Return the state with an observation kept where it is watched."""
    if not is_watched(state, subject, concept):
        return state
    return change_subject(state, subject, observed=(*state.subjects[subject].observed, (concept, on)))


def unchanged(state: TrialState, event: Event[Any]) -> TrialState:  # noqa: ARG001 - every evolver has this shape
    """Return the state as it is: the fact is kept for analysis and no gate asks about it."""
    return state

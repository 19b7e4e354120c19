"""Who had which duty: what somebody did to a batch or a query is remembered by account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.batch import events as batches
from celltrial.conduct.facts.folding import Evolver, put
from celltrial.conduct.facts.safety import events as queries
from celltrial.conduct.facts.state import TrialState


class Duty(NamedTuple):
    """What an act or fact is about, and the duty that its person has there."""

    key: Callable[[Any], str]
    duty: str


def of_batch(item: Any) -> str:
    """Return what a command or fact about a batch is about."""
    return f"batch/{item.batch}"


def of_query(item: Any) -> str:
    """Return what a fact about a query is about."""
    return f"query/{item.query}"


REMEMBERED: Final[Mapping[type[Any], Duty]] = MappingProxyType(
    {
        batches.ManufactureStarted: Duty(of_batch, "made"),
        batches.ManufactureCompleted: Duty(of_batch, "made"),
        batches.BatchReleased: Duty(of_batch, "released"),
        batches.OutOfSpecificationUseApproved: Duty(of_batch, "released"),
        queries.QueryAnswered: Duty(of_query, "answered"),
    }
)
"""Fact to the duty that its person, and everybody who signed it, has had from then on."""


def people(actor: str, item: Any) -> Iterator[str]:
    """Yield the accounts of who acts and of everybody who signed."""
    yield actor
    for signature in getattr(item, "signatures", ()):
        yield signature.account


def remembering(kind: type[Any], evolver: Evolver) -> Evolver:
    """Return the evolver of a fact with its people remembered."""
    about, duty = REMEMBERED[kind]

    def changed(state: TrialState, event: Event[Any]) -> TrialState:
        known = frozenset(people(event.actor.id, event.fact)) | state.duties.get((duty, about(event.fact)), frozenset())
        return evolver(state, event).changed(duties=put(state.duties, (duty, about(event.fact)), known))

    return changed

"""The events of a trial at a data cut, sorted by kind, with corrections applied.

Two cuts. `as_known`: what the ledger had recorded by the moment; corrections recorded later are not yet
made. `as_occurred`: what had happened by the moment, whenever it was recorded, with every correction
known today; a death reported late is in, a visit after the moment is out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.subject.events import HistoricalRecordTaken
from celltrial.conduct.facts.trial.events import FactCorrected, TrialRegistered
from celltrial.core.dates import Instant
from celltrial.datasets.corrections import corrected
from celltrial.datasets.trial_data import CutKind, DataCut

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class EventLog:
    """Events in order of position, and by fact type.

    trial: identifier; "" for an empty log.
    """

    trial: str
    events: tuple[Event[Any], ...]
    by_type: dict[type[Any], list[Event[Any]]]

    def of(self, fact: type[F]) -> list[Event[F]]:
        """Return the events whose fact is of this type, in order."""
        return self.by_type.get(fact, [])

    def facts(self, fact: type[F]) -> Iterator[F]:
        """Return the facts of this type, in order."""
        return (event.fact for event in self.of(fact))

    @property
    def last_date(self) -> date | None:
        """The last site-local date on which something happened to somebody.

        Registering a trial, or taking over a historical record, is not data.
        """
        latest: dict[str, Instant] = {}
        for event in self.events:
            if event.stream == "trial" or isinstance(event.fact, HistoricalRecordTaken):
                continue
            moment = event.occurred
            known = latest.get(moment.zone)
            if known is None or moment.utc > known.utc:
                latest[moment.zone] = moment
        return max((moment.local_date for moment in latest.values()), default=None)


def cut_events(events: Iterable[Event[Any]], cut: DataCut) -> EventLog:
    """Return the log at a data cut."""
    every = list(events)
    at = cut.at
    if cut.kind is CutKind.AS_KNOWN:
        known = every if at is None else [event for event in every if event.recorded <= at]
        standing = corrected(known, _corrections(known))
    else:
        standing = corrected(every, _corrections(every))
        if at is not None:
            standing = [event for event in standing if event.occurred.utc <= at]
    by_type: dict[type[Any], list[Event[Any]]] = {}
    for event in standing:
        by_type.setdefault(type(event.fact), []).append(event)
    registered = by_type.get(TrialRegistered)
    trial = registered[0].fact.trial if registered else (standing[0].trial if standing else "")
    return EventLog(trial, tuple(standing), by_type)


def _corrections(events: list[Event[Any]]) -> list[Event[FactCorrected]]:
    return [event for event in events if isinstance(event.fact, FactCorrected)]

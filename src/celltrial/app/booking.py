"""Booking an infusion: who waits for a moment, the earliest one open over all sites, and the command that takes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from celltrial.app.gating import NextGate, next_gate
from celltrial.conduct.acts.subject.commands import BookInfusion, PlanLymphodepletion
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import Stage, SubjectState
from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class Bookable:
    """A subject for whom no infusion is booked and one may come; `earliest` by the days of the drugs and the distances."""

    subject: SubjectState
    batch: str
    earliest: Instant
    is_depletion: bool

    @property
    def command(self) -> type[Any]:
        """What takes the moment."""
        return PlanLymphodepletion if self.is_depletion else BookInfusion


def bookable(state: TrialState, subject: str, now: Instant) -> Bookable | None:
    """Return a subject with the earliest moment; None where one is booked or none can be yet."""
    known = state.subjects[subject]
    gate = next_gate(state, subject, now)
    if gate is None or gate.booked is not None or not known.is_active or known.stage is Stage.LYMPHODEPLETING:
        return None
    if known.infusions and known.infusions[-1].batch == gate.batch.batch:
        return None
    return Bookable(known, gate.batch.batch, _whole_minute(gate), gate.is_depletion)


def _whole_minute(gate: NextGate) -> Instant:
    """Return the earliest moment that a person can write: the next whole minute."""
    at = gate.earliest.utc
    return Instant(
        at if not (at.second or at.microsecond) else at.replace(second=0, microsecond=0) + timedelta(minutes=1),
        gate.earliest.zone,
    )


def booking(state: TrialState, one: Bookable, infusion: Instant) -> PlanLymphodepletion | BookInfusion:
    """Return the command that takes a moment; lymphodepletion then starts on the first day of its drugs."""
    if not one.is_depletion:
        return BookInfusion(one.subject.subject, one.batch, infusion)
    regimen = state.protocol.treatment.lymphodepletion if state.protocol is not None else None
    first = min((day for drug in regimen.drugs for day in drug.days), default=0) if regimen is not None else 0
    zone = state.zone_of(one.subject.site)
    starts = Instant(infusion.utc, zone).local_date + timedelta(days=first)
    return PlanLymphodepletion(one.subject.subject, one.batch, starts, infusion)

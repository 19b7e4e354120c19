"""The gate that comes next for a subject: its sections as conduct asks them, judged now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.gates.act import Act, GateSection
from celltrial.conduct.gates.infusion import infusion_sections, planned_route
from celltrial.conduct.gates.lymphodepletion import lymphodepletion_sections
from celltrial.conduct.gates.stagger import earliest_infusion
from celltrial.conduct.ruling import Condition
from celltrial.core.dates import Instant

_NOT_YET: Final = frozenset({Stage.SCREENING, Stage.ELIGIBLE, Stage.ENROLLED})


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a gate with what it would refuse now.

    is_asked: False where it cannot be judged from here: who operates is not named yet, or how many cells there are is not known.
    """

    section: GateSection
    conditions: tuple[Condition, ...]
    is_asked: bool = True


@dataclass(frozen=True, slots=True)
class NextGate:
    """The gate before a subject.

    is_depletion: before lymphodepletion; else before the infusion.
    infusion: the moment it is judged for; booked: the one on record, None where none is.
    earliest: by the days of the drugs and the distances to other subjects.
    at:       when it was judged, with the zone of the subject's site.
    """

    batch: BatchState
    is_depletion: bool
    infusion: Instant
    booked: Instant | None
    earliest: Instant
    at: Instant
    parts: tuple[Part, ...]


def site_moment(state: TrialState, subject: str, now: Instant) -> Instant:
    """Return a moment on the clock of a subject's site."""
    return Instant(now.utc, state.zone_of(state.subjects[subject].site))


def next_gate(state: TrialState, subject: str, now: Instant, asked: Instant | None = None) -> NextGate | None:
    """Return the gate before a subject, judged now for the moment asked about, else booked, else earliest.

    None where no gate comes before the subject yet: no protocol, not collected, no batch.
    """
    known, plan = state.subjects[subject], state.plan
    course = known.lymphodepletion
    batch = state.batches.get(course.batch if course is not None else (known.batches[-1] if known.batches else ""))
    if plan is None or batch is None or known.stage in _NOT_YET:
        return None
    act = Act(state, known, state.site_of(known.site), plan, site_moment(state, subject, now))
    slot = next((item for item in state.slots if item.subject == subject and not item.infused), None)
    booked, earliest = slot.infusion if slot is not None else None, _earliest(act)
    infusion = asked or booked or earliest
    is_depletion = plan.protocol.treatment.lymphodepletion is not None and known.stage in {Stage.COLLECTED, Stage.READY}
    if is_depletion:
        sections = lymphodepletion_sections(act, batch, infusion)
        unknown = {GateSection.CELLS} if batch.cells is None else set()
    else:
        sections = infusion_sections(act, batch, "", planned_route(act))
        unknown = {GateSection.OPERATOR}
    parts = tuple(
        Part(section, (), is_asked=False) if section in unknown else Part(section, tuple(found))
        for section, found in sections
    )
    return NextGate(batch, is_depletion, infusion, booked, earliest, act.at, parts)


def _earliest(act: Act) -> Instant:
    regimen = act.protocol.treatment.lymphodepletion
    first = min((day for drug in regimen.drugs for day in drug.days), default=0) if regimen is not None else 0
    return earliest_infusion(act, Instant(act.at.utc + timedelta(days=-first), act.at.zone))

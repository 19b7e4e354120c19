"""The grade that signs make, asked before anything is recorded, and what a report of an event would bring with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from celltrial.clinical.derivation import Derivation
from celltrial.conduct.envelope import Actor
from celltrial.conduct.facts.safety.grades import same_scale
from celltrial.conduct.facts.safety.state import AdverseEvent
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import found_act
from celltrial.conduct.views.derived import derive
from celltrial.conduct.views.engines import ENGINES, LABORATORY
from celltrial.conduct.vocabulary import Finding, GradeSource
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.core.terms import same_term
from celltrial.protocol.model.risks import Risk


@dataclass(frozen=True, slots=True)
class SignsGraded:
    """What signs come to. `is_unusable`: there are signs, and what grades them cannot use them."""

    derivation: Derivation | None
    is_unusable: bool = False


def grade_signs(
    state: TrialState, subject: str, actor: Actor, at: Instant, *, category: str, term: str, scale: str,
    grade: int | None, onset: date, findings: Sequence[Finding],
) -> SignsGraded:  # fmt: skip
    """Return the grade that signs of a subject make on a scale, as the report of the event would derive it."""
    act = found_act(state, subject, at)
    if act is None:
        return SignsGraded(None)
    try:
        found = derive(
            act, category=category, term=term, scale=scale, grade=grade, onset=onset, findings=findings, signer=actor.id
        )
    except (UserError, ValueError):
        return SignsGraded(None, is_unusable=True)
    return SignsGraded(found)


def grade_on_record(state: TrialState, event: AdverseEvent, actor: Actor, at: Instant) -> SignsGraded:
    """Return the grade that all signs of an event on record make together, with every comparison behind it."""
    reported = event.grades[GradeSource.REPORTED]
    return grade_signs(
        state, event.subject, actor, at, category=event.category, term=event.term, scale=reported.scale,
        grade=reported.grade, onset=event.onset, findings=event.findings,
    )  # fmt: skip


def next_event(state: TrialState, subject: str) -> str:
    """Return an identifier for a new event of a subject that neither a report nor a draft has.

    >>> from celltrial.conduct.facts.state import EMPTY
    >>> next_event(EMPTY, "P1")
    'AE-P1-1'
    """
    number = 1
    while state.subject_of_event(name := f"AE-{subject}-{number}") or name in state.event_drafts:
        number += 1
    return name


def _risks(state: TrialState) -> tuple[Risk, ...]:
    plan = state.protocol.risk_plan if state.protocol is not None else None
    return plan.risks if plan is not None else ()


def scales(state: TrialState) -> tuple[str, ...]:
    """Return the scales on which events of this trial are graded: those of its protocol first, then every other that is known."""
    risks = _risks(state)
    stated = [item.grading_scale for item in risks if item.grading_scale]
    known = [*stated, *(scale for _, scale in ENGINES), *LABORATORY]
    return tuple(name for number, name in enumerate(known) if not any(same_scale(name, one) for one in known[:number]))


def scale_of(state: TrialState, category: str) -> str:
    """Return the scale on which the protocol has a category graded; for one it does not name, that of its laboratory terms."""
    risks = _risks(state)
    stated = next((item.grading_scale for item in risks if item.grading_scale and same_term(item.term, category)), None)
    if stated is not None:
        return stated
    offered = scales(state)
    engine = next((scale for name, scale in ENGINES if same_term(name, category)), None)
    return engine or next(name for name in offered if any(same_scale(name, one) for one in LABORATORY))


def kinds(state: TrialState) -> tuple[str, ...]:
    """Return the categories of event that the protocol names or that signs are graded for."""
    risks = _risks(state)
    known = [*(item.term for item in risks), *(name for name, _ in ENGINES)]
    return tuple(name for number, name in enumerate(known) if not any(same_term(name, one) for one in known[:number]))

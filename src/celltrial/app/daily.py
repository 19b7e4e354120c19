"""A day at the bedside: assessments graded one by one, the worst of them the day's, recorded as signs of the event they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from celltrial.app.grading import SignsGraded, grade_signs, scale_of
from celltrial.clinical.derivation import Derivation
from celltrial.clinical.ice import CognitionItems, ice_score
from celltrial.conduct.acts.safety.commands import RecordSigns
from celltrial.conduct.envelope import Actor
from celltrial.conduct.facts.safety.events import SignsRecorded
from celltrial.conduct.facts.safety.state import WORST_GRADE, AdverseEvent
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.views.sign_lists import AskedSign, signs_for
from celltrial.conduct.vocabulary import Finding, GradeSource
from celltrial.core.dates import Instant
from celltrial.core.terms import same_term

#: Syndromes that are graded day by day at the bedside.
KINDS = ("CRS", "ICANS")


@dataclass(frozen=True, slots=True)
class DayOfKind:
    """One syndrome of a subject on a day.

    event:   the open event whose signs these are; None where none is on record.
    asked:   the signs that its scale is graded from.
    graded:  each assessment; nothing is derived of one without a sign.
    worst:   number of the assessment that makes the day's grade, from 0; None where none makes any.
    days:    grades of the days on record, each from that day's signs alone, the latest first.
    """

    kind: str
    scale: str
    event: AdverseEvent | None
    asked: tuple[AskedSign, ...]
    graded: tuple[SignsGraded, ...]
    worst: int | None
    days: tuple[tuple[date, SignsGraded], ...]

    @property
    def grade(self) -> Derivation | None:
        """The day's grade."""
        return None if self.worst is None else self.graded[self.worst].derivation


def day_of(
    state: TrialState, subject: SubjectState, actor: Actor, at: Instant, kind: str, assessments: Sequence[tuple[Finding, ...]]
) -> DayOfKind:  # fmt: skip
    """Return one syndrome on the day of assessments, graded each by itself."""
    event = open_event(subject, kind)
    scale = event.grades[GradeSource.REPORTED].scale if event is not None else scale_of(state, kind)
    category = event.category if event is not None else kind

    def graded(findings: Sequence[Finding], onset: date) -> SignsGraded:
        return grade_signs(
            state, subject.subject, actor, at, category=category, term=kind, scale=scale, grade=None, onset=onset,
            findings=findings,
        )  # fmt: skip

    found = tuple(graded(item, event.onset if event is not None else at.local_date) for item in assessments)
    days = (
        sorted({item.on for item in event.findings if item.on is not None}, reverse=True) if event is not None else []
    )
    past = tuple(
        (day, graded([item for item in event.findings if item.on == day], event.onset)) for day in days if event is not None
    )  # fmt: skip
    return DayOfKind(kind, scale, event, signs_for(category, kind, scale), found, worst_of(found), past)


def open_event(subject: SubjectState, kind: str) -> AdverseEvent | None:
    """Return the event of a kind that has not ended, the latest where there are several."""
    found = [
        item for item in subject.adverse_events.values() if same_term(item.category, kind) and item.ended_on is None
    ]
    return max(found, key=lambda item: item.onset, default=None)


def worst_of(assessments: Sequence[SignsGraded]) -> int | None:
    """Return the number of the worst assessment: of the highest grade known, and of these the one that leaves most open."""
    ranks = [
        (_rank(item.derivation), -number) for number, item in enumerate(assessments) if item.derivation is not None
    ]
    return -max(ranks)[1] if ranks else None


def _rank(found: Derivation) -> tuple[int, int]:
    known = -1 if found.grade is None else found.grade
    top = max((item.high for item in found.domains), default=WORST_GRADE) if found.incomplete else known
    return known, top


def ice_of(answers: Mapping[str, str]) -> int | None:
    """Return the ICE score of answered items; None where one was not asked. COR or CLN faults for a count beyond its range.

    >>> ice_of(dict.fromkeys(("year", "month", "city", "hospital", "sentence", "counts_back", "command"), "yes") | {"named_objects": "2"})
    9
    """
    said = {name: {"yes": True, "no": False}.get(word) for name, word in answers.items() if name != "named_objects"}
    named = answers.get("named_objects", "")
    return ice_score(CognitionItems(named_objects=int(named) if named.isascii() and named.isdigit() else None, **said))


def signs_of_day(
    kinds: Sequence[DayOfKind], assessments: Mapping[str, Sequence[tuple[Finding, ...]]]
) -> list[RecordSigns]:
    """Return what records a day's assessments: all of them, the worst last, because of a sign recorded twice the later one holds."""
    commands = []
    for item in kinds:
        given = list(assessments[item.kind])
        if item.event is None or not any(given):
            continue
        if item.worst is not None:
            given.append(given.pop(item.worst))
        findings = tuple(finding for each in given for finding in each)
        commands.append(RecordSigns(SignsRecorded(item.event.subject, item.event.event, findings)))
    return commands

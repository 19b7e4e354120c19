"""Screening as one question: each criterion in force, what is on record or proposed of it, and how it is judged today.

found = screen(session, "P1", acting, moment, results)
found.lines[0].truth               # as conduct judges it, results counted as if they were on record
found.lacking                      # what else keeps eligibility from being confirmed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from celltrial.app.persons import Acting
from celltrial.app.session import TrialSession
from celltrial.conduct.acts.subject.commands import ConfirmEligibility, EnrolSubject, RecordEvidence
from celltrial.conduct.envelope import Request
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.events import EvidenceRecorded
from celltrial.conduct.gates.act import Act, found_act
from celltrial.conduct.gates.eligibility import all_criteria, evidence_for, evidence_name, judge, unfit_unit
from celltrial.conduct.gates.enrolment import check_eligible
from celltrial.conduct.ruling import Condition, Refused, Ruling
from celltrial.conduct.timing import days_between, whole_days
from celltrial.core.dates import Instant
from celltrial.core.measured import Measured
from celltrial.core.quantities import Quantity
from celltrial.core.truth import Truth
from celltrial.protocol.model.population import Criterion


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion of the version in force.

    concept:   under which its evidence is recorded; several criteria may share one.
    evidence:  what was judged: on record, or proposed; None where there is none.
    condition: why it is not met, or not known to be; None where it is met.
    converted: the value in the criterion's unit, where it was read in another.
    age, left: whole days since the observation, and until it is too old; None where there is none, or no limit of age.
    is_computed: whether its evidence follows from what is on record otherwise, and is not entered.
    """

    criterion: Criterion
    concept: str
    evidence: EvidenceRecorded | None
    truth: Truth
    condition: Condition | None
    converted: Quantity | None
    age: int | None
    left: int | None
    is_computed: bool


@dataclass(frozen=True, slots=True)
class Screening:
    """A subject held against every criterion on a day.

    refused: concept to why a proposed result would not be recorded.
    lacking: what keeps eligibility from being confirmed beside criteria, such as a consent.
    enrolment: what keeps the subject out of the cohort that was asked about; None where none was.
    """

    on: date
    lines: tuple[Line, ...]
    refused: Mapping[str, tuple[Condition, ...]]
    lacking: tuple[Condition, ...]
    enrolment: tuple[Condition, ...] | None = None

    @property
    def is_eligible(self) -> bool:
        """Whether eligibility could be confirmed now."""
        return not self.lacking and all(item.truth is Truth.TRUE for item in self.lines)

    @property
    def met(self) -> int:
        """How many criteria are met."""
        return sum(item.truth is Truth.TRUE for item in self.lines)

    @property
    def unmet(self) -> int:
        """How many criteria are known not to be met."""
        return len(self.failed)

    @property
    def unknown(self) -> int:
        """Of how many criteria it is not known whether they are met."""
        return sum(item.truth is Truth.UNKNOWN for item in self.lines)

    @property
    def names(self) -> frozenset[str]:
        """The identifiers of the criteria."""
        return frozenset(item.criterion.id for item in self.lines)

    @property
    def failed(self) -> tuple[Line, ...]:
        """Criteria that are known not to be met."""
        return tuple(item for item in self.lines if item.truth is Truth.FALSE)


def screen(
    session: TrialSession,
    subject: str,
    acting: Acting,
    at: Instant,
    results: Mapping[str, RecordEvidence] = {},
    cohort: str = "",
) -> Screening | tuple[Condition, ...]:
    """Return how a subject compares with every criterion, results counted as if they were on record; nothing is written.

    results: by concept.   cohort: to be enrolled into, "" where that is not asked.
    Conditions where there can be no screening: no protocol in force, or no such subject.
    """
    asked = [_request(item, acting, at) for item in results.values()]
    enrol = [_request(EnrolSubject(subject, cohort), acting, at)] if cohort else []
    answers, state = session.try_together([*asked, *enrol])
    refused = {
        concept: answer.conditions
        for concept, answer in zip(results, answers, strict=False)
        if isinstance(answer, Refused)
    }
    act = found_act(state, subject, at)
    if act is None:
        return _conditions(session.try_together([_request(ConfirmEligibility(subject), acting, at)])[0][0])
    own = {item.id for _, item in all_criteria(act)}
    return Screening(
        act.today,
        tuple(_line(act, field, item) for field, item in all_criteria(act)),
        refused,
        tuple(item for item in check_eligible(act) if item.about not in own),
        _conditions(answers[-1]) if enrol else None,
    )


def open_cohorts(state: TrialState) -> tuple[str, ...]:
    """Return the cohorts that take subjects, in the order in which they were opened."""
    return tuple(name for name, item in state.cohorts.items() if item.is_open)


def _request(
    command: RecordEvidence | EnrolSubject | ConfirmEligibility, acting: Acting, at: Instant
) -> Request[object]:
    return Request(command, acting.actor, at, log_in=acting.log_in)


def _conditions(answer: Ruling) -> tuple[Condition, ...]:
    return answer.conditions if isinstance(answer, Refused) else ()


def _line(act: Act, field: str, criterion: Criterion) -> Line:
    evidence = evidence_for(act.subject, criterion, act.today)
    judged = judge(criterion, evidence, act.today, field)
    age = days_between(evidence.on, act.today) if evidence is not None else None
    left = whole_days(criterion.window) - age if criterion.window is not None and age is not None else None
    converted = _converted(criterion, evidence) if evidence is not None else None
    computed = evidence is not None and evidence is not act.subject.evidence.get(evidence.concept)
    return Line(
        criterion, evidence_name(criterion), evidence, judged.truth, judged.condition, converted, age, left, computed
    )


def _converted(criterion: Criterion, evidence: EvidenceRecorded) -> Quantity | None:
    """Return evidence in the unit of its criterion, where that is another; None where it is the same or cannot be."""
    found = Measured.read(evidence.value)
    written = found.unit or evidence.unit
    if found.number is None or not written or written == criterion.unit or unfit_unit(criterion, evidence) is not None:
        return None
    value = Quantity(found.number, written).in_unit(criterion.unit, criterion.concept)
    return Quantity(value, criterion.unit, found.relation)

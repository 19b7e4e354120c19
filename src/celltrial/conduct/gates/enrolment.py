"""Enrolment gate: consents, every criterion on the day, an open place at an open level, an open trial."""

from __future__ import annotations

from typing import Final

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.cohort.state import CohortState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.gates.comparability import check_comparability, confirmatory_begun
from celltrial.conduct.gates.consent import MAJORITY_YEARS, check_consents
from celltrial.conduct.gates.eligibility import all_criteria, check_criteria
from celltrial.conduct.gates.site import check_site
from celltrial.conduct.gates.suspension import check_open
from celltrial.conduct.ruling import fail
from celltrial.conduct.vocabulary import CohortKind
from celltrial.core.dates import Instant, add_years
from celltrial.core.values import ABSENT, NOT_STATED, Count, less_than, message, one_of, or_absent
from celltrial.protocol import Protocol
from celltrial.protocol.model.population import Criterion
from celltrial.protocol.model.regimen import Cohort


def check_eligible(act: Act) -> Conditions:
    """Yield what keeps eligibility from being confirmed on the day of the act: the stage, the site, a consent, a criterion."""
    if act.subject.stage not in {Stage.SCREENING, Stage.ELIGIBLE, Stage.ENROLLED}:
        yield fail(Code.SUBJECT_STAGE, Stage.SCREENING, act.subject.stage, act.about)
    yield from check_site(act)
    yield from check_consents(act)
    yield from check_criteria(act, all_criteria(act))


def places_taken(state: TrialState, cohort: CohortState) -> int:
    """Return how many places are taken.

    A subject who left before infusion frees one, unless the protocol replaces nobody; one not evaluable frees one. Whoever
    was assigned to an arm stays counted, as every analysis counts them.
    """
    return sum(takes_place(state, subject) for subject in cohort.subjects)


def takes_place(state: TrialState, subject_id: str) -> bool:
    """Tell whether a subject takes a place of its cohort."""
    subject = state.subjects[subject_id]
    if subject.arm:
        return True
    if not subject.infusions:
        plan = state.protocol.manufacturing.failure_plan if state.protocol and state.protocol.manufacturing else None
        return subject.is_active or (plan is not None and plan.replacement == "not_replaced")
    window = subject.dlt_window
    return window is None or window.dlt or window.evaluable is not False


def check_place(state: TrialState, cohort: CohortState, at: Instant) -> Conditions:
    """Yield a cohort that is closed, was not open yet at the act, or is full."""
    about = f"cohort/{cohort.cohort}"
    if cohort.opened is not None and cohort.opened.utc > at.utc:
        found = message("since", when=cohort.opened)
        yield fail(Code.COHORT_CLOSED, message("open_at", when=at), found, about, "2.2.2.3-a")
    if not cohort.is_open:
        yield fail(Code.COHORT_CLOSED, message("open_cohort"), message("closed"), about, "2.2.2.3-a")
    taken = places_taken(state, cohort)
    if taken >= cohort.size:
        yield fail(Code.COHORT_FULL, less_than(Count(cohort.size, "place")), taken, about, "2.2.2.3-a")


def check_level_open(state: TrialState, level: int) -> Conditions:
    """Yield a dose level that was closed for toxicity."""
    counts = state.closed_levels.get(level)
    if counts is not None:
        found = message("dlt_among", dlt=counts[0], evaluable=counts[1])
        field = "escalation.design"
        yield fail(Code.LEVEL_CLOSED, message("level_open", level=level), found, f"level/{level}", "2.2.2.3-a", field)


#: Where the protocol says what becomes of a subject whose level closes.
CLOSED_LEVEL: Final = "escalation.closed_level"


def closed_level_rule(protocol: Protocol, about: str) -> Conditions:
    """Yield why a subject whose level closed may not be moved to a lower one: the protocol is silent, or forbids it."""
    escalation = protocol.escalation
    rule = escalation.closed_level if escalation is not None else None
    if rule is None:
        needed = message("rule_for_a_subject_whose_level_closes")
        yield fail(Code.PROTOCOL_SILENT, needed, NOT_STATED, about, "2.2.2.3-a", CLOSED_LEVEL)
    elif rule.rule == "not_infused":
        yield fail(
            Code.LEVEL_CLOSED,
            message("rule_that_allows_a_lower_level"),
            message("not_infused"),
            about,
            "2.2.2.3-a",
            CLOSED_LEVEL,
        )


def check_level_of(act: Act) -> Conditions:
    """Yield a closed level of a subject on the way to an infusion, and what the protocol's rule still asks for."""
    level = act.subject.level
    if level is None or level not in act.state.closed_levels:
        return
    yield from check_level_open(act.state, level)
    open_rule = [*closed_level_rule(act.protocol, act.about)]
    yield from open_rule
    if not open_rule:
        needed = message("signed_reassignment_to_a_lower_level")
        yield fail(Code.LEVEL_CLOSED, needed, ABSENT, act.about, "2.2.2.3-a", CLOSED_LEVEL)


def _check_adults_first(act: Act) -> Conditions:
    """Yield a child, or a subject of unknown age, before the review in adults is signed where the protocol waits for it.

    2.1.1.3-a: a protocol for several ages keeps children out until then (`cohort_opens_after_adult_review`).
    """
    children, born = act.protocol.population.paediatric, act.subject.born
    waits = children is not None and children.included and children.cohort_opens_after_adult_review
    if not waits or act.state.adults_reviewed is not None:
        return
    if born is None or act.today < add_years(born, MAJORITY_YEARS):
        needed, field = message("signed_review_of_the_adults"), "population.paediatric.cohort_opens_after_adult_review"
        yield fail(Code.ADULT_REVIEW_DUE, needed, ABSENT, act.about, "2.1.1.3-a", field)


def check_cap(act: Act) -> Conditions:
    """Yield an enrolment beyond the most that the protocol allows; who was replaced counts (2.1.3-i)."""
    plan = act.protocol.manufacturing.failure_plan if act.protocol.manufacturing else None
    if plan is None or plan.maximum_enrolled is None:
        return
    enrolled = sum(subject.enrolled is not None for subject in act.state.subjects.values())
    if enrolled >= plan.maximum_enrolled:
        needed, field = (
            less_than(Count(plan.maximum_enrolled, "enrolled")),
            "manufacturing.failure_plan.maximum_enrolled",
        )
        yield fail(Code.ENROLMENT_CAP, needed, enrolled, act.about, "2.1.3-i", field)


def check_recommended(state: TrialState, level: int, about: str) -> Conditions:
    """Yield an expansion at a dose that no signed record recommends, or whose record was opened again (2.2.5-j).

    A trial that finds no dose treats at the level at which its approved protocol starts, which needs no other record.
    """
    protocol = state.protocol
    stated = protocol is not None and protocol.escalation is None and level == protocol.dose.start_level
    if not stated and state.recommended_level != level:
        needed = message("signed_record_recommending_level", level=level)
        found = or_absent(state.recommended_level)
        yield fail(Code.RECOMMENDED_DOSE_MISSING, needed, found, about, "2.2.5-j", "escalation.transition")


def _check_confirmatory(state: TrialState, cohort: CohortState) -> Conditions:
    """Yield every open comparability before the first confirmatory infusion: until then the start is refused (2.3.2-m)."""
    if cohort.kind is CohortKind.CONFIRMATORY and not confirmatory_begun(state):
        yield from check_comparability(state)


def part_of(protocol: Protocol, name: str) -> Cohort | None:
    """Return the cohort of the protocol that a cohort of this name takes in; None where the protocol names none so."""
    return next((item for item in protocol.cohorts if item.id == name), None)


def part_criteria(act: Act, cohort: str) -> list[tuple[str, Criterion]]:
    """Return the criteria of a cohort that the protocol names, with their fields; they come on top of those of the trial."""
    part = part_of(act.protocol, cohort)
    if part is None:
        return []
    path = f"cohorts.{act.protocol.cohorts.index(part)}.criteria"
    return [(f"{path}.{index}", item) for index, item in enumerate(part.criteria)]


def check_enrolment(act: Act, cohort: CohortState) -> Conditions:
    """Yield everything that keeps a subject from being enrolled into a cohort."""
    if act.subject.stage not in {Stage.SCREENING, Stage.ELIGIBLE}:
        yield fail(Code.SUBJECT_STAGE, one_of(Stage.SCREENING, Stage.ELIGIBLE), act.subject.stage, act.about)
    yield from check_site(act)
    yield from check_open(act, cohort.level)
    yield from check_consents(act)
    yield from check_criteria(act, [*all_criteria(act), *part_criteria(act, cohort.cohort)])
    yield from _check_adults_first(act)
    yield from check_cap(act)
    yield from check_place(act.state, cohort, act.at)
    yield from check_level_open(act.state, cohort.level)
    if cohort.kind is CohortKind.EXPANSION:
        yield from check_recommended(act.state, cohort.level, f"cohort/{cohort.cohort}")
    yield from _check_confirmatory(act.state, cohort)

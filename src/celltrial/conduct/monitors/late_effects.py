"""Late effects: a returning transgene, a predominant clone, replication-competent virus, a new malignancy, growth, gaps."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from celltrial.clinical.annual_contact import DelayedEvent
from celltrial.clinical.late_tests import NEGATIVES, CloneFindings, derive_clonality
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Role, subject_stream
from celltrial.conduct.facts.follow_up.events import (
    FollowUpVisitRecorded,
    GrowthMeasured,
    LateSafetyTested,
    SubjectTransferred,
)
from celltrial.conduct.facts.follow_up.state import FollowUpState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import AlertRaised, FactCorrected, TaskOpened
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.views.contacts import classes_of
from celltrial.conduct.views.growth import z_scores
from celltrial.conduct.views.late_samples import VIRUS_TESTS, has_stopped, negatives_to_stop
from celltrial.conduct.vocabulary import Answer, Origin, Severity
from celltrial.core.dates import Instant
from celltrial.core.quantities import Quantity
from celltrial.core.terms import resolve
from celltrial.core.values import UNKNOWN, Duration, Identifier, Term, Value, as_value, message

#: A fall of a z-score by at least this much is told to the medical monitor.
GROWTH_FALL: Final = Decimal("1.0")
#: How soon a sample that alarms is followed by the next.
_SOON: Final = timedelta(days=28)
#: Adverse events that are a new malignancy, named as category or as term.
_NEW_MALIGNANCIES: Final = frozenset({"second_malignancy", "t_cell_malignancy", "myelodysplastic_syndrome"})
#: By when the outcome of a pregnancy is known at the latest: 40 weeks.
_TERM: Final = timedelta(weeks=40)


def uncovered_days(left: date, entered: date) -> int:
    """Return the days on which a subject was in neither study.

    >>> uncovered_days(date(2027, 6, 30), date(2027, 8, 15))
    45
    """
    return max((entered - left).days - 1, 0)


def _alert(code: Code, subject: str, key: str, detail: Value) -> tuple[str, Any]:
    about = subject_stream(subject)
    return TRIAL, AlertRaised(f"{key}/{subject}", Severity.CRITICAL, code, about, detail, Role.MEDICAL_MONITOR)


def _task(code: Code, subject: str, key: str, due: date) -> tuple[str, Any]:
    return TRIAL, TaskOpened(f"{key}/{subject}", code, subject_stream(subject), Role.INVESTIGATOR, due)


def watch_late_effects(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield what a finding of follow-up puts on somebody's list."""
    known = state.subjects[fact.subject].follow_up
    if known is None:
        return
    if isinstance(fact, LateSafetyTested):
        yield from _test(state, known, fact)
    elif isinstance(fact, GrowthMeasured):
        yield from _growth(known, fact)
    elif isinstance(fact, FollowUpVisitRecorded):
        told = {item.item for item in fact.items if item.answer is Answer.YES}
        yield from _told(state, fact.subject, fact.visit, told, at)
    elif isinstance(fact, SubjectTransferred):
        yield from _transfer(fact)


def _test(state: TrialState, known: FollowUpState, fact: LateSafetyTested) -> Facts:
    if fact.test in VIRUS_TESTS:
        yield from _virus(fact)
    elif fact.test == "transgene_in_tumour":
        yield from _tumour(fact)
    elif fact.test == "persistence":
        yield from _persistence(state, known, fact)
    elif fact.share is not None:
        yield from _clone(known, fact)


def _virus(fact: LateSafetyTested) -> Facts:
    """A sample with replication-competent virus is repeated, tested further and reported."""
    if fact.answer is Answer.YES:
        key = f"{fact.test}/{fact.on}"
        yield _alert(Code.ALERT_VIRUS, fact.subject, key, message("of", what=Term("assay", fact.test), value=fact.on))
        yield _task(Code.TASK_REPEAT_TEST, fact.subject, f"repeat/{key}", fact.on + _SOON)


def _tumour(fact: LateSafetyTested) -> Facts:
    """A tumour that carries the transgene came out of the product: told at once, integration sites looked at."""
    if fact.answer is Answer.YES:
        key = f"{fact.test}/{fact.on}"
        yield _alert(Code.ALERT_TRANSGENE_IN_TUMOUR, fact.subject, key, as_value(fact.on))
        yield _task(Code.TASK_INTEGRATION_SITES, fact.subject, f"sites/{key}", fact.on + _SOON)


def _earlier(known: FollowUpState, fact: LateSafetyTested) -> list[LateSafetyTested]:
    found = [item for item in known.tests if item.test == fact.test and item is not fact and item.on <= fact.on]
    return sorted(found, key=lambda item: item.on)


def _persistence(state: TrialState, known: FollowUpState, fact: LateSafetyTested) -> Facts:
    """A transgene that returns is sampled again and its clones looked at; many cells with it ask for their sites.

    A sample entered late may show that one after it was the return: each later one is looked at again.
    """
    plan = state.protocol.follow_up if state.protocol is not None else None
    negatives = negatives_to_stop(plan, fact.test) or NEGATIVES
    for item in known.tests:
        if item.test == fact.test and item.answer is Answer.YES and item.on >= fact.on:
            yield from _returned(state, known, item, negatives)
    if derive_clonality(CloneFindings(fact.on, vector_share=fact.share)).category == "INTEGRATION_SITES":
        key = f"{fact.test}/{fact.on}"
        yield _task(Code.TASK_INTEGRATION_SITES, fact.subject, f"sites/{key}", fact.on + _SOON)


def _returned(state: TrialState, known: FollowUpState, item: LateSafetyTested, negatives: int) -> Facts:
    key = f"{item.test}/{item.on}"
    if f"{key}/{item.subject}" in state.alerts or not has_stopped(known, _earlier(known, item), negatives):
        return
    yield _alert(Code.ALERT_PERSISTENCE_RETURNED, item.subject, key, message("negatives_then_positive", n=negatives))
    yield _task(Code.TASK_REPEAT_TEST, item.subject, f"repeat/{key}", item.on + _SOON)
    yield _task(Code.TASK_CLONALITY, item.subject, f"clonality/{key}", item.on + _SOON)


def _clone(known: FollowUpState, fact: LateSafetyTested) -> Facts:
    """A predominant clone is sampled again within three months; the first one, and one that grew, are told."""
    shares = [item.share for item in _earlier(known, fact) if item.share is not None]
    before, now, key = (shares[-1] if shares else None), fact.share, f"{fact.test}/{fact.on}"
    found = derive_clonality(CloneFindings(fact.on, dominant_share=now, earlier_share=before))
    if found.category != "PREDOMINANT_CLONE":
        return
    if found.parts["change"] != "did_not_grow":
        grown = _percent(now)
        detail = grown if before is None else message("changed", before=_percent(before), after=grown)
        yield _alert(Code.ALERT_CLONE, fact.subject, key, detail)
    yield _task(Code.TASK_REPEAT_TEST, fact.subject, f"repeat/{key}", date.fromisoformat(found.parts["due"]))


def _percent(share: Decimal | None) -> Value:
    return UNKNOWN if share is None else Quantity(Decimal(round(share * 100)), "%")


def _growth(known: FollowUpState, fact: GrowthMeasured) -> Facts:
    """A z-score that fell by so much from the first on record is told."""
    earlier = sorted(
        (item for item in known.growth if item is not fact and item.on <= fact.on), key=lambda item: item.on
    )
    for curve, z in z_scores(fact):
        first = next((told for item in earlier for name, told in z_scores(item) if name == curve), None)
        if first is not None and first - z >= GROWTH_FALL:
            detail = message(
                "z_score_fell",
                curve=Term("growth_curve", curve),
                before=as_value(first),
                after=as_value(z),
                fall=as_value(first - z),
            )
            yield _alert(Code.ALERT_GROWTH, fact.subject, f"growth/{curve}/{fact.on}", detail)


def watch_answer(state: TrialState, fact: FactCorrected, at: Instant) -> Facts:
    """Yield what a corrected answer of a follow-up visit puts on somebody's list."""
    kind, _, key = fact.record.partition("/")
    if (kind, fact.field, fact.new) == ("follow_up_item", "answer", Answer.YES):
        subject, visit, item = key.split("/", 2)
        yield from _told(state, subject, visit, {item}, at)


def watch_malignancy(state: TrialState, fact: Any, at: Instant) -> Facts:
    """Yield the work-up of a new malignancy reported as an adverse event of a treated subject."""
    subject = state.subjects[fact.subject]
    event = subject.adverse_events[fact.event]
    is_new = any(resolve(said, "adverse_event") in _NEW_MALIGNANCIES for said in (event.category, event.term))
    known = f"malignancy/{event.event}/{subject.subject}" in state.alerts
    if is_new and subject.infusions and not known and state.origin is not Origin.RETROSPECTIVE:
        yield from _malignancy(subject.subject, event.event, at)


def _told(state: TrialState, subject: str, visit: str, items: Collection[str], at: Instant) -> Facts:
    """Yield what a "yes" to items of a visit asks for, by the class of delayed events that each asks for."""
    told = classes_of(state.protocol.follow_up if state.protocol is not None else None, items)
    if DelayedEvent.NEW_MALIGNANCY in told:
        yield from _malignancy(subject, visit, at)
    if DelayedEvent.PREGNANCY in told:
        yield _task(Code.TASK_PREGNANCY_OUTCOME, subject, f"pregnancy/{visit}", at.local_date + _TERM)


def _malignancy(subject: str, visit: str, at: Instant) -> Facts:
    yield _alert(Code.ALERT_NEW_MALIGNANCY, subject, f"malignancy/{visit}", Identifier(visit))
    yield _task(Code.TASK_MALIGNANCY_WORK_UP, subject, f"work_up/{visit}", at.local_date + timedelta(days=15))


def _transfer(fact: SubjectTransferred) -> Facts:
    days = uncovered_days(fact.left_on, fact.entered_on) if fact.entered_on is not None else 0
    if days:
        yield _alert(Code.ALERT_UNCOVERED_DAYS, fact.subject, f"transfer/{fact.left_on}", Duration(days))

"""Late effects: a returning transgene, a growing clone, a new malignancy, a falling growth curve, uncovered days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from celltrial.conduct.codes import Code
from celltrial.conduct.deciding import TRIAL, subject_stream
from celltrial.conduct.envelope import Role
from celltrial.conduct.follow_up.events import (
    FollowUpVisitRecorded,
    GrowthMeasured,
    LateSafetyTested,
    SubjectTransferred,
)
from celltrial.conduct.follow_up.state import FollowUpState
from celltrial.conduct.monitors.noticing import Facts
from celltrial.conduct.state import TrialState
from celltrial.conduct.trial.events import AlertRaised, TaskOpened
from celltrial.conduct.vocabulary import Answer, Severity
from celltrial.core.dates import Instant, add_months

__all__ = ["CLONE_SHARE", "GROWTH_FALL", "uncovered_days", "watch_late_effects"]

#: A dominant clone of at least this share that grew asks for a repeat in three months.
CLONE_SHARE: Final = Decimal("0.20")
#: A fall of a z-score by at least this much is told to the medical monitor.
GROWTH_FALL: Final = Decimal("1.0")
_REPEAT_MONTHS: Final = 3
_MALIGNANCY: Final = "new malignancy"
_CURVES: Final = frozenset({"height_z", "weight_z"})


def uncovered_days(left: date, entered: date) -> int:
    """Return the days on which a subject was in neither study.

    >>> uncovered_days(date(2027, 6, 30), date(2027, 8, 15))
    45
    """
    return max((entered - left).days - 1, 0)


def _alert(code: Code, subject: str, key: str, detail: str) -> tuple[str, Any]:
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
        yield from _test(known, fact)
    elif isinstance(fact, GrowthMeasured):
        yield from _growth(known, fact)
    elif isinstance(fact, FollowUpVisitRecorded):
        yield from _malignancy(fact, at)
    elif isinstance(fact, SubjectTransferred):
        yield from _transfer(fact)


def _test(known: FollowUpState, fact: LateSafetyTested) -> Facts:
    earlier = [item for item in known.tests if item.test == fact.test and item is not fact and item.on <= fact.on]
    due, key = add_months(fact.on, _REPEAT_MONTHS), f"{fact.test}/{fact.on}"
    if fact.test == "persistence" and fact.answer is Answer.YES:
        negatives = [item.answer is Answer.NO for item in earlier[-2:]]
        if len(negatives) == 2 and all(negatives):
            yield _alert(Code.ALERT_PERSISTENCE_RETURNED, fact.subject, key, "negative, negative, positive")
            yield _task(Code.TASK_REPEAT_TEST, fact.subject, f"repeat/{key}", fact.on + timedelta(days=28))
            yield _task(Code.TASK_CLONALITY, fact.subject, f"clonality/{key}", fact.on + timedelta(days=28))
    shares = [item.share for item in earlier if item.share is not None]
    if fact.share is not None and fact.share >= CLONE_SHARE and shares and fact.share > shares[-1]:
        yield _alert(Code.ALERT_CLONE, fact.subject, key, f"{shares[-1]:.0%} -> {fact.share:.0%}")
        yield _task(Code.TASK_REPEAT_TEST, fact.subject, f"repeat/{key}", due)


def _growth(known: FollowUpState, fact: GrowthMeasured) -> Facts:
    if fact.measure not in _CURVES:
        return
    earlier = [
        item for item in known.growth if item.measure == fact.measure and item is not fact and item.on <= fact.on
    ]
    if earlier and earlier[0].value - fact.value >= GROWTH_FALL:
        detail = f"{fact.measure} {earlier[0].value} -> {fact.value}, fall {earlier[0].value - fact.value}"
        yield _alert(Code.ALERT_GROWTH, fact.subject, f"growth/{fact.measure}/{fact.on}", detail)


def _malignancy(fact: FollowUpVisitRecorded, at: Instant) -> Facts:
    if any(item.item == _MALIGNANCY and item.answer is Answer.YES for item in fact.items):
        yield _alert(Code.ALERT_NEW_MALIGNANCY, fact.subject, f"malignancy/{fact.visit}", fact.visit)
        yield _task(
            Code.TASK_MALIGNANCY_WORK_UP, fact.subject, f"work_up/{fact.visit}", at.local_date + timedelta(days=15)
        )


def _transfer(fact: SubjectTransferred) -> Facts:
    days = uncovered_days(fact.left_on, fact.entered_on) if fact.entered_on is not None else 0
    if days:
        yield _alert(Code.ALERT_UNCOVERED_DAYS, fact.subject, f"transfer/{fact.left_on}", f"{days} d")

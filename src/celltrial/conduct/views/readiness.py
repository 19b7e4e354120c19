"""Whether results may be submitted: primary analysis done; long-term follow-up is a commitment, never a wait (3.1-l)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.views.adult_care import adult_care_day

_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Commitment:
    """The follow-up still due to one subject: from and to, and years already seen."""

    subject: str
    follow_up_class: str
    starts: date
    ends: date
    years_seen: float


@dataclass(frozen=True, slots=True)
class Readiness:
    """Ready or not, what is still missing, and what stays due after submission.

    person_years: seen so far, over all treated subjects, from the last infusion to death, loss or `today`.
    """

    is_ready: bool
    missing: tuple[str, ...]
    commitments: tuple[Commitment, ...]
    person_years: float


def submission_readiness(state: TrialState, today: date) -> Readiness:
    """Return readiness on a day; a running follow-up is listed and never prevents anything (AC-F4.2)."""
    missing = [] if state.primary_analysis is not None else ["primary_analysis"]
    if any(item.infusions and item.follow_up is None for item in state.subjects.values()):
        missing.append("follow_up_schedules")
    found, years = [], 0.0
    for subject in state.subjects.values():
        plan = subject.follow_up
        if plan is None:
            continue
        last = min(
            day for day in (today, plan.ends, plan.lost_on, plan.withdrawn_on, subject.died_on) if day is not None
        )
        seen = max((last - plan.starts).days, 0) / _DAYS_PER_YEAR
        years += seen
        if not plan.is_closed and subject.died_on is None:
            found.append(Commitment(subject.subject, plan.follow_up_class, plan.starts, plan.ends, seen))
    return Readiness(not missing, tuple(missing), tuple(found), years)


@dataclass(frozen=True, slots=True)
class Retention:
    """How the treated subjects are kept in follow-up.

    treated, scheduled: subjects infused, and those of them with a schedule; equal, or a schedule is missing.
    lost:         subjects who count as lost now; one found again does not.
    person_years: up to death, loss or today; whose contact is overdue counts to today until declared lost.
    years:        longest follow-up promised.
    forecast:     share still in follow-up after `years` at the loss seen so far; None before anything was seen.
    at_worst:     the same where loss is as frequent as its one-sided 95 % upper limit: no loss in few years shows little.
    grown_up, in_adult_care: children at the infusion who have since reached the age of adult care, and those handed over.
    """

    treated: int
    scheduled: int
    lost: int
    person_years: float
    years: float
    forecast: float | None
    at_worst: float | None
    grown_up: int
    in_adult_care: int


def retention(state: TrialState, today: date) -> Retention:
    """Return what was kept and lost by a day, and what that loss would leave at the end (3.1-n).

    The loss per year is 1 - exp(-lost / person-years): a constant hazard of loss.
    """
    treated = [item for item in state.subjects.values() if item.infusions]
    plans = [item.follow_up for item in treated if item.follow_up is not None]
    lost = sum(plan.lost_on is not None for plan in plans)
    seen = submission_readiness(state, today).person_years
    years = max(((plan.ends - plan.starts).days / _DAYS_PER_YEAR for plan in plans), default=0.0)
    forecast, at_worst = (
        retention_forecast(1 - math.exp(-losses / seen), years) if seen > 0 else None
        for losses in (lost, poisson_upper_limit(lost))
    )
    days = {item.subject: adult_care_day(state.protocol, item) for item in treated if item.died_on is None}
    grown_up = [subject for subject, day in days.items() if day is not None and day <= today]
    moved = sum(plan.adult_care is not None for plan in plans)
    return Retention(len(treated), len(plans), lost, seen, years, forecast, at_worst, len(grown_up), moved)


def poisson_upper_limit(events: int, error: float = 0.05) -> float:
    """Return the mean under which so few events or fewer have the probability `error`: the exact one-sided upper limit.

    By bisection on the sum of the probabilities. Checked against chi-square quantiles of scipy (`tests/spec`).

    >>> round(poisson_upper_limit(0), 3), round(poisson_upper_limit(2), 3)
    (2.996, 6.296)
    """
    low, high = float(events), 2.0 * events + 10
    for _ in range(100):
        mean = (low + high) / 2
        term = total = math.exp(-mean)
        for number in range(1, events + 1):
            term *= mean / number
            total += term
        low, high = (mean, high) if total > error else (low, mean)
    return high


def retention_forecast(yearly_loss: float, years: float) -> float:
    """Return the share still in follow-up after some years at a constant yearly loss in [0, 1).

    Checked against AC-F3.3.

    >>> round(retention_forecast(0.03, 15), 2)
    0.63
    """
    return float((1 - yearly_loss) ** years)

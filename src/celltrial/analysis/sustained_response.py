"""Sustained response at a landmark visit (month 3), on the infused and on the enrolled set.

Each subject is judged by `clinical.sustained_response`: in response at the landmark and continuously since its onset,
without progression before and, under the primary strategy, without new anticancer therapy. What happens after an
intercurrent therapy is a choice, so both strategies are in the result:

- composite:        a new therapy before the landmark assessment is a non-response (primary);
- treatment policy: the therapy is ignored and the assessment counts.

A missed landmark visit is a non-response in both, and is listed; so is a subject whom nobody assessed, and a death
before the visit. At a data cut, subjects whose window had not closed by then are not due, whatever was seen of them before:
they are left out of both denominators, with the subjects who still wait for treatment. Who failed early is known early
and who responds is not; counting the one and not the other would make every early cut look worse than the trial is.
In a cohort where each person's own follow-up is all there is, a failure ends it, so failures count and are named.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.terms import Caveat, Population
from celltrial.clinical.response_categories import RESPONSES
from celltrial.clinical.response_course import CourseRule
from celltrial.clinical.sustained_response import Status, Strategy, sustained_response
from celltrial.conduct.vocabulary import MissingVisit
from celltrial.core.dates import Window
from celltrial.core.results import Estimate, NotEstimable

#: No confirmation asked, no least duration of stable disease.
UNCONFIRMED: Final = CourseRule(confirm_days=None, stable_from_days=0)
_UNSEEN: Final = frozenset({Status.MISSING, Status.NOT_COLLECTED})
_FAILED: Final = frozenset({Status.PROGRESSED, Status.NEW_THERAPY, Status.DIED})


@dataclass(frozen=True, slots=True)
class SustainedResponse:
    """Sustained response at a landmark.

    infused, enrolled: rate under the composite strategy (primary).
    infused_treatment_policy, enrolled_treatment_policy: rate when new therapies are ignored.
    status:  status of each subject, primary strategy.
    missing: subjects without an assessment in the closed window, or without any at all: to be listed.
    not_due: subjects left out because their window was still open.
    early:   subjects who count because they had failed before their window closed; nobody at a data cut.
    """

    window: Window
    source: str
    infused: Estimate | NotEstimable
    enrolled: Estimate | NotEstimable
    infused_treatment_policy: Estimate | NotEstimable
    enrolled_treatment_policy: Estimate | NotEstimable
    status: Mapping[str, Status]
    missing: tuple[str, ...]
    not_due: tuple[str, ...] = ()
    early: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _History:
    """Assessments of one subject in order of day; infusion days of new therapy, death and the end of what is known."""

    assessments: tuple[tuple[int, str], ...]
    criteria: str
    new_therapy: int | None
    died: int | None
    followed_to: int | None


def estimate(
    adrs: pl.DataFrame,
    adsl: pl.DataFrame,
    *,
    window: Window,
    source: str = "investigator",
    rule: CourseRule = UNCONFIRMED,
    responses: Collection[str] = RESPONSES,
    missing: MissingVisit = MissingVisit.NON_RESPONSE,
    as_of: date | Mapping[str, date] | None = None,
    level: float = 0.95,
) -> SustainedResponse:
    """Return the sustained response at the visit whose window, in infusion days, is `window`.

    rule:  whether a response needs confirmation.
    missing: whether a missed visit, or a subject whom nobody assessed, is a non-response or is left out.
    as_of: day of the data cut, or for each subject the last day of its follow-up (for a cohort without a common
           calendar; a subject left out of it has unknown follow-up); None takes every window as closed.
    Checked against AC-A6.1 (18/34 = 52.9 %, 35.1-70.2; 18/40 = 45.0 %, 29.3-61.5) and AC-A6.2.
    """
    histories = _histories(adrs, adsl, source, as_of)

    def standing(strategy: Strategy) -> dict[str, Status]:
        return {
            who: Status.NOT_DUE
            if _undecided(history, window, as_of)
            else _status(history, window, rule, strategy, responses)
            for who, history in histories.items()
        }

    primary, policy = standing(Strategy.COMPOSITE), standing(Strategy.TREATMENT_POLICY)
    open_ = tuple(sorted(who for who, value in primary.items() if value is Status.NOT_DUE))
    open_policy = sum(value is Status.NOT_DUE for value in policy.values())
    early = tuple(
        sorted(
            who
            for who, history in histories.items()
            if primary[who] in _FAILED and history.followed_to is not None and history.followed_to < window.high
        )
    )
    waiting = adsl.filter(pl.col("enrolled") & (pl.col("not_treated_reason") == "pending")).height
    left_out = waiting if as_of is not None else 0
    n_enrolled = adsl.filter("enrolled").height - left_out
    notes: tuple[Caveat, ...] = (Caveat.VISIT_NOT_DUE,) if open_ else ()
    notes += (Caveat.EARLY_FAILURES_COUNTED,) if open_ and early else ()
    pending = (*notes, Caveat.PENDING_SUBJECTS) if waiting else notes

    def rate(status: Mapping[str, Status], n: int, population: str, *caveats: str) -> Estimate | NotEstimable:
        x = sum(value is Status.SUSTAINED for value in status.values())
        unseen = sum(value in _UNSEEN for value in status.values())
        counted = Caveat.NOT_ASSESSED_COUNTED_AS_NON_RESPONSE
        if missing is MissingVisit.LEFT_OUT:
            n, counted = n - unseen, Caveat.NOT_ASSESSED_LEFT_OUT
        noted = (*caveats, counted) if unseen else caveats
        return proportion.estimate(x, n, population=population, level=level, caveats=noted)

    infused, enrolled = (
        (Population.INFUSED, Population.ENROLLED)
        if as_of is None
        else (Population.INFUSED_DUE, Population.ENROLLED_DUE)
    )
    failure, ignored = Caveat.NEW_THERAPY_AS_NON_RESPONSE, Caveat.NEW_THERAPY_IGNORED
    due, due_policy = len(histories) - len(open_), len(histories) - open_policy
    return SustainedResponse(
        window=window,
        source=source,
        infused=rate(primary, due, infused, failure, *notes),
        enrolled=rate(primary, n_enrolled - len(open_), enrolled, failure, *pending),
        infused_treatment_policy=rate(policy, due_policy, infused, ignored, *notes),
        enrolled_treatment_policy=rate(policy, n_enrolled - open_policy, enrolled, ignored, *pending),
        status=MappingProxyType(primary),
        missing=tuple(sorted(who for who, value in primary.items() if value in _UNSEEN)),
        not_due=open_,
        early=early,
    )


def _undecided(history: _History, window: Window, as_of: date | Mapping[str, date] | None) -> bool:
    """Tell whether the window is still open at a data cut on a day."""
    return not isinstance(as_of, Mapping) and history.followed_to is not None and history.followed_to < window.high


def _status(
    history: _History, window: Window, rule: CourseRule, strategy: Strategy, responses: Collection[str]
) -> Status:
    return sustained_response(
        history.assessments,
        window=window,
        criteria=history.criteria,
        rule=rule,
        new_therapy_day=history.new_therapy,
        died_day=history.died,
        followed_to=history.followed_to,
        strategy=strategy,
        responses=responses,
    ).status


def _histories(
    adrs: pl.DataFrame, adsl: pl.DataFrame, source: str, as_of: date | Mapping[str, date] | None
) -> dict[str, _History]:
    found: dict[str, list[tuple[int, str, str]]] = {}
    rows = adrs.filter((pl.col("source") == source) & (pl.col("day") > 0)).sort("usubjid", "day", "seq")
    for subject, day, category, criteria in rows.select("usubjid", "day", "response", "criteria").iter_rows():
        found.setdefault(subject, []).append((day, category, criteria or ""))
    histories: dict[str, _History] = {}
    for who, start, therapy, died in (
        adsl.filter("infused").sort("usubjid").select("usubjid", "infused_date", "new_therapy_day", "death_date")
    ).iter_rows():
        seen = found.get(who, [])
        death = (died - start).days if died and start else None
        end = as_of.get(who) if isinstance(as_of, Mapping) else as_of
        followed_to = (end - start).days if end and start else None
        criteria = seen[0][2] if seen else ""
        histories[who] = _History(
            tuple((day, category) for day, category, _ in seen), criteria, therapy, death, followed_to
        )
    return histories

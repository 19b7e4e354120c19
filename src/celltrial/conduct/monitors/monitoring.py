"""Cumulative counts of the risks in the protocol, against what was expected, for the trial and for each site (C10).

Counts are facts of the state; whether a difference means anything is for the
safety board and the analysis. A site is marked as an outlier when its exact
one-sided probability of so many events, at the rate of all other sites
(x + 1/2 over n + 1, so that no event elsewhere is not a rate of zero), is below
1 in 100; with few subjects nothing is marked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.core.terms import same_term
from celltrial.protocol.model.risks import Risk

OUTLIER_PROBABILITY: Final = 0.01


@dataclass(frozen=True, slots=True)
class SiteCount:
    """Infused subjects of a site and how many had the event."""

    site: str
    infused: int
    with_event: int
    is_outlier: bool


@dataclass(frozen=True, slots=True)
class RiskCount:
    """One risk of the protocol, counted once per infused subject.

    expected:  expected number of subjects, from the protocol's rate; None where it states none.
    exceeded:  the observed share lies above the protocol's `metric_threshold`; None where it states none.
    """

    term: str
    infused: int
    with_event: int
    severe: int
    expected: float | None
    exceeded: bool | None
    sites: tuple[SiteCount, ...]


def probability_of_at_least(events: int, n: int, rate: float) -> float:
    """Return the exact binomial probability of at least so many events among n at a rate.

    >>> round(probability_of_at_least(3, 3, 0.1), 4)
    0.001
    """
    return math.fsum(math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(events, n + 1))


def _had(subject: SubjectState, term: str, grade: int) -> bool:
    return any(
        (same_term(item.category, term) or same_term(item.term, term)) and item.counted_grade >= grade
        for item in subject.adverse_events.values()
    )


def _sites(treated: Iterable[SubjectState], term: str) -> tuple[SiteCount, ...]:
    table: dict[str, list[int]] = {}
    for subject in treated:
        row = table.setdefault(subject.site, [0, 0])
        row[0] += 1
        row[1] += _had(subject, term, 1)
    n, x = (sum(row[k] for row in table.values()) for k in (0, 1))
    found = []
    for site, (infused, events) in sorted(table.items()):
        others = n - infused
        rate = (x - events + 0.5) / (others + 1) if others else 1.0
        is_outlier = probability_of_at_least(events, infused, rate) < OUTLIER_PROBABILITY
        found.append(SiteCount(site, infused, events, is_outlier))
    return tuple(found)


def risk_counts(state: TrialState) -> tuple[RiskCount, ...]:
    """Return the counts of every risk that the protocol lists, in its order."""
    plan = state.protocol.risk_plan if state.protocol is not None else None
    if plan is None:
        return ()
    treated = [item for item in state.subjects.values() if item.infusions]
    return tuple(_count(risk, treated) for risk in plan.risks)


def _count(risk: Risk, treated: list[SubjectState]) -> RiskCount:
    n = len(treated)
    x = sum(_had(item, risk.term, 1) for item in treated)
    severe = sum(_had(item, risk.term, 3) for item in treated)
    expected = None if risk.expected_rate is None else n * risk.expected_rate
    limit = risk.metric_threshold
    exceeded = None if limit is None or not n else severe / n > limit
    return RiskCount(risk.term, n, x, severe, expected, exceeded, _sites(treated, risk.term))

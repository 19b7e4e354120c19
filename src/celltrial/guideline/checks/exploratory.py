"""Checks of 2.2.1, 2.2.3 and 2.2.4: purpose, dose exploration, control, staggering."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.guideline.knowledge import stagger_row
from celltrial.guideline.verdict import Case, Finding, Severity, danger, finding, unstated

__all__ = [
    "check_activity_endpoint",
    "check_activity_measure",
    "check_clonality_plan",
    "check_comparison_evidence",
    "check_dose_exploration",
    "check_feasibility_endpoint",
    "check_primary_safety",
    "check_sentinel",
    "check_staggering",
    "check_staggering_basis",
]

_SAFETY: Final = frozenset({"safety", "dlt"})
_ACTIVITY: Final = frozenset(
    {"response_rate", "sustained_response", "duration_of_response", "progression_free_survival", "overall_survival"}
    | {"kinetics", "immune_function", "quality_of_life", "surrogate"}
)
_INTERVALS: Final = ("after_first_of_level", "between_later", "between_levels")
_HISTORY: Final = frozenset({"clinical", "literature", "registry", "analogue"})


def check_primary_safety(case: Case) -> Iterator[Finding]:
    """2.2.1.1-a: a first-in-human trial has a primary endpoint of safety or tolerability."""
    efficacy = case.protocol.efficacy
    if not case.protocol.trial.first_in_human:
        return
    if efficacy is None or not any(item.rank == "primary" and item.kind in _SAFETY for item in efficacy.endpoints):
        yield finding("no_primary_safety_endpoint", "efficacy.endpoints", Severity.MINOR)


def check_clonality_plan(case: Case) -> Iterator[Finding]:
    """2.2.1.1-c: an integrating vector comes with a plan for integration sites and clonality."""
    protocol = case.protocol
    if case.facts["vector_integration"] in {"none", "low"}:
        return
    rows = protocol.pharmacology.measurements if protocol.pharmacology else ()
    measured = any(row.attribute in {"integration_site", "clonality"} for row in rows)
    if measured:
        return
    if protocol.follow_up is None:
        yield unstated("follow_up", "3.1-a")
    elif not any(row.kind == "integration" for row in protocol.follow_up.assays):
        yield finding("no_clonality_plan", "follow_up.assays")


def check_dose_exploration(case: Case) -> Iterator[Finding]:
    """2.2.1.1-d: DLT definition, window, evaluability and the reason for the algorithm are stated."""
    plan = case.protocol.escalation
    if plan is None:
        yield finding("no_dose_exploration", "escalation")
        return
    if plan.design.rationale is None:
        yield finding("dose_algorithm_not_argued", "escalation.design.rationale")
    if plan.dlt.evaluable_when is None or plan.dlt.partial_dose_counts is None:
        yield finding("dlt_evaluability_not_stated", "escalation.dlt")
    onset = plan.staggering.analogue_onset_p95
    if onset is not None and plan.dlt.window.days < onset.days:
        yield finding("dlt_window_too_short", "escalation.dlt.window", found=str(plan.dlt.window), needed=str(onset))


def check_activity_measure(case: Case) -> Iterator[Finding]:
    """2.2.1.1-e: a dose sought by activity, or without a highest tolerated one, names the measure of activity."""
    plan = case.protocol.escalation
    if plan is None:
        yield unstated("escalation", "2.2.1.1-d")
    elif (plan.objective == "optimal_biological_dose" or plan.mtd_needed is False) and plan.activity_measure is None:
        yield finding("activity_measure_not_stated", "escalation.activity_measure")


def check_feasibility_endpoint(case: Case) -> Iterator[Finding]:
    """2.2.1.2-a: whether the product can be made, moved and given is an endpoint."""
    efficacy = case.protocol.efficacy
    if efficacy is None or not any(item.kind == "feasibility" for item in efficacy.endpoints):
        yield finding("no_feasibility_endpoint", "efficacy.endpoints", Severity.MINOR)


def check_activity_endpoint(case: Case) -> Iterator[Finding]:
    """2.2.1.3-a: some endpoint tells of activity."""
    efficacy = case.protocol.efficacy
    if efficacy is None or not any(item.kind in _ACTIVITY for item in efficacy.endpoints):
        yield finding("no_activity_endpoint", "efficacy.endpoints")


def check_comparison_evidence(case: Case) -> Iterator[Finding]:
    """2.2.3-b: without a parallel control, what is known of people not given the product is cited."""
    protocol = case.protocol
    if protocol.trial.design == "RCT":
        return
    benefits = [item for version in protocol.population.benefit_risk for item in version.expected_benefit]
    if not any(item.kind in _HISTORY for item in benefits):
        yield finding("no_control_and_no_history", "population.benefit_risk")


def check_staggering(case: Case) -> Iterator[Finding]:
    """2.2.4-a: the next subject waits until reactions of the first would have begun, the next level until they are seen.

    The wait after the first subject is held against the class of product, the wait between levels against the window of
    dose-limiting toxicity. Intervals in which reactions of the class have not yet begun are a danger.
    """
    plan = case.protocol.escalation
    if plan is None:
        yield finding("no_staggering", "escalation.staggering")
        return
    row, window = stagger_row(case.protocol), plan.dlt.window
    first, later, levels = (getattr(plan.staggering, name) for name in _INTERVALS)
    shown = {"group": row.name, "source": row.cited}
    path = "escalation.staggering"
    if first.days < row.strong_days:
        yield danger(
            "stagger_below_onset",
            f"{path}.{_INTERVALS[0]}",
            interval=_INTERVALS[0],
            found=str(first),
            needed_days=f"{row.strong_days:g}",
            **shown,
        )
    elif first.days < row.ask_days:
        yield finding(
            "stagger_short_of_class",
            f"{path}.{_INTERVALS[0]}",
            Severity.MINOR,
            found=str(first),
            needed_days=f"{row.ask_days:g}",
            **shown,
        )
    if later.days < row.later_days:
        yield danger(
            "stagger_below_onset",
            f"{path}.{_INTERVALS[1]}",
            interval=_INTERVALS[1],
            found=str(later),
            needed_days=f"{row.later_days:g}",
            **shown,
        )
    if levels.days < window.days - 0.5:
        yield finding("levels_before_window", f"{path}.{_INTERVALS[2]}", found=str(levels), needed=str(window))


def check_sentinel(case: Case) -> Iterator[Finding]:
    """2.2.4-b: the first subject is watched more closely, by listed measures."""
    plan = case.protocol.escalation
    if plan is None:
        yield unstated("escalation", "2.2.4-a")
    elif not plan.staggering.sentinel_monitoring:
        yield finding("no_sentinel_monitoring", "escalation.staggering.sentinel_monitoring")


def check_staggering_basis(case: Case) -> Iterator[Finding]:
    """2.2.4-c: intervals rest on a source and cover the onset quantile of similar products (AC-P6.2)."""
    plan = case.protocol.escalation
    if plan is None:
        yield unstated("escalation", "2.2.4-a")
        return
    staggering = plan.staggering
    if not staggering.basis:
        yield finding("staggering_without_basis", "escalation.staggering.basis")
    onset = staggering.analogue_onset_p95
    if onset is None:
        yield finding("onset_quantile_not_stated", "escalation.staggering.analogue_onset_p95")
        return
    intervals = {
        "after_first_of_level": staggering.after_first_of_level,
        "between_later": staggering.between_later,
        "between_levels": staggering.between_levels,
    }
    for name, interval in intervals.items():
        if 0 < interval.days < onset.days:
            path = f"escalation.staggering.{name}"
            yield finding("staggering_too_short", path, found=str(interval), needed=str(onset))

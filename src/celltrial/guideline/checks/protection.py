"""Checks of 2.1.2: screening, handling of reactions, people who operate, stopping rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.guideline.checks.shared import reversed_finding
from celltrial.guideline.knowledge import absent_risks
from celltrial.guideline.polarity import reversed_criteria
from celltrial.guideline.verdict import Case, Finding, Severity, finding, unstated
from celltrial.protocol.model.base import Duration
from celltrial.protocol.model.risks import Risk
from celltrial.protocol.procedures import COLLECTING, infusion_procedure, unheeded_procedures

__all__ = [
    "check_consensus_versions",
    "check_intensive_care",
    "check_interruption_rationale",
    "check_no_alternative",
    "check_operator_minimums",
    "check_rescue_plan",
    "check_risk_matrix",
    "check_screening_assessments",
]

_CELLS: Final = ("prevention", "recognition", "diagnosis", "management", "follow_up")
#: Words in the name of a procedure that mean giving the product.
_GIVING: Final = ("infusion", "injection", "delivery", "administration", "输注", "注射", "给药")
_PREGNANCY: Final = frozenset({"pregnancy_test", "pregnancy_intended"})
_WINDOWED: Final = frozenset({"laboratory", "imaging", "examination"})


def check_no_alternative(case: Case) -> Iterator[Finding]:
    """2.1.2.1-a: a risky trial takes people whom treatment failed or who have no option."""
    population = case.protocol.population
    by_criterion = any(item.concept in {"prior_lines", "refractory_to"} for item in population.criteria)
    if not (population.no_alternative_required or by_criterion):
        yield finding("alternatives_not_exhausted", "population.no_alternative_required")


def check_screening_assessments(case: Case) -> Iterator[Finding]:
    """2.1.2.1-b: each criterion is the right way round, says how it is assessed, and evidence that ages has a window."""
    criteria = case.protocol.population.criteria
    for index, item in enumerate(criteria):
        if not item.assessment:
            yield finding("criterion_without_assessment", f"population.criteria.{index}.assessment", criterion=item.id)
    for index, item in reversed_criteria(criteria, case.protocol):
        if item.concept in _PREGNANCY and case.facts["high_risk_product"]:
            continue  # 2.1.1.4-c says it
        yield reversed_finding(item, f"population.criteria.{index}")
    aged = [item.id for item in criteria if item.source in _WINDOWED and item.window is None]
    if aged:
        yield finding("criteria_without_window", "population.criteria", Severity.MINOR, criteria=", ".join(aged))


def check_interruption_rationale(case: Case) -> Iterator[Finding]:
    """2.1.2.1-c: pausing a treatment is weighed on evidence, and by numbers the benefit outweighs the risk."""
    trial = case.protocol.trial
    if trial.washout_rationale is None:
        yield finding("interruption_not_weighed", "trial.washout_rationale")
    costs = trial.interruption
    if costs is None:
        yield finding("washout_risk_not_computed", "trial.interruption")
        return
    expected, highest = (
        _progression_chance(costs.washout, median)
        for median in (costs.median_progression, costs.median_progression_low)
    )
    if costs.benefit_probability_low <= costs.progression_weight * highest:
        yield finding(
            "washout_risk_exceeds_benefit",
            "trial.interruption",
            expected=f"{100 * expected:.1f}",
            risk=f"{100 * highest:.1f}",
            weight=f"{costs.progression_weight:g}",
            benefit=f"{100 * costs.benefit_probability_low:.1f}",
        )
    elif not costs.evidence:
        yield finding("washout_numbers_without_evidence", "trial.interruption.evidence", Severity.MINOR)


def _progression_chance(washout: Duration, median: Duration) -> float:
    """Return the chance of progression within the washout, with a constant hazard: 1 - 2^(-washout/median)."""
    return 1.0 - 2.0 ** (-washout.days / median.days) if median.days > 0 else 1.0


def check_rescue_plan(case: Case) -> Iterator[Finding]:
    """2.1.2.1-d: a rescue plan with a latest start."""
    plan = case.protocol.risk_plan
    if plan is None:
        yield unstated("risk_plan", "2.1.2.2-b")
    elif plan.rescue_plan is None:
        yield finding("no_rescue_plan", "risk_plan.rescue_plan")
    elif plan.rescue_deadline is None:
        yield finding("rescue_without_deadline", "risk_plan.rescue_deadline", Severity.MINOR)


def check_risk_matrix(case: Case) -> Iterator[Finding]:
    """2.1.2.2-b: five cells for each risk, and no mandatory risk left out (AC-P2.3)."""
    plan = case.protocol.risk_plan
    if plan is None or not plan.risks:
        yield finding("no_risk_plan", "risk_plan")
        return
    empty = [(index, risk, cell) for index, risk in enumerate(plan.risks) for cell in _CELLS if _is_empty(risk, cell)]
    total = len(_CELLS) * len(plan.risks)
    if empty:
        names = ", ".join(f"{risk.term}.{cell}" for _, risk, cell in empty)
        index, _, cell = empty[0]
        path = f"risk_plan.risks.{index}.{cell}"
        yield finding("risk_matrix_incomplete", path, filled=total - len(empty), total=total, cells=names)
    absent = absent_risks(case.protocol, firm=True)
    if absent:
        yield finding("mandatory_risk_absent", "risk_plan.risks", terms=", ".join(absent))


def _is_empty(risk: Risk, cell: str) -> bool:
    return not getattr(risk, cell)


def check_consensus_versions(case: Case) -> Iterator[Finding]:
    """2.1.2.2-c: the consensus in use is named with its version, and every risk with the scale it is graded on."""
    plan = case.protocol.risk_plan
    if plan is None:
        yield unstated("risk_plan", "2.1.2.2-b")
        return
    if not plan.consensus_versions:
        yield finding("consensus_version_not_stated", "risk_plan.consensus_versions")
    absent = [risk.term for risk in plan.risks if risk.kind == "aesi" and risk.grading_scale is None]
    if absent:
        yield finding("risk_without_scale", "risk_plan.risks", terms=", ".join(absent))


def check_intensive_care(case: Case) -> Iterator[Finding]:
    """2.1.2.3-a: a high-risk product asks sites for departments that stand by."""
    sites = case.protocol.sites
    if sites is None or not any(item.kind == "department" for item in sites.resources):
        yield finding("no_supporting_department", "sites.resources")


def check_operator_minimums(case: Case) -> Iterator[Finding]:
    """2.1.2.3-b: minimum training for those who give the product, by the route in use."""
    sites = case.protocol.sites
    route = case.protocol.treatment.infusion.route
    procedures = [item.procedure.lower() for item in sites.operators] if sites else []
    words = (*_GIVING, route)
    if not any(word in procedure for procedure in procedures for word in words):
        yield finding("no_operator_minimum", "sites.operators", route=route)
    unheeded = unheeded_procedures(case.protocol)
    if unheeded:
        known = ", ".join((infusion_procedure(case.protocol), *COLLECTING))
        found = ", ".join(unheeded)
        yield finding("operator_minimum_unheeded", "sites.operators", Severity.MINOR, found=found, known=known)

"""Checks of 2.1.2: screening, handling of reactions, people who operate, stopping rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.guideline.checks.shared import RESCUE_DAYS, reversed_finding
from celltrial.guideline.knowledge import absent_risks, known_limit, scale_rows
from celltrial.guideline.polarity import reversed_criteria
from celltrial.guideline.texts import stated_interval
from celltrial.guideline.verdict import Case, Finding, Severity, finding, unstated
from celltrial.guideline.vocabulary import concepts_of, named_in
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Duration
from celltrial.protocol.model.risks import Risk
from celltrial.protocol.procedures import COLLECTING, infusion_procedures, unheeded_procedures

_CELLS: Final = ("prevention", "recognition", "diagnosis", "management", "follow_up")
#: Words in the name of a procedure that mean giving the product.
_GIVING: Final = ("infusion", "injection", "delivery", "administration", "输注", "注射", "给药")
#: The longest interval, in days, at which an acute reaction may be looked for.
LOOKED_FOR_DAYS: Final = {
    "crs": 1.0,
    "icans": 1.0,
    "infusion_reaction": 1.0,
    "capillary_leak": 1.0,
    "iec_hs": 7.0,
    "gvhd": 14.0,
}
#: The highest grade at which treatment may begin: below what threatens life.
LATEST_FIRST_GRADE: Final = 3
#: Drugs that a ward does not hold unless it is told to.
_SPECIAL: Final = frozenset({"tocilizumab", "siltuximab", "anakinra", "ruxolitinib", "emapalumab"})
_PREGNANCY: Final = frozenset({"pregnancy_test", "pregnancy_intended"})
_WINDOWED: Final = frozenset({"laboratory", "imaging", "examination"})


#: Days after which evidence of a state that changes no longer tells of it; our limits, above those in use.
EVIDENCE_DAYS: Final = {
    **dict.fromkeys(
        (
            "absolute_neutrophil_count", "absolute_lymphocyte_count", "platelet_count", "haemoglobin", "serum_creatinine",
            "creatinine_clearance", "alt", "ast", "total_bilirubin", "ecog", "karnofsky", "oxygen_saturation",
            "life_expectancy", "active_infection", "body_weight",
        ),
        35,
    ),
    "body_temperature": 7,
    **dict.fromkeys(("measurable_disease", "active_cns_disease", "active_autoimmune_disease"), 90),
    **dict.fromkeys(("hiv_positive", "hepatitis_b_dna_positive", "left_ventricular_ejection_fraction"), 180),
}  # fmt: skip


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
    for index, item in enumerate(criteria):
        longest = EVIDENCE_DAYS.get(item.concept)
        if longest is not None and item.window is not None and item.window.days > longest:
            shown = {"criterion": item.id, "found": str(item.window), "needed_days": longest}
            yield finding("criterion_window_long", f"population.criteria.{index}.window", Severity.MINOR, **shown)
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
        progression_chance(costs.washout, median) for median in (costs.median_progression, costs.median_progression_low)
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


def progression_chance(washout: Duration, median: Duration) -> float:
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
    elif plan.rescue_deadline.days > RESCUE_DAYS:
        shown = {"found": str(plan.rescue_deadline), "needed_days": RESCUE_DAYS}
        yield finding("rescue_too_late", "risk_plan.rescue_deadline", Severity.MINOR, **shown)


def check_risk_matrix(case: Case) -> Iterator[Finding]:
    """2.1.2.2-b: five cells for each risk that can be acted on, and no mandatory risk left out (AC-P2.3).

    An acute reaction is looked for as often as it asks for, treatment begins before it is life-threatening, and what the
    plan treats with is in stock.
    """
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
    for index, risk in enumerate(plan.risks):
        yield from _actionable(risk, f"risk_plan.risks.{index}")
    yield from _stock(case)


def _actionable(risk: Risk, path: str) -> Iterator[Finding]:
    concepts = concepts_of(risk.term, "adverse_event")
    most = min((LOOKED_FOR_DAYS[name] for name in concepts & set(LOOKED_FOR_DAYS)), default=None)
    if most is not None and risk.recognition is not None:
        intervals = [stated_interval(text) for text in (risk.recognition.en, risk.recognition.zh)]
        rare = [one for one in intervals if one is not None and one > most + 1e-9]
        if rare:
            shown = {"risk": risk.term, "found_days": f"{max(rare):g}", "needed_days": f"{most:g}"}
            yield finding("recognition_too_rare", f"{path}.recognition", **shown)
    first = min((step.grade_at_least for step in risk.management), default=None)
    if first is not None and first > LATEST_FIRST_GRADE:
        yield finding("management_starts_late", f"{path}.management", risk=risk.term, grade=first)


def _stock(case: Case) -> Iterator[Finding]:
    """Hold the special drugs that the plan treats with against what a site must have in stock."""
    protocol = case.protocol
    steps = [step for risk in (protocol.risk_plan.risks if protocol.risk_plan else ()) for step in risk.management]
    named = (
        named_in((*(drug for step in steps for drug in step.drugs), *(step.action.en for step in steps)), "resource")
        & _SPECIAL
    )
    named |= named_in((step.action.zh for step in steps), "resource") & _SPECIAL
    resources = protocol.sites.resources if protocol.sites else ()
    stocked = named_in((item.name for item in resources if item.kind == "drug"), "resource")
    lacking = named if not named & stocked else named & {"tocilizumab"} - stocked
    if lacking:
        yield finding("treatment_not_in_stock", "sites.resources", Severity.MINOR, drugs=", ".join(sorted(lacking)))


def _is_empty(risk: Risk, cell: str) -> bool:
    return not getattr(risk, cell)


def check_consensus_versions(case: Case) -> Iterator[Finding]:
    """2.1.2.2-c: the consensus in use is named with its version, and every risk with the scale it is graded on, one in force."""
    plan = case.protocol.risk_plan
    if plan is None:
        yield unstated("risk_plan", "2.1.2.2-b")
        return
    if not plan.consensus_versions:
        yield finding("consensus_version_not_stated", "risk_plan.consensus_versions")
    absent = [risk.term for risk in plan.risks if risk.kind == "aesi" and risk.grading_scale is None]
    if absent:
        yield finding("risk_without_scale", "risk_plan.risks", terms=", ".join(absent))
    for index, risk in enumerate(plan.risks):
        said = concepts_of(risk.grading_scale or "", "scale")
        for event in sorted(concepts_of(risk.term, "adverse_event") & set(scale_rows())):
            row = scale_rows()[event]
            if said & set(row.outdated) and not said & set(row.current):
                shown = {"risk": risk.term, "found": risk.grading_scale, "source": row.cited}
                yield finding("scale_superseded", f"risk_plan.risks.{index}.grading_scale", Severity.NOTE, **shown)


def check_intensive_care(case: Case) -> Iterator[Finding]:
    """2.1.2.3-a: a high-risk product asks sites for intensive care; a ward that cannot treat the reactions is none.

    Where tocilizumab is held, two doses are.
    """
    sites = case.protocol.sites
    departments = [item.name for item in sites.resources if item.kind in {"department", "service"}] if sites else []
    if not any(item.kind == "department" for item in (sites.resources if sites else ())):
        yield finding("no_supporting_department", "sites.resources")
    elif "intensive_care" not in named_in(departments, "resource"):
        yield finding("no_intensive_care", "sites.resources", found=", ".join(departments))
    stock, row = tocilizumab_stock(case.protocol), known_limit("tocilizumab_doses")
    if stock is not None and stock[1] < row.value:
        path, shown = f"sites.resources.{stock[0]}.minimum", {"found": f"{stock[1]}", "needed": f"{row.value:g}"}
        yield finding("too_little_tocilizumab", path, source=row.cited, **shown)


def tocilizumab_stock(protocol: Protocol) -> tuple[int, int] | None:
    """Return where and how many doses of tocilizumab a site must hold; None where the protocol names none."""
    for index, item in enumerate(protocol.sites.resources if protocol.sites else ()):
        if item.kind == "drug" and "tocilizumab" in concepts_of(item.name, "resource"):
            return index, item.minimum
    return None


def check_written_procedures(case: Case) -> Iterator[Finding]:
    """2.1.2.3-c: with several sites, what is done is written down once: a procedure, or an SOP of an operator."""
    sites = case.protocol.sites
    if sites is None or not (sites.standardised_procedures or any(item.sop for item in sites.operators)):
        yield finding("no_written_procedures", "sites.standardised_procedures")


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
        known = ", ".join((*infusion_procedures(case.protocol), *COLLECTING))
        found = ", ".join(unheeded)
        yield finding("operator_minimum_unheeded", "sites.operators", Severity.MINOR, found=found, known=known)

"""Checks of 2.1.1: who may take part, and why this population."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from celltrial.guideline.facts import youngest_age
from celltrial.guideline.polarity import reversed_criteria, shuts_out
from celltrial.guideline.verdict import Case, Finding, Severity, danger, finding, unstated

__all__ = [
    "check_adult_data_first",
    "check_antibody_baseline",
    "check_benefit_risk",
    "check_contraception",
    "check_healthy_volunteers",
    "check_interpretability",
    "check_label_population",
    "check_nonclinical_relevance",
    "check_paediatric_without_adults",
    "check_pregnancy_exclusion",
    "check_risk_by_stage",
    "check_shared_marker_exclusion",
    "check_stage_rationale",
]

_REASONS: Final = ("product_action", "severity", "speed_of_progression")
_PREGNANCY: Final = ("pregnancy_test", "pregnancy_intended")
_EARLY: Final = re.compile(r"(^|[\s_-])(0|I|1|early)[ABab]?$")


def check_benefit_risk(case: Case) -> Iterator[Finding]:
    """2.1.1-a: both sides of the balance are filled for this phase, each with evidence."""
    phase = case.protocol.trial.phase
    versions = [item for item in case.protocol.population.benefit_risk if item.phase == phase]
    if not versions:
        yield finding("no_benefit_risk", "population.benefit_risk", phase=phase)
        return
    latest = versions[-1]
    index = case.protocol.population.benefit_risk.index(latest)
    for side in ("expected_benefit", "expected_risk"):
        if not getattr(latest, side):
            yield finding("benefit_risk_one_sided", f"population.benefit_risk.{index}.{side}", side=side)
    if latest.conclusion is None:
        yield finding("benefit_risk_unconcluded", f"population.benefit_risk.{index}.conclusion", Severity.MINOR)


def check_nonclinical_relevance(case: Case) -> Iterator[Finding]:
    """2.1.1-b: a relevant animal study is cited, or a laboratory argument where no model is relevant."""
    kinds = {item.kind for item in case.protocol.product.nonclinical}
    if not kinds & {"nonclinical", "in_vitro"}:
        yield finding("no_nonclinical_evidence", "product.nonclinical")


def check_healthy_volunteers(case: Case) -> Iterator[Finding]:
    """2.1.1.1-a: no healthy volunteers."""
    if case.protocol.trial.healthy_volunteers:
        yield finding("healthy_volunteers", "trial.healthy_volunteers")


def check_stage_rationale(case: Case) -> Iterator[Finding]:
    """2.1.1.2-a: stages are coded on a named scale and argued on three grounds."""
    population = case.protocol.population
    if not population.stages_allowed or population.stage_scale is None:
        yield finding("stages_not_coded", "population.stages_allowed")
    absent = [name for name in _REASONS if name not in population.stage_rationale]
    if absent:
        yield finding("stage_rationale_incomplete", "population.stage_rationale", reasons=", ".join(absent))
    early = [stage for stage in population.stages_allowed if _EARLY.search(stage)]
    if early and case.protocol.trial.first_in_human and population.early_stage_reason is None:
        path = "population.early_stage_reason"
        yield finding("early_stage_without_reason", path, Severity.MINOR, stages=", ".join(early))


def check_risk_by_stage(case: Case) -> Iterator[Finding]:
    """2.1.1.2-d: each risk is considered in each stage allowed."""
    plan = case.protocol.risk_plan
    allowed = case.protocol.population.stages_allowed
    if plan is None:
        yield unstated("risk_plan", "2.1.2.2-b")
    if not allowed:
        yield unstated("population.stages_allowed", "2.1.1.2-a")
    for index, risk in enumerate(plan.risks if plan else ()):
        absent = [stage for stage in allowed if stage not in risk.stages_considered]
        if absent:
            path = f"risk_plan.risks.{index}.stages_considered"
            yield finding("risk_not_considered_by_stage", path, risk=risk.term, stages=", ".join(absent))


def check_interpretability(case: Case) -> Iterator[Finding]:
    """2.1.1.2-e: what could blur the results is considered."""
    if case.protocol.population.confounders_considered is None:
        yield finding("confounders_not_considered", "population.confounders_considered")


def check_label_population(case: Case) -> Iterator[Finding]:
    """2.1.1.2-f: the population meant for the label is studied, or a plan closes the gap."""
    population = case.protocol.population
    if not population.label_population:
        yield finding("label_population_not_stated", "population.label_population")
        return
    gap = sorted(set(population.label_population) - set(population.studied_population))
    if gap and population.bridging_plan is None:
        path = "population.studied_population"
        studied = ", ".join(population.studied_population) or "-"
        yield finding("label_population_gap", path, label=", ".join(gap), studied=studied)


def check_adult_data_first(case: Case) -> Iterator[Finding]:
    """2.1.1.3-a: adult data are linked, and a mixed-age trial keeps children waiting for their review."""
    paediatric = case.protocol.population.paediatric
    if not paediatric.adult_data:
        yield unstated("population.paediatric.adult_data", "2.1.1.3-b")
    elif not paediatric.cohort_opens_after_adult_review:
        yield finding("children_not_behind_adult_review", "population.paediatric.cohort_opens_after_adult_review")


def check_paediatric_without_adults(case: Case) -> Iterator[Finding]:
    """2.1.1.3-b: children first is answered by a signed justification with evidence only."""
    age = youngest_age(case.protocol)
    found = "-" if age is None else f"{age:g}"
    yield finding("children_without_adult_data", "population.paediatric.adult_data", age=found)


def check_antibody_baseline(case: Case) -> Iterator[Finding]:
    """2.1.1.4-b: antibodies to vector or transgene product are sampled before infusion."""
    plan = case.protocol.pharmacology
    if plan is None:
        yield unstated("pharmacology", "2.2.5-a")
        return
    rows = [row for row in plan.measurements if row.attribute in {"vector_antibody", "immunogenicity"}]
    if not any(min(row.days) <= 0 for row in rows):
        yield finding("no_antibody_baseline", "pharmacology.measurements")


def check_pregnancy_exclusion(case: Case) -> Iterator[Finding]:
    """2.1.1.4-c: pregnancy and the intention of it exclude, on a test in a window.

    A criterion that lets in those with a positive test, or keeps out those with a negative one, is a danger; one that
    keeps nobody out does not count.
    """
    population = case.protocol.population
    turned = [
        (i, item) for i, item in reversed_criteria(population.criteria, case.protocol) if item.concept in _PREGNANCY
    ]
    for index, item in turned:
        yield danger("pregnancy_reversed", f"population.criteria.{index}", criterion=item.id)
    named = {item.concept for _, item in turned}
    absent = [name for name in _PREGNANCY if name not in named and not shuts_out(population.criteria, name)]
    if absent:
        yield finding("pregnancy_not_excluded", "population.criteria", concepts=", ".join(absent))
    longest = case.clause.params.get("pregnancy_test_window_days", 7)
    stated = {"population.pregnancy_test_window": population.pregnancy_test_window}
    for index, item in enumerate(population.criteria):
        if item.concept == "pregnancy_test" and item.window is not None:
            stated[f"population.criteria.{index}.window"] = item.window
    for path, window in stated.items():
        if window is None or window.days > longest:
            yield finding("pregnancy_test_window", path, Severity.MINOR, found=str(window or "-"), days=longest)


def check_contraception(case: Case) -> Iterator[Finding]:
    """2.1.1.4-d: the duration of contraception is stated."""
    if case.protocol.population.contraception_required is None:
        yield finding("contraception_not_stated", "population.contraception_required")


def check_shared_marker_exclusion(case: Case) -> Iterator[Finding]:
    """2.1.1.4-e: where the process cannot separate malignant cells, involvement of blood or marrow excludes."""
    protocol = case.protocol
    if protocol.product.process_separates_malignant_cells is True:
        return
    if not shuts_out(protocol.population.criteria, "blood_or_marrow_involvement"):
        yield finding("shared_marker_without_exclusion", "population.criteria")

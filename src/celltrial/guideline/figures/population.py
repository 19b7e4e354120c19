"""Figures of parts 1 and 2.1.1: who may take part, and on how fresh an evidence."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.guideline.checks.design import EVALUABLE, evaluable_share
from celltrial.guideline.checks.population import BRIDGING_DAYS
from celltrial.guideline.checks.protection import EVIDENCE_DAYS
from celltrial.guideline.checks.stopping import planned_exposure
from celltrial.guideline.polarity import asks_for, reversed_criteria
from celltrial.guideline.stages import fits_scale, known_scale
from celltrial.guideline.verdict import Case, Ground, figure


def risk_points(case: Case) -> Iterator[Ground]:
    """1.3-e: the points of the risk tier."""
    yield figure("risk_points", "product", case.tier.points, ">= 4 | >= 2 | < 2", "ours")


def review_interval(case: Case) -> Iterator[Ground]:
    """1.3-g: how often new evidence is reviewed."""
    governance = case.protocol.governance
    if governance is not None and governance.evidence_review_interval is not None:
        months = case.clause.params.get("review_interval_months", 6)
        path = "governance.evidence_review_interval"
        yield figure("review_interval", path, governance.evidence_review_interval, f"<= {months:g} mo", "register")


def stages(case: Case) -> Iterator[Ground]:
    """2.1.1.2-a: how many of the stages are stages of the scale named, where its stages are known."""
    population = case.protocol.population
    if population.stage_scale is None or not known_scale(population.stage_scale):
        return
    fitting = [item for item in population.stages_allowed if fits_scale(item, population.stage_scale)]
    every = f"= {len(population.stages_allowed)} ({population.stage_scale})"
    yield figure("stages_of_scale", "population.stages_allowed", len(fitting), every, "protocol")


def evaluable(case: Case) -> Iterator[Ground]:
    """2.1.1.2-b: the share of the enrolled who can be expected to be infused and judged."""
    share = evaluable_share(case.protocol)
    if share is not None:
        least = case.clause.params.get("evaluable_target", EVALUABLE)
        yield figure("evaluable_share", "assumptions", f"{100 * share:.0f} %", f">= {100 * least:g} %", "register")


def washouts(case: Case) -> Iterator[Ground]:
    """2.1.1.2-e: how long before lymphodepletion bridging therapy ends."""
    bridging = case.protocol.treatment.bridging
    if bridging is not None and bridging.allowed and bridging.washout is not None:
        path = "treatment.bridging.washout"
        yield figure("bridging_washout", path, bridging.washout, f">= {BRIDGING_DAYS:g} d", "ours")


def label_gap(case: Case) -> Iterator[Ground]:
    """2.1.1.2-f: populations meant for the label that nobody studies."""
    population = case.protocol.population
    if population.label_population:
        gap = set(population.label_population) - set(population.studied_population)
        of = f"= 0 / {len(set(population.label_population))}"
        yield figure("label_not_studied", "population.studied_population", len(gap), of, "clause")


def antigen(case: Case) -> Iterator[Ground]:
    """2.1.1.4-a: the share of cells with the antigen below which a subject is refused."""
    for index, item in enumerate(case.protocol.population.criteria):
        if asks_for((item,), "target_antigen_positive_cells"):
            asked = f"{item.operator} {item.value} {item.unit}"
            yield figure("antigen_negative_subject", f"population.criteria.{index}", "0 %", asked, "protocol")


def antibodies(case: Case) -> Iterator[Ground]:
    """2.1.1.4-b: the first sample for antibodies, and how large the smaller of two groups can be at the planned size."""
    plan = case.protocol.pharmacology
    rows = plan.measurements if plan else ()
    for index, row in enumerate(rows):
        if row.attribute in {"vector_antibody", "immunogenicity"} and min(row.days) <= 0:
            path = f"pharmacology.measurements.{index}.days"
            yield figure("antibody_sample", path, f"{min(row.days)} d", "<= 0 d", "clause")
    n, least = planned_exposure(case.protocol), case.clause.params.get("descriptive_below", 10)
    if n is not None and plan is not None and plan.antibody_comparison == "comparative":
        yield figure("antibody_groups", "pharmacology.antibody_comparison", n // 2, f">= {least:g}", "register")


def pregnancy_window(case: Case) -> Iterator[Ground]:
    """2.1.1.4-c: how old a pregnancy test may be."""
    days, stated = (
        case.clause.params.get("pregnancy_test_window_days", 7),
        case.protocol.population.pregnancy_test_window,
    )
    yield figure("pregnancy_window", "population.pregnancy_test_window", stated, f"<= {days:g} d", "register")


def contraception(case: Case) -> Iterator[Ground]:
    """2.1.1.4-d: how long contraception is asked for."""
    stated = case.protocol.population.contraception_required
    if stated is not None:
        limit = ">= 1 mo" if case.facts["exogenous_gene"] is False else ">= 6 mo"
        yield figure("contraception", "population.contraception_required", stated, limit, "ours")


def ages_of_evidence(case: Case) -> Iterator[Ground]:
    """2.1.2.1-b: how old the evidence of each state that changes may be; how many criteria are the wrong way round."""
    criteria = case.protocol.population.criteria
    dated = [
        (index, item.window, EVIDENCE_DAYS[item.concept])
        for index, item in enumerate(criteria)
        if item.window is not None and item.concept in EVIDENCE_DAYS
    ]
    for index, window, limit in dated:
        yield figure("age_of_evidence", f"population.criteria.{index}.window", window, f"<= {limit} d", "ours")
    if dated:
        turned = sum(1 for _ in reversed_criteria(criteria, case.protocol))
        yield figure("criteria_reversed", "population.criteria", turned, f"= 0 / {len(criteria)}", "clause")

"""Checks of 2.1.1: who may take part, and why this population."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from celltrial.guideline.checks.stopping import planned_exposure
from celltrial.guideline.facts import youngest_age
from celltrial.guideline.knowledge import setting_of
from celltrial.guideline.polarity import asks_for, demand, reversed_criteria, shuts_out
from celltrial.guideline.references import any_resolves, concludes_against, says_something
from celltrial.guideline.stages import fits_scale, is_early, same_stage
from celltrial.guideline.verdict import Case, Finding, Severity, danger, finding, unstated
from celltrial.guideline.vocabulary import denied, plain
from celltrial.protocol.model.base import Duration
from celltrial.protocol.model.population import Criterion

_REASONS: Final = ("product_action", "severity", "speed_of_progression")
_PREGNANCY: Final = ("pregnancy_test", "pregnancy_intended")
#: Days after which a weighing of benefit and risk is no longer that of the evidence available.
_STALE_DAYS: Final = 731
#: The least days from the end of bridging therapy to lymphodepletion: five half-lives of drugs given by mouth, and of most
#: given into a vein, are over in a week; our limit.
BRIDGING_DAYS: Final = 7.0
#: A month, less the days by which months differ.
_A_MONTH: Final = 30.0
_NOT_RESPONDING: Final = re.compile(
    r"non-?responsive|not responsive|does not (?:carry|express|bind|respond)|do not (?:carry|express|bind|respond)|not cross-?reactive|no cross-?reactiv"
    r"|irrelevant species|not (?:a )?relevant|lacks? the (?:human )?target|不表达|不结合|无交叉|不应答|无应答|不相关|不响应"
)
_READ_ELSEWHERE: Final = re.compile(
    r"human tissue|in vitro|tissue binding|human cells|surrogate product|limit|人体组织|体外|人源细胞|替代产品|局限"
)
_HEALTHY: Final = re.compile(
    r"healthy (?:volunteers?|adults?|subjects?|people|persons?|participants?|men|women|individuals?)|健康(?:志愿者|受试者|成人|成年人|人群|者|人)"
)
_DIAGNOSIS: Final = re.compile(r"diagnos|histolog|patholog|confirmed|确诊|诊断|病理|组织学")
_FIRST_TREATMENT: Final = re.compile(
    r"newly diagnosed|first[ -]line|untreated|treatment[ -]naive|previously untreated|front[ -]?line|初诊|新诊断|初治|一线|未经治疗"
)
_TREATED: Final = re.compile(r"refractory|relaps|after|progress|fail|intoleran|难治|复发|失败|进展|耐药|不耐受|后")
#: What an antibody must be against to be one to the vector or to the product of its gene.
_OF_THE_PRODUCT: Final = re.compile(
    r"vector|virus|viral|(?<![a-z])t?c[ar]r(?![a-z])|transgene|product|scfv|vhh|murine|mouse|hama|anti-?drug|\bada\b|receptor|vsv|aav|cas9"
    r"|载体|病毒|转基因|产品|鼠源|抗药|受体|嵌合|nanobody|纳米抗体"
)


def check_benefit_risk(case: Case) -> Iterator[Finding]:
    """2.1.1-a: both sides of the balance rest on evidence that can be looked up, and it comes out for the trial.

    Each side has a line whose reference is listed and has the form of one; a line of opinion carries nothing. The
    balance of this phase is dated, not after the version and at most two years before it.
    """
    phase = case.protocol.trial.phase
    versions = [item for item in case.protocol.population.benefit_risk if item.phase == phase]
    if not versions:
        yield finding("no_benefit_risk", "population.benefit_risk", phase=phase)
        return
    latest = versions[-1]
    path = f"population.benefit_risk.{case.protocol.population.benefit_risk.index(latest)}"
    for side in ("expected_benefit", "expected_risk"):
        lines = getattr(latest, side)
        if not lines:
            yield finding("benefit_risk_one_sided", f"{path}.{side}", side=side)
        elif not any_resolves(lines, case.protocol):
            yield finding("benefit_risk_unsupported", f"{path}.{side}", side=side)
    if latest.conclusion is None:
        yield finding("benefit_risk_unconcluded", f"{path}.conclusion", Severity.MINOR)
    elif any(concludes_against(text) for text in (latest.conclusion.en, latest.conclusion.zh) if text):
        yield finding("benefit_risk_concludes_against", f"{path}.conclusion")
    version = case.protocol.identification.version_date
    shown = {"found": latest.dated.isoformat(), "date": version.isoformat()}
    if latest.dated > version:
        yield finding("benefit_risk_dated_after", f"{path}.dated", Severity.MINOR, **shown)
    elif (version - latest.dated).days > _STALE_DAYS:
        yield finding("benefit_risk_stale", f"{path}.dated", Severity.MINOR, **shown)


def check_nonclinical_relevance(case: Case) -> Iterator[Finding]:
    """2.1.1-b: a relevant animal study was done, or a laboratory argument is where no model is relevant.

    A study that is only announced is none. Where the only species cannot respond to the product, the protocol says how
    the risk is read instead (human tissue, cells).
    """
    lines = [item for item in case.protocol.product.nonclinical if item.kind in {"nonclinical", "in_vitro"}]
    done = [item for item in lines if says_something(item)]
    if not done:
        yield finding("no_nonclinical_evidence", "product.nonclinical")
        return
    prose = plain(" ".join(f"{item.statement.en} {item.statement.zh}" for item in done))
    elsewhere = any(item.kind == "in_vitro" for item in done) or _READ_ELSEWHERE.search(prose)
    if _NOT_RESPONDING.search(prose) and not elsewhere:
        yield finding("model_not_relevant", "product.nonclinical", Severity.MINOR)


def check_healthy_volunteers(case: Case) -> Iterator[Finding]:
    """2.1.1.1-a: no healthy volunteers: the flag says so, no criterion lets them in, and one asks for the disease."""
    protocol = case.protocol
    if protocol.trial.healthy_volunteers:
        yield finding("healthy_volunteers", "trial.healthy_volunteers")
    for index, item in enumerate(protocol.population.criteria):
        said = [plain(item.text.en), plain(item.text.zh)]
        named = any(not denied(text, *hit.span()) for text in said for hit in _HEALTHY.finditer(text))
        if named and item.kind == "inclusion" and demand(item) != "absent":
            yield finding("healthy_let_in", f"population.criteria.{index}", criterion=item.id)
    if not _asks_for_disease(protocol.population.criteria):
        yield finding("disease_not_asked_for", "population.criteria")


def _asks_for_disease(criteria: tuple[Criterion, ...]) -> bool:
    """Tell whether a criterion asks for the confirmed diagnosis, by its concept or, where it is free text, by its words."""
    if asks_for(criteria, "diagnosis_confirmed"):
        return True
    return any(
        item.concept == "other"
        and item.kind == "inclusion"
        and _DIAGNOSIS.search(plain(f"{item.text.en} {item.text.zh}"))
        for item in criteria
    )


def check_stage_rationale(case: Case) -> Iterator[Finding]:
    """2.1.1.2-a: stages are coded on a named scale, are stages of it, and are argued on three grounds.

    First in human in an early stage needs its reason; an early stage is told by its number or by its words.
    """
    population = case.protocol.population
    if not population.stages_allowed or population.stage_scale is None:
        yield finding("stages_not_coded", "population.stages_allowed")
    else:
        foreign = [stage for stage in population.stages_allowed if not fits_scale(stage, population.stage_scale)]
        if foreign:
            shown = {"stages": ", ".join(foreign), "scale": population.stage_scale}
            yield finding("stages_off_scale", "population.stages_allowed", Severity.MINOR, **shown)
    absent = [name for name in _REASONS if name not in population.stage_rationale]
    if absent:
        yield finding("stage_rationale_incomplete", "population.stage_rationale", reasons=", ".join(absent))
    solid = setting_of(case.protocol) == "solid"
    early = [stage for stage in population.stages_allowed if is_early(stage, solid=solid)]
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
        absent = [one for one in allowed if not any(same_stage(one, other) for other in risk.stages_considered)]
        if absent:
            path = f"risk_plan.risks.{index}.stages_considered"
            yield finding("risk_not_considered_by_stage", path, risk=risk.term, stages=", ".join(absent))


def check_interpretability(case: Case) -> Iterator[Finding]:
    """2.1.1.2-e: what could blur the results is considered; bridging therapy ends a week before lymphodepletion begins."""
    if case.protocol.population.confounders_considered is None:
        yield finding("confounders_not_considered", "population.confounders_considered")
    bridging = case.protocol.treatment.bridging
    if bridging is None or not bridging.allowed:
        return
    path = "treatment.bridging.washout"
    if bridging.washout is None or bridging.washout.days <= 0:
        yield finding("bridging_without_washout", path, Severity.MINOR, found=str(bridging.washout or "-"))
    elif bridging.washout.days < BRIDGING_DAYS:
        shown = {"found": str(bridging.washout), "needed_days": f"{BRIDGING_DAYS:g}"}
        yield finding("bridging_washout_short", path, Severity.MINOR, **shown)


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
    claimed = [text for text in population.studied_population if _untreated(text)]
    if claimed and any(asks_for(population.criteria, name) for name in ("prior_lines", "refractory_to")):
        path = "population.studied_population"
        yield finding("studied_population_contradicted", path, Severity.MINOR, studied=", ".join(claimed))


def _untreated(text: str) -> bool:
    """Tell whether a population has had no treatment; one refractory to the first line has."""
    said = plain(text)
    return bool(_FIRST_TREATMENT.search(said)) and not _TREATED.search(said)


def check_adult_data_first(case: Case) -> Iterator[Finding]:
    """2.1.1.3-a: adult data are linked, and a mixed-age trial keeps children waiting for their review."""
    paediatric = case.protocol.population.paediatric
    if not paediatric.adult_data:
        yield unstated("population.paediatric.adult_data", "2.1.1.3-b")
    elif not paediatric.cohort_opens_after_adult_review:
        yield finding("children_not_behind_adult_review", "population.paediatric.cohort_opens_after_adult_review")


def check_paediatric_without_adults(case: Case) -> Iterator[Finding]:
    """2.1.1.3-b: children first is answered by a signed justification with evidence only.

    Without a lowest age among the criteria children may enter; that is said, and not that they are meant to.
    """
    age = youngest_age(case.protocol)
    if age is None and not case.protocol.population.paediatric.included:
        yield finding("lowest_age_not_stated", "population.criteria")
        return
    found = "-" if age is None else f"{age:g}"
    yield finding("children_without_adult_data", "population.paediatric.adult_data", age=found)


def check_target_antigen(case: Case) -> Iterator[Finding]:
    """2.1.1.4-a: a product against one antigen asks for it, or for the HLA type that shows it; one that sees the antigen
    only on an HLA type asks for both.
    """
    product, criteria = case.protocol.product, case.protocol.population.criteria
    if not product.targets:
        return
    if product.type == "TCR-T":
        targets = ", ".join(product.targets)
        if not asks_for(criteria, "hla_type"):
            yield finding("hla_type_not_asked", "population.criteria", Severity.NOTE, targets=targets)
        if not asks_for(criteria, "target_antigen_positive_cells"):
            yield finding("antigen_not_asked_beside_hla", "population.criteria", Severity.NOTE, targets=targets)
    elif not (asks_for(criteria, "target_antigen_positive_cells") or asks_for(criteria, "hla_type")):
        yield finding(
            "target_antigen_not_asked", "population.criteria", Severity.NOTE, targets=", ".join(product.targets)
        )


def check_antibody_baseline(case: Case) -> Iterator[Finding]:
    """2.1.1.4-b: antibodies to the vector or to what its gene makes are sampled before infusion, whatever row says so.

    A comparison of those with and without them takes two groups; where even halves of the planned subjects are smaller than
    the register's number, the two can only be described.
    """
    plan = case.protocol.pharmacology
    if plan is None:
        yield unstated("pharmacology", "2.2.5-a")
        return
    rows = [row for row in plan.measurements if row.attribute in {"vector_antibody", "immunogenicity"}]
    if not any(min(row.days) <= 0 and _OF_THE_PRODUCT.search(plain(row.analyte)) for row in rows):
        yield finding("no_antibody_baseline", "pharmacology.measurements")
    n, least = planned_exposure(case.protocol), case.clause.params.get("descriptive_below", 10)
    if plan.antibody_comparison == "comparative" and n is not None and n // 2 < least:
        shown = {"n": n, "found": n // 2, "limit": f"{least:g}"}
        yield finding("antibody_groups_too_small", "pharmacology.antibody_comparison", Severity.MINOR, **shown)


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
    """2.1.1.4-d: contraception is asked for and long enough, six months where a foreign gene is carried; of other cells as
    long as they last, up to six months.

    180 days are six months. Where a criterion asks for the agreement to it, that states it too.
    """
    population = case.protocol.population
    stated = population.contraception_required
    if stated is None:
        if not asks_for(population.criteria, "contraception_agreed"):
            yield finding("contraception_not_stated", "population.contraception_required")
        return
    path, shown = "population.contraception_required", {"found": str(stated)}
    if stated.days < _A_MONTH:
        yield finding("contraception_too_short", path, needed_months=1, **shown)
    elif case.facts["exogenous_gene"] is not False and stated.days < 6 * _A_MONTH:
        yield finding("contraception_too_short", path, Severity.MINOR, needed_months=6, **shown)
    elif (lasts := persistence(case)) is not None and stated.days < min(lasts.days, 6 * _A_MONTH) - 0.5:
        yield finding("contraception_below_persistence", path, Severity.NOTE, lasts=str(lasts), **shown)


def persistence(case: Case) -> Duration | None:
    """Return how long the cells are said to last: their bound of persistence, or the natural life of cells unchanged."""
    product = case.protocol.product
    return product.persistence_bound or product.natural_survival


def check_shared_marker_exclusion(case: Case) -> Iterator[Finding]:
    """2.1.1.4-e: where the process cannot separate malignant cells, involvement of blood or marrow excludes.

    A criterion that lets only the involved in is a fault whatever the process does.
    """
    protocol = case.protocol
    criteria = protocol.population.criteria
    for index, item in reversed_criteria(criteria, protocol):
        if item.concept == "blood_or_marrow_involvement":
            yield finding("involvement_let_in", f"population.criteria.{index}", criterion=item.id)
    if protocol.product.process_separates_malignant_cells is True:
        return
    if not shuts_out(criteria, "blood_or_marrow_involvement"):
        yield finding("shared_marker_without_exclusion", "population.criteria")

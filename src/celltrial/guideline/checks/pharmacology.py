"""Checks of 2.2.5: kinetics, pharmacodynamics, payload and knockout, phase transition."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, get_args

from celltrial.guideline.facts import lightest_weight, target_rate
from celltrial.guideline.texts import hollow
from celltrial.guideline.verdict import Case, Finding, Severity, finding, unstated
from celltrial.guideline.vocabulary import names_target, plain
from celltrial.protocol.model.escalation import TransitionCriterion
from celltrial.protocol.model.pharmacology import CellAttribute, Measurement, Pharmacology

_COUNTED: Final = frozenset({"qpcr", "ddpcr", "flow"})
#: Which rows of the plan tell of which of the nine attributes; the other three need cells seen outside the blood.
_BY_ROW: Final[Mapping[str, frozenset[str]]] = {
    "viability": frozenset({"persistence"}),
    "proliferation": frozenset({"kinetics"}),
    "differentiation": frozenset({"subset"}),
    "tumorigenicity": frozenset({"clonality", "integration_site"}),
    "immunogenicity": frozenset({"immunogenicity"}),
    "function": frozenset({"activity", "b_cell_aplasia", "soluble_target", "cytokine", "secreted_factor"}),
}
_CELL_ROWS: Final = frozenset({"kinetics", "persistence", "subset"})
_TISSUES: Final = frozenset({"marrow", "csf", "tumour"})
_TUMOUR: Final = ("malignan", "cancer", "肿瘤", "癌")
DRAWN: Final = frozenset({"blood", "serum"})
#: Long names of factors and the short ones that they are compared by.
_SHORT: Final = {
    "interleukin": "il", "白细胞介素": "il", "白介素": "il", "interferon": "ifn", "干扰素": "ifn", "tumor necrosis factor": "tnf",
    "tumour necrosis factor": "tnf", "肿瘤坏死因子": "tnf", "α": "alpha", "β": "beta", "γ": "gamma", "κ": "kappa",
}  # fmt: skip
_FACTOR_WORDS: Final = re.compile("|".join(_SHORT))
#: Two methods that differ by more than this factor do not measure the same cells; our limit.
MOST_DISAGREEMENT: Final = 10.0
#: How far above the target rate of toxicity a limit for expansion may lie.
TARGET_SLACK: Final = 0.05
#: Blood of a child, and the share usually allowed (3 % in four weeks): European recommendations on trials with minors.
_BLOOD_ML_PER_KG: Final = 80.0
ON_TARGET: Final = frozenset({"target_expression", "activity", "soluble_target", "b_cell_aplasia"})


def check_kinetics_plan(case: Case) -> Iterator[Finding]:
    """2.2.5-a: each of nine attributes is measured or has its reason, the peak is sampled, no ADME table (AC-P9.1)."""
    plan = case.protocol.pharmacology
    if plan is None:
        yield finding("no_pharmacology_plan", "pharmacology")
        return
    if plan.adme_studies:
        yield finding("adme_planned", "pharmacology.adme_studies")
    argued = {name for name, reason in plan.not_measured.items() if not hollow(reason)}
    absent = [name for name in get_args(CellAttribute) if not (_measured(case, name) or name in argued)]
    if "tumorigenicity" in absent and case.protocol.follow_up is None:
        absent.remove("tumorigenicity")
        yield unstated("follow_up", "3.1-a")
    if absent:
        yield finding("attributes_not_measured", "pharmacology.not_measured", attributes=", ".join(absent))
    yield from _blood_volume(case)
    rows = [row for row in plan.measurements if row.attribute == "kinetics"]
    drawn = [row for row in rows if row.matrix in DRAWN]
    if rows and not drawn:
        found = ", ".join(sorted({f"matrix_{row.matrix}" for row in rows}))
        yield finding("kinetics_not_in_blood", "pharmacology.measurements", Severity.MINOR, found=found)
    yield from _peak_sampling(case, drawn)


def _measured(case: Case, attribute: str) -> bool:
    """Tell whether some row of the plan, or a question of follow-up, measures one of the nine attributes."""
    plan = case.protocol.pharmacology
    rows = plan.measurements if plan else ()
    if attribute in _BY_ROW:
        if any(row.attribute in _BY_ROW[attribute] for row in rows):
            return True
        asked = case.protocol.follow_up.items if case.protocol.follow_up else ()
        return attribute == "tumorigenicity" and any(word in item.lower() for item in asked for word in _TUMOUR)
    cells = [row for row in rows if row.attribute in _CELL_ROWS]
    imaged = any(row.assay == "imaging" for row in cells)
    return imaged or (attribute != "ectopic_foci" and any(row.matrix in _TISSUES for row in cells))


def _blood_volume(case: Case) -> Iterator[Finding]:
    """Hold a child's blood loss within four weeks against the share the protocol allows; 80 mL of blood per kg."""
    plan = case.protocol.pharmacology
    if plan is None or case.facts["paediatric"] is False:
        return
    if plan.blood_volume_cap_share is None:
        yield finding("no_blood_volume_cap", "pharmacology.blood_volume_cap_share", Severity.MINOR)
        return
    weight = lightest_weight(case.protocol)
    if weight is None:
        yield finding("lowest_weight_not_stated", "population.criteria", Severity.MINOR)
        return
    days = sorted({day for row in plan.measurements for day in row.days})
    drawn = max((_drawn(plan, first) for first in days), default=0.0)
    allowed = plan.blood_volume_cap_share * _BLOOD_ML_PER_KG * weight
    if drawn > allowed:
        path, limit = "pharmacology.measurements", f"{allowed:.1f}"
        yield finding(
            "blood_volume_over_cap", path, Severity.MINOR, drawn=f"{drawn:g}", allowed=limit, weight=f"{weight:g}"
        )


def _drawn(plan: Pharmacology, first: int) -> float:
    """Return the millilitres drawn in the 28 days that begin with one day."""
    return sum(
        (row.volume_ml or 0.0) * sum(first <= day < first + 28 for day in row.days)
        for row in plan.measurements
        if row.matrix in DRAWN
    )


def _peak_sampling(case: Case, rows: list[Measurement]) -> Iterator[Finding]:
    params = case.clause.params
    first, last = int(params.get("peak_first_day", 7)), int(params.get("peak_last_day", 14))
    wanted, horizon = int(params.get("peak_samples", 2)), int(params.get("persistence_day", 28))
    days = sorted({day for row in rows for day in row.days})
    if not days:
        return
    inside = sum(first <= day <= last for day in days)
    shown = ", ".join(str(day) for day in days)
    if inside < wanted:
        path = "pharmacology.measurements"
        yield finding("peak_not_sampled", path, days=shown, first=first, last=last, needed=wanted, found=inside)
    if days[-1] < horizon:
        yield finding("kinetics_end_early", "pharmacology.measurements", Severity.MINOR, days=shown, needed=horizon)


def check_two_methods(case: Case) -> Iterator[Finding]:
    """2.2.5-b: gene-modified cells are followed by copies and by positive cells (AC-P9.1), and what lies below the limit
    of quantification is recorded with that limit and is not nothing: it stays censored, or the analysis counts half.
    """
    plan = case.protocol.pharmacology
    if plan is None:
        yield unstated("pharmacology", "2.2.5-a")
        return
    assays = counted_assays(plan)
    if not ({"qpcr", "ddpcr"} & set(assays) and "flow" in assays):
        found = ", ".join(assays) or "-"
        yield finding("one_kinetics_method", "pharmacology.measurements", found=found)
    without = [row.analyte for row in plan.measurements if row.attribute == "kinetics" and row.lloq is None]
    if without:
        path, analytes = "pharmacology.measurements", ", ".join(without)
        yield finding("kinetics_without_limit", path, Severity.MINOR, analytes=analytes)
    if plan.below_limit_rule is None:
        yield finding("below_limit_rule_absent", "pharmacology.below_limit_rule", Severity.MINOR)
    elif plan.below_limit_rule == "zero":
        yield finding("below_limit_replaced", "pharmacology.below_limit_rule")


def counted_assays(plan: Pharmacology) -> list[str]:
    """Return the methods by which the cells are counted after infusion."""
    return sorted({row.assay for row in plan.measurements if row.attribute in {"kinetics", "persistence"}} & _COUNTED)


def check_assay_agreement(case: Case) -> Iterator[Finding]:
    """2.2.5-c: limits of agreement around 1 that can be missed (within tenfold), and the copy number that converts one method
    into the other.
    """
    plan = case.protocol.pharmacology
    if plan is None:
        yield unstated("pharmacology", "2.2.5-a")
        return
    if plan.assay_agreement_limits is None:
        yield finding("no_agreement_limits", "pharmacology.assay_agreement_limits")
    else:
        low, high = plan.assay_agreement_limits
        if not 1 / MOST_DISAGREEMENT <= low < 1 < high <= MOST_DISAGREEMENT:
            shown = {
                "found": f"{low:g} - {high:g}",
                "low": f"{1 / MOST_DISAGREEMENT:g}",
                "high": f"{MOST_DISAGREEMENT:g}",
            }
            yield finding("agreement_limits_too_wide", "pharmacology.assay_agreement_limits", **shown)
    if plan.vector_copy_number_recorded is not True:
        yield finding("copy_number_not_recorded", "pharmacology.vector_copy_number_recorded")


def check_target_activity(case: Case) -> Iterator[Finding]:
    """2.2.5-f: each target has a measurement of activity (AC-P9.2)."""
    plan = case.protocol.pharmacology
    if plan is None:
        yield unstated("pharmacology", "2.2.5-a")
        return
    measured = [row.analyte for row in plan.measurements if row.attribute in ON_TARGET]
    absent = [name for name in case.protocol.product.targets if not any(names_target(text, name) for text in measured)]
    if absent:
        yield finding("target_not_measured", "pharmacology.measurements", targets=", ".join(absent))


def check_payload_assays(case: Case) -> Iterator[Finding]:
    """2.2.5-g: each secreted factor and each knocked-out gene has its assay (AC-P9.2)."""
    plan = case.protocol.pharmacology
    product = case.protocol.product
    if plan is None:
        yield unstated("pharmacology", "2.2.5-a")
        return
    analytes = [row.analyte for row in plan.measurements]
    factors = [name for name in product.secreted_factors if not any(names_factor(text, name) for text in analytes)]
    if factors:
        yield finding("secreted_factor_not_measured", "pharmacology.measurements", factors=", ".join(factors))
    genes = [name for name in product.knocked_out_genes if not any(names_factor(text, name) for text in analytes)]
    if genes:
        yield finding("knockout_not_measured", "pharmacology.measurements", genes=", ".join(genes))
    if product.gene_knockout and not product.knocked_out_genes:
        yield finding("knocked_out_genes_not_named", "product.knocked_out_genes")


def names_factor(text: str, factor: str) -> bool:
    """Tell whether a text names a factor or gene as a whole: IL-15 is not IL-1, and `IL` alone is no factor.

    >>> names_factor("Interleukin 15", "IL-15"), names_factor("IL-15", "IL-1"), names_factor("IL-6", "IL"), names_factor("IL-1β", "IL-1")
    (True, False, False, True)
    """
    said, name = (_FACTOR_WORDS.sub(lambda hit: _SHORT[hit.group()], plain(item)) for item in (text, factor))
    parts = re.findall(r"[^\W\d_]+|\d+", name)
    if not parts:
        return False
    gap = r"[\s\-‐-―_/·]*"
    end = r"(?!\d|ra\b)" if parts[-1].isdigit() else rf"(?!{gap}\d|[a-z])"
    return bool(re.search(rf"(?<![a-z0-9]){gap.join(map(re.escape, parts))}{end}", said))


def check_transition(case: Case) -> Iterator[Finding]:
    """2.2.5-j: computable criteria that can fail, a body that decides, on locked data (AC-P5.5).

    A criterion that every course of the trial meets decides nothing; a rate of toxicity more than five points above the
    target lets a dose expand that the escalation would leave.
    """
    plan = case.protocol.escalation
    transition = plan.transition if plan else None
    if plan is None or transition is None:
        yield finding("no_transition", "escalation.transition")
        return
    path = "escalation.transition"
    if not any(_can_fail(item) for item in transition.criteria):
        yield finding("transition_not_computable", f"{path}.criteria")
    elif not any(
        item.quantity in _TOXICITY and item.operator in {"<", "<="} and _can_fail(item) for item in transition.criteria
    ):
        yield finding("transition_without_toxicity", f"{path}.criteria")
    target = target_rate(plan)
    for index, item in enumerate(transition.criteria):
        limits = item.quantity == "dlt_rate_at_dose" and item.operator in {"<", "<="} and _can_fail(item)
        if limits and target is not None and item.value > target + TARGET_SLACK:
            shown = {"found": f"{100 * item.value:g}", "target": f"{100 * target:g}"}
            yield finding("transition_above_target", f"{path}.criteria.{index}.value", Severity.MINOR, **shown)
    if transition.decision_body is None or hollow(transition.decision_body):
        yield finding("transition_without_body", f"{path}.decision_body")
    if not transition.on_locked_data:
        yield finding("transition_on_open_data", f"{path}.on_locked_data", Severity.MINOR)


#: Quantities of a transition that tell how toxic a dose is.
_TOXICITY: Final = frozenset({"dlt_rate_at_dose", "posterior_dlt_above_target"})


def _can_fail(item: TransitionCriterion) -> bool:
    """Tell whether some course of a trial does not meet a criterion: counts are at least 0, shares within 0 and 1."""
    share = item.quantity in {"dlt_rate_at_dose", "response_rate_at_dose", "posterior_dlt_above_target"}
    if item.operator in {">", ">="}:
        return item.value > 0 or (item.value == 0 and item.operator == ">")
    return not share or item.value < 1 or (item.value == 1 and item.operator == "<")

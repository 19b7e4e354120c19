"""Figures of part 2.2.5: samples, methods, agreement, payloads, the step to expansion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.clinical.late_tests import CLONE_RETEST_MONTHS
from celltrial.guideline.checks.exploratory import clonality_gap
from celltrial.guideline.checks.pharmacology import (
    DRAWN,
    MOST_DISAGREEMENT,
    ON_TARGET,
    TARGET_SLACK,
    counted_assays,
    names_factor,
)
from celltrial.guideline.checks.shared import MONTHS_PER_YEAR
from celltrial.guideline.facts import target_rate
from celltrial.guideline.knowledge import known_limit
from celltrial.guideline.verdict import Case, Ground, figure
from celltrial.guideline.vocabulary import names_target

_ROWS: Final = "pharmacology.measurements"


def clonality(case: Case) -> Iterator[Ground]:
    """2.2.1.1-c: the longest time in which nobody looks for clones, and how soon one that dominates is looked at again."""
    gap = clonality_gap(case)
    if gap is not None:
        shown, limit = f"{gap:.0f} mo", f"<= {MONTHS_PER_YEAR} mo"
        yield figure(
            "clonality_gap", "follow_up.assays", shown, limit, known_limit("months_without_a_look_for_clones").cited
        )
        again = case.clause.params.get("clone_resampling_months", 3)
        yield figure("clone_again", "follow_up.assays", f"{CLONE_RETEST_MONTHS} mo", f"<= {again:g} mo", "register")


def peak(case: Case) -> Iterator[Ground]:
    """2.2.5-a: samples in the days of the expected peak, and the last sample."""
    plan, params = case.protocol.pharmacology, case.clause.params
    rows = [row for row in plan.measurements if row.attribute == "kinetics" and row.matrix in DRAWN] if plan else []
    days = sorted({day for row in rows for day in row.days})
    if not days:
        return
    first, last = int(params.get("peak_first_day", 7)), int(params.get("peak_last_day", 14))
    inside = f"{sum(first <= day <= last for day in days)} (d {first} - {last})"
    yield figure("peak_samples", _ROWS, inside, f">= {params.get('peak_samples', 2):g}", "register")
    yield figure("last_sample", _ROWS, f"{days[-1]} d", f">= {params.get('persistence_day', 28):g} d", "register")


def methods(case: Case) -> Iterator[Ground]:
    """2.2.5-b: by how many methods cells are counted, each with its limit of quantification."""
    plan = case.protocol.pharmacology
    if plan is None:
        return
    found = counted_assays(plan)
    yield figure("kinetics_methods", _ROWS, f"{len(found)} ({', '.join(found)})", ">= 2", "clause")
    rows = [row for row in plan.measurements if row.attribute == "kinetics"]
    limited = sum(row.lloq is not None for row in rows)
    yield figure("methods_with_limit", _ROWS, limited, f"= {len(rows)}", "clause")


def agreement(case: Case) -> Iterator[Ground]:
    """2.2.5-c: the limits within which two methods agree."""
    plan = case.protocol.pharmacology
    if plan is not None and plan.assay_agreement_limits is not None:
        low, high = plan.assay_agreement_limits
        limit = f"{1 / MOST_DISAGREEMENT:g} - {MOST_DISAGREEMENT:g}"
        path = "pharmacology.assay_agreement_limits"
        yield figure("agreement_limits", path, f"{low:g} - {high:g}", limit, "ours")


def targets(case: Case) -> Iterator[Ground]:
    """2.2.5-f: how many of the targets have a measurement of action on them."""
    plan, wanted = case.protocol.pharmacology, case.protocol.product.targets
    if plan is not None and wanted:
        measured = [row.analyte for row in plan.measurements if row.attribute in ON_TARGET]
        found = sum(any(names_target(text, name) for text in measured) for name in wanted)
        yield figure("targets_measured", _ROWS, found, f"= {len(wanted)}", "clause")


def payloads(case: Case) -> Iterator[Ground]:
    """2.2.5-g: how many of the secreted factors and cut genes have their assay, and until when factors are measured."""
    plan, product = case.protocol.pharmacology, case.protocol.product
    wanted = (*product.secreted_factors, *product.knocked_out_genes)
    if plan is None or not wanted:
        return
    found = sum(any(names_factor(row.analyte, name) for row in plan.measurements) for name in wanted)
    yield figure("payloads_measured", _ROWS, found, f"= {len(wanted)}", "clause")
    for name in product.secreted_factors:
        days = sorted({day for row in plan.measurements if names_factor(row.analyte, name) for day in row.days})
        after = [day for day in days if day > 0]
        yield figure("factor_times", _ROWS, f"{name}: {len(after)}", ">= 2", "ours")


def transition(case: Case) -> Iterator[Ground]:
    """2.2.5-j: the rate of toxicity at which expansion opens against the target of the design."""
    plan = case.protocol.escalation
    target = target_rate(plan) if plan else None
    for index, item in enumerate(plan.transition.criteria if plan and plan.transition else ()):
        if item.quantity == "dlt_rate_at_dose" and item.operator in {"<", "<="} and target is not None:
            path = f"escalation.transition.criteria.{index}.value"
            limit = f"<= {100 * (target + TARGET_SLACK):g} %"
            yield figure("expansion_toxicity", path, f"{100 * item.value:g} %", limit, "protocol")

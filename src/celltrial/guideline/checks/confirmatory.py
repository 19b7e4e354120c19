"""Checks of 2.3 and 2.3.1: evidence, size, control, blinding, independent review."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.core.errors import UserError
from celltrial.core.intervals import clopper_pearson
from celltrial.designs.design import params_from
from celltrial.designs.single_arm.one_stage import OneStage, one_stage_sizes
from celltrial.guideline.verdict import Case, Finding, Severity, finding, unstated
from celltrial.protocol.model.confirmatory import SampleSize

__all__ = [
    "check_bias_reduction",
    "check_blinding_reasons",
    "check_exploratory_estimate",
    "check_independent_review",
    "check_randomised",
    "check_sample_size",
    "check_sensitivity_of_reads",
    "check_single_arm_elements",
    "check_single_arm_reason",
]


def check_exploratory_estimate(case: Case) -> Iterator[Finding]:
    """2.3-a: the hypothesis rests on an exploratory estimate."""
    plan = case.protocol.confirmatory
    if plan is None or plan.exploratory_result is None:
        yield finding("no_exploratory_estimate", "confirmatory.exploratory_result")


def check_sample_size(case: Case) -> Iterator[Finding]:
    """2.3-b: guidance of the disease area is cited and the size can be recomputed."""
    if case.protocol.trial.therapeutic_area_guideline is None:
        yield finding("no_area_guideline", "trial.therapeutic_area_guideline")
    plan = case.protocol.confirmatory
    if plan is None or plan.sample_size is None:
        yield finding("no_sample_size", "confirmatory.sample_size")
    elif plan.sample_size.method == "one_stage":
        yield from _recomputed(plan.sample_size)


def _recomputed(size: SampleSize) -> Iterator[Finding]:
    """Compute an exact one-stage size again from the parameters that the protocol states."""
    odd = [name for name, value in size.params.items() if isinstance(value, bool) or not isinstance(value, int | float)]
    if odd:
        yield finding("size_parameters_unusable", "confirmatory.sample_size.params", found=", ".join(odd))
        return
    try:
        needed = one_stage_sizes(params_from("one_stage", OneStage, size.params)).smallest.n
    except UserError as error:
        yield finding("size_parameters_unusable", "confirmatory.sample_size.params", found=str(error).splitlines()[0])
        return
    if size.infused < needed:
        yield finding("size_below_design", "confirmatory.sample_size.infused", found=size.infused, needed=needed)


def check_randomised(case: Case) -> Iterator[Finding]:
    """2.3.1-a: randomised and controlled; the point of randomisation and the control are stated."""
    protocol = case.protocol
    plan = protocol.confirmatory
    if protocol.trial.design != "RCT":
        yield finding("not_randomised", "trial.design", found=protocol.trial.design)
        return
    if plan is None or plan.comparator == "none":
        yield finding("no_comparator", "confirmatory.comparator")
    elif plan.comparator != "active" and plan.comparator_reason is None:
        path = "confirmatory.comparator_reason"
        yield finding("comparator_not_argued", path, Severity.MINOR, found=plan.comparator)
    if plan is None or plan.randomisation is None or plan.randomisation.point is None:
        yield finding("no_randomisation_point", "confirmatory.randomisation.point")


def check_single_arm_reason(case: Case) -> Iterator[Finding]:
    """2.3.1-b: why no randomised trial can be done, with evidence and a calculation of what one would take."""
    plan = case.protocol.confirmatory
    if plan is None or plan.single_arm_reason is None:
        yield finding("no_single_arm_reason", "confirmatory.single_arm_reason")
        return
    if not plan.single_arm_evidence:
        yield finding("single_arm_without_evidence", "confirmatory.single_arm_evidence")
    if plan.rct_feasibility is None:
        yield finding("no_rct_feasibility", "confirmatory.rct_feasibility", Severity.MINOR)


def check_single_arm_elements(case: Case) -> Iterator[Finding]:
    """2.3.1-c: the rate to beat is derived from earlier studies, and differences of population are listed.

    The bar is the upper end of the exact 95 % interval of the pooled counts. Variation between studies would
    raise it further, so a rate below this bar is certainly too low.
    """
    plan = case.protocol.confirmatory
    if plan is None or plan.null_derivation is None or not plan.null_derivation.studies:
        yield finding("null_not_derived", "confirmatory.null_derivation")
        return
    if plan.null_derivation.differences_listed is None:
        path = "confirmatory.null_derivation.differences_listed"
        yield finding("null_differences_not_listed", path, Severity.MINOR)
    null_rate = plan.sample_size.params.get("null_rate") if plan.sample_size else None
    studies = plan.null_derivation.studies
    pooled = clopper_pearson(sum(row.responders for row in studies), sum(row.subjects for row in studies))
    if isinstance(null_rate, int | float) and null_rate < pooled.high:
        shown = {"found": f"{100 * null_rate:g}", "upper": f"{100 * pooled.high:.1f}"}
        yield finding("null_below_evidence", "confirmatory.sample_size.params", Severity.MINOR, **shown)


def check_blinding_reasons(case: Case) -> Iterator[Finding]:
    """2.3.1-d: each role that is not blinded has its reason."""
    blinding = case.protocol.trial.blinding
    if blinding.level != "double" and not blinding.unblinded_roles:
        yield finding("unblinded_without_reason", "trial.blinding.unblinded_roles", level=blinding.level)


def check_bias_reduction(case: Case) -> Iterator[Finding]:
    """2.3.1-e: short of double blind, other measures against bias are listed."""
    if not case.protocol.trial.blinding.bias_reduction_measures:
        yield finding("no_bias_reduction", "trial.blinding.bias_reduction_measures")


def check_independent_review(case: Case) -> Iterator[Finding]:
    """2.3.1-f: a committee independent of the investigators, its role stated."""
    efficacy = case.protocol.efficacy
    if efficacy is None or efficacy.independent_review is None:
        yield finding("no_independent_review", "efficacy.independent_review")
        return
    if efficacy.independent_review.role is None:
        yield finding("independent_review_role", "efficacy.independent_review.role")
    if efficacy.independent_review.unreadable_rule is None:
        yield finding("no_unreadable_rule", "efficacy.independent_review.unreadable_rule", Severity.MINOR)


def check_sensitivity_of_reads(case: Case) -> Iterator[Finding]:
    """2.3.1-g: where the committee is not primary, its reads test the investigators' assessment."""
    efficacy = case.protocol.efficacy
    if efficacy is None or efficacy.independent_review is None:
        yield unstated("efficacy.independent_review", "2.3.1-f")
    elif efficacy.independent_review.role != "primary" and not efficacy.investigator_sensitivity_analysis:
        yield finding("no_read_sensitivity", "efficacy.investigator_sensitivity_analysis")

"""Checks of 2.3 and 2.3.1: evidence, size, control, blinding, independent review."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from celltrial.core.errors import UserError
from celltrial.core.intervals import clopper_pearson
from celltrial.core.lazy_scipy import special
from celltrial.designs.single_arm.one_stage import OneStage, one_stage_at
from celltrial.designs.sizes import SIZE_ROWS, stated_errors, subjects_of
from celltrial.designs.sizing.plain_form import params_from_plain
from celltrial.guideline.facts import decisive_endpoints
from celltrial.guideline.references import well_formed
from celltrial.guideline.verdict import Case, Finding, Severity, finding, unstated
from celltrial.guideline.vocabulary import named_in
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.confirmatory import Confirmatory, ExploratoryResult, SampleSize

#: ICH E9, 3.5 and 5.5: power of 80 to 90 %, alpha of 5 % two-sided; a single arm is seen at one-sided 5 % at most.
_MOST_ALPHA: Final = 0.05
_TWO_SIDED_ALPHA: Final = 0.1
_ALL_SIDES: Final = frozenset({"log_rank"})
_LEAST_POWER: Final = 0.8
#: Parameters that are rates planned for with the product.
_PLANNED_RATES: Final = ("alternative_rate", "treated_rate")
_ROUNDING: Final = 0.005
#: A smaller hazard ratio is planned on more than most trials of cells have shown.
_LEAST_RATIO: Final = 0.4
_ARMS: Final = 2
#: How many more subjects than 1:1 a ratio may take: (a + b)^2 / 4ab; 3:1 takes 1.33 times as many, 4:1 1.56.
MOST_INFLATION: Final = 1.5
#: Below this probability of one common rate studies are not pooled.
_ONE_RATE: Final = 0.05
READERS: Final = 2


def check_exploratory_estimate(case: Case) -> Iterator[Finding]:
    """2.3-a: the hypothesis rests on an exploratory estimate, and one in which somebody responded."""
    plan = case.protocol.confirmatory
    if plan is None or plan.exploratory_result is None:
        yield finding("no_exploratory_estimate", "confirmatory.exploratory_result")
    elif plan.exploratory_result.responders == 0:
        shown = {"subjects": plan.exploratory_result.subjects}
        yield finding("exploratory_without_response", "confirmatory.exploratory_result.responders", **shown)


def check_sample_size(case: Case) -> Iterator[Finding]:
    """2.3-b: guidance of the disease area is cited; the size is recomputed, its errors and its effect are believable.

    Whatever design states the size, single-arm or randomised, is computed again from the stated parameters (not those
    that take simulation). Errors above the usual ones are found: one-sided alpha above 0.05 or power below 0.8 (ICH E9,
    3.5). An alternative above what was observed before is more hope than estimate.
    """
    if case.protocol.trial.therapeutic_area_guideline is None:
        yield finding("no_area_guideline", "trial.therapeutic_area_guideline")
    plan = case.protocol.confirmatory
    if plan is None or plan.sample_size is None:
        yield finding("no_sample_size", "confirmatory.sample_size")
        return
    yield from _recomputed(plan.sample_size)
    yield from _hopeful(plan.sample_size)
    yield from _against_experience(plan)
    yield from _against_allocation(plan)


def _recomputed(size: SampleSize) -> Iterator[Finding]:
    """Compute a size again from the parameters that the protocol states."""
    row, path = SIZE_ROWS.get(size.method), "confirmatory.sample_size.params"
    if row is None or row.allocates:
        yield finding("size_method_unknown", "confirmatory.sample_size.method", found=size.method)
        return
    try:
        params = params_from_plain(row.params, size.params, where=path)
        for name, value in stated_errors(params):
            high = _TWO_SIDED_ALPHA if size.method in _ALL_SIDES else _MOST_ALPHA
            if name == "alpha" and value > high:
                yield finding("alpha_above_convention", f"{path}.alpha", found=f"{value:g}", limit=f"{high:g}")
            elif name == "power" and value < _LEAST_POWER - 1e-9:
                yield finding("power_below_convention", f"{path}.power", found=f"{value:g}", limit=f"{_LEAST_POWER:g}")
        least = _least(size, params)
    except UserError as error:
        yield finding("size_parameters_unusable", path, found=str(error).splitlines()[0])
        return
    if least is not None and size.infused < least:
        yield finding("size_below_design", "confirmatory.sample_size.infused", found=size.infused, needed=least)


def _least(size: SampleSize, params: object) -> int | None:
    """Return the fewest subjects that a design takes: its answer, or as many as the events that it counts; None without."""
    row = SIZE_ROWS[size.method]
    if not row.exact:
        return None
    answer = row.function(params)
    needed = subjects_of(size.method, answer)
    least = min(needed.values(), default=getattr(answer, "events", None))
    if (
        isinstance(params, OneStage)
        and least is not None
        and size.infused >= least
        and one_stage_at(params, size.infused).power < params.power
    ):
        return needed["safe"]  # exact sizes are a saw: a larger trial can have less power
    return None if least is None else math.ceil(least)


def size_needed(size: SampleSize) -> int | None:
    """Return the fewest infused subjects that the stated design takes; None where that is not known or takes simulation."""
    row = SIZE_ROWS.get(size.method)
    if row is None or row.allocates:
        return None
    try:
        return _least(size, params_from_plain(row.params, size.params, where="confirmatory.sample_size.params"))
    except UserError:
        return None


def _hopeful(size: SampleSize) -> Iterator[Finding]:
    """Ask about an effect larger than trials of the class have shown: a hazard ratio below 0.4.

    Among the randomised trials of cells against standard treatment in sight the ratios of event-free or progression-free
    survival were 0.40 (ZUMA-7), 0.35 (TRANSFORM, first look), 0.49 (KarMMa-3), 0.26 (CARTITUDE-4), 0.50 (TIL in melanoma)
    and 0.63 (CIK): a plan for less rests on the best of them.
    """
    ratio = size.params.get("hazard_ratio")
    scenario = size.params.get("scenario")
    if isinstance(ratio, int | float) and not isinstance(ratio, bool) and scenario is None and ratio < _LEAST_RATIO:
        shown = {"found": f"{ratio:g}", "limit": f"{_LEAST_RATIO:g}"}
        yield finding("hazard_ratio_hopeful", "confirmatory.sample_size.params.hazard_ratio", Severity.MINOR, **shown)


def _against_experience(plan: Confirmatory) -> Iterator[Finding]:
    """Hold the rate that a trial plans for against what was seen before."""
    seen, size = plan.exploratory_result, plan.sample_size
    if seen is None or size is None:
        return
    for name in _PLANNED_RATES:
        planned = size.params.get(name)
        if isinstance(planned, int | float) and planned > seen.responders / seen.subjects + _ROUNDING:
            shown = {"responders": seen.responders, "subjects": seen.subjects, "found": f"{100 * planned:g}"}
            seen_rate = f"{100 * seen.responders / seen.subjects:.1f}"
            path = f"confirmatory.sample_size.params.{name}"
            yield finding("alternative_above_experience", path, Severity.MINOR, seen=seen_rate, **shown)


def _against_allocation(plan: Confirmatory) -> Iterator[Finding]:
    """Hold the ratio that the size was computed for against the ratio of randomisation."""
    if plan.randomisation is None or plan.sample_size is None or len(plan.randomisation.ratio) != _ARMS:
        return
    row = SIZE_ROWS.get(plan.sample_size.method)
    if row is None or not any(item.name == "ratio" for item in fields(row.params)):
        return
    sized, (treated, control) = plan.sample_size.params.get("ratio", 1), plan.randomisation.ratio
    if isinstance(sized, int | float) and control and abs(sized - treated / control) > _ROUNDING:
        shown = {"found": f"{sized:g}", "randomised": f"{treated}:{control}"}
        yield finding("size_of_another_ratio", "confirmatory.sample_size.params.ratio", Severity.MINOR, **shown)


def check_randomised(case: Case) -> Iterator[Finding]:
    """2.3.1-a: randomised and controlled; the point of randomisation and the control are stated.

    A ratio that takes more than half again as many subjects as 1:1 would (from 4:1 on) is asked about; randomising
    after release leaves out those whose product failed, so the arms no longer compare what was planned for the enrolled.
    """
    protocol = case.protocol
    plan = protocol.confirmatory
    if protocol.trial.design != "RCT":
        yield finding("not_randomised", "trial.design", found=f"design_{protocol.trial.design.lower()}")
        return
    if plan is None or plan.comparator == "none":
        yield finding("no_comparator", "confirmatory.comparator")
    elif plan.comparator != "active" and plan.comparator_reason is None:
        path = "confirmatory.comparator_reason"
        yield finding("comparator_not_argued", path, Severity.MINOR, found=plan.comparator)
    if plan is None or plan.randomisation is None or plan.randomisation.point is None:
        yield finding("no_randomisation_point", "confirmatory.randomisation.point")
        return
    if plan.randomisation.point == "after_release":
        yield finding("randomised_after_release", "confirmatory.randomisation.point", Severity.MINOR)
    ratio = plan.randomisation.ratio
    more = allocation_inflation(ratio)
    if more is not None and more > MOST_INFLATION:
        shown = {"found": ":".join(map(str, ratio)), "more": f"{more:.2f}", "limit": f"{MOST_INFLATION:g}"}
        yield finding("ratio_wastes_subjects", "confirmatory.randomisation.ratio", Severity.MINOR, **shown)


def allocation_inflation(ratio: tuple[int, ...]) -> float | None:
    """Return how many times the subjects of 1:1 a ratio of two arms takes: (a + b)^2 / 4ab; None of other ratios.

    >>> allocation_inflation((1, 1)), allocation_inflation((3, 1))
    (1.0, 1.3333333333333333)
    """
    return sum(ratio) ** 2 / (4 * ratio[0] * ratio[1]) if len(ratio) == _ARMS and min(ratio) > 0 else None


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
    yield from _studies_looked_up(case.protocol, studies)
    yield from _studies_alike(studies)
    pooled = clopper_pearson(sum(row.responders for row in studies), sum(row.subjects for row in studies))
    if isinstance(null_rate, int | float) and null_rate < pooled.high:
        shown = {"found": f"{100 * null_rate:g}", "upper": f"{100 * pooled.high:.1f}"}
        yield finding("null_below_evidence", "confirmatory.sample_size.params", Severity.MINOR, **shown)


def _studies_looked_up(protocol: Protocol, studies: tuple[ExploratoryResult, ...]) -> Iterator[Finding]:
    """Ask of each study from which the null is derived that its reference is listed and can be looked up."""
    listed = {item.id: item for item in protocol.references}
    for index, row in enumerate(studies):
        reference = listed.get(row.reference or "")
        if reference is None or not well_formed(reference, protocol.identification.version_date):
            path = f"confirmatory.null_derivation.studies.{index}.reference"
            shown = {"responders": row.responders, "subjects": row.subjects, "found": row.reference or "-"}
            yield finding("null_study_without_reference", path, Severity.MINOR, **shown)


def _studies_alike(studies: tuple[ExploratoryResult, ...]) -> Iterator[Finding]:
    """Ask whether the rates of several studies differ by more than chance: a chi-squared test of one rate, at 5 %."""
    subjects, responders = sum(row.subjects for row in studies), sum(row.responders for row in studies)
    if len(studies) < _ARMS or responders in {0, subjects}:
        return
    rate = responders / subjects
    spread = sum((row.responders - row.subjects * rate) ** 2 / (row.subjects * rate * (1 - rate)) for row in studies)
    chance = float(special.chdtrc(len(studies) - 1, spread))
    if chance < _ONE_RATE:
        rates = ", ".join(f"{100 * row.responders / row.subjects:.0f} %" for row in studies)
        path = "confirmatory.null_derivation.studies"
        yield finding(
            "null_studies_differ", path, Severity.MINOR, rates=rates, p=f"{chance:.2g}", limit=f"{_ONE_RATE:g}"
        )


def check_blinding_reasons(case: Case) -> Iterator[Finding]:
    """2.3.1-d: each role that is not blinded has its reason.

    In an open trial with two arms investigators and subjects know the arm, and so do assessors unless an independent
    committee decides; where only subjects are blinded, investigators do. A trial of one arm hides nothing from anybody
    and one reason is enough.
    """
    blinding = case.protocol.trial.blinding
    if blinding.level == "double":
        return
    if not blinding.unblinded_roles:
        yield finding("unblinded_without_reason", "trial.blinding.unblinded_roles", level=blinding.level)
        return
    if case.protocol.trial.design != "RCT":
        return
    review = case.protocol.efficacy.independent_review if case.protocol.efficacy else None
    knows = ["investigator"] + (["subject"] if blinding.level == "open" else [])
    knows += ["assessor"] if review is None or review.role != "primary" else []
    argued = named_in(blinding.unblinded_roles, "blinded_role")
    absent = [role for role in knows if role not in argued]
    if absent:
        shown = {"level": blinding.level, "roles": ", ".join(f"role_{role}" for role in absent)}
        yield finding("role_unblinded_without_reason", "trial.blinding.unblinded_roles", Severity.MINOR, **shown)


def check_bias_reduction(case: Case) -> Iterator[Finding]:
    """2.3.1-e: short of double blind, other measures against bias are listed."""
    if not case.protocol.trial.blinding.bias_reduction_measures:
        yield finding("no_bias_reduction", "trial.blinding.bias_reduction_measures")


def check_independent_review(case: Case) -> Iterator[Finding]:
    """2.3.1-f: a committee independent of the investigators: its role, its readers, and what its readings decide.

    Readings that disagree take two readers. Where a rate of response decides, a subject whose scans cannot be read is no
    responder; leaving such subjects out raises the rate. The text of the primary endpoint names the same readers as the
    committee's role does.
    """
    efficacy = case.protocol.efficacy
    if efficacy is None or efficacy.independent_review is None:
        yield finding("no_independent_review", "efficacy.independent_review")
        return
    review, path = efficacy.independent_review, "efficacy.independent_review"
    if review.role is None:
        yield finding("independent_review_role", f"{path}.role")
    if review.unreadable_rule is None:
        yield finding("no_unreadable_rule", f"{path}.unreadable_rule", Severity.MINOR)
    decisive = decisive_endpoints(case.protocol)
    rates = [item.id for _, item in decisive if item.kind in {"response_rate", "sustained_response"}]
    if review.unreadable_rule == "missing" and rates:
        yield finding("unreadable_left_out", f"{path}.unreadable_rule", Severity.MINOR, endpoints=", ".join(rates))
    if review.readers < READERS:
        yield finding("too_few_readers", f"{path}.readers", Severity.MINOR, found=review.readers, needed=READERS)
    for index, item in decisive:
        said = named_in((item.text.en, item.text.zh), "reader")
        other = {"primary": "investigator", "sensitivity": "committee"}.get(review.role or "", "")
        if item.rank == "primary" and other in said and len(said) == 1:
            shown = {"endpoint": item.id, "said": f"reader_{other}", "role": f"role_{review.role}"}
            yield finding("readers_contradict", f"efficacy.endpoints.{index}.text", **shown)


def check_sensitivity_of_reads(case: Case) -> Iterator[Finding]:
    """2.3.1-g: where the committee is not primary, its reads test the investigators' assessment."""
    efficacy = case.protocol.efficacy
    if efficacy is None or efficacy.independent_review is None:
        yield unstated("efficacy.independent_review", "2.3.1-f")
    elif efficacy.independent_review.role != "primary" and not efficacy.investigator_sensitivity_analysis:
        yield finding("no_read_sensitivity", "efficacy.investigator_sensitivity_analysis")

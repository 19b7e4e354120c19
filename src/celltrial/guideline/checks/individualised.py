"""Checks of 2.1.3: products made for one subject, waiting, failure, halt for product faults."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from celltrial.core.quantities import Quantity, convert
from celltrial.designs.sizing.enrolment import EnrolmentNeed, chance_enough_infused, enrolment_size
from celltrial.guideline.checks.shared import RESCUE_DAYS, reversed_finding
from celltrial.guideline.checks.stopping import planned_exposure
from celltrial.guideline.polarity import reversed_criteria
from celltrial.guideline.verdict import Case, Finding, Severity, finding, unstated
from celltrial.protocol.model import Protocol

#: Runs of a process that show it under control; the usual number of process validation.
VALIDATION_RUNS: Final = 3
#: The longest that enrolment of one trial may take before it is asked whether its question will still be open; our limit.
LONGEST_ENROLMENT_MONTHS: Final = 84
#: By how much a stated share may lie above the product of its parts: rounding of three shares.
_SHARE_ROUNDING: Final = 0.03
#: The most fever, in degrees Celsius, and the least oxygen saturation, in percent, at which cells may be given.
DAY_LIMITS: Final = {"body_temperature": (38.5, "degC"), "oxygen_saturation": (90.0, "%")}
#: Findings that change within days, and the most days for which one tells of the day of infusion.
_OF_THE_DAY: Final = frozenset({*DAY_LIMITS, "active_infection"})
_DAY_WINDOW: Final = 3


def check_life_expectancy(case: Case) -> Iterator[Finding]:
    """2.1.3-c: required life expectancy covers the wait and the time until first assessment (AC-P3.4)."""
    protocol = case.protocol
    stated = protocol.population.minimum_life_expectancy
    wait = protocol.treatment.vein_to_vein_expected
    if stated is None:
        yield finding("life_expectancy_not_stated", "population.minimum_life_expectancy")
        return
    if wait is None:
        yield finding("vein_to_vein_not_stated", "treatment.vein_to_vein_expected")
        return
    needed = wait.days + first_assessment_days(protocol)
    if stated.days < needed:
        path = "population.minimum_life_expectancy"
        yield finding("life_expectancy_too_short", path, found_days=round(stated.days), needed_days=math.ceil(needed))


def first_assessment_days(protocol: Protocol) -> float:
    """Return days from infusion to the end of the DLT window, or to the first response visit."""
    if protocol.escalation is not None:
        return protocol.escalation.dlt.window.days
    visits = protocol.efficacy.visits if protocol.efficacy else ()
    return float(min((visit.day for visit in visits if visit.day > 0), default=0))


def check_infusion_conditions(case: Case) -> Iterator[Finding]:
    """2.1.3-d: conditions of their own for the day of infusion, the right way round and such as keep a sick subject out.

    The limits are those of published conditions with room above them: a temperature above 38.5 degrees is a fever
    whatever its cause, an oxygen saturation below 90 % is hypoxia.
    """
    conditions = case.protocol.treatment.infusion.conditions
    if not conditions:
        yield finding("no_infusion_conditions", "treatment.infusion.conditions")
    path = "treatment.infusion.conditions"
    for index, item in reversed_criteria(conditions, case.protocol):
        yield reversed_finding(item, f"{path}.{index}")
    for index, item in enumerate(conditions):
        if item.concept in _OF_THE_DAY and item.window is not None and item.window.days > _DAY_WINDOW:
            shown = {"criterion": item.id, "found": str(item.window), "needed_days": _DAY_WINDOW}
            yield finding("criterion_window_long", f"{path}.{index}.window", Severity.MINOR, **shown)
        if item.concept not in DAY_LIMITS or isinstance(item.value, bool) or not isinstance(item.value, int | float):
            continue
        limit, unit = DAY_LIMITS[item.concept]
        stated = float(convert(Quantity.of(item.value, item.unit or unit), unit, item.concept))
        if stated > limit if item.concept == "body_temperature" else stated < limit:
            shown = {"criterion": item.id, "found": f"{item.value:g} {item.unit}", "limit": f"{limit:g} {unit}"}
            yield finding("infusion_condition_loose", f"{path}.{index}.value", **shown)


def check_shelf_life(case: Case) -> Iterator[Finding]:
    """2.1.3-g: a product in hand before lymphodepletion must still be good on the day of infusion."""
    manufacturing = case.protocol.manufacturing
    regimen = case.protocol.treatment.lymphodepletion
    if manufacturing is None:
        yield unstated("manufacturing", "2.1.3-h")
    elif regimen is not None:
        first = min(day for drug in regimen.drugs for day in drug.days)
        last = max(day for drug in regimen.drugs for day in drug.days)
        needed = last - first + regimen.maximum_days_to_infusion
        if manufacturing.shelf_life.days < needed:
            shelf = str(manufacturing.shelf_life)
            yield finding("shelf_life_too_short", "manufacturing.shelf_life", found=shelf, needed_days=needed)


def _no_failure_plan(case: Case) -> bool:
    return case.protocol.manufacturing is None or case.protocol.manufacturing.failure_plan is None


def check_remanufacture_policy(case: Case) -> Iterator[Finding]:
    """2.1.3-h: whether, and how often, manufacture is tried again, within the time that subjects are expected to have."""
    protocol = case.protocol
    if _no_failure_plan(case):
        yield finding("no_remanufacture_policy", "manufacturing.failure_plan")
        return
    assert protocol.manufacturing is not None
    assert protocol.manufacturing.failure_plan is not None
    attempts, expected = (
        protocol.manufacturing.failure_plan.maximum_attempts,
        protocol.population.minimum_life_expectancy,
    )
    needed = attempts * protocol.manufacturing.turnaround.days
    if expected is not None and needed > expected.days:
        path = "manufacturing.failure_plan.maximum_attempts"
        shown = {"attempts": attempts, "needed_days": math.ceil(needed), "found_days": round(expected.days)}
        yield finding("attempts_outlast_subject", path, Severity.MINOR, **shown)


def check_failure_causes(case: Case) -> Iterator[Finding]:
    """2.1.3-e: causes of failure are investigated, and the factors to look at are listed beforehand."""
    manufacturing = case.protocol.manufacturing
    if manufacturing is None or manufacturing.failure_plan is None:
        yield unstated("manufacturing.failure_plan", "2.1.3-h")
        return
    if manufacturing.failure_plan.causes_investigated is None:
        yield finding("failure_causes_not_investigated", "manufacturing.failure_plan.causes_investigated")
    if not manufacturing.risk_factors_listed:
        yield finding("failure_factors_not_listed", "manufacturing.risk_factors_listed", Severity.MINOR)


def check_failure_rescue(case: Case) -> Iterator[Finding]:
    """2.1.3-f: treatment for a subject whose product fails, with a deadline."""
    manufacturing = case.protocol.manufacturing
    if manufacturing is None or manufacturing.failure_plan is None:
        yield unstated("manufacturing.failure_plan", "2.1.3-h")
    elif manufacturing.failure_plan.rescue is None:
        yield finding("no_failure_rescue", "manufacturing.failure_plan.rescue")
    elif manufacturing.failure_plan.rescue_deadline is None:
        yield finding("failure_rescue_without_deadline", "manufacturing.failure_plan.rescue_deadline", Severity.MINOR)
    elif manufacturing.failure_plan.rescue_deadline.days > RESCUE_DAYS:
        path, found = "manufacturing.failure_plan.rescue_deadline", str(manufacturing.failure_plan.rescue_deadline)
        yield finding("rescue_too_late", path, Severity.MINOR, found=found, needed_days=RESCUE_DAYS)


def check_replacement(case: Case) -> Iterator[Finding]:
    """2.1.3-i: whether the untreated are replaced, how many are to be infused and how many enrolled (AC-P3.2)."""
    protocol = case.protocol
    if protocol.manufacturing is None or protocol.manufacturing.failure_plan is None:
        yield unstated("manufacturing.failure_plan", "2.1.3-h")
    elif protocol.manufacturing.failure_plan.replacement is None:
        yield finding("replacement_not_stated", "manufacturing.failure_plan.replacement")
    yield from _room_for_replacement(protocol)
    months = enrolment_months(protocol)
    if months is not None and months > LONGEST_ENROLMENT_MONTHS:
        shown = {"found": f"{months:.0f}", "limit": LONGEST_ENROLMENT_MONTHS}
        yield finding("enrolment_takes_years", "assumptions.enrolment_per_month", Severity.NOTE, **shown)
    size = protocol.confirmatory.sample_size if protocol.confirmatory else None
    if size is None:
        if protocol.assumptions is None:
            yield finding("replacement_not_planned", "assumptions.target_infused")
        return
    if not size.probability_infused:
        yield finding("infused_share_not_stated", "confirmatory.sample_size.probability_infused")
        return
    assumed = assumed_share(protocol)
    if assumed is not None and size.probability_infused > assumed + _SHARE_ROUNDING:
        path = "confirmatory.sample_size.probability_infused"
        shown = {"found": f"{100 * size.probability_infused:.1f}", "assumed": f"{100 * assumed:.1f}"}
        yield finding("infused_share_above_assumptions", path, Severity.MINOR, **shown)
    need = enrolment_size(EnrolmentNeed(size.infused, size.probability_infused, 0.95))
    numbers = {"found": size.enrolled, "infused": size.infused}
    path = "confirmatory.sample_size.enrolled"
    if size.enrolled < need.by_expectation:
        yield finding("enrolment_too_small", path, needed=need.by_expectation, **numbers)
    elif size.enrolled < need.with_assurance:
        chance = (
            f"{100 * chance_enough_infused(size.enrolled, EnrolmentNeed(size.infused, size.probability_infused)):.0f}"
        )
        yield finding(
            "enrolment_without_assurance", path, Severity.NOTE, needed=need.with_assurance, chance=chance, **numbers
        )


def assumed_share(protocol: Protocol) -> float | None:
    """Return the share of the enrolled that the planning assumptions let be infused; None where they state none."""
    assumed = protocol.assumptions
    if assumed is None:
        return None
    return assumed.collection_success * assumed.manufacturing_success * assumed.pre_infusion_success


def enrolment_months(protocol: Protocol) -> float | None:
    """Return the months that it takes to enrol as many as the planned infusions take; None without planning assumptions."""
    target, share, assumed = planned_exposure(protocol), assumed_share(protocol), protocol.assumptions
    return target / share / assumed.enrolment_per_month if target and share and assumed else None


def check_other_reasons(case: Case) -> Iterator[Finding]:
    """2.1.3-k: no more of the untreated than the register allows may be left without a named reason."""
    plan = case.protocol.manufacturing.failure_plan if case.protocol.manufacturing else None
    stated, most = plan.other_reason_limit if plan else None, case.clause.params.get("other_reason_limit", 0.1)
    if stated is not None and stated > most + 1e-9:
        path, shown = "manufacturing.failure_plan.other_reason_limit", {"found": f"{100 * stated:g}"}
        yield finding("other_reasons_too_many", path, Severity.MINOR, limit=f"{100 * most:g}", **shown)


def _room_for_replacement(protocol: Protocol) -> Iterator[Finding]:
    """Hold the cap of enrolment against the subjects to be infused where the untreated are replaced."""
    plan = protocol.manufacturing.failure_plan if protocol.manufacturing else None
    if plan is None or plan.replacement != "replaced":
        return
    path = "manufacturing.failure_plan.maximum_enrolled"
    target, share = planned_exposure(protocol), assumed_share(protocol)
    if plan.maximum_enrolled is None:
        yield finding("replacement_without_cap", path, Severity.MINOR)
    elif target is not None and plan.maximum_enrolled < target:
        yield finding("cap_below_target", path, found=plan.maximum_enrolled, infused=target)
    elif target is not None and share and plan.maximum_enrolled < math.ceil(target / share - 1e-9):
        shown = {"found": plan.maximum_enrolled, "infused": target, "needed": math.ceil(target / share - 1e-9)}
        yield finding("cap_below_expectation", path, Severity.MINOR, **shown)


def check_not_treated_denominator(case: Case) -> Iterator[Finding]:
    """2.1.3-j: the denominator of the not-treated proportion is fixed beforehand."""
    manufacturing = case.protocol.manufacturing
    if manufacturing is None:
        yield unstated("manufacturing", "2.1.3-h")
    elif manufacturing.not_treated_denominator is None:
        yield finding("no_not_treated_denominator", "manufacturing.not_treated_denominator")


def check_consequences_of_not_treated(case: Case) -> Iterator[Finding]:
    """2.1.3-l: people who went without the product stay in follow-up, and what became of them is reported."""
    manufacturing = case.protocol.manufacturing
    if manufacturing is None or manufacturing.failure_plan is None:
        yield unstated("manufacturing.failure_plan", "2.1.3-h")
    elif manufacturing.failure_plan.analysis_of_not_treated is None:
        yield finding("not_treated_not_followed", "manufacturing.failure_plan.analysis_of_not_treated")


def check_halt_causes(case: Case) -> Iterator[Finding]:
    """2.1.3-m: a suspected fault of the product halts the whole trial, of its release and its transport at the least."""
    stopping = case.protocol.stopping
    if stopping is None:
        yield unstated("stopping", "2.1.2.4-a")
    elif stopping.halt is None or not stopping.halt.causes:
        yield finding("no_halt_causes", "stopping.halt")
    else:
        absent = [f"halt_{name}" for name in ("release", "transport") if name not in stopping.halt.causes]
        if absent:
            yield finding("halt_causes_incomplete", "stopping.halt.causes", Severity.MINOR, causes=", ".join(absent))


def check_halt_validation(case: Case) -> Iterator[Finding]:
    """2.1.3-n: what counts as validated is stated before it is needed: three runs, as for any process validation."""
    stopping = case.protocol.stopping
    if stopping is None:
        yield unstated("stopping", "2.1.2.4-a")
    elif stopping.halt is None:
        yield unstated("stopping.halt", "2.1.3-m")
    elif stopping.halt.minimum_validation_runs is None:
        yield finding("halt_validation_not_stated", "stopping.halt.minimum_validation_runs")
    elif stopping.halt.minimum_validation_runs < VALIDATION_RUNS:
        path, found = "stopping.halt.minimum_validation_runs", stopping.halt.minimum_validation_runs
        yield finding("too_few_validation_runs", path, Severity.MINOR, found=found, needed=VALIDATION_RUNS)

"""Figures of part 2.1.3: the wait, the day of infusion, what is done when a product fails."""

from __future__ import annotations

import math
from collections.abc import Iterator

from celltrial.core.quantities import Quantity, convert
from celltrial.guideline.checks.individualised import (
    DAY_LIMITS,
    LONGEST_ENROLMENT_MONTHS,
    VALIDATION_RUNS,
    assumed_share,
    enrolment_months,
    first_assessment_days,
)
from celltrial.guideline.checks.shared import RESCUE_DAYS
from celltrial.guideline.checks.stopping import planned_exposure
from celltrial.guideline.verdict import Case, Ground, figure


def life_expectancy(case: Case) -> Iterator[Ground]:
    """2.1.3-c: the life expectancy asked for, against the wait and the time until the first assessment."""
    protocol = case.protocol
    stated, wait = protocol.population.minimum_life_expectancy, protocol.treatment.vein_to_vein_expected
    if stated is not None and wait is not None:
        needed = math.ceil(wait.days + first_assessment_days(protocol))
        yield figure("life_expectancy", "population.minimum_life_expectancy", stated, f">= {needed} d", "protocol")


def day_limits(case: Case) -> Iterator[Ground]:
    """2.1.3-d: the limits of the day of infusion."""
    for index, item in enumerate(case.protocol.treatment.infusion.conditions):
        if item.concept not in DAY_LIMITS or isinstance(item.value, bool) or not isinstance(item.value, int | float):
            continue
        limit, unit = DAY_LIMITS[item.concept]
        stated = float(convert(Quantity.of(item.value, item.unit or unit), unit, item.concept))
        bound = f"<= {limit:g} {unit}" if item.concept == "body_temperature" else f">= {limit:g} {unit}"
        path = f"treatment.infusion.conditions.{index}.value"
        yield figure("day_of_infusion", path, f"{item.operator} {stated:g} {unit}", bound, "ours")


def rescue(case: Case) -> Iterator[Ground]:
    """2.1.3-f: how soon a subject whose product failed is treated otherwise."""
    plan = case.protocol.manufacturing.failure_plan if case.protocol.manufacturing else None
    if plan is not None and plan.rescue_deadline is not None:
        path = "manufacturing.failure_plan.rescue_deadline"
        yield figure("rescue_deadline", path, plan.rescue_deadline, f"<= {RESCUE_DAYS} d", "ours")


def shelf_life(case: Case) -> Iterator[Ground]:
    """2.1.3-g: how long the product keeps, against the days from the first drug to the last day of infusion."""
    regimen, manufacturing = case.protocol.treatment.lymphodepletion, case.protocol.manufacturing
    if regimen is not None and manufacturing is not None:
        days = [day for drug in regimen.drugs for day in drug.days]
        needed = max(days) - min(days) + regimen.maximum_days_to_infusion
        yield figure("shelf_life", "manufacturing.shelf_life", manufacturing.shelf_life, f">= {needed} d", "protocol")


def attempts(case: Case) -> Iterator[Ground]:
    """2.1.3-h: the days that every attempt together takes, against the life that subjects are expected to have."""
    manufacturing, expected = case.protocol.manufacturing, case.protocol.population.minimum_life_expectancy
    if manufacturing is not None and manufacturing.failure_plan is not None and expected is not None:
        needed = manufacturing.failure_plan.maximum_attempts * manufacturing.turnaround.days
        path = "manufacturing.failure_plan.maximum_attempts"
        yield figure("days_of_attempts", path, f"{needed:g} d", f"<= {expected}", "protocol")


def enrolment(case: Case) -> Iterator[Ground]:
    """2.1.3-i: the cap of enrolment against those that the planned infusions take, and the months that they take."""
    target, share = planned_exposure(case.protocol), assumed_share(case.protocol)
    plan = case.protocol.manufacturing.failure_plan if case.protocol.manufacturing else None
    if plan is not None and plan.maximum_enrolled is not None and target is not None:
        needed = math.ceil(target / share - 1e-9) if share else target
        path = "manufacturing.failure_plan.maximum_enrolled"
        yield figure("enrolled_for_target", path, plan.maximum_enrolled, f">= {needed}", "protocol")
    months = enrolment_months(case.protocol)
    if months is not None:
        limit = f"<= {LONGEST_ENROLMENT_MONTHS} mo"
        yield figure("months_of_enrolment", "assumptions.enrolment_per_month", f"{months:.0f} mo", limit, "ours")


def other_reasons(case: Case) -> Iterator[Ground]:
    """2.1.3-k: the share of the untreated whose reason may stay without a name."""
    plan = case.protocol.manufacturing.failure_plan if case.protocol.manufacturing else None
    if plan is not None and plan.other_reason_limit is not None:
        most, path = case.clause.params.get("other_reason_limit", 0.1), "manufacturing.failure_plan.other_reason_limit"
        shown = f"{100 * plan.other_reason_limit:g} %"
        yield figure("other_reasons", path, shown, f"<= {100 * most:g} %", "register")


def validation_runs(case: Case) -> Iterator[Ground]:
    """2.1.3-n: the runs that show a process under control again."""
    halt = case.protocol.stopping.halt if case.protocol.stopping else None
    if halt is not None and halt.minimum_validation_runs is not None:
        path, limit = "stopping.halt.minimum_validation_runs", f">= {VALIDATION_RUNS}"
        yield figure("validation_runs", path, halt.minimum_validation_runs, limit, "ours")

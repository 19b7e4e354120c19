"""Figures of parts 2.2.1 to 2.2.4: design, dose, steps, staggering."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from celltrial.core.doses import DoseBasis
from celltrial.designs.sizing.stagger import Stagger, stagger_calendar
from celltrial.guideline.checks.design import (
    INACTIVE_CHANCE,
    OVERDOSE_CHANCE,
    STOP_CHANCE,
    TOO_TOXIC,
    design_tried,
)
from celltrial.guideline.checks.dose import attributes_wanted, candidate_limits, closest_doses, least_positive
from celltrial.guideline.checks.exploratory import onset_at
from celltrial.guideline.checks.individualised import LONGEST_ENROLMENT_MONTHS
from celltrial.guideline.checks.release import held_limits
from celltrial.guideline.checks.shared import DAYS_PER_MONTH
from celltrial.guideline.knowledge import dose_row, known_limit, stagger_row
from celltrial.guideline.verdict import Case, Ground, figure
from celltrial.guideline.vocabulary import named_in
from celltrial.protocol.regimen import most_doses

#: Most levels, and subjects at one, for which a calendar is laid out.
_MOST_AT_LEVEL: Final = 50


def dlt_window(case: Case) -> Iterator[Ground]:
    """2.2.1.1-d: the window of dose-limiting toxicity against the onset that the protocol states."""
    plan = case.protocol.escalation
    onset = plan.staggering.analogue_onset_p95 if plan else None
    if plan is not None and onset is not None:
        yield figure("dlt_window", "escalation.dlt.window", plan.dlt.window, f">= {onset}", "protocol")


def design(case: Case) -> Iterator[Ground]:
    """2.2.1.1-d: how often the design stops where it must, and how often it recommends an overdose."""
    found, params, path = design_tried(case), case.clause.params, "escalation.design.params"
    if found is None:
        return
    rate, least = params.get("too_toxic_rate", TOO_TOXIC), params.get("stop_chance", STOP_CHANCE)
    shown = f"{100 * found.stops_if_too_toxic:.0f} % ({100 * rate:g} % DLT)"
    yield figure("stops_if_too_toxic", path, shown, f">= {100 * least:g} %", "register")
    if found.overdose is not None:
        most, (chance, scenario) = params.get("overdose_chance", OVERDOSE_CHANCE), found.overdose
        yield figure("overdose_chance", path, f"{100 * chance:.0f} % ({scenario})", f"<= {100 * most:g} %", "register")


def inactive(case: Case) -> Iterator[Ground]:
    """2.2.1.1-e: how often a dose without activity is recommended by a design that looks at activity."""
    found, most = design_tried(case), case.clause.params.get("inactive_chance", INACTIVE_CHANCE)
    if found is not None and found.inactive is not None:
        path, shown = "escalation.design.params", f"{100 * found.inactive:.0f} %"
        yield figure("inactive_chance", path, shown, f"<= {100 * most:g} %", "register")


def tested_range(case: Case) -> Iterator[Ground]:
    """2.2.1.1-g: each dose against the range tested on the same basis and process."""
    protocol, basis = case.protocol, case.protocol.dose.basis.value
    process = protocol.manufacturing.process_version if protocol.manufacturing else None
    tested = protocol.confirmatory.tested_doses if protocol.confirmatory else ()
    rows = [row for row in tested if row.basis == basis and process in {None, row.process_version}]
    for index, level in enumerate(protocol.dose.levels if rows else ()):
        span = f"{min(row.low for row in rows):.3g} - {max(row.high for row in rows):.3g}"
        shown = f"{level.most:.3g}" if level.cells is not None else f"{level.least:.3g} - {level.most:.3g}"
        yield figure("tested_range", f"dose.levels.{index}.{level.stated}", shown, span, "protocol")


def published_doses(case: Case) -> Iterator[Ground]:
    """2.2.2.1-a: each level against the highest published doses of the class."""
    found = dose_row(case.protocol)
    if found is None:
        return
    row, factor = found
    for index, level in enumerate(case.protocol.dose.levels):
        shown, path = f"{float(level.most) * factor:.3g}", f"dose.levels.{index}.{level.stated}"
        yield figure("published_dose", path, shown, f"<= {row.strong_level:.3g}", row.cited)


def candidates(case: Case) -> Iterator[Ground]:
    """2.2.2.1-a: the first dose against each candidate dose divided by its margin."""
    dose = case.protocol.dose
    start = dose.levels[min(dose.start_level, len(dose.levels)) - 1].most
    for index, limit in candidate_limits(dose):
        path = f"dose.starting.candidates.{index}"
        yield figure("candidate_margin", path, f"{start:.3g}", f"<= {limit:.3g}", "protocol")


def attributes(case: Case) -> Iterator[Ground]:
    """2.2.2.2-a: how many of the attributes that give a dose its meaning are recorded."""
    wanted = attributes_wanted(case)
    found = named_in(case.protocol.dose.product_attributes_recorded, "attribute") & set(wanted.values())
    path = "dose.product_attributes_recorded"
    yield figure("attributes_recorded", path, len(found), f"= {len(wanted)}", known_limit("attributes_of_a_dose").cited)


def release_limits(case: Case) -> Iterator[Ground]:
    """2.2.2.2-a: numeric limits of tests on release beside the usual ones."""
    for item in held_limits(case.protocol):
        row, path = known_limit(item.name), f"manufacturing.release_tests.{item.place}"
        limit = f">= {row.value:g}" if item.least else f"<= {row.value:g}"
        yield figure("release_limit", path, f"{item.found:g}", limit, row.cited)


def band_width(case: Case) -> Iterator[Ground]:
    """2.2.2.3-c: how far from the planned dose a product may be."""
    dose, row = case.protocol.dose, known_limit("band_width")
    if any(level.cells is not None for level in dose.levels):
        width = max(dose.band_low, dose.band_high)
        yield figure("band_width", "dose.band_high", f"{100 * width:g} %", f"<= {100 * row.value:g} %", row.cited)


def positive_share(case: Case) -> Iterator[Ground]:
    """2.2.2.2-d: the least share of cells with the vector that a batch must have."""
    found = least_positive(case.protocol)
    if found is not None and case.protocol.dose.basis is DoseBasis.TARGET_POSITIVE_VIABLE:
        path, row = f"product.subsets.{found[0]}.minimum_percent", known_limit("positive_share")
        yield figure("positive_share", path, f"{found[1]:g} %", f">= {row.value:g} %", row.cited)


def steps(case: Case) -> Iterator[Ground]:
    """2.2.2.3-b and -c: the factor of each step."""
    high = case.clause.params.get("step_high", 3.6)
    for index, (low, above) in enumerate(pairwise(case.protocol.dose.levels), 1):
        path = f"dose.levels.{index}.{above.stated}"
        yield figure("step", path, f"{float(above.most / low.most):.2f}", f"<= {high:g}", "register")


def bands(case: Case) -> Iterator[Ground]:
    """2.2.2.3-c: the upper end of each band against the lower end of the next."""
    dose = case.protocol.dose
    for index, level in enumerate(dose.levels[1:], 1):
        upper, lower = dose.accepted(index, None)[1], dose.accepted(index + 1, None)[0]
        yield figure("band", f"dose.levels.{index}.{level.stated}", f"{upper:.3g}", f"< {lower:.3g}", "protocol")


def cohort(case: Case) -> Iterator[Ground]:
    """2.2.2.3-d: the size of a cohort against the one in which no event excludes the stated rate."""
    plan = case.protocol.escalation
    rate = plan.non_oncology_exclusion_rate if plan else None
    if plan is not None and rate is not None and 0 < rate < 1:
        level = case.clause.params.get("confidence", 0.95)
        needed = math.ceil(math.log1p(-level) / math.log1p(-rate) - 1e-9)
        size = plan.design.params.get("cohort_size", 3)
        yield figure("cohort_size", "escalation.design.params", size, f">= {needed}", "register")


def doses(case: Case) -> Iterator[Ground]:
    """2.2.2.3-f: how many doses a subject gets; more than one wait out the window of dose-limiting toxicity."""
    plan, (close, path) = case.protocol.escalation, closest_doses(case.protocol)
    if most_doses(case.protocol) == 1:
        yield figure("doses_given", "dose.repeat.doses", 1, "<= 1", "clause")
    elif close is not None and plan is not None:
        yield figure("repeat_interval", path, close, f">= {plan.dlt.window}", "protocol")


def staggering(case: Case) -> Iterator[Ground]:
    """2.2.4-a: the wait after the first subject, between later ones and between levels."""
    plan, row = case.protocol.escalation, stagger_row(case.protocol)
    if plan is not None:
        path, waits = "escalation.staggering", plan.staggering
        first, later = f">= {row.ask_days:g} d", f">= {row.later_days:g} d"
        yield figure("wait_after_first", f"{path}.after_first_of_level", waits.after_first_of_level, first, row.cited)
        yield figure("wait_between_later", f"{path}.between_later", waits.between_later, later, row.cited)
        window = f">= {plan.dlt.window}"
        yield figure("wait_between_levels", f"{path}.between_levels", waits.between_levels, window, "protocol")
        yield figure(
            "months_of_staggering",
            path,
            f"{staggered_months(case):.1f} mo",
            f"<= {LONGEST_ENROLMENT_MONTHS} mo",
            "ours",
        )


def staggered_months(case: Case) -> float:
    """Return the months that an escalation takes with one cohort at each level and every wait kept.

    The calendar is that of `designs.sizing.stagger`; a cohort without a stated size counts as three.
    """
    plan = case.protocol.escalation
    assert plan is not None
    size, waits = plan.design.params.get("cohort_size", 3), plan.staggering
    per_level = size if isinstance(size, int) and not isinstance(size, bool) and 0 < size <= _MOST_AT_LEVEL else 3
    days = stagger_calendar(
        Stagger(
            levels=min(len(case.protocol.dose.levels), _MOST_AT_LEVEL), per_level=per_level,
            after_first_of_level=waits.after_first_of_level.days, between_later=waits.between_later.days,
            between_levels=waits.between_levels.days, window=max(plan.dlt.window.days, 1.0),
        )
    )  # fmt: skip
    return days.ends / DAYS_PER_MONTH


def sentinel(case: Case) -> Iterator[Ground]:
    """2.2.4-b: how long the first subject is watched."""
    watched, row = case.protocol.treatment.infusion.watch_period, stagger_row(case.protocol)
    if case.protocol.escalation is not None and watched is not None:
        path = "treatment.infusion.watch_period"
        yield figure("watched", path, watched, f">= {row.strong_days:g} d", row.cited)


def onset(case: Case) -> Iterator[Ground]:
    """2.2.4-c: the wait after the first subject against the quantile of onset that the register asks for."""
    plan = case.protocol.escalation
    needed = onset_at(case)
    if plan is not None and needed is not None:
        path, quantile = "escalation.staggering.after_first_of_level", case.clause.params.get("onset_quantile", 0.95)
        found, limit = plan.staggering.after_first_of_level, f">= {needed:.3g} d ({100 * quantile:g} %)"
        yield figure("onset_quantile", path, found, limit, "register")

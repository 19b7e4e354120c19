"""Checks of 2.2.2 and of the confirmatory dose: start, description, steps, repeat doses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Final

from celltrial.core.doses import DoseBasis
from celltrial.guideline.knowledge import ADULT_KG, LEAST_CELLS, MOST_CELLS, dose_row, known_limit
from celltrial.guideline.references import any_resolves, says_something
from celltrial.guideline.texts import hollow
from celltrial.guideline.verdict import Case, Finding, Severity, danger, finding, unstated
from celltrial.guideline.vocabulary import named_in
from celltrial.protocol import Protocol
from celltrial.protocol.model.base import Duration
from celltrial.protocol.model.confirmatory import TestedDose
from celltrial.protocol.model.dose import Dose, DoseLevel
from celltrial.protocol.regimen import most_doses

#: Published split doses lie within ten days and mostly three; whole doses of one product are a week or more apart.
_FRACTIONS_WITHIN: Final = 7.0
#: A band wider than this lets the given dose be another one.
_WIDEST_BAND: Final = 0.5
#: Words of the catalogue for a basis.
_BASIS: Final = {"per_kg": "cells_per_kg", "flat": "cells_in_all"}


def check_starting_dose(case: Case) -> Iterator[Finding]:
    """2.2.2.1-a: the first human dose is argued, on nonclinical evidence among other kinds.

    The clause informs; a first dose without any reason, or with a placeholder for one, still keeps the protocol from being
    approved: nobody is to be the first to get a dose that nobody argued.
    """
    starting = case.protocol.dose.starting
    if starting.rationale is None or hollow(starting.rationale):
        yield replace(danger("starting_dose_not_argued", "dose.starting.rationale"), severity=Severity.MINOR)
    if not any(item.kind in {"nonclinical", "in_vitro"} for item in starting.evidence):
        yield finding("starting_dose_without_nonclinical", "dose.starting.evidence", Severity.MINOR)


def check_analogue_data(case: Case) -> Iterator[Finding]:
    """2.2.2.1-b: a line that rests on a similar product names one that can be looked up."""
    lines = [item for item in case.protocol.dose.starting.evidence if item.kind in {"analogue", "literature"}]
    if lines and not any_resolves(lines, case.protocol):
        yield finding("analogue_not_looked_up", "dose.starting.evidence", Severity.NOTE)


def check_published_doses(case: Case) -> Iterator[Finding]:
    """2.2.2.1-a: the first human dose and every level lie where products of the class were given before.

    Above everything published for the class, or where the number is a slip of unit, the finding is a danger. A start
    above the published starts asks for the analogue that carries it.
    """
    yield from _implausible(case)
    found = dose_row(case.protocol)
    if found is None or any(True for _ in _implausible(case)):
        return
    row, factor = found
    dose = case.protocol.dose
    first = dose.levels[min(dose.start_level, len(dose.levels)) - 1]
    start = float(first.most) * factor
    path = f"dose.levels.{min(dose.start_level, len(dose.levels)) - 1}.{first.stated}"
    shown = {"group": row.name, "found": f"{start:.3g}", "basis": _BASIS[row.basis], "source": row.cited}
    span = {"low": f"{min(row.published):.3g}", "high": f"{max(row.published):.3g}"}
    if start > row.strong_level:
        yield danger("start_above_every_dose", path, limit=f"{row.strong_level:.3g}", **shown, **span)
        return
    if start > max(row.ask_start, *row.published):
        yield finding("start_above_published", path, Severity.MINOR, **shown, **span)
    for index, level in enumerate(dose.levels):
        if float(level.most) * factor > row.strong_level:
            shown["found"] = f"{float(level.most) * factor:.3g}"
            yield finding(
                "level_above_every_dose",
                f"dose.levels.{index}.{level.stated}",
                limit=f"{row.strong_level:.3g}",
                **shown,
            )


def check_plausible_dose(case: Case) -> Iterator[Finding]:
    """2.2.2.2-a: no level is a slip of unit; where the first dose is judged, 2.2.2.1-a says it."""
    if not case.protocol.trial.first_in_human:
        yield from _implausible(case)


def _implausible(case: Case) -> Iterator[Finding]:
    dose = case.protocol.dose
    found = dose_row(case.protocol)
    basis = "per_kg" if dose.per_kg else "flat"
    whole = ADULT_KG if dose.per_kg else 1.0
    for index, level in enumerate(dose.levels):
        cells, least = float(level.most), float(level.least)
        most = MOST_CELLS / whole
        if found is not None:
            most = min(most, found[0].implausible / found[1])
        if cells > most or least < LEAST_CELLS[basis]:
            shown = {
                "found": f"{cells if cells > most else least:.3g}",
                "basis": _BASIS[basis],
                "low": f"{LEAST_CELLS[basis]:.3g}",
            }
            yield danger("dose_implausible", f"dose.levels.{index}.{level.stated}", high=f"{most:.3g}", **shown)


def check_dose_attributes(case: Case) -> Iterator[Finding]:
    """2.2.2.2-a: the attributes that give a dose its meaning are recorded per batch."""
    recorded, wanted = named_in(case.protocol.dose.product_attributes_recorded, "attribute"), attributes_wanted(case)
    absent = [name for name, concept in wanted.items() if concept not in recorded]
    if absent:
        yield finding("dose_attributes_absent", "dose.product_attributes_recorded", attributes=", ".join(absent))


def attributes_wanted(case: Case) -> dict[str, str]:
    """Return the attributes that give the dose of this product its meaning, each with its concept of the vocabulary."""
    wanted = {"viability": "viability"}
    if case.facts["exogenous_gene"] is not False:
        wanted |= {"transduction_efficiency": "positive_share", "vector_copy_number": "vector_copies"}
    return wanted


def check_candidate_doses(case: Case) -> Iterator[Finding]:
    """2.2.2.1-a: the first dose is no higher than any candidate dose divided by its margin; above one it contradicts the
    protocol itself and is a danger.
    """
    dose = case.protocol.dose
    start = dose.levels[min(dose.start_level, len(dose.levels)) - 1].most
    for index, limit in candidate_limits(dose):
        if start > limit:
            item = dose.starting.candidates[index]
            shown = {
                "method": item.method,
                "found": f"{start:.3g}",
                "limit": f"{limit:.3g}",
                "margin": f"{item.margin:g}",
            }
            yield danger("start_above_candidate", f"dose.starting.candidates.{index}", **shown)


def candidate_limits(dose: Dose) -> Iterator[tuple[int, Decimal]]:
    """Yield each candidate dose divided by its margin, with its position."""
    for index, item in enumerate(dose.starting.candidates):
        yield index, item.cells / Decimal(str(item.margin))


def check_positive_share_tested(case: Case) -> Iterator[Finding]:
    """2.2.2.2-d: where the dose counts vector-positive cells, no batch is released without their share."""
    protocol = case.protocol
    if protocol.dose.basis is not DoseBasis.TARGET_POSITIVE_VIABLE:
        return
    if protocol.manufacturing is None:
        yield unstated("manufacturing", "2.1.3-h")
        return
    tests = protocol.manufacturing.release_tests
    if "positive_share" not in named_in(tests, "attribute"):
        yield finding("positive_share_not_tested", "manufacturing.release_tests", found=" | ".join(tests) or "-")
    share = least_positive(protocol)
    if share is not None and share[1] < known_limit("positive_share").value:
        path, shown = f"product.subsets.{share[0]}.minimum_percent", {"found": f"{share[1]:g}"}
        row = known_limit("positive_share")
        yield finding("positive_share_low", path, Severity.NOTE, limit=f"{row.value:g}", source=row.cited, **shown)


def least_positive(protocol: Protocol) -> tuple[int, float] | None:
    """Return where and how many percent of active cells a batch must have at least; None where the product states none."""
    stated = [
        (index, item.minimum_percent)
        for index, item in enumerate(protocol.product.subsets)
        if item.active and item.minimum_percent is not None
    ]
    return min(stated, key=lambda one: one[1], default=None)


def check_subsets_listed(case: Case) -> Iterator[Finding]:
    """2.2.2.2-b: a mixed product lists its subsets."""
    if not case.protocol.product.subsets:
        yield finding("subsets_not_listed", "product.subsets")


def check_dose_basis(case: Case) -> Iterator[Finding]:
    """2.2.2.2-c: with a foreign gene the dose is best counted in vector-positive viable cells."""
    basis = case.protocol.dose.basis
    if case.facts["exogenous_gene"] is True and basis is not DoseBasis.TARGET_POSITIVE_VIABLE:
        yield finding("dose_not_by_positive_cells", "dose.basis", found=basis.value)


def check_half_log_ladder(case: Case) -> Iterator[Finding]:
    """2.2.2.3-b: steps of about half a log, within rounding (AC-P4.1)."""
    if case.protocol.dose.ladder != "half_log":
        return
    low, high = case.clause.params.get("step_low", 2.8), case.clause.params.get("step_high", 3.6)
    ratios = _steps(case)
    outside = [ratio for ratio in ratios if not low <= ratio <= high]
    if outside:
        found = ", ".join(f"{ratio:.2f}" for ratio in outside)
        yield finding("step_not_half_log", "dose.levels", found=found, low=low, high=high)


def check_increments(case: Case) -> Iterator[Finding]:
    """2.2.2.3-c: first-in-human steps are argued, none is above half a log beyond rounding, and the bands around two levels
    do not meet: a product in both would be of either level.
    """
    dose = case.protocol.dose
    if len(dose.levels) > 1 and dose.starting.ladder_rationale is None:
        yield finding("increments_not_argued", "dose.starting.ladder_rationale")
    for index, (low, above) in enumerate(pairwise(dose.levels)):
        upper, lower = dose.accepted(index + 1, None)[1], dose.accepted(index + 2, None)[0]
        if above.most > low.most and upper >= lower:
            shown = {"step": f"{low.label} → {above.label}", "upper": f"{upper:.3g}", "lower": f"{lower:.3g}"}
            yield finding("bands_overlap", f"dose.levels.{index + 1}.{above.stated}", Severity.MINOR, **shown)
    yield from _width_and_start(case)
    high = case.clause.params.get("step_high", 3.6)
    for index, ratio in enumerate(_steps(case)):
        if ratio > high:
            path = f"dose.levels.{index + 1}.{dose.levels[index + 1].stated}"
            labels = f"{dose.levels[index].label} → {dose.levels[index + 1].label}"
            yield finding("step_too_large", path, step=labels, found=f"{ratio:.2f}", high=high)


def _width_and_start(case: Case) -> Iterator[Finding]:
    """Ask about a band in which a product is half the dose or more off, and about a start above the lowest level."""
    dose, row = case.protocol.dose, known_limit("band_width")
    width = max(dose.band_low, dose.band_high)
    if width > row.value + 1e-9 and any(level.cells is not None for level in dose.levels):
        path = "dose.band_high" if dose.band_high == width else "dose.band_low"
        shown = {"found": f"{100 * width:g}", "limit": f"{100 * row.value:g}", "source": row.cited}
        yield finding("band_wide", path, Severity.MINOR if width > _WIDEST_BAND else Severity.NOTE, **shown)
    if dose.start_level > 1:
        shown = {
            "level": dose.levels[min(dose.start_level, len(dose.levels)) - 1].label,
            "lowest": dose.levels[0].label,
        }
        yield finding("start_above_lowest", "dose.start_level", Severity.NOTE, **shown)


def _steps(case: Case) -> list[float]:
    cells = [level.most for level in case.protocol.dose.levels]
    return [float(later / earlier) for earlier, later in pairwise(cells)]


def check_cohort_size_outside_oncology(case: Case) -> Iterator[Finding]:
    """2.2.2.3-d: enough subjects per level that zero events exclude the stated rate (AC-P5.4)."""
    plan = case.protocol.escalation
    if plan is None:
        return
    confidence = case.clause.params.get("confidence", 0.95)
    rate = plan.non_oncology_exclusion_rate
    if rate is None or not 0 < rate < 1:
        yield finding("no_rate_to_exclude", "escalation.non_oncology_exclusion_rate", kind=plan.design.kind)
        return
    needed = math.ceil(math.log1p(-confidence) / math.log1p(-rate) - 1e-9)
    size = plan.design.params.get("cohort_size", 3)
    if not isinstance(size, int) or size < needed:
        path = "escalation.design.params.cohort_size"
        yield finding("cohort_too_small", path, found=size, needed=needed, rate=f"{100 * rate:g}")


def check_repeat_dosing(case: Case) -> Iterator[Finding]:
    """2.2.2.3-f: more than one first-in-human dose rests on evidence of low risk and of added activity (AC-P4.4), and the
    next dose waits until the reactions to the one before are over: the window of dose-limiting toxicity.

    Fractions of one course are one dose. Whole doses so close that nobody gives them are fractions that were not said to be.
    """
    protocol, plan = case.protocol, case.protocol.escalation
    repeat, doses = protocol.dose.repeat, most_doses(protocol)
    if doses == 1:
        return
    lines = {name: getattr(repeat, name) for name in ("low_risk_evidence", "activity_duration_evidence")}
    absent = [name for name, items in lines.items() if not any(says_something(item) for item in items)]
    absent += [] if repeat.interval or protocol.treatment.courses else ["interval"]
    if absent:
        path = f"dose.repeat.{absent[0]}"
        yield finding("repeat_without_evidence", path, doses=doses, fields=", ".join(absent))
    close, path = closest_doses(protocol)
    if close is None:
        return
    if repeat.doses > 1 and close.days < _FRACTIONS_WITHIN:
        yield finding("doses_or_fractions", path, doses=doses, found=str(close))
    if plan is not None and close.days < plan.dlt.window.days:
        shown = {"found": str(close), "needed": str(plan.dlt.window)}
        yield finding("repeat_within_window", path, Severity.NOTE, **shown)


def closest_doses(protocol: Protocol) -> tuple[Duration | None, str]:
    """Return the shortest time between two whole doses, and the field that states it."""
    found: list[tuple[Duration, str]] = []
    if protocol.dose.repeat.interval is not None:
        found.append((protocol.dose.repeat.interval, "dose.repeat.interval"))
    for index, course in enumerate(protocol.treatment.courses):
        place = f"treatment.courses.{index}"
        if course.every is not None:
            found.append((course.every, f"{place}.every"))
        if course.level_is == "administration":
            days = [one.day for one in course.administrations]
            gaps = (float(later - one) for one, later in pairwise(days))
            found += [(Duration(gap, "d"), f"{place}.administrations") for gap in gaps]
    return min(found, key=lambda one: one[0].days, default=(None, ""))


def check_confirmatory_dose_range(case: Case) -> Iterator[Finding]:
    """2.2.1.1-g: dose and band lie within what was tested, on the same basis and process (AC-P8.3)."""
    protocol = case.protocol
    tested = protocol.confirmatory.tested_doses if protocol.confirmatory else ()
    if not tested:
        yield finding("tested_doses_not_stated", "confirmatory.tested_doses")
        return
    basis = protocol.dose.basis.value
    process = protocol.manufacturing.process_version if protocol.manufacturing else None
    comparable = [row for row in tested if row.basis == basis and process in {None, row.process_version}]
    if not comparable:
        found = ", ".join(f"{row.basis}/{row.process_version}" for row in tested)
        yield finding(
            "tested_doses_not_comparable", "confirmatory.tested_doses", found=found, needed=f"{basis}/{process}"
        )
        return
    low, high = min(row.low for row in comparable), max(row.high for row in comparable)
    for index, level in enumerate(protocol.dose.levels):
        yield from _against_range(case, index, level, low, high)
        if level.cells is not None and low <= level.cells <= high:
            yield from _between_levels(index, level.cells, comparable)


def _against_range(case: Case, index: int, level: DoseLevel, low: Decimal, high: Decimal) -> Iterator[Finding]:
    path = f"dose.levels.{index}.{level.stated}"
    shown = {"low": f"{low:.3g}", "high": f"{high:.3g}"}
    outside = next((cells for cells in (level.least, level.most) if not low <= cells <= high), None)
    if outside is not None:
        yield finding("dose_outside_tested_range", path, found=f"{outside:.3g}", **shown)
        return
    lower, upper = case.protocol.dose.accepted(index + 1, None)
    if upper > high:
        yield finding("band_above_tested_range", "dose.band_high", found=f"{upper:.3g}", **shown)
    if lower < low:
        yield finding("band_below_tested_range", "dose.band_low", found=f"{lower:.3g}", **shown)


def _between_levels(index: int, cells: Decimal, tested: list[TestedDose]) -> Iterator[Finding]:
    if not any(cells in {row.low, row.high} for row in tested):
        path = f"dose.levels.{index}.cells"
        yield finding("dose_between_tested_levels", path, Severity.NOTE, found=f"{cells:.3g}")

"""What planning assumed, and what the trial shows: the same quantities side by side."""

from __future__ import annotations

import math

import polars as pl

from celltrial.analysis import graded_events, manufacturing, time_to_event
from celltrial.analysis.time_to_event import Endpoint, TimeToEvent
from celltrial.core.results import Estimate, NotEstimable
from celltrial.datasets.collection import Domain, adverse_event
from celltrial.protocol.model import Duration
from celltrial.report.content.absence import unless_collected
from celltrial.report.content.graded_events import NEUROTOXICITY, emergent
from celltrial.report.content.kinetics import assays
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, measure, rate, words
from celltrial.report.content.response_analyses import best, has_read
from celltrial.report.content.values import Quantity, Text, Unit, Value
from celltrial.report.inputs import Inputs

_Found = Estimate | NotEstimable


def build(inputs: Inputs) -> Page:
    """Return each assumption with what was observed, and whether the interval of the latter holds it."""
    infused = inputs.size("infused")
    plan = inputs.protocol.assumptions if inputs.protocol else None
    if plan is None:
        return Page(Nothing(Text("report.absent.no_assumptions")), "infused", infused)
    if not infused:
        return Page(Nothing(Text("report.absent.no_infused")), "infused", 0)
    crs, neurotoxicity = _graded(inputs, ("crs",)), _graded(inputs, NEUROTOXICITY)
    runs = manufacturing.estimate(inputs.tables["admanu"], inputs.adsl).runs
    rows = [
        _absent(inputs, row, *names)
        for row, names in (
            (_share("report.row.runs_failed", 1 - plan.manufacturing_success, runs), (Domain.MANUFACTURE,)),
            (_share("report.row.crs_any", plan.crs_any_grade, crs.any_grade), (adverse_event("crs"),)),
            (_share("report.row.crs_severe", plan.crs_grade_3_or_more, crs.severe), (adverse_event("crs"),)),
            (
                _share("report.row.neurotoxicity_any", plan.neurotoxicity_any_grade, neurotoxicity.any_grade),
                tuple(map(adverse_event, NEUROTOXICITY)),
            ),
        )
    ]
    if has_read(inputs, inputs.sources[0]):
        rate_seen = best(inputs, inputs.sources[0]).infused
        rows.append(_share("report.row.overall_response", plan.response_rate, rate_seen))
    rows += _survival(inputs, "PFS", "report.row.median_pfs", plan.median_progression_free_survival)
    rows += _survival(inputs, "OS", "report.row.median_os", plan.median_overall_survival)
    rows += _kinetics(inputs, plan.peak_expansion_copies_per_ug, plan.terminal_half_life)
    columns = (
        Column(Text("report.column.assumed"), "assumption"),
        Column(Text("report.column.observed"), "infused", infused),
        Column(Text("report.column.assumption_held"), numeric=False),
    )
    notes = (Text("report.note.assumption_held"),)
    return Page(Table(Text("report.column.what"), columns, tuple(rows)), "infused", infused, notes)


def _graded(inputs: Inputs, categories: tuple[str, ...]) -> graded_events.GradeTable:
    """Return the highest grades of the categories taken as one; a plan speaks of one scale only."""
    events = emergent(inputs.tables["adae"]).filter(pl.col("category").str.to_lowercase().is_in(categories))
    one = events.with_columns(category=pl.lit(categories[0]), scale=pl.lit("any"))
    blank = inputs.collected.missing_of(*map(adverse_event, categories))
    known = inputs.adsl.filter(~pl.col("usubjid").is_in(list(blank)))
    return graded_events.estimate(one, known, category=categories[0])[0]


def _absent(inputs: Inputs, row: Row, *names: str) -> Row:
    """Return the row, what was observed replaced by the word where none of the names was collected."""
    cell = unless_collected(inputs, *names)
    if cell is None:
        return row
    return Row(row.head, (row.cells[0], cell, words("report.absent.not_comparable")), row.style)


def _row(key: str, assumed: Value, observed: Cell, *, held: bool | None) -> Row:
    verdict = words("report.absent.not_comparable")
    if held is not None:
        verdict = words("report.phrase.inside" if held else "report.phrase.outside")
    return Row(Text(key), (Cell(assumed, "assumption", 0), observed, verdict))


def _share(key: str, assumed: float, found: _Found) -> Row:
    return _row(key, Quantity(assumed, Unit.SHARE), rate(found), held=_inside(assumed, found))


def _inside(assumed: float, found: _Found) -> bool | None:
    """Tell whether the interval holds the assumption; a median not reached has a lower limit only."""
    if isinstance(found, NotEstimable) and isinstance(lower := found.params.get("lower"), float):
        return None if math.isinf(lower) else assumed >= lower
    if isinstance(found, NotEstimable) or found.interval is None:
        return None
    return found.interval.low <= assumed <= found.interval.high


def _survival(inputs: Inputs, endpoint: Endpoint, key: str, assumed: Duration | None) -> list[Row]:
    found = time_to_event.estimate(
        inputs.tables["adtte"],
        endpoint=endpoint,
        origin="infusion",
        first=inputs.first_origin,
        reader=inputs.plan.reader,
    )
    absent = unless_collected(inputs, Domain.DEATHS) or unless_collected(inputs, Domain.SURVIVAL)
    if endpoint == "PFS":
        absent = unless_collected(inputs, Domain.PROGRESSION, Domain.RESPONSE)
    if assumed is not None and absent is not None:
        return [
            Row(
                Text(key),
                (
                    Cell(Quantity(assumed.days, Unit.MONTHS), "assumption", 0),
                    absent,
                    words("report.absent.not_comparable"),
                ),
            )
        ]
    if assumed is None or not isinstance(found, TimeToEvent) or isinstance(found.curve, NotEstimable):
        return []
    median = found.curve.median
    return [
        _row(key, Quantity(assumed.days, Unit.MONTHS), measure(median, Unit.MONTHS), held=_inside(assumed.days, median))
    ]


def _kinetics(inputs: Inputs, peak: float, half_life: Duration | None) -> list[Row]:
    found = next((each for each in assays(inputs) if each.assay == "qpcr" and each.unit == "copies/ug"), None)
    if found is None:
        return []
    summary = found.result.summary
    cmax, slope = summary["cmax"].geometric_mean, summary["half_life"].geometric_mean
    rows = [
        _row(
            "report.row.peak",
            Quantity(peak, Unit.CONCENTRATION),
            measure(cmax, Unit.CONCENTRATION),
            held=_inside(peak, cmax),
        )
    ]
    if half_life is not None:
        days = half_life.days
        rows.append(
            _row(
                "report.row.half_life", Quantity(days, Unit.DAYS), measure(slope, Unit.DAYS), held=_inside(days, slope)
            )
        )
    return rows

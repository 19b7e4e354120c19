"""Listing: every enrolled subject."""

from __future__ import annotations

from typing import Any

from celltrial.core.terms import resolve
from celltrial.datasets.collection import Domain, adverse_event
from celltrial.report.content import response_analyses
from celltrial.report.content.absence import unless_collected
from celltrial.report.content.dose_names import dose_label
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, subject
from celltrial.report.content.values import Code, Dash, Quantity, Recorded, Text, Unit, Value
from celltrial.report.inputs import Inputs

_COLUMNS = (
    ("age_sex", False),
    ("dose_level", False),
    ("enrolled_on", False),
    ("infused_on", False),
    ("vein_to_vein_days", True),
    ("dlt", False),
    ("worst_crs", False),
    ("best_response", False),
    ("standing", False),
)


def build(inputs: Inputs) -> Page:
    """Return one row per enrolled subject."""
    enrolled = inputs.members("enrolled").sort("usubjid")
    if not enrolled.height:
        return Page(Nothing(Text("report.absent.no_enrolled")), "enrolled", 0)
    best = response_analyses.best(inputs, inputs.sources[0]).best
    worst = _worst_crs(inputs)
    rows = tuple(
        Row(Recorded(row["usubjid"]), _cells(inputs, row, best.get(row["usubjid"]), worst))
        for row in enrolled.to_dicts()
    )
    columns = tuple(Column(Text(f"report.column.{name}"), numeric=numeric) for name, numeric in _COLUMNS)
    return Page(Table(Text("report.column.subject"), columns, rows), "enrolled", enrolled.height)


def _worst_crs(inputs: Inputs) -> dict[str, int | None]:
    found: dict[str, int | None] = {}
    for row in inputs.tables["adae"].to_dicts():
        if resolve(row["category"] or "", "adverse_event") == "crs":
            known = [grade for grade in (found.get(row["usubjid"]), row["grade"]) if grade is not None]
            found[row["usubjid"]] = max(known, default=None)
    return found


def _cells(inputs: Inputs, row: dict[str, Any], best: str | None, worst: dict[str, int | None]) -> tuple[Cell, ...]:
    treated = bool(row["infused"])
    level = row["dose_level_delivered"] if treated else row["dose_level_assigned"]
    return (
        subject(_age_sex(inputs, row)),
        subject(dose_label(inputs, level)) if level is not None else Cell(Dash()),
        _when(inputs, row["enrolled_date"]),
        _when(inputs, row["infused_date"]) if treated else Cell(Text("report.phrase.not_infused")),
        subject(Quantity(row["vein_to_vein_days"])) if row["vein_to_vein_days"] is not None else Cell(Dash()),
        unless_collected(inputs, Domain.DLT) or Cell(_dlt(row)),
        _worst(inputs, row, worst) if treated else Cell(Dash()),
        _best(inputs, best) if best else Cell(Dash()),
        _last_known(inputs, row),
    )


def _worst(inputs: Inputs, row: dict[str, Any], worst: dict[str, int | None]) -> Cell:
    absent = unless_collected(inputs, adverse_event("crs"))
    if absent is None and row["usubjid"] in inputs.collected.missing_of(adverse_event("crs")):
        absent = Cell(Text("report.absent.not_recorded"))
    return absent or Cell(_crs(row, worst))


def _best(inputs: Inputs, best: str) -> Cell:
    return unless_collected(inputs, Domain.RESPONSE) or Cell(Code("response", best))


def _last_known(inputs: Inputs, row: dict[str, Any]) -> Cell:
    """Return the status of a subject; that nobody recorded a death shows nothing where deaths were not collected."""
    if row["died"] or not row["infused"] or row["discontinued_date"]:
        return Cell(_standing(inputs, row))
    absent = unless_collected(inputs, Domain.DEATHS)
    if absent is None and row["usubjid"] in inputs.collected.missing_of(Domain.DEATHS):
        absent = Cell(Text("report.absent.not_recorded"))
    if absent is None and not (inputs.collected.has(Domain.WITHDRAWALS) and inputs.collected.has(Domain.SURVIVAL)):
        absent = Cell(Text("report.phrase.no_death_recorded"))
    return absent or Cell(_standing(inputs, row))


def _when(inputs: Inputs, day: Any) -> Cell:
    return subject(inputs.when(day)) if day is not None else Cell(Text("report.absent.not_recorded"))


def _age_sex(inputs: Inputs, row: dict[str, Any]) -> Value:
    age: Value = Text("report.absent.not_recorded") if row["age"] is None else Quantity(row["age"], Unit.NONE)
    sex: Value = Text("report.absent.not_recorded") if row["sex"] is None else Code("sex", row["sex"])
    if (absent := unless_collected(inputs, Domain.SEX)) is not None:
        sex = absent.value
    if (absent := unless_collected(inputs, Domain.AGE)) is not None:
        age = absent.value
    return Text("report.phrase.age_sex", {"age": age, "sex": sex})


def _dlt(row: dict[str, Any]) -> Value:
    if row["dlt"]:
        return Text("report.phrase.yes")
    if not row["infused"]:
        return Dash()
    return Text("report.phrase.no") if row["dlt_evaluable"] else Text("report.phrase.not_evaluable")


def _crs(row: dict[str, Any], worst: dict[str, int | None]) -> Value:
    if row["usubjid"] not in worst:
        return Text("report.row.no_such_event")
    grade = worst[row["usubjid"]]
    return Text("report.row.not_graded") if grade is None else Text("report.phrase.grade", {"grade": str(grade)})


def _standing(inputs: Inputs, row: dict[str, Any]) -> Value:
    if row["died"]:
        when: Value = inputs.when(row["death_date"]) if row["death_date"] else Text("report.absent.not_recorded")
        return Text("report.phrase.died_on", {"date": when})
    if not row["infused"]:
        return Code("reason", row["not_treated_reason"] or "pending")
    if row["discontinued_date"]:
        return Text("report.phrase.left_on", {"date": inputs.when(row["discontinued_date"])})
    return Text("report.phrase.in_follow_up")

"""What became of those who had lymphodepletion and no infusion: counts, transfusions, next therapy, survival."""

from __future__ import annotations

from celltrial.analysis import consequences
from celltrial.analysis.consequences import Consequence
from celltrial.core.results import Estimate, NotEstimable
from celltrial.datasets.collection import Domain
from celltrial.report.content.absence import unless_collected, unless_medicated
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, subject
from celltrial.report.content.values import Code, Count, Quantity, Recorded, Text, Unit
from celltrial.report.inputs import Inputs

_COLUMNS = ("reason", "neutrophils_back", "platelets_back", "transfusions", "next_therapy", "days_from_collection")


def build(inputs: Inputs) -> Page:
    """Return one row per subject (AC-A1.2)."""
    n = inputs.size("lymphodepleted")
    if inputs.treated_only:
        return Page(Nothing(Text("report.note.treated_only")), "lymphodepleted", n)
    found = consequences.estimate(inputs.adsl, inputs.tables["adlb"], inputs.tables["adcm"])
    if not found:
        return Page(Nothing(Text("report.absent.all_depleted_infused")), "lymphodepleted", n)
    columns = tuple(Column(Text(f"report.column.{name}"), numeric=name != "reason") for name in _COLUMNS)
    rows = tuple(Row(Recorded(each.usubjid), _cells(inputs, each)) for each in found)
    notes = (Text("report.note.recovery"), Text("report.note.depleted_not_infused"))
    return Page(Table(Text("report.column.subject"), columns, rows), "lymphodepleted", n, notes)


def _cells(inputs: Inputs, each: Consequence) -> tuple[Cell, ...]:
    laboratory = unless_collected(inputs, Domain.LABORATORY)
    medication = unless_collected(inputs, Domain.MEDICATION)
    therapy = Cell(Text("report.absent.none_recorded"))
    if each.next_therapy is not None:
        name, days = each.next_therapy
        therapy = subject(Text("report.phrase.therapy_after", {"therapy": Recorded(name), "days": Quantity(days)}))
    survival = Cell(Text("report.absent.not_recorded"))
    if each.survival_days is not None:
        key = "report.phrase.days_until_death" if each.died else "report.phrase.days_alive"
        survival = subject(Text(key, {"days": Quantity(each.survival_days)}))
    return (
        Cell(Code("reason", each.reason)),
        laboratory or _recovery(each.neutrophil_recovery),
        laboratory or _recovery(each.platelet_recovery),
        unless_medicated(inputs) or subject(Count(each.transfusions)),
        medication or therapy,
        survival,
    )


def _recovery(found: Estimate | NotEstimable) -> Cell:
    if isinstance(found, NotEstimable):
        return Cell(Code("why", found.reason))
    return subject(Quantity(found.value, Unit.NONE))

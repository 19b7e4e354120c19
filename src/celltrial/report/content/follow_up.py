"""The status of the infused subjects in follow-up, and how much follow-up there is."""

from __future__ import annotations

import polars as pl

from celltrial.analysis import time_to_event
from celltrial.clinical.annual_contact import ContactState, DelayedEvent
from celltrial.core.results import NotEstimable
from celltrial.datasets.collection import Domain
from celltrial.report.content.absence import unless_collected
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count, measure, rate, share
from celltrial.report.content.values import Code, Quantity, Text, Unit
from celltrial.report.inputs import Inputs

_STATES = tuple(state.value for state in ContactState if state is not ContactState.DUE)
_MONTHS = (3, 6, 12, 24, 60, 120, 180)
_DAYS_PER_MONTH = 30.4375


def days_followed(inputs: Inputs) -> pl.DataFrame:
    """Return the infused subjects with `days`: infusion to death, or to the last day known alive."""
    end = pl.coalesce("death_date", "last_alive_date", "infused_date")
    return inputs.members("infused").with_columns(
        (end - pl.col("infused_date")).dt.total_days().clip(lower_bound=0).alias("days")
    )


def build(inputs: Inputs) -> Page:
    """Return standing, time followed, and how many reached each milestone."""
    subjects = days_followed(inputs)
    n = subjects.height
    if not n:
        return Page(Nothing(Text("report.absent.no_infused")), "infused", 0)
    died = subjects.filter("died").height
    left = subjects.filter(~pl.col("died") & pl.col("discontinued_date").is_not_null()).height
    lives, gone = unless_collected(inputs, Domain.DEATHS), unless_collected(inputs, Domain.WITHDRAWALS)
    followed = unless_collected(inputs, Domain.SURVIVAL)
    known = n - len(inputs.collected.missing_of(Domain.DEATHS) & set(subjects["usubjid"].to_list()))
    rows = [
        Row(Text("report.row.in_follow_up"), (lives or gone or share(n - died - left, "infused", n),)),
        Row(Text("report.row.died"), (lives or share(died, "infused", known),)),
        Row(Text("report.row.left_trial"), (gone or share(left, "infused", n),)),
        Row(Text("report.row.median_follow_up"), (lives or followed or _median(inputs),)),
        Row(Text("report.row.person_years"), (followed or _person_years(subjects, n),)),
    ]
    for months in () if followed else _MONTHS:
        reached = subjects.filter(pl.col("days") >= months * _DAYS_PER_MONTH).height
        if not reached:
            break
        rows.append(Row(Text("report.row.followed_months", {"months": str(months)}), (share(reached, "infused", n),)))
    rows += _contacts(inputs, n)
    columns = (Column(Text("report.column.on_infused"), "infused", n),)
    return Page(Table(Text("report.column.what"), columns, tuple(rows)), "infused", n, _notes(inputs))


def _contacts(inputs: Inputs, n: int) -> list[Row]:
    """Return the planned contacts whose window has opened by state, and the subjects who told of an event by class."""
    table = inputs.of("adfu", "infused").filter(pl.col("state") != "due")
    total = table.height
    if not total:
        return []
    rows = [Row(Text("report.row.contacts"), (count(total, "contacts", total),))]
    states = table["state"].value_counts()
    for state in _STATES:
        found = states.filter(pl.col("state") == state)["count"].sum()
        if found:
            rows.append(Row(Text(f"conduct.contact.{state}"), (share(int(found), "contacts", total),), "detail"))
    told = table.drop_nulls("events").select("usubjid", pl.col("events").str.split("; ")).explode("events").unique()
    if told.height:
        rows.append(Row(Text("report.row.delayed_events"), (count(told["usubjid"].n_unique(), "infused", n),)))
    for group in DelayedEvent:
        subjects = told.filter(pl.col("events") == group.value).height
        if subjects:
            rows.append(Row(Code("plan.item_classes", group.value), (share(subjects, "infused", n),), "detail"))
    return rows


def _median(inputs: Inputs) -> Cell:
    found = time_to_event.estimate(inputs.tables["adtte"], endpoint="OS", origin="infusion", first=inputs.first_origin)
    if isinstance(found, NotEstimable):
        return rate(found)
    return measure(found.follow_up, Unit.MONTHS)


def _person_years(subjects: pl.DataFrame, n: int) -> Cell:
    return Cell(Quantity(float(subjects["days"].sum()) / 365.25, Unit.NONE), "infused", n)


def _notes(inputs: Inputs) -> tuple[Text, ...]:
    notes = [Text("report.note.median_follow_up")]
    planned = inputs.protocol.follow_up if inputs.protocol else None
    if planned is not None:
        notes.append(Text("report.note.follow_up_planned", {"years": Quantity(planned.years)}))
    return tuple(notes)

"""Section 1.3: the schedule of activities, derived from the windows, days and months that the protocol states.

Columns are moments: screening, collection, the wait for the product, days counted from infusion, months of long-term
follow-up. A row is an activity with a mark at each of its moments. What has no moment in the protocol has no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from celltrial.conduct.views.schedule import planned_visits
from celltrial.core.dates import add_months
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Duration
from celltrial.report.content.values import Count, Lines, Recorded, Sentences, Text, Value
from celltrial.report.document.blocks import Block, Grid, GridRow, Toned
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.schedule_rows import (
    COLLECTION,
    SCREENING,
    WAITING,
    Activity,
    Moment,
    activities,
    follow_up,
)
from celltrial.report.document.sentences import say, span

#: Columns of one table at most.
_MOST: Final = 26
#: Any date serves to lay out the visits: only the months between them count.
_START: Final = date(2001, 1, 1)


def schedule(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the grid of everything up to the last response assessment; the long-term follow-up has its own in section 12.4."""
    protocol = inputs.protocol
    windows = _windows(protocol)
    rows = tuple(activities(protocol))
    days = sorted({moment for row in rows for moment in row.marks if isinstance(moment, int)})
    named: list[Moment] = [
        moment for moment in (SCREENING, COLLECTION, WAITING) if any(moment in row.marks for row in rows)
    ]
    moments: tuple[Moment, ...] = (*named, *days)
    heads = tuple(_head(moment, windows) for moment in moments)
    plan = protocol.follow_up
    then = (say("schedule.then", years=span(Duration(plan.years, "y"))),) if plan is not None else ()
    title = Sentences((Text("document.schedule.course"), say("schedule.notes"), *then))
    grid = _grid(moments, heads, rows, title)
    yield replace(grid, fields=(*grid.fields, "follow_up.years")) if plan is not None else grid


def follow_up_schedule(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the grid of the long-term follow-up, with the months of the running trial."""
    plan = inputs.protocol.follow_up
    if plan is None:
        return
    ends = add_months(_START, round(12 * plan.years))
    visits = planned_visits(plan, _START, ends)
    months = tuple(int(item.visit.removeprefix("M")) for item in visits)
    heads = tuple(Text("document.moment.month", {"month": Count(month)}) for month in months)
    rows = tuple(follow_up(plan, visits))
    for first in range(0, len(months), _MOST):
        part = slice(first, first + _MOST)
        yield _grid(months[part], heads[part], rows, Text("document.schedule.months"))


def _windows(protocol: Protocol) -> Mapping[Moment, Value]:
    visits = protocol.efficacy.visits if protocol.efficacy else ()
    return {item.day: Recorded(_window(item.window_before, item.window_after)) for item in visits}


def _window(before: float, after: float) -> str:
    return f"±{after:g}" if before == after else f"−{before:g}/+{after:g}"


def _grid(
    moments: tuple[Moment, ...], heads: tuple[Value, ...], activities: tuple[Activity, ...], title: Value
) -> Grid:
    rows = tuple(
        GridRow((row.name, *(_cell(row.marks.get(moment)) for moment in moments)))
        for row in activities
        if any(moment in row.marks for moment in moments)
    )
    fields = tuple(dict.fromkeys(field for row in activities for field in row.fields))
    return Grid((Text("document.head.activity"), *heads), rows, title, fields, "schedule")


def _cell(mark: Value | None) -> Value | Toned:
    return Recorded("") if mark is None else Toned(mark, "mark")


def _head(moment: Moment, windows: Mapping[Moment, Value]) -> Value:
    if isinstance(moment, str):
        return Text(f"document.moment.{moment}")
    day = Text("document.moment.day", {"day": Recorded(str(moment).replace("-", "−"))})
    return Lines((day, windows[moment])) if moment in windows and moment > 0 else day

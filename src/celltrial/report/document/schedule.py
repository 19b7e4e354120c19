"""Section 1.3: the schedule of activities, derived from the windows, days and months that the protocol states.

Columns are moments: screening, collection, the wait for the product, days counted from infusion, months of long-term
follow-up. A row is an activity with a mark at each of its moments. What has no moment in the protocol has no row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from celltrial.conduct.views.schedule import planned_visits
from celltrial.core.dates import add_months
from celltrial.protocol.model import Protocol
from celltrial.report.content.values import Count, Lines, Recorded, Text, Value
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

#: Columns of one table at most.
_MOST: Final = 14
#: Any date serves to lay out the visits: only the months between them count.
_START: Final = date(2001, 1, 1)


@dataclass(frozen=True, slots=True)
class _Period:
    name: str
    moments: tuple[Moment, ...]
    rows: tuple[Activity, ...]


def schedule(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the grids: up to the infusion, after it, long-term follow-up."""
    protocol = inputs.protocol
    windows = _windows(protocol)
    for period in _periods(protocol):
        for first in range(0, len(period.moments), _MOST):
            yield _grid(period, period.moments[first : first + _MOST], windows)


def _periods(protocol: Protocol) -> Iterator[_Period]:
    rows = tuple(activities(protocol))
    days = sorted({moment for row in rows for moment in row.marks if isinstance(moment, int)})
    named: list[Moment] = [
        moment for moment in (SCREENING, COLLECTION, WAITING) if any(moment in row.marks for row in rows)
    ]
    before: list[Moment] = [*named, *(day for day in days if day <= 0)]
    yield _Period("before", tuple(before), rows)
    yield _Period("after", tuple(day for day in days if day > 0), rows)
    if protocol.follow_up is not None:
        ends = add_months(_START, round(12 * protocol.follow_up.years))
        visits = planned_visits(protocol.follow_up, _START, ends)
        late = tuple(follow_up(protocol.follow_up, visits))
        months = tuple(int(item.visit.removeprefix("M")) for item in visits)
        yield _Period("months", months, late)


def _windows(protocol: Protocol) -> Mapping[Moment, Value]:
    visits = protocol.efficacy.visits if protocol.efficacy else ()
    return {item.day: Recorded(f"−{item.window_before}/+{item.window_after}") for item in visits}


def _grid(period: _Period, chunk: tuple[Moment, ...], windows: Mapping[Moment, Value]) -> Grid:
    heads = tuple(_head(period, moment, windows) for moment in chunk)
    rows = tuple(
        GridRow((row.name, *(_cell(row.marks.get(moment)) for moment in chunk)))
        for row in period.rows
        if any(moment in row.marks for moment in chunk)
    )
    fields = tuple(dict.fromkeys(field for row in period.rows for field in row.fields))
    return Grid(
        (Text("document.head.activity"), *heads), rows, Text(f"document.schedule.{period.name}"), fields, "schedule"
    )


def _cell(mark: Value | None) -> Value | Toned:
    return Recorded("") if mark is None else Toned(mark, "mark")


def _head(period: _Period, moment: Moment, windows: Mapping[Moment, Value]) -> Value:
    if isinstance(moment, str):
        return Text(f"document.moment.{moment}")
    if period.name == "months":
        return Text("document.moment.month", {"month": Count(moment)})
    day = Text("document.moment.day", {"day": Recorded(str(moment).replace("-", "−"))})
    return Lines((day, windows[moment])) if moment in windows and moment > 0 else day

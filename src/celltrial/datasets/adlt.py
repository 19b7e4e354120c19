"""ADLT: the vein-to-vein swimlane, stage by stage, in days since enrolment.

screening from consent to enrolment; collection from enrolment to leukapheresis; manufacture from there
(first run) or from its start (later runs) to release or failure; waiting from the last finished run to
lymphodepletion; lymphodepletion to infusion; follow_up to death or the last day known alive. Where enrolment has
no date, the days count from leukapheresis, or from infusion where that has none either. A stage
that nothing ended by the data cut ends there and is ongoing; one that death or discontinuation ended
ends on that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from celltrial.datasets.milestones import Milestones
from celltrial.datasets.schema import ADLT

Stage = tuple[str, date, date | None]
Run = tuple[date | None, date | None]


def derive_adlt(steps: dict[str, Milestones], admanu: pl.DataFrame, last_date: date | None) -> pl.DataFrame:
    """Return ADLT for every enrolled subject; `last_date` ends the stages that still run."""
    runs: dict[str, list[Run]] = {}
    for subject, started, finished in admanu.select("usubjid", "started_date", "finished_date").iter_rows():
        runs.setdefault(subject, []).append((started, finished))
    rows: list[dict[str, Any]] = []
    for name, person in sorted(steps.items()):
        if person.enrolled is None:
            continue
        for number, (stage, start, end) in enumerate(_stages(person, runs.get(name, [])), start=1):
            closed = end or _gone(person) or last_date or start
            rows.append(_row(name, number, person.enrolled, stage, start, max(closed, start), end or _gone(person)))
    return ADLT.conform({column.name: [row[column.name] for row in rows] for column in ADLT.columns})


def _gone(person: Milestones) -> date | None:
    """Return the day that ended the way of a subject who will not go further."""
    if person.died is not None:
        return person.died
    return person.exit_date if person.infused is None else None


def _stages(person: Milestones, runs: list[Run]) -> Iterator[Stage]:
    assert person.enrolled is not None
    if person.consented is not None and person.consented <= person.enrolled:
        yield "screening", person.consented, person.enrolled
    onward = person.lymphodepleted or person.infused
    if person.collected is None:
        if onward is None:
            yield "collection", person.enrolled, None
    else:
        if person.enrolment_dated:
            yield "collection", min(person.enrolled, person.collected), person.collected
        yield from _manufacture(person, runs, onward)
    if person.lymphodepleted is not None:
        yield "lymphodepletion", person.lymphodepleted, person.infused
    if person.infused is not None:
        yield "follow_up", person.infused, person.died or person.last_alive


def _manufacture(person: Milestones, runs: list[Run], onward: date | None) -> Iterator[Stage]:
    assert person.collected is not None
    begun = [run for run in runs if run[0] is not None]
    for index, (started, finished) in enumerate(begun):
        assert started is not None
        yield "manufacture", person.collected if index == 0 else started, finished
    ends = [finished for _, finished in begun]
    if not begun:
        yield "waiting", person.collected, onward
    elif (last := ends[-1]) is not None:
        yield "waiting", last, onward


def _row(
    subject: str, number: int, enrolled: date, stage: str, start: date, end: date, known: date | None
) -> dict[str, Any]:
    return {
        "usubjid": subject,
        "seq": number,
        "stage": stage,
        "start_day": (start - enrolled).days,
        "end_day": (end - enrolled).days,
        "start_date": start,
        "end_date": end,
        "ongoing": known is None,
    }

"""The follow-up schedule: visits with due days, windows and what is to be done, up to an end that is never short."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from celltrial.conduct.vocabulary import PlannedVisit
from celltrial.core.dates import add_months
from celltrial.protocol.model import Duration
from celltrial.protocol.model.follow_up import FollowUp, FollowUpAssay

_MONTHS: Final = {"mo": 1, "y": 12}


def _months(duration: Duration) -> int:
    """Return a calendar length in months; shorter units are rounded to the nearest month, at least one."""
    factor = _MONTHS.get(duration.unit)
    return max(1, round(duration.amount * factor if factor else duration.days / 30.4375))


def assay_months(assay: FollowUpAssay, last: int) -> list[int]:
    """Return the months at which an assay is due, baseline (0) included.

    `every` lists the first due months; its last entry repeats from there on, until `until`.

    >>> rule = FollowUpAssay(analyte="RCL", kind="rcr", every=("3 mo", "6 mo", "12 mo"), until="3 y")
    >>> assay_months(rule, 180)
    [0, 3, 6, 12, 24, 36]
    """
    steps = [_months(item) for item in assay.every]
    stop = min(last, _months(assay.until)) if assay.until is not None else last
    months = [0, *(item for item in steps if item <= stop)]
    while months[-1] + steps[-1] <= stop:
        months.append(months[-1] + steps[-1])
    return months


def planned_visits(plan: FollowUp, starts: date, ends: date) -> tuple[PlannedVisit, ...]:
    """Return every visit from the infusion to the end of follow-up."""
    last = (ends.year - starts.year) * 12 + ends.month - starts.month
    if add_months(starts, last - 1) >= ends:  # an end that moved over the end of a month
        last -= 1
    months = {item for item in plan.visits_months if item <= last}
    step = _months(plan.then_every)
    following = max(plan.visits_months) + step
    while following <= last:
        months.add(following)
        following += step
    months.add(last)
    tests: dict[int, list[str]] = {month: [] for month in months}
    for assay in plan.assays:
        for month in assay_months(assay, last):
            tests.setdefault(month, []).append(f"{assay.kind}: {assay.analyte}")
    window = timedelta(days=int(plan.window.days))
    visits = []
    for month in sorted(tests):
        day = min(add_months(starts, month), ends)
        asked = plan.items if month in months else ()
        opens, closes = max(day - window, starts), day + window
        visits.append(PlannedVisit(f"M{month:03d}", day, opens, closes, asked, tuple(tests[month])))
    return tuple(visits)


def growth_visits(plan: FollowUp, starts: date, adult_on: date) -> tuple[PlannedVisit, ...]:
    """Return yearly visits for growth and development from an infusion to the 18th birthday, that day included."""
    window = timedelta(days=int(plan.window.days))
    items = plan.paediatric.items if plan.paediatric is not None else ()
    visits = []
    month = 12
    while (day := min(add_months(starts, month), adult_on)) < adult_on:
        visits.append(PlannedVisit(f"G{month:03d}", day, day - window, day + window, items))
        month += 12
    visits.append(PlannedVisit(f"G{month:03d}", adult_on, adult_on - window, adult_on + window, items))
    return tuple(visits)

"""A `Selection` as the WHERE clause of either database."""

from __future__ import annotations

from celltrial.ledger.port import Selection
from celltrial.ledger.record import format_utc

__all__ = ["conditions"]


def conditions(trial: str, selection: Selection, mark: str) -> tuple[str, list[object]]:
    """Return the condition and its parameters; `mark` is the driver's placeholder.

    The condition ends in `position > mark`, whose value is the last parameter, so that a reader
    can move on page by page.
    """
    terms, values = [f"trial = {mark}"], [trial]
    wanted: list[str] = []
    for name in selection.streams:
        if name.endswith("/"):
            wanted.append(f"substr(stream, 1, {len(name)}) = {mark}")
        else:
            wanted.append(f"stream = {mark}")
        values.append(name)
    if wanted:
        terms.append("(" + " OR ".join(wanted) + ")")
    for column, cut in (("recorded", selection.as_known), ("occurred", selection.as_occurred)):
        if cut is not None:
            terms.append(f"{column} <= {mark}")
            values.append(format_utc(cut))
    terms.append(f"position > {mark}")
    return " AND ".join(terms), [*values, selection.after]

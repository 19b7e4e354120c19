"""A `Selection` as conditions of a WHERE clause of either database, and the check of what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from celltrial.core.errors import UserError, fault
from celltrial.core.values import Identifier, message
from celltrial.ledger.port import Selection
from celltrial.ledger.record import Record, format_utc

_AFTER_SLASH: Final = chr(ord("/") + 1)


def conditions(selection: Selection, mark: str) -> tuple[list[str], list[object]]:
    """Return the conditions on streams and times with their parameters; `mark` is the driver's placeholder."""
    terms: list[str] = []
    values: list[object] = []
    wanted: list[str] = []
    for name in selection.streams:
        if name.endswith(
            "/"
        ):  # from `account/` up to, without it, `account0`: a range that an index of streams answers
            wanted.append(f"(stream >= {mark} AND stream < {mark})")
            values += [name, name[:-1] + _AFTER_SLASH]
        else:
            wanted.append(f"stream = {mark}")
            values.append(name)
    if wanted:
        terms.append("(" + " OR ".join(wanted) + ")")
    for column, cut in (("recorded", selection.as_known), ("occurred", selection.as_occurred)):
        if cut is not None:
            terms.append(f"{column} <= {mark}")
            values.append(format_utc(cut))
    return terms, values


def in_order(records: Iterable[Record], trial: str, selection: Selection, place: str) -> Iterator[Record]:
    """Yield records, refusing those that a damaged index brings up twice, out of order or not at all (LDG-004)."""
    whole = not selection.streams and selection.as_known is None and selection.as_occurred is None
    last = max(selection.after, 0)
    for record in records:
        position = record.position
        if position <= last or (whole and position != last + 1) or record.trial != trial:
            raise UserError(
                fault("LDG-004", where=place, found=message("position_after", position=position, last=last))
            )
        yield record
        last = position


def next_start(last: int, read: object, place: str) -> int:
    """Return where the next page begins; a damaged index that leads backwards raises LDG-004."""
    if type(read) is not int or read <= last:
        raise UserError(
            fault("LDG-004", where=place, found=message("position_after", position=Identifier(str(read)), last=last))
        )
    return read

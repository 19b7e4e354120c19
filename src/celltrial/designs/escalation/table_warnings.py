"""What is strange in a decision table although it can be followed: cells a committee should look at again.

>>> from celltrial.designs.escalation.decision_table import table_from
>>> [(w.kind, w.n, w.dlt) for w in check_table(table_from([["E", "S"], ["E", "S", "E"]]))]
[('more_dlts_lead_higher', 2, 2), ('escalates_at_all_dlts', 2, 2), ('never_eliminates', None, None)]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from celltrial.designs.escalation.move_table import Move, MoveTable


@dataclass(frozen=True, slots=True)
class TableWarning:
    """One thing to look at again; texts are under `design.table.<kind>`.

    kind: `more_dlts_lead_higher`  one DLT more in the same number of subjects leads to a higher move,
          `more_subjects_lead_lower`  the same DLTs in one subject more lead to a lower move,
          `escalates_at_all_dlts`, `lowers_without_dlt`  the move goes against all that was seen,
          `never_eliminates`  no cell ever closes a dose,
          `ends_early`  the trial could treat more subjects at one dose than the table has rows for; it ends there.
    n, dlt: the cell; None where the whole table is meant. For `ends_early`, n is the last row.
    """

    kind: str
    n: int | None = None
    dlt: int | None = None

    @property
    def code(self) -> str:
        """Message key."""
        return f"design.table.{self.kind}"


def check_table(table: MoveTable, *, max_subjects: int | None = None) -> tuple[TableWarning, ...]:
    """Return the warnings by n and DLTs, those of the whole table last; empty for a table without surprise.

    max_subjects: subjects of the trial, where known.
    """
    found = [warning for n in range(1, table.max_n + 1) for warning in _row(table, n)]
    if not any("DU" in letters for letters in table.rows().values()):
        found.append(TableWarning("never_eliminates"))
    if max_subjects is not None and table.max_n < max_subjects:
        found.append(TableWarning("ends_early", table.max_n))
    return tuple(found)


def _row(table: MoveTable, n: int) -> Iterator[TableWarning]:
    for dlt in range(n + 1):
        move = table.move(n, dlt)
        if dlt and move < table.move(n, dlt - 1):
            yield TableWarning("more_dlts_lead_higher", n, dlt)
        if dlt < n and n > 1 and move > table.move(n - 1, dlt):
            yield TableWarning("more_subjects_lead_lower", n, dlt)
    if table.move(n, n) is Move.ESCALATE:
        yield TableWarning("escalates_at_all_dlts", n, n)
    if table.move(n, 0) >= Move.DE_ESCALATE:
        yield TableWarning("lowers_without_dlt", n, 0)

r"""A decision table as a design: import, edit, compare, and score it like any other.

A committee often changes single cells of a published table ("after 2 in 6 we stay"). The
table itself is then the design: for n subjects at the current dose with y DLTs it says
E (escalate), S (stay), D (de-escalate) or DU (de-escalate, never return). The recommended
dose is chosen by isotonic regression, as for the interval designs. When the table has no
row for more subjects at a dose, the trial ends there.

Differences from other software: escalation's users ask for uploading tables (its issue 6);
no peer was found that scores an edited table exactly.

>>> table = parse_table("n,0,1,2,3\n1,E,S\n2,E,S,D\n3,E,S,D,DU")
>>> [(c.n, c.dlt, c.before.letter, c.after.letter) for c in differences(table, edited(table, 3, 2, "S"))]
[(3, 2, 'D', 'S')]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from celltrial.core.errors import Fault, UserError, fault
from celltrial.designs.escalation.move_table import Move, MoveTable, TablePolicy, check_cohorts
from celltrial.designs.policy import Message

__all__ = [
    "Change",
    "DecisionTableParams",
    "build",
    "differences",
    "edited",
    "format_table",
    "parse_table",
    "table_from",
]

_LETTERS: Final = {move.letter: move for move in Move}


@dataclass(frozen=True, slots=True)
class DecisionTableParams:
    """What the protocol must state for a table.

    rows:            for n = 1, 2, ...: the letters E, S, D, DU for y = 0..n.
    target_dlt_rate: target of the final choice, in (0, 1).
    cohort_size, max_subjects: subjects per cohort and in all.
    """

    rows: tuple[tuple[str, ...], ...]
    target_dlt_rate: float
    cohort_size: int
    max_subjects: int

    def __post_init__(self) -> None:
        """Refuse a target outside (0, 1), cohorts without subjects, and a table with holes or unknown letters."""
        if not 0 < self.target_dlt_rate < 1:
            raise UserError(fault("DSG-014", expected="0 < target_dlt_rate < 1", found=str(self.target_dlt_rate)))
        check_cohorts(self.cohort_size, self.max_subjects)
        table_from(self.rows)


@dataclass(frozen=True, slots=True)
class Change:
    """A cell that differs between two tables; None where one has no such row."""

    n: int
    dlt: int
    before: Move | None
    after: Move | None


def table_from(rows: Sequence[Sequence[str]]) -> MoveTable:
    """Return the table of letters, rows for n = 1, 2, ...; every fault is reported.

    An elimination must hold for every higher y of its row: a table that comes back with more DLTs is refused.
    """
    faults: list[Fault] = []
    if not rows:
        faults.append(fault("DSG-015", where="table", expected="rows for n = 1, 2, ...", found="0 rows"))
    moves = np.full((len(rows) + 1, len(rows) + 1), Move.STAY, np.int8)
    for n, row in enumerate(rows, start=1):
        if len(row) != n + 1:
            faults.append(fault("DSG-015", where=f"n={n}", expected=f"{n + 1} letters", found=f"{len(row)} letters"))
            continue
        for dlt, letter in enumerate(row):
            if letter not in _LETTERS:
                faults.append(fault("DSG-015", where=f"n={n}, dlt={dlt}", expected="E, S, D or DU", found=repr(letter)))
                continue
            moves[n, dlt] = _LETTERS[letter]
        gone = moves[n, : n + 1] == Move.ELIMINATE
        if gone.any() and not gone[gone.argmax() :].all():
            faults.append(fault("DSG-015", where=f"n={n}", expected="DU for all higher y", found=" ".join(row)))
    if faults:
        raise UserError(*faults)
    return MoveTable(moves)


def parse_table(text: str) -> MoveTable:
    """Return the table in comma- or tab-separated text: a heading, then per line n and the letters for y = 0..n.

    Raises UserError with the line number of every fault.
    """
    rows: list[list[str]] = []
    faults: list[Fault] = []
    for number, line in enumerate(text.strip().splitlines()[1:], start=2):
        first, *letters = [cell.strip().upper() for cell in line.replace("\t", ",").split(",")]
        while letters and not letters[-1]:
            letters.pop()
        if first != str(len(rows) + 1):
            faults.append(fault("DSG-015", where=f"line {number}", expected=f"n = {len(rows) + 1}", found=first or "-"))
        rows.append(letters)
    if faults:
        raise UserError(*faults)
    return table_from(rows)


def format_table(table: MoveTable) -> str:
    """Return the table as comma-separated text that `parse_table` reads."""
    heading = ",".join(["n", *(str(y) for y in range(table.max_n + 1))])
    return "\n".join([heading, *(",".join([str(n), *letters]) for n, letters in table.rows().items())])


def edited(table: MoveTable, n: int, dlt: int, letter: str) -> MoveTable:
    """Return the table with one cell changed."""
    rows = {k: list(v) for k, v in table.rows().items()}
    if n not in rows or not 0 <= dlt <= n:
        raise UserError(fault("DSG-015", where=f"n={n}, dlt={dlt}", expected=f"1 <= n <= {table.max_n}", found=str(n)))
    rows[n][dlt] = letter
    return table_from(list(rows.values()))


def differences(before: MoveTable, after: MoveTable) -> tuple[Change, ...]:
    """Return every cell in which two tables differ, by n and y."""
    one, two = before.rows(), after.rows()
    changes: list[Change] = []
    for n in range(1, max(before.max_n, after.max_n) + 1):
        for y in range(n + 1):
            a = _LETTERS[one[n][y]] if n in one else None
            b = _LETTERS[two[n][y]] if n in two else None
            if a is not b:
                changes.append(Change(n, y, a, b))
    return tuple(changes)


def build(params: DecisionTableParams, n_doses: int, start: int = 0) -> TablePolicy:
    """Return the policy that follows the table on a grid of `n_doses` doses."""
    details = {"rows": len(params.rows), "cohort_size": params.cohort_size, "max_subjects": params.max_subjects}
    return TablePolicy(
        n_doses=n_doses,
        start=start,
        max_subjects=params.max_subjects,
        cohort_size=params.cohort_size,
        table=table_from(params.rows),
        target=params.target_dlt_rate,
        sentences=(Message("design.decision_table.rule", {**details, "target": params.target_dlt_rate}),),
    )

"""A decision table as a design: import, edit, compare, and score it like any other.

A committee often changes single cells of a published table ("after 2 in 6 we stay"). The
table itself is then the design: for n subjects at the current dose with y DLTs it says
E (escalate), S (stay), D (de-escalate) or DU (de-escalate, never return). The recommended
dose is chosen by isotonic regression, as for the interval designs. When the table has no
row for more subjects at a dose, the trial ends there.

Differences from other software: escalation's users ask for uploading tables (its issue 6);
no peer was found that scores an edited table exactly.

>>> table = table_from([["E", "S"], ["E", "S", "D"], ["E", "S", "D", "DU"]])
>>> [(c.n, c.dlt, c.before.letter, c.after.letter) for c in differences(table, edited(table, 3, 2, "S"))]
[(3, 2, 'D', 'S')]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.values import Count, at_most, message
from celltrial.designs.escalation.move_table import Move, MoveTable, TablePolicy, check_cohorts
from celltrial.designs.policy import Message

#: No trial has more subjects at one dose.
MAX_ROWS: Final = 300
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


def table_from(rows: Sequence[Sequence[str]], *, place: Callable[[int, int | None], str] | None = None) -> MoveTable:
    """Return the table of letters, rows for n = 1, 2, ...; every fault is reported.

    An elimination must hold for every higher y of its row: a table that comes back with more DLTs is refused.

    place: names where a row (dlt None) or a cell stands, for messages; "n=3, dlt=1" unless given.
    """
    at = place or _cell_name
    faults: list[Fault] = []
    if not rows:
        faults.append(fault("DSG-015", where="table", expected=message("rows_from_1"), found=Count(0, "row")))
    if len(rows) > MAX_ROWS:
        raise UserError(
            fault("DSG-015", where="table", expected=at_most(Count(MAX_ROWS, "row")), found=Count(len(rows), "row"))
        )
    moves = np.full((len(rows) + 1, len(rows) + 1), Move.STAY, np.int8)
    for n, row in enumerate(rows, start=1):
        if len(row) != n + 1:
            expected = message("letters_for_dlts", letters=n + 1, dlts=n)
            faults.append(fault("DSG-015", where=at(n, None), expected=expected, found=Count(len(row), "letter")))
            continue
        for dlt, letter in enumerate(row):
            if letter not in _LETTERS:
                faults.append(fault("DSG-015", where=at(n, dlt), expected=message("e_s_d_or_du"), found=repr(letter)))
                continue
            moves[n, dlt] = _LETTERS[letter]
        gone = moves[n, : n + 1] == Move.ELIMINATE
        if gone.any() and not gone[gone.argmax() :].all():
            back = int(gone.argmax() + np.flatnonzero(~gone[gone.argmax() :])[0])
            faults.append(
                fault(
                    "DSG-015",
                    where=at(n, back),
                    expected=message("du_for_all_higher_dlts_of_the_row"),
                    found=" ".join(row),
                )
            )
    if faults:
        raise UserError(*faults)
    return MoveTable(moves)


def _cell_name(n: int, dlt: int | None) -> str:
    return f"n={n}" if dlt is None else f"n={n}, dlt={dlt}"


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

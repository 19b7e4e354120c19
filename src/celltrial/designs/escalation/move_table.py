"""Designs that look up the next move in a table of counts at the current dose.

BOIN, keyboard, mTPI, mTPI-2, i3+3 and a table written by a committee differ only in
the table: for n subjects with y DLTs it says escalate, stay, de-escalate, or
de-escalate and never come back. This file is the one engine that follows such tables.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from celltrial.core.errors import UserError, fault
from celltrial.designs.escalation.isotonic import choose_nearest, isotonic_rates
from celltrial.designs.policy import Bools, Decisions, Ints, Message, Policy, Reason, States, check_frame


class Move(IntEnum):
    """A move on the dose grid."""

    ESCALATE = 0
    STAY = 1
    DE_ESCALATE = 2
    ELIMINATE = 3

    @property
    def letter(self) -> str:
        """The letter committees use: E, S, D, DU."""
        return ("E", "S", "D", "DU")[self]


@dataclass(frozen=True, slots=True, eq=False)
class MoveTable:
    """Moves for every n and y.

    moves: int8 array [n, y], n and y from 0; entries with y > n are not used.
    """

    moves: NDArray[np.int8]

    @property
    def max_n(self) -> int:
        """Largest number of subjects at one dose that the table covers."""
        return len(self.moves) - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, MoveTable) and self.rows() == other.rows()

    __hash__ = None  # type: ignore[assignment]

    def move(self, n: int, dlt: int) -> Move:
        """Return the move after `dlt` DLTs in `n` subjects."""
        if not 0 <= dlt <= n <= self.max_n:
            raise UserError(fault("DSG-001", expected=f"0 <= dlt <= n <= {self.max_n}", found=f"dlt={dlt}, n={n}"))
        return Move(int(self.moves[n, dlt]))

    def rows(self) -> dict[int, tuple[str, ...]]:
        """Return the letters by n, for y = 0..n."""
        return {n: tuple(Move(int(m)).letter for m in self.moves[n, : n + 1]) for n in range(1, self.max_n + 1)}

    def boundary(self, n: int, move: Move) -> int | None:
        """Return the highest y that escalates, or the lowest y at which `move` or worse begins; None if never."""
        row = self.moves[n, : n + 1]
        hits = np.flatnonzero(row == Move.ESCALATE if move is Move.ESCALATE else row >= move)
        if len(hits) == 0:
            return None
        return int(hits[-1] if move is Move.ESCALATE else hits[0])


def table_of(max_n: int, rule: Callable[[int, int], Move]) -> MoveTable:
    """Return the table of a rule for n = 1..max_n."""
    moves = np.full((max_n + 1, max_n + 1), Move.STAY, np.int8)
    for n in range(1, max_n + 1):
        moves[n, : n + 1] = [rule(n, y) for y in range(n + 1)]
    return MoveTable(moves)


def check_cohorts(cohort_size: int, max_subjects: int) -> None:
    """Refuse a cohort or a trial without subjects."""
    if not 1 <= cohort_size <= max_subjects <= 300:
        raise UserError(
            fault(
                "DSG-006",
                expected="1 <= cohort_size <= max_subjects <= 300",
                found=f"cohort_size={cohort_size}, max_subjects={max_subjects}",
            )
        )


def doses_at_or_above(bad: Bools) -> Bools:
    """Return, per state, the doses at or above the lowest bad one."""
    out = bad.copy()
    for j in range(1, bad.shape[1]):  # a few doses, many states: column by column
        out[:, j] |= out[:, j - 1]
    return out


@dataclass(frozen=True, slots=True, eq=False)
class TablePolicy(Policy):
    """Follow a move table; recommend by isotonic regression.

    target:       target DLT rate of the final choice.
    lowest_limit: where given, y at the lowest dose by n (index n) from which the trial stops
                  although the dose is not eliminated by the table.
    choose_at_most: where given, the recommended dose's pooled rate may not exceed it.
    sentences:    the description.
    """

    n_doses: int
    start: int
    max_subjects: int
    cohort_size: int
    table: MoveTable
    target: float
    sentences: tuple[Message, ...] = ()
    lowest_limit: tuple[int, ...] | None = None
    choose_at_most: float | None = None

    def __post_init__(self) -> None:
        """Refuse a grid or cohorts that cannot be."""
        check_frame(self.n_doses, self.start)
        check_cohorts(self.cohort_size, self.max_subjects)

    def describe(self) -> tuple[Message, ...]:
        """Return the sentences for the protocol."""
        return self.sentences

    def _moves(self, n: NDArray[np.int16], dlt: NDArray[np.int16]) -> NDArray[np.int8]:
        width = self.table.max_n + 1
        if n.max(initial=0) >= width:
            # beyond the table its last row is read with the same DLTs: never less cautious
            n, dlt = np.minimum(n, width - 1), np.minimum(dlt, width - 1)
        cell = np.multiply(n, width, dtype=np.int64)
        cell += dlt
        moves: NDArray[np.int8] = self.table.moves.ravel().take(cell)
        return moves

    def _lowest_too_toxic(self, states: States) -> Bools:
        if self.lowest_limit is None:
            return np.zeros(len(states.current), np.bool_)
        limits = np.array(self.lowest_limit)
        return states.dlt[:, 0] >= limits[np.minimum(states.n[:, 0], len(limits) - 1)]

    def decide_states(self, states: States) -> Decisions:
        """Return the moves; an eliminated dose is never given again."""
        n, current, last = states.n, states.current, self.n_doses - 1
        moves = self._moves(n, states.dlt)
        eliminated = doses_at_or_above(moves == Move.ELIMINATE)
        highest = np.where(eliminated[:, -1], eliminated.argmax(axis=1) - 1, last)
        move = moves.ravel().take(states.rows * self.n_doses + current)
        start = states.at(current) == 0
        step = ((move == Move.ESCALATE) & (current < last) & ~start).view(np.int8) - (
            (move >= Move.DE_ESCALATE) & (current > 0) & ~start
        ).view(np.int8)
        # never onto an eliminated dose; one eliminated from below is left for the highest admissible one
        following = np.minimum(current + step, highest)
        reason = np.select(
            [start, following > current, following < current],
            [Reason.START, Reason.ESCALATE, Reason.DE_ESCALATE],
            Reason.STAY,
        )
        remaining = self.max_subjects - states.enrolled()
        covered = self.table.max_n - states.at(np.maximum(following, 0)).astype(np.int64)
        reason = np.where(covered <= 0, Reason.STOP_ENOUGH_AT_DOSE, reason)
        reason = np.where(remaining <= 0, Reason.STOP_MAX_SUBJECTS, reason)
        reason = np.where((highest < 0) | self._lowest_too_toxic(states), Reason.STOP_LOWEST_TOO_TOXIC, reason)
        stops = reason >= Reason.STOP_MAX_SUBJECTS
        size = np.minimum(np.minimum(self.cohort_size, remaining), covered)
        return Decisions(np.where(stops, -1, following), np.where(stops, 0, size), reason, eliminated)

    def select_states(self, states: States) -> Ints:
        """Return the dose with the pooled rate nearest the target among treated, not eliminated doses."""
        eliminated = doses_at_or_above(self._moves(states.n, states.dlt) == Move.ELIMINATE)
        eliminated |= self._lowest_too_toxic(states)[:, None]
        rates = isotonic_rates(states.n, states.dlt, (states.n > 0) & ~eliminated)
        return choose_nearest(rates, self.target, at_most=self.choose_at_most)

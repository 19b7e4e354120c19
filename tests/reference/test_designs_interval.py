"""Keyboard, mTPI, mTPI-2 and i3+3 against the packages' own tables and the paper's rule."""

from __future__ import annotations

from typing import Any

import pytest

from celltrial.designs.escalation import i3plus3, keyboard, mtpi, mtpi2
from celltrial.designs.escalation.interval_rule import IntervalParams
from celltrial.designs.escalation.move_table import Move


@pytest.mark.shared
def test_keyboard_boundaries(design_cases: Any) -> None:
    """Keyboard 0.1.3, get.boundary.kb."""
    found = design_cases("keyboard_boundary")
    assert len(found) == 4
    for case in found:
        i = case["inputs"]
        params = IntervalParams(i["target"], 3, 36, i["marginL"], i["marginR"], i["cutoff.eli"])
        table = keyboard.decision_table(params)
        for row in case["outputs"]["table"]:
            n, *limits = (None if cell is None else int(cell) for cell in row)
            ours = [table.boundary(n, m) for m in (Move.ESCALATE, Move.DE_ESCALATE, Move.ELIMINATE)]
            assert ours == limits, (case["id"], n)


@pytest.mark.shared
def test_tables_of_escalation(design_cases: Any) -> None:
    """escalation 0.2.3; its table keeps D where the dose is excluded and lists exclusion apart."""
    found = [(mtpi, case) for case in design_cases("mtpi_table")]
    found += [(mtpi2, case) for case in design_cases("mtpi2_table")]
    assert len(found) == 6
    for design, case in found:
        i, o = case["inputs"], case["outputs"]
        params = IntervalParams(i["target"], 3, 24, i["epsilon1"], i["epsilon2"], i["exclusion_certainty"])
        table = design.decision_table(params)
        for n, letters, excluded in zip(
            i["n"], o["decision_by_n_then_tox"], o["dose_excluded_by_n_then_tox"], strict=True
        ):
            for y in range(n + 1):
                assert table.move(n, y).letter == ("DU" if excluded[y] else letters[y]), (case["id"], n, y)


def test_i3plus3_worked_rule() -> None:
    """Liu, Wang & Ji (2020), algorithm 1 with target 0.30 and interval [0.25, 0.35], worked by hand.

    2 subjects: 1/2 is above, 0/2 below: stay. 3: 1/3 inside: stay; 2/3 above, 1/3 inside: de-escalate.
    6: 1/6 below; 2/6 inside; 3/6 above and 2/6 inside: de-escalate.
    """
    table = i3plus3.decision_table(IntervalParams(0.30, 3, 12, elimination_certainty=1.0))
    rows = table.rows()
    assert rows[2] == ("E", "S", "D")
    assert rows[3] == ("E", "S", "D", "D")
    assert rows[6] == ("E", "E", "S", "D", "D", "D", "D")

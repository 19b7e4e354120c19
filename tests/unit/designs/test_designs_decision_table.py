"""A decision table: read, edited, compared, scored."""

from __future__ import annotations

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.designs import Counts, build_policy
from celltrial.designs.escalation import boin
from celltrial.designs.escalation.decision_table import differences, edited, format_table, parse_table
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.scenario import Scenario

FRAME = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 18}


def test_text_and_back() -> None:
    table = boin.decision_table(boin.BoinParams(**FRAME))
    assert parse_table(format_table(table)) == table
    assert differences(table, parse_table(format_table(table).replace(",", "\t"))) == ()


def test_a_published_table_scores_as_its_design() -> None:
    design = build_policy("boin", FRAME, n_doses=3)
    rows = list(boin.decision_table(boin.BoinParams(**FRAME)).rows().values())
    table = build_policy("decision_table", {"rows": rows, **FRAME}, n_doses=3)
    scenario = [Scenario("s", (0.1, 0.3, 0.5))]
    one, two = (exact_characteristics(compile_graph(p), scenario)[0] for p in (design, table))
    np.testing.assert_allclose(one.prob_select, two.prob_select, atol=1e-15)


def test_an_edited_cell_changes_the_score() -> None:
    table = boin.decision_table(boin.BoinParams(**FRAME))
    bolder = edited(table, 3, 1, "E")
    (change,) = differences(table, bolder)
    assert (change.n, change.dlt, change.before.letter, change.after.letter) == (3, 1, "S", "E")
    scenario = [Scenario("s", (0.1, 0.3, 0.5))]
    policies = (
        build_policy("decision_table", {"rows": list(t.rows().values()), **FRAME}, n_doses=3) for t in (table, bolder)
    )
    one, two = (exact_characteristics(compile_graph(p), scenario)[0] for p in policies)
    assert two.expected_n[2] > one.expected_n[2]


def test_the_trial_ends_where_the_table_ends() -> None:
    policy = build_policy("decision_table", {"rows": [["S", "S"], ["S", "S", "S"]], **FRAME}, n_doses=2)
    first = policy.decide(Counts.before(2))
    assert (first.next_dose, first.cohort_size) == (0, 2)
    assert policy.decide(Counts((2, 0), (0, 0), 0)).reason.name == "STOP_ENOUGH_AT_DOSE"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("n,0,1\n1,E,X", r"DSG-015 at n=1, dlt=1: expected E, S, D or DU; found 'X'"),
        ("n,0,1\n1,E", r"DSG-015 at n=1: expected 2 letters; found 1 letters"),
        ("n,0,1\n2,E,S,D", r"DSG-015 at line 2: expected n = 1; found 2"),
        ("n,0,1\n1,DU,E", r"DSG-015 at n=1: expected DU for all higher y"),
        ("", r"DSG-015 at table"),
    ],
)
def test_bad_tables(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_table(text)

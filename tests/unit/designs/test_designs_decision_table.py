"""A decision table: read, checked, edited, compared, scored."""

from __future__ import annotations

import numpy as np
import pytest

from celltrial.core.errors import UserError
from celltrial.designs import DESIGNS, Counts, build_policy
from celltrial.designs.escalation import boin
from celltrial.designs.escalation.decision_table import differences, edited, table_from
from celltrial.designs.escalation.move_table import TablePolicy
from celltrial.designs.escalation.table_text import format_table, parse_table
from celltrial.designs.escalation.table_warnings import check_table
from celltrial.locale import translate
from celltrial.simulation.exact import compile_graph, exact_characteristics
from celltrial.simulation.scenario import Scenario

FRAME = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 18}
PUBLISHED = ["boin", "keyboard", "mtpi", "mtpi2", "i3+3"]


def test_text_and_back() -> None:
    table = boin.decision_table(boin.BoinParams(**FRAME))
    assert parse_table(format_table(table)) == table
    assert differences(table, parse_table(format_table(table).replace(",", "\t"))) == ()


@pytest.mark.parametrize(
    "text",
    [
        "n,0,1,2\n1,E,S\n2,E,S,D",
        "\ufeffn;0;1;2\r\n1;E;S;\r\n2;E;S;D\r\n",
        "# agreed by the committee\n\n N\t0\t1\t2\n1\te\ts\n# a remark\n2\t e \ts\tD\n\n",
        '"n","0","1","2"\n"1","E","S",""\n"2","E","S","D"\n',
    ],
)
def test_what_spreadsheets_write_is_read(text: str) -> None:
    assert parse_table(text).rows() == {1: ("E", "S"), 2: ("E", "S", "D")}


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
        ("n,0,1\n1,E,X", r"DSG-015 at t\.csv:2:5: expected e_s_d_or_du; found 'X'"),
        ("n,0,1\n\n1,  E,\tX", r"DSG-015 at t\.csv:3:1: expected letters_for_dlts.letters=2, dlts=1.; found 3 letter"),
        ("n,0,1\n1,E", r"DSG-015 at t\.csv:2:1: expected letters_for_dlts.letters=2, dlts=1.; found 1 letter"),
        ("n,0,1\n2,E,S,D", r"DSG-015 at t\.csv:2:1: expected n = 1; found 2"),
        ("n,0,1\n1,E,S\n1,E,S", r"DSG-015 at t\.csv:3:1: expected n = 2; found 1"),
        ("n,0,1\n1,DU,E", r"DSG-015 at t\.csv:2:6: expected du_for_all_higher_dlts_of_the_row; found DU E"),
        ("n,0,2\n1,E,S", r"DSG-015 at t\.csv:1:5: expected heading.expected=1.; found 2"),
        ("1,E,S\n2,E,S,D", r"DSG-015 at t\.csv:1:1: expected heading.expected=n.; found 1"),
        ("n,0,1\n", r"DSG-015 at table: expected rows_from_1"),
        ("", r"DSG-015 at t\.csv: expected heading_and_lines"),
    ],
)
def test_bad_tables_name_line_and_column(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_table(text, "t.csv")


def test_every_fault_of_a_table_is_told() -> None:
    with pytest.raises(UserError) as caught:
        parse_table("n,0,1,2\n1,E,Q\n2,E;S\n3,E,S,D,9", "t.csv")
    assert [item.where for item in caught.value.faults] == ["t.csv:2:5", "t.csv:3:1", "t.csv:4:9"]


def test_a_table_longer_than_any_trial_is_refused() -> None:
    with pytest.raises(UserError, match="at_most 300 row"):
        table_from([["S"] * (n + 1) for n in range(1, 302)])


@pytest.mark.parametrize("key", PUBLISHED)
def test_published_tables_need_no_second_look(key: str) -> None:
    policy = build_policy(key, DESIGNS[key].example, n_doses=3)
    assert isinstance(policy, TablePolicy)
    found = {warning.kind for warning in check_table(policy.table, max_subjects=policy.max_subjects)}
    assert found <= {"never_eliminates"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("n,0,1\n1,E,DU", []),
        (
            "n,0,1\n1,S,E",
            [("more_dlts_lead_higher", 1, 1), ("escalates_at_all_dlts", 1, 1), ("never_eliminates", None, None)],
        ),
        ("n,0,1\n1,D,DU", [("lowers_without_dlt", 1, 0)]),
        ("n,0,1\n1,E,D\n2,E,DU,DU", [("more_subjects_lead_lower", 2, 1)]),
    ],
)
def test_what_a_committee_should_look_at_again(text: str, expected: list[tuple[str, int | None, int | None]]) -> None:
    assert [(one.kind, one.n, one.dlt) for one in check_table(parse_table(text))] == expected


def test_a_table_too_short_for_the_trial_is_told() -> None:
    (warning,) = check_table(parse_table("n,0,1\n1,E,DU"), max_subjects=2)
    assert (warning.kind, warning.n) == ("ends_early", 1)
    assert translate(warning.code, "en", n=warning.n, dlt=warning.dlt) != translate(warning.code, "zh", n=1, dlt=None)

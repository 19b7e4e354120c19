"""Dose finding from parameters alone: what is decided, how it does, and what was assumed."""

from __future__ import annotations

import json
import shlex
from itertools import pairwise

import pytest

from celltrial.app.design_by_parameters import SHORT, design_by_parameters, example_line, example_words
from celltrial.core.errors import UserError
from celltrial.designs.building import build_policy
from celltrial.designs.tables import DESIGNS
from celltrial.locale import has
from celltrial.simulation.exact import operating_characteristics


@pytest.fixture
def run(celltrial):
    return lambda line: celltrial(*shlex.split(line)[1:])


def test_the_table_and_the_characteristics_are_those_of_the_policy_itself(run):
    code, out, err = run("celltrial design boin target=.3 n=18 doses=5 --json")
    assert (code, err) == (0, "")
    found = json.loads(out)
    policy = build_policy("boin", {"target_dlt_rate": 0.3, "cohort_size": 3, "max_subjects": 18}, n_doses=5)
    shown = design_by_parameters("boin", {"target": 0.3, "n": 18})
    for given, own in zip(
        found["operating_characteristics"], operating_characteristics(policy, shown.scenarios), strict=True
    ):
        assert given["prob_select"] == pytest.approx(own.prob_select)
    at_six = {row["dlt"]: row["move"] for row in found["decision_table"] if row["n"] == 6}
    assert at_six == {
        0: "escalate",
        1: "escalate",
        2: "stay",
        3: "de_escalate",
        4: "eliminate",
        5: "eliminate",
        6: "eliminate",
    }
    assert "cohort_size" in found["assumed"]


def test_in_each_scenario_one_dose_has_the_target_and_odds_double():
    shown = design_by_parameters("boin", {"target": 0.25, "n": 12, "doses": 3})
    odds = [[rate / (1 - rate) for rate in item.dlt_rates] for item in shown.scenarios]
    for place, row in enumerate(odds):
        assert [later / earlier for earlier, later in pairwise(row)] == pytest.approx([2, 2])
        if place:
            assert shown.scenarios[place].dlt_rates[place - 1] == pytest.approx(0.25)
    assert min(shown.scenarios[0].dlt_rates) > 0.25


def test_own_rates_make_the_scenarios():
    shown = design_by_parameters("3+3", {"mtd_rule": "previous", "doses": 2, "rates": [[0.1, 0.2], [0.3, 0.5]]})
    assert [item.dlt_rates for item in shown.scenarios] == [(0.1, 0.2), (0.3, 0.5)]
    assert len(shown.characteristics) == 2


@pytest.mark.parametrize("key", DESIGNS)
def test_every_design_has_words_and_an_example_that_runs(run, key):
    assert has(f"design.is.{key}")
    line = example_line(key, DESIGNS[key])
    if key in {"rolling_six", "tite_boin", "tite_boin_ess", "tite_crm"}:
        assert design_by_parameters(key, DESIGNS[key].example, trials=20).characteristics
    else:
        given = " ".join(shlex.quote(word) for word in line.split())
        code, _, err = run(f"{given} doses=3 --json" if key != "blrm" else f"{given} --json")
        assert (code, err) == (0, "")
    assert set(example_words(DESIGNS[key])) >= set(DESIGNS[key].example)


def test_the_list_is_in_both_languages(run):
    assert "Bayesian optimal interval" in run("celltrial design --list")[1]
    assert "贝叶斯最优区间" in run("celltrial design list --lang zh")[1]


@pytest.mark.parametrize(
    ("key", "given", "code"),
    [
        ("nonsense", {}, "DSG-009"),
        ("boin", {"target": 0.3}, "DSG-008"),
        ("boin", {"target": "x", "n": 18}, "DSG-405"),
        ("boin", {"target": 0.3, "n": 18, "more": 1}, "DSG-007"),
        ("boin", {"target": 0.3, "target_dlt_rate": 0.3, "n": 18}, "APP-122"),
        ("boin", {"target": 0.3, "n": 18, "doses": 0}, "APP-271"),
        ("boin", {"target": 0.3, "n": 18, "doses": 13}, "APP-271"),
        ("boin", {"target": 0.3, "n": 18, "doses": True}, "APP-271"),
        ("boin", {"target": 0.3, "n": 18, "start": 6}, "APP-271"),
        ("boin", {"target": 0.3, "n": 18, "rates": [0.1]}, "APP-272"),
        ("boin", {"target": 0.3, "n": 18, "doses": 2, "rates": [0.1, 1.2]}, "APP-272"),
        ("boin", {"target": 0.3, "n": 18, "rates": "low"}, "APP-272"),
        ("crm", {**DESIGNS["crm"].example, "doses": 5}, "APP-270"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(key, given, code):
    with pytest.raises(UserError, match=code):
        design_by_parameters(key, given)


def test_a_short_name_stands_for_one_parameter_of_a_design():
    for row in DESIGNS.values():
        names = set(row.params.__dataclass_fields__)
        assert all(len(names & set(full)) <= 1 for full in SHORT.values())


def test_a_file_is_still_a_protocol(run, tmp_path):
    code, _, err = run(f"celltrial design {tmp_path / 'absent.yaml'}")
    assert code == 2
    assert "absent.yaml" in err

"""`celltrial design worst` and `calibrate`: what the exact engine finds, on the line, as JSON, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from celltrial.designs import build_policy
from celltrial.simulation.exact import operating_characteristics
from celltrial.simulation.scenario import Scenario

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
BOIN, BOIN12 = EXAMPLES / "bcma-car-t-escalation.yaml", EXAMPLES / "cd19-car-nk-escalation.yaml"
FRAME = {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 18}
TOXIC = Scenario("toxic", (0.45, 0.60, 0.75), overdose_above=0.30)


def test_the_worst_curve_is_no_better_than_any_scenario(celltrial):
    code, out, _ = celltrial("design", "worst", BOIN, "--json")
    found = json.loads(out)
    assert (code, found["low"], found["high"]) == (0, [0.02, 0.05, 0.10], [0.45, 0.60, 0.75])
    assert found["dlt_rates"] == sorted(found["dlt_rates"])
    curve = Scenario("found", tuple(found["dlt_rates"]), overdose_above=0.30)
    at, toxic = operating_characteristics(build_policy("boin", FRAME, n_doses=3), [curve, TOXIC])
    assert at.prob_select_overdose == pytest.approx(found["value"], abs=1e-12)
    assert toxic.prob_select_overdose < found["value"]
    assert celltrial("design", "worst", BOIN, "--json")[1] == out, "the same again"


@pytest.mark.parametrize(
    ("criterion", "words"), [("overdosing", "over 60 %"), ("none", "no dose"), ("dlts", "mean number")]
)
def test_every_criterion_is_told_in_both_languages(celltrial, criterion, words):
    code, out, err = celltrial("design", "worst", BOIN, "--criterion", criterion, "--above", 0.42)
    assert (code, err) == (0, "")
    assert words in out
    assert "最不利" in celltrial("design", "worst", BOIN, "--criterion", criterion, "--lang", "zh")[1]


def test_a_stated_region_is_searched(celltrial):
    words = ("--low", "0.05,0.1,0.2", "--high", "0.1,0.2,0.3", "--criterion", "dlts", "--json")
    found = json.loads(celltrial("design", "worst", BOIN, *words)[1])
    assert found["dlt_rates"] == pytest.approx([0.1, 0.2, 0.3]), "more toxicity, more DLTs"


def test_the_first_value_that_keeps_the_limit_is_chosen(celltrial):
    words = ("--parameter", "elimination_certainty", "--scenario", "toxic", "--at-most", "0.4")
    code, out, _ = celltrial("design", "calibrate", BOIN, *words, "--values", "0.95,0.9,0.85", "--json")
    found = json.loads(out)
    assert (code, found["chosen"], [value for value, _ in found["tried"]]) == (0, 0.9, [0.95, 0.9])
    for value, reached in found["tried"]:
        policy = build_policy("boin", {**FRAME, "elimination_certainty": value}, n_doses=3)
        assert operating_characteristics(policy, [TOXIC])[0].prob_select_overdose == pytest.approx(reached, abs=1e-12)
    for language, word in (("en", "Chosen"), ("zh", "选定")):
        shown = celltrial("design", "calibrate", BOIN, *words, "--values", "0.95,0.9", "--lang", language)[1]
        assert word in shown
        assert "47.2 %" in shown


@pytest.mark.parametrize(
    ("words", "fault", "found"),
    [
        (("worst", BOIN, "--low", "a,b"), "APP-066", "`a,b`"),
        (("worst", BOIN, "--low", "0.3,0.1,0.2", "--high", "0.4,0.5,0.6"), "SIM-102", "0.3, 0.1, 0.2"),
        (("worst", BOIN12), "SIM-103", "dlt_response"),
        (("calibrate", BOIN, "--parameter", "cut", "--values", "1", "--scenario", "toxic", "--at-most", "1"),
         "DSG-007", "elimination_certainty"),
        (("calibrate", BOIN, "--parameter", "cohort_size", "--values", "3", "--scenario", "worse", "--at-most", "1"),
         "SIM-201", "toxic"),
        (("calibrate", BOIN, "--parameter", "cohort_size", "--values", "0", "--scenario", "toxic", "--at-most", "1"),
         "DSG-006", "cohort_size=0"),
        (("calibrate", BOIN, "--parameter", "cohort_size", "--values", "3,2", "--scenario", "toxic", "--at-most", "0"),
         "SIM-106", "3: 0.4718"),
    ],
)  # fmt: skip
def test_bad_words_are_told(celltrial, words, fault, found):
    code, _, err = celltrial("design", *words)
    assert code == 2
    assert fault in err
    assert found in err

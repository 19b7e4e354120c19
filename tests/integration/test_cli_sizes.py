"""`celltrial size` and the recomputed sample size of a protocol, as a person meets them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrial.app.sizing import flat, parse_params, sizing_tables
from celltrial.core.errors import UserError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "bcma-car-t-escalation.yaml"

STATED = """
confirmatory:
  comparator: none
  sample_size:
    method: {method}
    params: {params}
    infused: {infused}
    enrolled: {enrolled}
    probability_infused: {share}
    assurance: 0.95
"""

KEYS = [key for rows in sizing_tables().values() for key in rows]
QUICK = [key for rows in sizing_tables().values() for key, row in rows.items() if row.exact]


@pytest.fixture
def protocol(tmp_path):
    """Write a protocol with a stated sample size and no dose finding."""

    def write(*, method="one_stage", params="{null_rate: 0.2, alternative_rate: 0.4}", infused=56, enrolled=84) -> Path:
        text = EXAMPLE.read_text(encoding="utf-8")
        text = re.sub(r"(?ms)^escalation:\n.*?(?=^stopping:)", "", text)
        text = text.replace("    maximum_enrolled: 48\n", "").split("\nprovenance:")[0] + "\n"
        text += STATED.format(method=method, params=params, infused=infused, enrolled=enrolled, share=0.742)
        path = tmp_path / "confirmatory.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


class TestSize:
    def test_keys_are_listed(self, celltrial):
        assert list(json.loads(celltrial("size", "--json")[1])["sizing"]) == [
            "event_detection",
            "rate_exclusion",
            "enrolment",
            "infused_share",
            "stagger",
            "safety_set",
        ]
        assert all(key in celltrial("size")[1] for key in KEYS)

    def test_published_number_and_both_sentences(self, celltrial):
        # AC-P8.1: 20 % against 40 %, one-sided 2.5 %, power 90 %: 18 of 56; safe from 59 on
        words = ("size", "one_stage", "--param", "null_rate=0.2", "--param", "alternative_rate=0.4")
        code, out, _ = celltrial(*words)
        assert code == 0
        assert re.search(r"smallest\.n +56\b", out)
        assert re.search(r"safe\.n +59\b", out)
        assert "18 responders among 56" in out
        assert "56 例中至少 18 例缓解" in out
        found = json.loads(celltrial(*words, "--json")[1])
        assert (found["result"]["smallest"]["n"], found["method"], found["seed"]) == (56, "computed", None)

    @pytest.mark.parametrize("key", QUICK)
    def test_example_computes_as_shown(self, celltrial, key):
        params = json.loads(celltrial("size", key, "--example", "--json")[1])
        words = [f"--param={name}={json.dumps(value)}" for name, value in params.items()]
        code, out, err = celltrial("size", key, *words, "--json")
        assert (code, err) == (0, "")
        found = json.loads(out)
        assert found["params"] == params
        assert all(found["sentence"].values())
        code, out, _ = celltrial("size", key, *words, "--lang", "zh")
        assert code == 0
        assert found["sentence"]["zh"] in out

    def test_example_is_a_command(self, celltrial):
        import shlex

        line = celltrial("size", "fleming", "--example")[1].replace("\\\n", " ")
        code, out, _ = celltrial(*shlex.split(line)[1:])
        assert code == 0
        assert "15, 25" in out

    def test_simulated_says_trials_error_and_seed(self, celltrial):
        params = json.loads(celltrial("size", "survival_power", "--example", "--json")[1])
        words = [f"--param={name}={json.dumps(value)}" for name, value in {**params, "trials": 200}.items()]
        found = json.loads(celltrial("size", "survival_power", *words, "--seed", "7", "--json")[1])
        assert (found["method"], found["seed"]) == ("simulated", 7)
        assert "seed 7" in found["sentence"]["en"]
        assert "standard error" in found["sentence"]["en"]

    @pytest.mark.parametrize(
        ("words", "message"),
        [
            (["nope"], "APP-120"),
            (["nope", "--example"], "APP-120"),
            (["one_stage", "-p", "null_rate"], "APP-121"),
            (["event_detection", "-p", "event_rate=0.1", "-p", "event_rate=0.2"], "APP-122"),
            (["event_detection", "-p", "event_rate=0.1", "-p", "odd=1"], "DSG-007"),
            (["event_detection"], "DSG-008"),
            (["event_detection", "-p", "event_rate=much"], "DSG-405"),
            (["event_detection", "-p", "event_rate=NaN"], "COR-056"),
            (["event_detection", "-p", "event_rate=1e400"], "COR-056"),
            (["event_detection", "-p", f"event_rate={'[' * 70}{']' * 70}"], "COR-053"),
            (["event_detection", "-p", f"event_rate={'[' * 5000}"], "COR-053"),
            (["event_detection", "-p", 'event_rate={"a": 1, "a": 2}'], "COR-055"),
            (["event_detection", "-p", f"event_rate={'9' * 5000}"], "COR-056"),
            (["event_detection", "-p", "event_rate=1.5"], "DSG-401"),
            (["one_stage", "-p", "null_rate=0.4", "-p", "alternative_rate=0.2"], "DSG-201"),
        ],
    )
    @pytest.mark.parametrize("language", ["en", "zh"])
    def test_bad_input_is_one_message(self, celltrial, words, message, language):
        code, out, err = celltrial("size", *words, "--lang", language)
        assert (code, out) == (2, "")
        assert len(err.strip().splitlines()) == 1
        assert err.startswith(f"{message}: ")

    @given(st.lists(st.text(max_size=12), max_size=4))
    def test_any_words_are_parameters_or_refused(self, words):
        try:
            found = parse_params(words)
        except UserError as refused:
            assert {item.id for item in refused.faults} <= {"APP-121", "APP-122", "COR-052", "COR-056", "COR-058"}
        else:
            assert len(found) == len(words)

    @given(
        st.recursive(
            st.integers() | st.text(max_size=3),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1), inner, max_size=3),
        )
    )
    def test_flat_shows_every_leaf(self, value):
        def leaves(item):
            inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else None
            return 1 if inner is None else sum(map(leaves, inner))

        assert sum(len(item) if isinstance(item, list) else 1 for _, item in flat(value)) == leaves(value)


class TestStatedSampleSize:
    def test_stated_beside_computed(self, celltrial, protocol):
        found = json.loads(celltrial("design", protocol(), "--json")[1])["sample_size"]
        assert found["computed"] == {"smallest": 56, "safe": 59}
        assert found["stated"] == {"infused": 56, "enrolled": 84}
        assert found["stated_is_enough"] is True
        assert found["enrolment"]["with_assurance"] == 84
        assert found["enrolment"]["by_expectation"] == 76
        assert found["enrolment"]["attained_by_stated"] >= 0.95

    def test_enrolment_of_the_guideline_example(self, celltrial, protocol):
        # AC-P3.2: 49 infused at 74.2 %: 67 by expectation, 74 with 95 % assurance
        path = protocol(method="rate_exclusion", params="{excluded_rate: 0.06}", infused=49, enrolled=67)
        code, out, _ = celltrial("design", path)
        assert code == 0
        assert "67 (64.0 %)" in out
        assert "74 (95.2 %)" in out
        assert "67 enrolled subjects stated fall short of the 74" in out

    def test_short_size_is_said(self, celltrial, protocol):
        code, out, _ = celltrial("design", protocol(infused=40), "--lang", "zh")
        assert code == 0
        assert "40 例回输未达到设计所需的 56 例" in out

    def test_method_without_subjects(self, celltrial, protocol):
        path = protocol(method="log_rank", params="{hazard_ratio: 0.65}")
        assert "yields no number of subjects" in celltrial("design", path)[1]

    def test_unknown_method_and_bad_parameter(self, celltrial, protocol):
        code, _, err = celltrial("design", protocol(method="guess"))
        assert (code, err[:8]) == (2, "APP-120:")
        code, _, err = celltrial("design", protocol(params="{null_rate: 0.2, alternative_rate: high}"))
        assert code == 2
        assert "confirmatory.sample_size.params.alternative_rate" in err

    def test_neither_is_refused(self, celltrial, protocol):
        path = protocol()
        path.write_text(path.read_text(encoding="utf-8").split("\nconfirmatory:")[0] + "\n", encoding="utf-8")
        code, _, err = celltrial("design", path)
        assert (code, err[:8]) == (2, "APP-010:")

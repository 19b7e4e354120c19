"""The design commands on every design of the table, in both languages and as JSON; what a new user does first."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from celltrial.app import planning
from celltrial.app.design_table import decision_rows
from celltrial.designs import DESIGNS
from celltrial.designs.observation import Channel
from celltrial.protocol import read_protocol
from celltrial.protocol.policies import dose_policy
from celltrial.simulation.exact import compile_graph

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "bcma-car-t-escalation.yaml"
OLD = "    kind: boin\n    params: {target_dlt_rate: 0.30, cohort_size: 3, max_subjects: 18}\n    modifiers: []\n"
HAN = re.compile(r"[\u4e00-\u9fff]")
TIMED = ["rolling_six", "tite_boin", "tite_boin_ess", "tite_crm"]


@pytest.fixture(autouse=True)
def _few_trials(monkeypatch):
    monkeypatch.setattr(planning, "CALENDAR_TRIALS", 40)


@pytest.fixture
def protocol(tmp_path):
    """Write the example with a design (its own example parameters unless given)."""

    def write(kind: str, params: object = None, modifiers: str = "[]", edit=lambda text: text) -> Path:
        text = EXAMPLE.read_text(encoding="utf-8")
        assert OLD in text
        shown = json.dumps(json.loads(json.dumps(dict(DESIGNS[kind].example) if params is None else params)))
        new = f"    kind: {kind}\n    params: {shown}\n    modifiers: {modifiers}\n"
        path = tmp_path / f"{kind.replace('+', 'p')}.yaml"
        path.write_text(edit(text.replace(OLD, new)), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("kind", sorted(DESIGNS))
def test_what_a_design_will_do_is_shown_for_every_design(celltrial, protocol, kind) -> None:
    path = protocol(kind)
    for language in ("en", "zh"):
        code, out, err = celltrial("design", path, "--lang", language)
        assert (code, err) == (0, "")
        assert "DL3" in out
        assert bool(HAN.search(out)) is (language == "zh")
        assert not re.search(r"\d\.\d{6}", out), "a number with absurd digits"
    code, out, _ = celltrial("design", path, "--json")
    found = json.loads(out)
    assert code == 0
    assert [item["scenario"] for item in found["operating_characteristics"]] == [
        "expected",
        "mtd-middle",
        "mtd-top",
        "toxic",
    ]
    assert (found["calendar"] is not None) is (kind in TIMED)
    for item in found["operating_characteristics"]:
        assert sum(item["prob_select"]) + item["prob_none"] == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("kind", sorted(DESIGNS))
def test_audit_and_pathways_of_every_design(celltrial, protocol, kind) -> None:
    path = protocol(kind)
    code, out, err = celltrial("design", "audit", path, "--lang", "zh")
    assert (code in {0, 1}, err, bool(HAN.search(out))) == (True, "", True)
    found = json.loads(celltrial("design", "audit", path, "--json")[1])
    assert bool(found) is (code == 1)
    code, out, _ = celltrial("design", "paths", path, "--scenario", "mtd-top", "--json")
    assert code == 0
    assert sum(step["probability"] for step in json.loads(out)) == pytest.approx(1, abs=1e-12)


def test_designs_are_compared_each_with_its_method(celltrial) -> None:
    code, out, _ = celltrial("design", "compare", EXAMPLE, "--designs", "boin,crm,3+3,tite_boin", "--json")
    found = {one["design"]: one for one in json.loads(out)}
    assert code == 0
    assert [found[key]["characteristics"][0]["exact"] for key in ("boin", "crm", "3+3", "tite_boin")] == [
        True,
        True,
        True,
        False,
    ]
    assert found["3+3"]["characteristics"][3]["prob_overdosing"] > 0, "judged by the protocol's target"
    for language in ("en", "zh"):
        code, out, err = celltrial("design", "compare", EXAMPLE, "--designs", "crm,tite_boin", "--lang", language)
        assert (code, err) == (0, "")
        assert "±" in out
        assert not re.search(r"\d\.\d{6}", out)


def test_open_windows_are_told_where_they_cannot_be_simulated(celltrial, protocol) -> None:
    def without_assumptions(text: str) -> str:
        cut = re.sub(r"(?ms)^assumptions:\n.*?(?=^references:)", "", text)
        return re.sub(r"(?m)^  - \{field: assumptions\..*\n", "", cut)

    path = protocol("rolling_six", edit=without_assumptions)
    code, out, err = celltrial("design", path)
    assert (code, err) == (0, "")
    assert "Every DLT window is taken as closed" in out


def test_rates_that_the_scenarios_leave_out_are_told(celltrial, protocol) -> None:
    assert "state no `feasible_rates`" in celltrial("design", protocol("feasible_dose"))[1]

    def stated(text: str) -> str:
        return re.sub(r"(?m)^(      dlt_rates: .*)$", r"\1\n      feasible_rates: [0.95, 0.8, 0.5]", text)

    code, out, _ = celltrial("design", protocol("feasible_dose", edit=stated))
    assert (code, "feasible_rates" in out) == (0, False)
    code, _, err = celltrial("design", protocol("feasible_dose", edit=lambda t: stated(t).replace("0.8, 0.5", "0.8")))
    assert (code, "PRT-017" in err) == (2, True)


def test_counts_so_far_lead_the_pathways(celltrial) -> None:
    code, out, _ = celltrial("design", "paths", EXAMPLE, "--counts", "0/3,1/3", "--cohorts", 1, "--json")
    assert (code, {step["path"].split(":")[0] for step in json.loads(out)}) == (0, {"2"})
    code, out, _ = celltrial("design", "paths", EXAMPLE, "--counts", "3/3")
    assert (code, "lowest dose is too toxic" in out) == (0, True)


def test_comparison_and_audit_are_written_as_pages(celltrial, tmp_path) -> None:
    for command in (("compare", "--designs", "boin,3+3"), ("audit",)):
        out = tmp_path / f"{command[0]}.html"
        code, text, _ = celltrial("design", command[0], EXAMPLE, *command[1:], "--out", out, "--json")
        assert code == 0
        json.loads(text)
        assert "<svg" in out.read_text(encoding="utf-8")
        code, _, err = celltrial("design", command[0], EXAMPLE, *command[1:], "--out", out)
        assert (code, err.startswith("APP-004")) == (2, True)
        code, text, _ = celltrial("design", command[0], EXAMPLE, *command[1:], "--out", out, "--force", "--lang", "zh")
        assert (code, "已写入" in text) == (0, True)


BAD = {
    "target above one": ("boin", {"target_dlt_rate": 1.2, "cohort_size": 3, "max_subjects": 18}, "target=1.2"),
    "target zero": ("keyboard", {"target_dlt_rate": 0, "cohort_size": 3, "max_subjects": 18}, "target=0"),
    "no subjects in a cohort": (
        "boin",
        {"target_dlt_rate": 0.3, "cohort_size": 0, "max_subjects": 18},
        "cohort_size=0",
    ),
    "trial below a cohort": ("boin", {"target_dlt_rate": 0.3, "cohort_size": 3, "max_subjects": 2}, "max_subjects=2"),
    "skeleton not increasing": (
        "crm",
        {"skeleton": [0.1, 0.4, 0.25], "target_dlt_rate": 0.25, "cohort_size": 3, "max_subjects": 18},
        "(0.1, 0.4, 0.25)",
    ),
    "skeleton of another length": (
        "crm",
        {"skeleton": [0.1, 0.25], "target_dlt_rate": 0.25, "cohort_size": 3, "max_subjects": 18},
        "2",
    ),
    "unknown design": ("boim", {}, "boim"),
    "unknown parameter": ("boin", {"traget": 0.3, "cohort_size": 3, "max_subjects": 18}, "traget"),
    "parameter of another kind": ("boin", {"target_dlt_rate": "high", "cohort_size": 3, "max_subjects": 18}, "'high'"),
    "half a subject": ("boin", {"target_dlt_rate": 0.3, "cohort_size": 3.5, "max_subjects": 18}, "3.5"),
    "a truth for a number": ("boin", {"target_dlt_rate": True, "cohort_size": 3, "max_subjects": 18}, "True"),
    "a list for a number": ("mtpi2", {"target_dlt_rate": [0.3], "cohort_size": 3, "max_subjects": 18}, "[0.3]"),
    "a number for a list": (
        "crm",
        {"skeleton": 0.1, "target_dlt_rate": 0.25, "cohort_size": 3, "max_subjects": 18},
        "0.1",
    ),
    "a text within a list": (
        "crm",
        {"skeleton": [0.1, "x", 0.3], "target_dlt_rate": 0.25, "cohort_size": 3, "max_subjects": 18},
        "'x'",
    ),
    "no MTD rule": ("3+3", {"mtd_rule": "usual"}, "usual"),
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("language", ["en", "zh", "zh-Hans"])
def test_bad_parameters_are_told_at_their_place_with_the_rule(celltrial, protocol, case, language) -> None:
    kind, params, found = BAD[case]
    path = protocol(kind, params)
    code, out, err = celltrial("design", path, "--lang", language)
    assert (code, out) == (2, "")
    assert re.match(rf"PRT-\d{{3}}: {re.escape(str(path))}:\d+:\d+", err)
    assert found in err
    assert bool(HAN.search(err)) is (language != "en")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_bad_words_on_the_line_exit_2(celltrial, language) -> None:
    for words, fault, found in (
        (("paths", EXAMPLE, "--counts", "0/3,4/3"), "DSG-001", "(0, 4, 0)"),
        (("paths", EXAMPLE, "--counts", "0/3,0/3,0/0,0/3"), "DSG-002", "4"),
        (("paths", EXAMPLE, "--counts", "0/3;1/3"), "APP-060", "1/3"),
        (("paths", EXAMPLE, "--scenario", "worse"), "SIM-201", "worse"),
        (("compare", EXAMPLE, "--designs", "boin,boim"), "DSG-009", "boim"),
    ):
        code, out, err = celltrial("design", *words, "--lang", language)
        assert (code, out, err.startswith(fault), found in err) == (2, "", True, True)
        assert bool(HAN.search(err)) is (language == "zh")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_forty_doses_are_told_with_the_rule(celltrial, protocol, language) -> None:
    def forty(text: str) -> str:
        level = "    - {{label: D{0}, cells: {1}}}\n"
        levels = "".join(level.format(k, f"{1e6 * 1.2**k:.0f}") for k in range(40))
        return re.sub(r"(?ms)^(  levels:\n).*?(?=^  \w)", rf"\g<1>{levels}", text)

    code, out, err = celltrial("design", protocol("boin", edit=forty), "--lang", language)
    assert (code, out) == (2, "")
    assert ("1 to 12 doses" in err) is (language == "en")
    assert ("1 至 12 个剂量" in err, "40 个剂量" in err) == (language == "zh", language == "zh")


@pytest.mark.parametrize("name", ["bcma-car-t-escalation", "cd19-car-nk-escalation"])
def test_the_decision_table_covers_every_count_that_a_dose_can_reach(name):
    """Every position before the end, by whole cohorts, that the exact engine reaches at any dose; 15 of 18 is one of them."""
    protocol = read_protocol((ROOT / "examples" / f"{name}.yaml").read_text(encoding="utf-8"), name)
    policy = dose_policy(protocol)
    rows = {row["n"] for row in decision_rows(policy)}
    reached = {3}
    first = list(policy.observation.channels).index(Channel.N)
    for layer in compile_graph(policy).layers:
        subjects = layer.counts[layer.going][:, :, first]
        reached |= {int(n) for n in subjects.ravel() if n}
    assert max(reached) >= policy.max_subjects - 3
    assert reached <= rows

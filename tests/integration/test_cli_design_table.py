"""`celltrial design table` as a person meets it: export, edit, check, compare, score, put into the protocol."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"


@pytest.fixture
def exported(celltrial, tmp_path) -> Path:
    path = tmp_path / "table.csv"
    assert celltrial("design", "table", "export", EXAMPLE, "--out", path)[0] == 0
    return path


def with_design(tmp_path: Path, kind: str, params: str, modifiers: str = "[]") -> Path:
    """The example with another design."""
    text = EXAMPLE.read_text(encoding="utf-8")
    old = "    kind: boin\n    params: {target_dlt_rate: 0.30, cohort_size: 3, max_subjects: 18}\n    modifiers: []\n"
    assert old in text
    path = tmp_path / "other.yaml"
    new = f"    kind: {kind}\n    params: {params}\n    modifiers: {modifiers}\n"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_an_exported_table_is_the_protocols(celltrial, exported) -> None:
    code, out, _ = celltrial("design", "table", "diff", exported, EXAMPLE)
    assert (code, "same" in out) == (0, True)
    assert exported.read_text(encoding="utf-8").startswith("n,0,1,2,3")
    assert celltrial("design", "table", "export", EXAMPLE)[1] == exported.read_text(encoding="utf-8")


def test_the_unedited_table_scores_as_the_protocol(celltrial, exported) -> None:
    code, out, _ = celltrial("design", "table", "score", exported, EXAMPLE, "--json")
    found = json.loads(out)
    assert (code, found["changes"], found["warnings"]) == (0, [], [])
    for one, two in zip(found["original"], found["edited"], strict=True):
        assert one["exact"] is two["exact"] is True
        assert one["prob_select"] == pytest.approx(two["prob_select"], abs=1e-13)


def test_an_edited_cell_is_shown_and_scored(celltrial, exported) -> None:
    text = exported.read_text(encoding="utf-8")
    exported.write_text(text.replace("\n3,E,S,D,DU\n", "\n3,E,E,D,DU\n"), encoding="utf-8")
    code, out, _ = celltrial("design", "table", "diff", EXAMPLE, exported, "--json")
    assert (code, json.loads(out)) == (1, [{"n": 3, "dlt": 1, "before": "S", "after": "E"}])
    code, out, _ = celltrial("design", "table", "score", exported, EXAMPLE, "--json")
    found = json.loads(out)
    assert found["changes"] == [{"n": 3, "dlt": 1, "before": "S", "after": "E"}]
    toxic = [scenario["scenario"] for scenario in found["original"]].index("mtd-middle")
    assert sum(found["edited"][toxic]["expected_dlt"]) > sum(found["original"][toxic]["expected_dlt"])
    for language in ("en", "zh"):
        code, out, _ = celltrial("design", "table", "score", exported, EXAMPLE, "--lang", language)
        assert code == 0
        assert "DL3" in out


def test_a_table_becomes_the_protocols_design(celltrial, exported, tmp_path) -> None:
    new = tmp_path / "new.yaml"
    code, out, _ = celltrial("design", "table", "import", exported, EXAMPLE, "--out", new)
    assert (code, str(new) in out.replace("\n", "")) == (0, True)
    before, after = EXAMPLE.read_text(encoding="utf-8"), new.read_text(encoding="utf-8")
    design = read_protocol(after, str(new)).escalation.design
    assert design.kind == "decision_table"
    assert len(design.params["rows"]) == design.params["max_subjects"] == 18
    cut = re.compile(r"(?ms)^    kind: \w+\n    params:.*?(?=^    modifiers)")
    assert cut.sub("", before) == cut.sub("", after)  # nothing else changed
    assert celltrial("design", "table", "diff", new, EXAMPLE)[0] == 0
    assert celltrial("design", "table", "import", exported, EXAMPLE, "--out", new)[0] == 2  # exists


@pytest.mark.parametrize(
    "design",
    [
        "  design: {kind: boin, params: {target_dlt_rate: 0.30, cohort_size: 3, max_subjects: 18}, modifiers: []}\n",
        "  design: {kind: boin, modifiers: [], params: {target_dlt_rate: 0.30, cohort_size: 3, max_subjects: 18}}\n",
        "  design:\n    kind: boin # agreed\n    modifiers: []\n    params: # as published\n"
        + "".join(f"      {item}\n" for item in ("target_dlt_rate: 0.30", "cohort_size: 3", "max_subjects: 18")),
    ],
)
def test_however_the_design_is_written_it_is_replaced(celltrial, exported, tmp_path, design) -> None:
    text = re.sub(r"(?ms)^  design:\n.*?(?=^  dlt:)", design, EXAMPLE.read_text(encoding="utf-8"))
    old, new = tmp_path / "old.yaml", tmp_path / "new.yaml"
    old.write_text(text, encoding="utf-8")
    code, _, err = celltrial("design", "table", "import", exported, old, "--out", new)
    assert (code, err) == (0, "")
    assert celltrial("design", "table", "diff", new, EXAMPLE)[0] == 0


def test_a_design_without_a_table_is_told_so(celltrial, exported, tmp_path) -> None:
    other = with_design(tmp_path, "3+3", "{mtd_rule: previous}")
    code, _, err = celltrial("design", "table", "export", other)
    assert (code, err.startswith("APP-130"), "boin" in err) == (2, True, True)
    code, _, err = celltrial("design", "table", "score", exported, other)
    assert (code, err.startswith("APP-131")) == (2, True)
    code, out, _ = celltrial("design", "table", "score", exported, other, "--target", 0.3, "--json")
    found = json.loads(out)
    assert (code, found["changes"], found["params"]["cohort_size"]) == (0, None, 3)
    assert celltrial("design", "table", "score", exported, other, "--target", 1.3)[0] == 2


def test_modifiers_hold_for_the_table_too(celltrial, exported, tmp_path) -> None:
    frame = "{target_dlt_rate: 0.30, cohort_size: 3, max_subjects: 18}"
    other = with_design(tmp_path, "boin", frame, "[{kind: enough_at_dose, params: {n: 6, only_if_staying: false}}]")
    code, out, _ = celltrial("design", "table", "score", exported, other, "--json")
    found = json.loads(out)
    assert code == 0
    for one, two in zip(found["original"], found["edited"], strict=True):
        assert one["prob_select"] == pytest.approx(two["prob_select"], abs=1e-13)
    assert found["edited"][0]["n_distribution"] != {"18": 1.0}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_bad_tables_exit_2_with_their_place(celltrial, tmp_path, language) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("n,0,1\n1,E,Q\n", encoding="utf-8")
    for command in (("import", bad), ("diff", bad, EXAMPLE), ("score", bad, EXAMPLE)):
        code, out, err = celltrial("design", "table", *command, "--lang", language)
        assert (code, out) == (2, "")
        assert f"DSG-015: {bad}:2:5" in err
    code, _, err = celltrial("design", "table", "import", tmp_path / "none.csv", "--lang", language)
    assert (code, err.startswith("APP-001")) == (2, True)
    code, _, err = celltrial("design", "table", "import", bad, "--out", tmp_path / "x.yaml", "--lang", language)
    assert (code, err.startswith("APP-132")) == (2, True)
    bad.write_bytes(b"\xff\xfe\x00")
    assert celltrial("design", "table", "import", bad, "--lang", language)[0] == 2

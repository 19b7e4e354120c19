"""`celltrial try` on every example and template: every experiment, one step by step, both languages, JSON, bad names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from celltrial.guideline.experiments import EXPERIMENTS
from celltrial.protocol.templates import template_names

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.yaml"))
BCMA = next(path for path in EXAMPLES if path.stem.startswith("bcma"))
TIL = next(path for path in EXAMPLES if path.stem.startswith("til"))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_goes_through_every_experiment(celltrial, path, lang):
    code, out, err = celltrial("try", path, "--lang", lang)
    assert (code, err) == (0, "")
    assert [name for name in EXPERIMENTS if f"{name}:" not in out.replace("：", ":")] == []
    assert not re.search(r"[{}]|tried\.|try\.", out)


@pytest.mark.parametrize("name", template_names())
def test_every_template_is_tried(celltrial, tmp_path, name):
    path = tmp_path / "protocol.yaml"
    assert celltrial("new", path, "--template", name)[0] == 0
    code, out, err = celltrial("try", path, "--json")
    assert (code in {0, 1}, err) == (True, "")
    assert [item["experiment"] for item in json.loads(out)["experiments"]] == [*EXPERIMENTS]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_one_experiment_is_shown_step_by_step_with_its_conditions(celltrial, name):
    [found] = json.loads(celltrial("try", BCMA, name, "--json")[1])["experiments"]
    for lang in ("en", "zh"):
        code, out, _ = celltrial("try", BCMA, name, "--lang", lang)
        assert code == 0
        assert out.count("\n") > len(found["steps"])
        for step in found["steps"]:
            assert all(item["id"] in out for item in step["conditions"])
    assert all(step["conditions"] for step in found["steps"] if step["answer"] == "refused")


def test_a_protocol_that_does_not_hold_exits_1_and_says_where(celltrial, tmp_path):
    text = TIL.read_text(encoding="utf-8")
    begin = text.index("    - id: E-05")
    end = text.index("    - id: E-06")
    path = tmp_path / "open.yaml"
    path.write_text(text[:begin] + text[end:], encoding="utf-8")
    code, out, _ = celltrial("try", path, "pregnant")
    assert code == 1
    assert "2.1.2.1-b not held" in out
    found = json.loads(celltrial("review", path, "--clause", "2.1.2.1-b", "--json")[1])
    assert [(item["code"], item["experiment"]) for item in found["findings"]] == [("tried_pregnant", "pregnant")]
    assert found["blocks_approval"]


def test_a_name_that_is_no_experiment_is_said_with_those_there_are(celltrial):
    code, out, err = celltrial("try", BCMA, "nonsense")
    assert (code, out) == (2, "")
    assert "APP-285" in err
    assert "in-flight" in err

"""CDISC CORE on exported SDTM: every rule that finds something is explained in `docs/validation/submission.md`, and planted faults are found.

Needs a side environment (`CELLTRIAL_CORE_PYTHON`) and `../shared/tools/core`; skips without.
"""

from __future__ import annotations

import json
import os
import re
import subprocess

import pytest

from celltrial.app.file_formats import FileFormat
from celltrial.app.planning import open_protocol
from celltrial.app.reading_once import read_whole
from celltrial.app.simulating import simulate_into
from celltrial.app.submitting import make_submission
from celltrial.conduct.envelope import Actor, Role
from celltrial.core.progress import Silent
from celltrial.datasets import DataCut

MANAGER = Actor("dm", Role.DATA_MANAGER, None, "Data manager")

pytestmark = [pytest.mark.long, pytest.mark.shared]


@pytest.fixture(scope="module")
def judge(shared):
    python, runner = os.environ.get("CELLTRIAL_CORE_PYTHON", ""), shared / "tools" / "core" / "run_core.py"
    if not python or not runner.exists():
        pytest.skip(
            "needs CELLTRIAL_CORE_PYTHON, a Python 3.12 with cdisc-rules-engine 0.17.1 and jsonpath-ng 1.8.0, "
            "and ../shared/tools/core/run_core.py"
        )

    def run(folder):
        out = folder.parent / f"{folder.name}.issues.json"
        command = [python, str(runner), str(folder), "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
        assert out.exists(), done.stderr
        found = json.loads(out.read_text(encoding="utf-8"))
        return found["summary"], {one["rule"]: one["cited"] for one in found["found"] if one["status"] == "issues"}

    return run


@pytest.fixture(scope="module")
def whole(tmp_path_factory, request):
    where = tmp_path_factory.mktemp("core") / "trial.db"
    example = request.config.rootpath / "examples" / "bcma-car-t-escalation.yaml"
    simulate_into(where, open_protocol(example), seed=1, scenario=None, years=2, progress=Silent())
    return read_whole(str(where), None)


def written(whole, form, folder, change=None):
    folder.mkdir()
    for name, content in make_submission(whole, DataCut(), MANAGER, form, "en").files.items():
        (folder / name).write_bytes(change(name, content) if change else content)
    return folder


def explained(root):
    text = (root / "docs" / "validation" / "submission.md").read_text(encoding="utf-8")
    return set(re.findall(r"CORE-\d{6}", text))


def test_core_finds_nothing_that_is_not_explained_and_the_same_in_both_forms(judge, whole, tmp_path, request):
    summaries = []
    for form in (FileFormat.XPT, FileFormat.DATASET_JSON):
        summary, issues = judge(written(whole, form, tmp_path / form.value))
        assert set(issues) <= explained(request.config.rootpath), issues
        assert summary["passed"] > 250
        assert summary["errors"] == 0
        summaries.append((summary["passed"], summary["skipped"], summary["not_run"], sorted(issues)))
    assert summaries[0] == summaries[1]


def test_core_finds_planted_faults(judge, whole, tmp_path):
    def change(name, content):
        if name != "ae.json":
            return content
        said = json.loads(content)
        place = {column["name"]: number for number, column in enumerate(said["columns"])}
        first, second = said["rows"][0], said["rows"][1]
        first[place["AESER"]] = "N"
        first[place["AESLIFE"]] = "Y"
        second[place["AESTDY"]] = 999
        return json.dumps(said).encode()

    _, issues = judge(written(whole, FileFormat.DATASET_JSON, tmp_path / "planted", change))
    cited = {rule for rules in issues.values() for rule in rules}
    assert "CG0041" in cited, "AESER N beside a criterion that is met"
    assert "CG0220" in cited, "a study day that its date does not give"

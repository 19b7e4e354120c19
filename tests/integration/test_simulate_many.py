"""Many virtual trials of one plan: figures with their error, and any trial of the run replayed alone into a ledger."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from celltrial.app.planning import open_protocol
from celltrial.app.repeating import figure, repeat, seed_of
from celltrial.app.simulating import simulate_into
from celltrial.core.progress import Silent

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
REGIMEN = EXAMPLES / "regimens" / "weight-bands.yaml"


def test_a_trial_of_a_run_is_the_one_that_is_replayed(tmp_path):
    """Three trials: their figures are those of the three written one by one."""
    protocol = open_protocol(REGIMEN)
    found = repeat(protocol, trials=3, seed=5, scenario=None, years=0.5, progress=Silent())
    alone = [
        simulate_into(tmp_path / f"{k}.db", protocol, seed=seed_of(5, k), scenario=None, years=0.5, progress=Silent())
        for k in (1, 2, 3)
    ]
    infused = [done.infused for done in alone]
    assert len(set(infused)) > 1, "the trials differ"
    assert found.infused.mean == pytest.approx(sum(infused) / 3)
    assert found.enrolled.mean == pytest.approx(sum(done.enrolled for done in alone) / 3)
    assert found.infused_share.mean == pytest.approx(sum(done.infused / done.enrolled for done in alone) / 3)
    assert found.crossed is None
    assert found.days_to_analysis is None


def test_the_error_is_that_of_a_mean():
    values = [2.0, 4.0, 9.0]
    spread = math.sqrt(sum((value - 5.0) ** 2 for value in values) / 2)
    assert figure(values).error == pytest.approx(spread / math.sqrt(3))
    assert math.isnan(figure([1.0]).error)


def test_the_command_prints_figures_or_replays_a_trial(celltrial, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = celltrial("simulate", REGIMEN, "--trials", "2", "--years", "0.3", "--seed", "5", "--json")
    assert code == 0, err
    data = json.loads(out)
    assert (data["trials"], data["seed"], data["scenario"]) == (2, 5, "expected")
    assert list(tmp_path.iterdir()) == []
    code, out, err = celltrial("simulate", REGIMEN, "--trials", "2", "--years", "0.3", "--lang", "zh")
    assert code == 0, err
    assert "蒙特卡洛标准误" in out
    code, out, err = celltrial("simulate", REGIMEN, "--replay", "2", "--years", "0.3", "--seed", "5", "--json")
    assert code == 0, err
    assert json.loads(out)["seed"] == 6
    assert (tmp_path / "trial.db").exists()

"""Many virtual trials of one plan: figures with their error, and any trial of the run replayed alone into a ledger."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from celltrial.app import repeating
from celltrial.app.planning import open_protocol
from celltrial.app.repeating import figure, repeat, seed_of, share
from celltrial.app.simulating import simulate_into
from celltrial.core.progress import Silent
from celltrial.simulation.twin import TwinSummary

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
REGIMEN = EXAMPLES / "regimens" / "weight-bands.yaml"
SUMMARY = TwinSummary("T", "expected", 5, 3, 3, 1, 9, {}, date(2025, 4, 1), None)


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
    assert figure([1.0]).error is None
    assert figure([0.0, 0.0, 0.0]).error is None, "trials that do not differ do not make the next one certain"


def test_none_of_few_trials_is_not_none_of_all():
    """The upper end after no event is 1 - 0.025^(1/n), and its mirror after nothing but events."""
    never, always = share([False] * 5), share([True] * 5)
    assert (never.mean, never.low, always.mean, always.high) == (0.0, 0.0, 1.0, 1.0)
    assert never.high == pytest.approx(1 - 0.025 ** (1 / 5))
    assert always.low == pytest.approx(0.025 ** (1 / 5))


def test_what_no_trial_came_to_is_said_and_is_no_number(celltrial):
    """In five weeks nobody is infused and nothing is looked at; none of two trials was suspended."""
    asked = ("simulate", REGIMEN, "--trials", "2", "--years", "0.1", "--seed", "5")
    code, out, err = celltrial(*asked)
    assert code == 0, err
    said = " ".join(out.split())
    assert "Infused: 0.0, without an error: of 2 trials none differs" in said
    assert "no trial came to a look" in said
    assert "no trial came so far" in said
    assert "Suspended at least once: 0.0 % of 2 trials, interval 0.0 to 84.2 %" in said
    assert "± 0.00" not in said
    code, out, err = celltrial(*asked, "--json")
    data = json.loads(out)
    assert (data["infused"]["error"], data["crossed"], data["suspended"]["low"]) == (None, None, 0.0)
    assert data["suspended"]["high"] == pytest.approx(1 - 0.025 ** (1 / 2))


def test_where_nobody_is_enrolled_no_share_of_them_was_infused(monkeypatch):
    nobody = replace(SUMMARY, enrolled=0, infused=0)
    monkeypatch.setattr(repeating, "simulate_trial", lambda *_, **__: nobody)
    found = repeat(open_protocol(REGIMEN), trials=2, seed=5, scenario=None, years=0.1, progress=Silent())
    assert found.infused_share is None


def test_a_replay_within_a_run_that_writes_nothing_is_refused(celltrial, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = celltrial("simulate", REGIMEN, "--trials", "2", "--replay", "2", "--years", "0.3")
    assert code == 2
    assert err.startswith("APP-289")
    assert list(tmp_path.iterdir()) == []


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

"""A protocol that leaves open what a virtual trial needs is told so by field, and no file is left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from celltrial.protocol import canonical_json, read_protocol

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"


def without_sites(plan):
    del plan["sites"]


def without_rules_for_what_is_simulated(plan):
    [rule] = [item for item in plan["escalation"]["dlt"]["rules"] if item["term"] == "any"]
    plan["escalation"]["dlt"]["rules"] = [rule | {"term": "Infection"}]


@pytest.mark.parametrize(
    ("edit", "field"),
    [(without_sites, "sites"), (without_rules_for_what_is_simulated, "escalation.dlt.rules")],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_gap_of_the_protocol_is_named_by_its_field(celltrial, tmp_path, edit, field, language):
    plan = json.loads(canonical_json(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)))
    edit(plan)
    file, ledger = tmp_path / "plan.yaml", tmp_path / "trial.db"
    file.write_text(json.dumps(plan), encoding="utf-8")
    code, _, err = celltrial("simulate", file, "--ledger", ledger, "--lang", language)
    assert code == 2, err
    assert err.startswith("SIM-205")
    assert f"`{field}`" in err
    assert not ledger.exists()

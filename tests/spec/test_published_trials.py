"""Trials written in from published facts: each field has its source, and the review claims nothing that nobody stated."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from celltrial.guideline.references import well_formed
from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.protocol import read_protocol

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "examples" / "published").glob("*.yaml"))
JUDGED = tomllib.loads((ROOT / "docs" / "validation" / "published_trials.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def trial(request):
    return request.param.stem, read_protocol(request.param.read_text(encoding="utf-8"), request.param.name)


def test_there_are_three():
    assert [path.stem for path in FILES] == sorted(JUDGED) == ["c-144-01", "eliana", "zuma-1"]


def test_every_source_can_be_looked_up_and_every_published_field_names_its_place(trial):
    _, protocol = trial
    listed = {item.id: item for item in protocol.references}
    assert all(well_formed(item, protocol.identification.version_date) for item in listed.values())
    published = [item for item in protocol.provenance if item.kind == "published"]
    assert len(published) >= 4
    assert all(item.reference in listed and item.place for item in published)


def test_what_is_not_published_is_found_and_blocks(trial):
    name, protocol = trial
    found = review(protocol, packaged_register())
    assert len(found.blockers) > 20
    codes = {f"{verdict.clause.id} {item.code}" for verdict in found.verdicts for item in verdict.findings}
    assert set(JUDGED[name]) <= codes
    assert {row["class"] for row in JUDGED[name].values()} <= {"agree", "disagree"}
    assert all(row["why"] for row in JUDGED[name].values())


def test_a_trial_without_a_lowest_age_is_not_said_to_want_children():
    text = (ROOT / "examples" / "published" / "c-144-01.yaml").read_text(encoding="utf-8")
    found = review(read_protocol(text, "c-144-01.yaml"), packaged_register())
    assert [item.code for item in found.by_clause["2.1.1.3-b"].findings] == ["lowest_age_not_stated"]

"""What a protocol is asked, recorded and signed by has a word: an empty one would name nothing, and any blank form would be it."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from celltrial.core.errors import UserError
from celltrial.core.reading.yaml_text import read_document
from celltrial.protocol import read_protocol

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NAMED = (
    "trial.objectives.0.id", "dose.levels.0.label", "treatment.lymphodepletion.drugs.0.drug", "efficacy.endpoints.0.id",
    "efficacy.visits.0.name", "population.consents.main_version", "population.consents.follow_up_version",
    "manufacturing.process_version", "manufacturing.release_tests.0", "sites.resources.0.name", "sites.operators.0.procedure",
    "escalation.dlt.rules.0.id", "escalation.dlt.rules.0.term", "statistics.sets.0.id", "risk_plan.risks.0.term",
)  # fmt: skip


@pytest.fixture(scope="module")
def data():
    path = EXAMPLES / "bcma-car-t-escalation.yaml"
    return read_document(path.read_text(encoding="utf-8"), path.name).data


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize("place", NAMED)
def test_a_blank_is_refused_at_its_field(data, place, blank):
    changed = copy.deepcopy(data)
    *path, last = (int(part) if part.isdigit() else part for part in place.split("."))
    here = changed
    for part in path:
        here = here[part]
    assert here[last]
    here[last] = blank
    with pytest.raises(UserError) as caught:
        read_protocol(json.dumps(changed, ensure_ascii=False, default=str), "p.json")
    assert {item.params.get("field") for item in caught.value.faults} == {place}

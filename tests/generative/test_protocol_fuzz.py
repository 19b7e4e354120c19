"""Study files with any part left out, doubled or replaced: faults or a review in both languages, never another error."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrial.core.errors import UserError
from celltrial.core.reading.yaml_text import Document
from celltrial.guideline.agency import draft_questions
from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.guideline.wording import finding_text
from celltrial.locale import LANGUAGES, has, translate
from celltrial.locale.wording import fault_sentence
from celltrial.protocol import canonical_json, read_protocol
from celltrial.protocol.reading import parse_protocol

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.yaml"))
DATA = [json.loads(canonical_json(read_protocol(path.read_text(encoding="utf-8"), path.name))) for path in EXAMPLES]
VALUES: list[Any] = [
    None, [], {}, "", 0, -1, 1, 2, 1e18, 0.5, -0.5, 1e-300, True, False, "x", "28 d", "0 d", "200 y", "none", [[]], [{}],
    {"en": "a", "zh": "b"}, ["a", "a"], [1, 2], "\u202e", "{0}", "{a}", "%s", "1e6", "2025-01-01",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every part."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, part in items for found in [(*path, key), *places(part, (*path, key))]]


def changed(data: Any, pick: st.DataObject) -> Any:
    """Return the data with one to three parts left out, doubled or replaced."""
    data = copy.deepcopy(data)
    for _ in range(pick.draw(st.integers(1, 3))):
        path = pick.draw(st.sampled_from(places(data)))
        here = data
        for key in path[:-1]:
            here = here[key]
        act = pick.draw(st.sampled_from(["replace", "replace", "leave out", "double"]))
        if act == "leave out":
            del here[path[-1]]
        elif act == "double" and isinstance(here, list):
            here.append(copy.deepcopy(here[path[-1]]))
        else:
            here[path[-1]] = copy.deepcopy(pick.draw(st.sampled_from(VALUES)))
    return data


def answered(data: Any) -> bool:
    """Read and review; put whatever is said into words in both languages; tell whether it was a protocol."""
    try:
        protocol = parse_protocol(Document("p.yaml", data, {}))
    except UserError as error:
        assert error.faults
        assert all(fault_sentence(item, language) for item in error.faults for language in LANGUAGES)
        return False
    found = review(protocol, packaged_register())
    assert len(found.verdicts) == 140
    for verdict in found.verdicts:
        for item in verdict.findings:
            assert all(finding_text(item, language, translate=translate, has=has).remedy for language in LANGUAGES)
    draft_questions(found)
    assert review(protocol, packaged_register()) == found
    return True


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(pick=st.data())
def test_any_change_gives_faults_or_the_same_review_twice(pick):
    answered(changed(pick.draw(st.sampled_from(DATA)), pick))


@pytest.mark.long
@settings(max_examples=5000, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(pick=st.data())
def test_very_many_changes(pick):
    answered(changed(pick.draw(st.sampled_from(DATA)), pick))

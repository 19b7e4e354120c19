"""Differences between two protocols: none where they are equal, one where one thing changed, at its name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rehearsal import with_fields

from celltrial.protocol import Protocol, canonical_json, read_protocol
from celltrial.protocol.differences import DifferenceKind, differences

FILE = Path(__file__).resolve().parents[3] / "examples" / "bcma-car-t-escalation.yaml"
PLAN = read_protocol(FILE.read_text(encoding="utf-8"), FILE.name)
DATA = PLAN.model_dump(mode="json")


def leaves(value, path=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


LEAVES = [(path, value) for path, value in leaves(DATA) if isinstance(value, str | int | float | bool)]


def changed(path, value):
    data = json.loads(json.dumps(DATA))
    here = data
    for part in path[:-1]:
        here = here[part]
    here[path[-1]] = value
    return data


def test_nothing_differs_from_itself():
    assert differences(PLAN, Protocol.model_validate(DATA)) == ()


@pytest.mark.parametrize(
    ("path", "value", "shown", "kind"),
    [
        ("population.criteria.3.value", 4, "population.criteria.I-04.value", DifferenceKind.RULE),
        ("escalation.dlt.window", "35 d", "escalation.dlt.window", DifferenceKind.RULE),
        ("trial.indication.en", "Another", "trial.indication", DifferenceKind.PROSE),
        ("stopping", None, "stopping", DifferenceKind.RULE),
        ("provenance", (), None, DifferenceKind.RECORD),
    ],
)
def test_one_edit_is_named_where_a_person_looks_for_it(path, value, shown, kind):
    found = differences(PLAN, with_fields(PLAN, {path: value}))
    assert {item.kind for item in found} == {kind}
    if shown is not None:
        assert [item.path for item in found] == [shown]


def test_an_inserted_criterion_is_one_difference_not_a_shift_of_all_that_follow():
    criteria = DATA["population"]["criteria"]
    extra = {**criteria[0], "id": "I-99"}
    found = differences(PLAN, with_fields(PLAN, {"population.criteria": [extra, *criteria]}))
    assert [item.path for item in found] == ["population.criteria.I-99"]
    assert found[0].before == ""
    assert json.loads(found[0].after)["id"] == "I-99"


def test_another_order_is_a_difference():
    criteria = DATA["population"]["criteria"]
    found = differences(PLAN, with_fields(PLAN, {"population.criteria": [criteria[1], criteria[0], *criteria[2:]]}))
    assert [item.path for item in found] == ["population.criteria.order"]


@given(st.sampled_from(LEAVES), st.data())
def test_there_is_a_difference_exactly_where_the_documents_differ(leaf, data):
    """Any one value replaced by another of its type: a difference exactly if the canonical texts differ."""
    path, old = leaf
    values = {bool: st.booleans(), int: st.integers(0, 99), float: st.floats(0, 1), str: st.text("ab", min_size=1)}
    document = changed(path, data.draw(values[type(old)]))
    try:
        other = Protocol.model_validate(document)
    except ValueError:
        return
    found = differences(PLAN, other)
    assert bool(found) == (canonical_json(other) != canonical_json(PLAN))
    for item in found:
        assert item.section == path[0]
        assert item.before != item.after
    back = differences(other, PLAN)
    assert {(one.path, one.before, one.after) for one in back} == {(one.path, one.after, one.before) for one in found}

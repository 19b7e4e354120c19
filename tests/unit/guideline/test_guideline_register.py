"""Registers: guideline as versioned data."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from celltrial.core.errors import UserError
from celltrial.guideline.comparison import compare_registers
from celltrial.guideline.register import PACKAGED_REGISTERS, packaged_register, parse_register
from celltrial.guideline.trigger import names_of
from celltrial.locale import has


def small(**changes):
    clause = {
        "id": "9-a",
        "section": "9",
        "heading": "九",
        "strength": "should",
        "actors": ["sponsor"],
        "trigger": "always",
        "module": "plan",
        "kinds": ["protocol_field_rule"],
        "capabilities": ["P1"],
        "zh": "应",
        "en": "Do it",
    }
    head = {
        "id": "r",
        "version": "1",
        "sample": True,
        "title": {"zh": "题", "en": "T"},
        "note": {"zh": "注", "en": "N"},
    }
    return head | {"clauses": [clause | changes]}


def faults_of(data, **named):
    with pytest.raises(UserError) as caught:
        parse_register(data if isinstance(data, str) else json.dumps(data), **named)
    return [item.id for item in caught.value.faults]


def test_strengths_of_the_draft(register):
    assert Counter(clause.strength.value for clause in register.clauses.values()) == {
        "should": 75,
        "consider": 18,
        "may": 22,
        "informational": 25,
    }
    assert not register.sample


def test_every_clause_is_complete(register):
    for clause in register.clauses.values():
        assert clause.id.startswith(clause.section + "-")
        assert clause.heading[0] in "一二三"
        assert clause.text("zh").endswith("。")
        assert clause.text("en").endswith(".")
        assert clause.capabilities
        names_of(clause.trigger)


def test_sample_register_says_so_in_both_languages():
    sample = packaged_register("sample-2021")
    assert sample.sample
    assert "SAMPLE" in sample.title["en"]
    assert "示例" in sample.title["zh"]
    assert len(PACKAGED_REGISTERS) == 2


def test_two_registers_side_by_side(register):
    changes = {item.clause: item for item in compare_registers(register, packaged_register("sample-2021"))}
    assert set(changes) == {"1.1-b", "2.2.5-b", "2.2.5-d", "3.1-h", "3.1-x1"}
    assert changes["3.1-h"].fields == ("params", "zh", "en")
    assert changes["2.2.5-b"].fields == ("strength", "zh", "en")
    assert changes["2.2.5-d"].after is None
    assert changes["3.1-x1"].before is None
    assert compare_registers(register, register) == ()


@pytest.mark.parametrize(
    ("changes", "fault_id"),
    [
        ({"strength": "must"}, "GDL-002"),
        ({"trigger": "unheard_of"}, "GDL-004"),
        ({"zh": ""}, "GDL-002"),
        ({"capabilities": []}, "GDL-002"),
        ({"actors": "sponsor"}, "GDL-002"),
        ({"params": {"years": "15"}}, "GDL-002"),
        ({"surprise": 1}, "GDL-002"),
    ],
)
def test_a_wrong_field_is_named(changes, fault_id):
    assert faults_of(small(**changes)) == [fault_id]


def test_other_faults_of_a_register():
    data = small()
    assert faults_of("{") == ["GDL-001"]
    assert faults_of("[]") == ["GDL-002"]
    assert faults_of({**data, "clauses": data["clauses"] * 2}) == ["GDL-003"]
    assert faults_of({**data, "clauses": None}) == ["GDL-002"]
    assert faults_of({**data, "clauses": [3]}) == ["GDL-002"]
    assert faults_of({**data, "title": "T", "sample": "no", "version": ""}) == ["GDL-002"] * 3


def test_faults_of_a_register_made_of_differences():
    base = parse_register(json.dumps(small()))
    head = {name: value for name, value in small().items() if name != "clauses"} | {"base": "r"}
    assert faults_of(head) == ["GDL-006"]
    assert faults_of({**head, "base": "other"}, base=base) == ["GDL-006"]
    assert faults_of({**head, "overrides": [{"id": "8-a"}]}, base=base) == ["GDL-005"]
    assert faults_of({**head, "overrides": [3]}, base=base) == ["GDL-005"]
    assert faults_of({**head, "removed": ["8-a"]}, base=base) == ["GDL-005"]
    assert faults_of({**head, "added": "x"}, base=base) == ["GDL-002"]
    assert parse_register(json.dumps({**head, "removed": ["9-a"]}), base=base).clauses == {}


def test_unknown_names_are_refused(register):
    with pytest.raises(UserError, match="GDL-006"):
        packaged_register("../secrets")
    with pytest.raises(UserError, match="GDL-005"):
        register.clause("9.9-z")
    assert register.clause("3.1-h").params == {"years": 15.0}
    for number in range(1, 7):
        assert has(f"GDL-{number:03d}")


@given(text=st.text(max_size=80))
def test_any_text_is_read_or_refused(text):
    with pytest.raises(UserError):
        parse_register(text)


@given(
    value=st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    ),
    name=st.sampled_from([*small()["clauses"][0], "params"]),
)
def test_any_value_in_a_clause_is_read_or_refused(value, name):
    try:
        parse_register(json.dumps(small(**{name: value})))
    except UserError as error:
        assert {item.id for item in error.faults} <= {"GDL-002", "GDL-004"}

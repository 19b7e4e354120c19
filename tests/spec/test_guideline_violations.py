"""Edits that a sponsor could make of the shipped examples: each breaks its clause and is found there, and no harmless one is."""

from __future__ import annotations

import pytest

from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.guideline.texts import TEXTS, texts_at
from celltrial.guideline.verdict import Status
from celltrial.protocol import Protocol
from celltrial.protocol.consistency import check_consistency
from spec.guideline_edits import BCMA, CD19, CIK, Violation, data_of, edited, every_text, is_found, reviewed
from spec.harmless_edits import HARMLESS
from spec.violations_of_plans import VIOLATIONS as PLANS


def _name(violation: Violation) -> str:
    return f"{violation[0]} {violation[2]}"


@pytest.mark.parametrize("violation", PLANS, ids=_name)
def test_a_violation_is_found_at_its_clause(violation):
    assert is_found(violation)


@pytest.mark.parametrize("said", ["TBD", "待定", "As per investigator", "按研究者判断", "N/A"])
@pytest.mark.parametrize("name", [BCMA, CD19, CIK])
def test_a_protocol_in_which_every_text_is_empty_has_a_finding_at_each_clause_that_asks_for_one(name, said):
    protocol = edited(
        name, *((section, every_text(said)) for section in data_of(name) if section in Protocol.model_fields)
    )
    answer = review(protocol, packaged_register())
    asked = {
        clause
        for clause, rows in TEXTS.items()
        for row in rows
        for _, text in texts_at(protocol, row.pattern)
        if not isinstance(text, str) and answer.by_clause[clause].status is not Status.NOT_APPLICABLE
    }
    assert len(asked) >= 20
    found = {
        item.clause.id for item in answer.verdicts if any(one.code == "text_says_nothing" for one in item.findings)
    }
    assert asked <= found
    assert len(answer.blockers) >= 10


@pytest.mark.parametrize("edit", HARMLESS, ids=lambda edit: edit[1])
def test_other_words_or_units_raise_nothing(edit):
    name, _, changes = edit
    protocol = edited(name, *changes)
    assert check_consistency(protocol) == []
    before = {(item.code, item.path) for verdict in reviewed(name).verdicts for item in verdict.findings}
    answer = review(protocol, packaged_register())
    found = [(item.code, item.path) for verdict in answer.verdicts for item in verdict.findings]
    assert [item for item in found if item not in before] == []

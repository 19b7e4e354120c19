"""Edits of every kind of product: a fault of content is found at its clause, other words are not faults."""

from __future__ import annotations

import pytest

from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.protocol.consistency import check_consistency
from spec.edits_of_every_product import HARMLESS, SECOND_ROUND, VIOLATIONS
from spec.guideline_edits import edited, is_found, reviewed


def test_there_are_enough_of_both():
    assert len(VIOLATIONS) >= 60
    assert len(HARMLESS) >= 20
    assert len({example for _, example, _, _, _ in VIOLATIONS}) == 7


@pytest.mark.parametrize("violation", VIOLATIONS + SECOND_ROUND, ids=lambda one: f"{one[0]} {one[1]} {one[2]}")
def test_a_fault_of_content_is_found_at_its_clause(violation):
    assert is_found(violation)


@pytest.mark.parametrize("edit", HARMLESS, ids=lambda edit: f"{edit[0]} {edit[1]}")
def test_other_words_raise_nothing(edit):
    name, _, changes = edit
    protocol = edited(name, *changes)
    assert check_consistency(protocol) == []
    before = {(item.code, item.path) for verdict in reviewed(name).verdicts for item in verdict.findings}
    after = review(protocol, packaged_register())
    found = {(item.code, item.path) for verdict in after.verdicts for item in verdict.findings}
    assert found <= before

"""Edits that a fresh reader made: a fault of content is found at its clause, other words, units and order are not faults."""

from __future__ import annotations

import pytest

from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.protocol.consistency import check_consistency
from spec.further_edits import HARMLESS, VIOLATIONS
from spec.guideline_edits import edited, is_found, reviewed


@pytest.mark.parametrize("violation", VIOLATIONS, ids=lambda one: f"{one[0]} {one[1]} {one[2]}")
def test_a_fault_of_content_is_found_at_its_clause(violation):
    assert is_found(violation)


@pytest.mark.parametrize("edit", HARMLESS, ids=lambda edit: f"{edit[0]} {edit[1]}")
def test_other_words_units_and_order_raise_nothing(edit):
    name, _, changes = edit
    protocol = edited(name, *changes)
    assert check_consistency(protocol) == []
    before = {(item.code, item.path) for verdict in reviewed(name).verdicts for item in verdict.findings}
    found = {
        (item.code, item.path)
        for verdict in review(protocol, packaged_register()).verdicts
        for item in verdict.findings
    }
    assert found <= before

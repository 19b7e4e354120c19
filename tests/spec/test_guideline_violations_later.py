"""Edits of parts 2.2, 2.3, 2.4 and 3 that a sponsor could make: each is found at its clause, and no harmless one is."""

from __future__ import annotations

import pytest

from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.protocol.consistency import check_consistency
from spec.guideline_edits import Violation, edited, is_found, reviewed
from spec.harmless_of_later_parts import HARMLESS
from spec.siblings_of_later_parts import SIBLINGS
from spec.violations_of_later_parts import VIOLATIONS

REGISTER = packaged_register()


def _name(violation: Violation) -> str:
    return f"{violation[0]} {violation[2]}"


@pytest.mark.parametrize("violation", VIOLATIONS + SIBLINGS, ids=_name)
def test_a_violation_is_found_at_its_clause(violation):
    assert is_found(violation)


@pytest.mark.parametrize("edit", HARMLESS, ids=lambda edit: f"{edit[0]} {edit[1]}")
def test_a_change_of_words_or_units_brings_no_finding(edit):
    name, _, changes = edit
    protocol = edited(name, *changes)
    assert check_consistency(protocol) == []
    found = {
        (verdict.clause.id, item.code) for verdict in review(protocol, REGISTER).verdicts for item in verdict.findings
    }
    assert found <= {(verdict.clause.id, item.code) for verdict in reviewed(name).verdicts for item in verdict.findings}

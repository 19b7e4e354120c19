"""Edits of parts 2.2, 2.3, 2.4 and 3 that a sponsor could make: each is found at its clause, and no harmless one is."""

from __future__ import annotations

import pytest

from spec.guideline_edits import Violation, is_found
from spec.violations_of_later_parts import VIOLATIONS


def _name(violation: Violation) -> str:
    return f"{violation[0]} {violation[2]}"


@pytest.mark.parametrize("violation", [row for row in VIOLATIONS if row[0].startswith("2.3")], ids=_name)
def test_a_violation_is_found_at_its_clause(violation):
    assert is_found(violation)

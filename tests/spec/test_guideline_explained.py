"""Every verdict can be explained: what was asked, what was computed or read, and what would change it, in both languages."""

from __future__ import annotations

import json
import re

import pytest

from celltrial.cli.explain import change_text, explanation_data
from celltrial.guideline.checks import CHECKS
from celltrial.guideline.explaining import explain
from celltrial.guideline.reading import fields_read, findings_possible
from celltrial.guideline.register import packaged_register
from celltrial.guideline.verdict import Kind
from celltrial.locale import LANGUAGES, has
from spec.guideline_edits import BCMA, CD19, CIK, TIL, reviewed

NAMES = (BCMA, CD19, CIK, TIL)


@pytest.mark.parametrize("name", NAMES)
def test_every_clause_is_explained_with_what_would_change_it(name):
    review = reviewed(name)
    for clause in packaged_register().clauses:
        told = explain(review, clause)
        assert told.changes, clause
        for language in LANGUAGES:
            for item in told.changes:
                said = change_text(item, language)
                assert said
                assert not re.search(r"[{}]", said), (clause, said)
            data = json.loads(json.dumps(explanation_data(told, language)))
            assert data["asked"] == told.verdict.clause.text(language)


def test_each_kind_says_what_would_change_it():
    review = reviewed(CD19)
    changes = {
        item.kind: {change.code for change in explain(review, item.clause.id).changes} for item in review.verdicts
    }
    assert changes[Kind.NOT_APPLICABLE] == {"other_facts"}
    assert changes[Kind.COMPUTED] >= {"figure"} or changes[Kind.COMPUTED] >= {"tried"}
    assert "remedy" in changes[Kind.FINDING]
    assert "only_stated" in changes[Kind.STATED]
    assert "records" in changes[Kind.IN_CONDUCT]


def test_what_can_be_found_is_what_the_checks_say_and_has_its_words():
    codes = {code for clause in CHECKS for code in findings_possible(clause)}
    assert len(codes) > 150
    assert all(has(f"finding.{code}") and has(f"remedy.{code}") for code in codes)
    assert findings_possible("2.1.2.4-e") == ("resume_without_evaluation", "resume_items_waived")
    assert "escalation.staggering" in ".".join(fields_read("2.2.4-a"))


def test_what_is_found_after_an_edit_was_announced_before_it():
    edits = {
        "2.1.2.4-c": ("stopping.in_flight", None),
        "2.1.1.4-d": ("population.contraception_required", None),
        "2.1.3-j": ("manufacturing.not_treated_denominator", None),
    }
    before = reviewed(BCMA)
    for clause, edit in edits.items():
        announced = {item.possible for item in explain(before, clause).changes}
        assert {item.code for item in reviewed(BCMA, edit).by_clause[clause].findings} <= announced

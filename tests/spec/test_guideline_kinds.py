"""What a verdict is worth: computed, carried by evidence, only stated; and that a statement is never counted as met."""

from __future__ import annotations

import pytest

from celltrial.guideline.figures import FIGURES
from celltrial.guideline.grounds import EVIDENCE
from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.guideline.traces_data import ACTS
from celltrial.guideline.verdict import Kind, Status
from celltrial.guideline.wording import ground_text
from celltrial.locale import LANGUAGES, has, translate
from celltrial.protocol.model.base import Section
from spec.guideline_edits import BCMA, CD19, CIK, DC, NK, TCR, TIL, both, edited, evidence, reviewed

NAMES = (BCMA, NK, CD19, CIK, DC, TCR, TIL)


def here(section, path):
    """Return what is at a dotted path."""
    for part in path.split("."):
        if isinstance(section, Section):
            section = getattr(section, part)
        else:
            section = section[int(part)] if isinstance(section, tuple) else section[part]
    return section


@pytest.mark.parametrize("name", NAMES)
def test_every_kind_says_what_it_rests_on(name):
    answer, plan = reviewed(name), edited(name)
    assert sum(answer.counts.values()) == 140
    for verdict in answer.verdicts:
        if verdict.kind is Kind.COMPUTED:
            figures = [ground for ground in verdict.grounds if not ground.reference]
            assert figures
            assert all(item.found and item.limit and item.what and item.source for item in figures)
        if verdict.kind is Kind.EVIDENCED:
            assert all(ground.reference for ground in verdict.grounds)
        for ground in verdict.grounds:
            here(plan, ground.path)
            assert all(ground_text(ground, language, translate=translate, has=has) for language in LANGUAGES)
        if verdict.kind is Kind.STATED:
            assert verdict.grounds == ()
        if verdict.kind is Kind.IN_CONDUCT:
            assert ACTS[verdict.clause.id]
    assert answer.counts[Kind.STATED] > 0
    assert answer.counts[Kind.COMPUTED] >= 10


def test_every_ground_belongs_to_a_clause_of_the_register():
    assert set(FIGURES) | set(EVIDENCE) <= set(packaged_register().clauses)


def test_evidence_that_cannot_be_looked_up_or_gives_no_number_carries_nothing():
    good = [evidence("literature", "Response in 29 of 31 subjects", "qu2022")]
    sides = ("population.benefit_risk.0.expected_benefit", "population.benefit_risk.0.expected_risk")
    assert reviewed(BCMA, *((side, good) for side in sides)).by_clause["2.1.1-a"].kind is Kind.EVIDENCED
    vague = [evidence("literature", "Most subjects responded", "qu2022")]
    assert reviewed(BCMA, (sides[0], vague), (sides[1], good)).by_clause["2.1.1-a"].kind is Kind.STATED
    loose = [evidence("literature", "Response in 29 of 31 subjects")]
    assert reviewed(BCMA, (sides[0], loose), (sides[1], good)).by_clause["2.1.1-a"].kind is Kind.FINDING


def test_a_figure_moves_with_the_field_and_its_limit_with_the_register():
    before = reviewed(BCMA).by_clause["2.1.3-c"].grounds[0]
    after = reviewed(BCMA, ("treatment.vein_to_vein_expected", "40 d")).by_clause["2.1.3-c"].grounds[0]
    assert (before.found, before.limit, after.limit) == ("12 wk", ">= 63 d", ">= 68 d")
    years = reviewed(BCMA).by_clause["3.1-h"].grounds[0]
    assert (years.found, years.limit) == ("15 y", ">= 15 y")


def test_other_words_for_a_statement_do_not_make_it_more():
    causes = "manufacturing.failure_plan.causes_investigated"
    said = reviewed(BCMA, (causes, both("Considered at length in 2024, 99 % sure")))
    assert said.by_clause["2.1.3-e"].kind is Kind.STATED


def test_what_was_found_justified_or_does_not_apply_keeps_its_kind():
    answer = review(edited(CD19), packaged_register(), signed={"2.3.1-a"})
    assert answer.by_clause["2.3.1-a"].kind is Kind.JUSTIFIED
    assert {item.kind for item in answer.of_status(Status.FINDING)} == {Kind.FINDING}
    assert {item.kind for item in answer.of_status(Status.NOT_APPLICABLE)} == {Kind.NOT_APPLICABLE}
    assert {item.kind for item in answer.of_status(Status.CARRIED_OUT)} == {Kind.IN_CONDUCT}

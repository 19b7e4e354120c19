"""The review as a whole: applicability, justification, comparison, questions."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from celltrial.core.truth import Truth
from celltrial.guideline.agency import draft_questions
from celltrial.guideline.checks import CHECKS
from celltrial.guideline.comparison import compare_reviews
from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.guideline.risk_tier import Tier, risk_tier
from celltrial.guideline.verdict import CANNOT_EVALUATE, Kind, Severity, Status
from celltrial.protocol.consistency import check_consistency

TEXT = {"en": "Reason", "zh": "理由"}
EVIDENCE = {"kind": "clinical", "statement": TEXT, "reference": "qu2022"}


def signed(clause, *, evidence=True):
    return {
        "clause": clause,
        "reason": TEXT,
        "evidence": [EVIDENCE] if evidence else [],
        "signed_by": "sponsor lead",
        "signed_on": "2025-01-06",
    }


def test_every_clause_has_one_verdict(clean, edited, register):
    found = review(edited(clean("escalation")), register)
    assert [item.clause.id for item in found.verdicts] == list(register.clauses)
    assert sum(found.counts.values()) == 140
    assert set(CHECKS) <= set(register.clauses)


def test_checks_reach_every_second_level_section(register):
    sections = {".".join(clause.section.split(".")[:2]) for clause in register.clauses.values()}
    checked = {".".join(register.clauses[clause].section.split(".")[:2]) for clause in CHECKS}
    assert sections - checked <= {"3.2"} - checked
    assert len(CHECKS) > 90


def test_not_applicable_names_the_facts(clean, edited, register):
    found = review(edited(clean("cik")), register)
    verdict = found.by_clause["3.1-h"]
    assert verdict.status is Status.NOT_APPLICABLE
    assert verdict.applicability.because == {"exogenous_gene": False, "vector_integration": "none"}
    assert all(item.applicability.because for item in found.of_status(Status.NOT_APPLICABLE))


def test_unknown_applies_and_is_flagged(clean, edited, register):
    data = clean("escalation")
    found = review(edited(data, ("product.vector.kind", "other"), ("product.vector.integration", None)), register)
    assert "vector_integration" in found.missing_facts
    for clause in ("3.1-g", "3.1-h"):
        verdict = found.by_clause[clause]
        assert verdict.applicability.truth is Truth.UNKNOWN
        assert verdict.status is not Status.NOT_APPLICABLE


def test_whether_an_mtd_is_found_is_known_only_where_none_is_sought(clean, edited, register):
    data = clean("escalation")
    without = review(edited(data, ("escalation.mtd_needed", False)), register)
    assert without.by_clause["2.2.1.1-f"].applicability.truth is Truth.TRUE
    sought = review(edited(data, ("escalation.mtd_needed", True)), register)
    assert sought.by_clause["2.2.1.1-f"].applicability.truth is Truth.UNKNOWN
    assert sought.by_clause["2.2.1.1-f"].kind is Kind.STATED
    assert "mtd_determined" not in sought.missing_facts


def test_a_signed_justification_with_evidence_closes_a_finding(clean, edited, register):
    data = clean("escalation")
    edit = ("trial.healthy_volunteers", True)
    accepted = {"2.1.1.1-a"}
    bare = review(
        edited(data, edit, ("justifications", [signed("2.1.1.1-a", evidence=False)])), register, signed=accepted
    )
    assert [item.clause.id for item in bare.blockers] == ["2.1.1.1-a"]
    assert bare.by_clause["2.1.1.1-a"].findings[-1].code == "justification_without_evidence"
    full = review(edited(data, edit, ("justifications", [signed("2.1.1.1-a")])), register, signed=accepted)
    verdict = full.by_clause["2.1.1.1-a"]
    assert verdict.status is Status.JUSTIFIED
    assert verdict.findings[0].code == "healthy_volunteers"
    assert verdict.justification.signed_on == date(2025, 1, 6)
    assert full.blockers == ()
    (question,) = draft_questions(full)
    assert (question.clause, question.code, question.reason.en) == ("2.1.1.1-a", "question.justified", "Reason")


def test_a_justification_of_no_clause_is_shown(clean, edited, register):
    found = review(edited(clean("escalation"), ("justifications", [signed("9.9-z")])), register)
    assert found.stray_justifications == ("9.9-z",)


def test_a_justification_that_nothing_needs_changes_nothing(clean, edited, register):
    found = review(edited(clean("escalation"), ("justifications", [signed("2.1.2.4-a")])), register)
    assert found.by_clause["2.1.2.4-a"].status is Status.MET


def test_only_should_blocks(clean, edited, register):
    data = clean("escalation")
    found = review(edited(data, ("population.studied_population", ["third line"])), register)
    verdict = found.by_clause["2.1.1.2-f"]
    assert (verdict.status, verdict.severity) == (Status.FINDING, Severity.NOTE)
    assert found.blockers == ()


def test_two_registers_change_only_what_they_change(clean, edited, register):
    protocol = edited(clean("escalation"))
    before, after = review(protocol, register), review(protocol, packaged_register("sample-2021"))
    assert after.sample_register
    changes = {item.clause: item for item in compare_reviews(before, after)}
    assert set(changes) == {"2.2.5-d", "3.1-h", "3.1-x1"}
    assert changes["3.1-h"].before.status is Status.MET
    assert changes["3.1-h"].after.findings[0].params == {"found": "15", "needed": "20", "group": "integrating"}
    assert changes["2.2.5-d"].after is None
    assert after.follow_up.years == 20


def test_strength_of_the_register_decides_severity(clean, edited, register):
    data = clean("escalation")
    edit = (
        "pharmacology.measurements",
        lambda rows: [row for row in rows if not (row["attribute"] == "kinetics" and row["assay"] == "flow")],
    )
    now = review(edited(data, edit), register).by_clause["2.2.5-b"]
    stricter = review(edited(data, edit), packaged_register("sample-2021")).by_clause["2.2.5-b"]
    assert (now.severity, now.blocks_approval) == (Severity.NOTE, False)
    assert (stricter.severity, stricter.blocks_approval) == (Severity.MAJOR, True)


SECTIONS = ("manufacturing", "risk_plan", "sites", "escalation", "stopping", "pharmacology", "efficacy", "follow_up")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(missing=st.sets(st.sampled_from(SECTIONS)))
def test_a_missing_section_is_never_met_silently(missing, clean, edited, register):
    kind = "escalation"
    before = review(edited(clean(kind)), register)
    after = review(edited(clean(kind), *((name, None) for name in missing)), register)
    owners = {item.params["owner"] for row in after.verdicts for item in row.findings if item.code == CANNOT_EVALUATE}
    for owner in owners:
        assert after.by_clause[owner].status is Status.FINDING, owner
    if missing:
        assert after.blockers
    assert {item.clause.id for item in before.blockers} <= {item.clause.id for item in after.blockers}


def test_unknown_facts_never_lower_the_tier(clean, edited):
    data = clean("cik")
    known = risk_tier(edited(data).product)
    assert (known.tier, known.points) == (Tier.LOW, 1)
    names = ("exogenous_gene", "gene_knockout", "induced_differentiation", "systemic_action", "complex_processing")
    for name in names:
        unknown = risk_tier(edited(data, (f"product.{name}", None)).product)
        assert unknown.points >= known.points
        assert f"product.{name}" in unknown.missing


def taken(data, edited, tier, reason=TEXT):
    return edited(data, ("product.risk_tier", tier), ("product.risk_override", reason))


def of_high_risk(found, register):
    """Return whether each clause applies that the register asks only of a product of high risk."""
    asked = [clause.id for clause in register.clauses.values() if clause.trigger == "high_risk_product"]
    assert len(asked) >= 3
    return {found.by_clause[name].status is not Status.NOT_APPLICABLE for name in asked}


@pytest.mark.parametrize(
    ("kind", "tier", "code", "applies"),
    [("cik", "high", "risk_tier_raised", True), ("escalation", "moderate", "risk_tier_lowered", False)],
)
def test_another_tier_with_its_reason_counts_and_both_are_shown(clean, edited, register, kind, tier, code, applies):
    """1.3-e: the sponsor may override with a signed reason."""
    before = review(edited(clean(kind)), register)
    after = review(taken(clean(kind), edited, tier), register)
    assert of_high_risk(before, register) == {not applies}
    assert of_high_risk(after, register) == {applies}
    assert (after.tier.tier.value, after.tier.computed) == (tier, before.tier.tier)
    [finding] = [item for item in after.by_clause["1.3-e"].findings if item.code.startswith("risk_tier")]
    assert (finding.code, finding.params) == (code, {"computed": before.tier.tier.value, "taken": tier})
    reasoned = review(
        edited(
            clean(kind),
            ("product.risk_tier", tier),
            ("product.risk_override", TEXT),
            ("justifications", [signed("1.3-e")]),
        ),
        register,
        signed={"1.3-e"},
    )
    assert reasoned.by_clause["1.3-e"].status is Status.JUSTIFIED


def test_without_a_reason_the_computed_tier_stands_and_the_protocol_contradicts_itself(clean, edited, register):
    protocol = taken(clean("escalation"), edited, "low", None)
    assert risk_tier(protocol.product).tier is Tier.HIGH
    [fault] = check_consistency(protocol)
    assert (fault.id, fault.params["field"]) == ("PRT-003", "product.risk_override")


def test_a_reason_without_a_tier_changes_nothing_and_is_found(clean, edited, register):
    found = review(taken(clean("escalation"), edited, None), register)
    assert found.tier.tier is found.tier.computed is Tier.HIGH
    assert [item.code for item in found.by_clause["1.3-e"].findings] == ["risk_override_without_tier"]


def test_the_computed_tier_with_a_reason_is_no_override(clean, edited, register):
    found = review(taken(clean("escalation"), edited, "high"), register)
    assert not found.by_clause["1.3-e"].findings


def test_review_is_deterministic(clean, edited, register):
    protocol = edited(clean("single_arm"))
    assert review(protocol, register) == review(protocol, register)


@pytest.mark.parametrize("kind", ["escalation", "single_arm"])
def test_review_of_a_whole_protocol_takes_well_under_a_second(kind, clean, edited, register):
    import time

    protocol = edited(clean(kind))
    start = time.perf_counter()
    review(protocol, register)
    assert time.perf_counter() - start < 1.0

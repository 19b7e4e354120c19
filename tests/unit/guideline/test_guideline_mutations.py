"""One edit of a clean protocol yields exactly the finding of one clause."""

from __future__ import annotations

import pytest

from celltrial.guideline.checks import CHECKS
from celltrial.guideline.comparison import compare_reviews
from celltrial.guideline.register import Strength
from celltrial.guideline.review import review
from celltrial.guideline.verdict import CANNOT_EVALUATE, Status

#: The reason that the single-arm protocol gives is signed for.
SIGNED = {"2.3.1-a"}
KINDS = ("escalation", "interrupting", "paediatric", "mrna", "cik", "autoimmune", "randomised", "single_arm")


def without(**named):
    """Return a function that drops the rows in which each named field has the value."""
    return lambda rows: [row for row in rows if any(row[name] != value for name, value in named.items())]


def antibodies_late(rows):
    late = {"vector_antibody", "immunogenicity"}
    return [{**row, "days": [28]} if row["attribute"] in late else row for row in rows]


def first_primary(**values):
    return lambda rows: [{**row, **values} if row["rank"] == "primary" else row for row in rows]


#: clause -> (kind of clean protocol, field, value)
EDITS = {
    "1.1-a": ("escalation", "identification.registry_ids", ["NCT1"]),
    "1.3-g": ("escalation", "governance.evidence_review_interval", None),
    "2.1.1-a": ("escalation", "population.benefit_risk.0.expected_risk", []),
    "2.1.1-b": ("escalation", "product.nonclinical", []),
    "2.1.1.1-a": ("escalation", "trial.healthy_volunteers", True),
    "2.1.1.2-a": ("escalation", "population.stage_rationale", {}),
    "2.1.1.2-d": ("escalation", "risk_plan.risks.0.stages_considered", ["ISS-I"]),
    "2.1.1.2-e": ("escalation", "population.confounders_considered", None),
    "2.1.1.3-a": ("paediatric", "population.paediatric.cohort_opens_after_adult_review", False),
    "2.1.1.3-b": ("paediatric", "population.paediatric.adult_data", []),
    "2.1.1.4-b": ("escalation", "pharmacology.measurements", antibodies_late),
    "2.1.1.4-c": ("escalation", "population.criteria", without(concept="pregnancy_intended")),
    "2.1.1.4-d": ("escalation", "population.contraception_required", None),
    "2.1.2.1-b": ("escalation", "population.criteria.6.window", None),
    "2.1.2.1-c": ("interrupting", "trial.washout_rationale", None),
    "2.1.2.1-d": ("interrupting", "risk_plan.rescue_plan", None),
    "2.1.2.2-b": ("escalation", "risk_plan.risks.0.prevention", None),
    "2.1.2.3-b": ("escalation", "sites.operators", []),
    "2.1.2.4-a": ("escalation", "stopping.rules", []),
    "2.1.2.4-c": ("escalation", "stopping.in_flight", None),
    "2.1.3-c": ("escalation", "population.minimum_life_expectancy", "8 wk"),
    "2.1.3-d": ("escalation", "treatment.infusion.conditions", []),
    "2.1.3-e": ("escalation", "manufacturing.failure_plan.causes_investigated", None),
    "2.1.3-f": ("escalation", "manufacturing.failure_plan.rescue", None),
    "2.1.3-g": ("escalation", "manufacturing.shelf_life", "8 d"),
    "2.1.3-h": ("escalation", "manufacturing.failure_plan", None),
    "2.1.3-i": ("randomised", "confirmatory.sample_size.enrolled", 110),
    "2.1.3-j": ("escalation", "manufacturing.not_treated_denominator", None),
    "2.1.3-k": ("escalation", "manufacturing.failure_plan.other_reason_limit", 0.5),
    "2.1.3-l": ("escalation", "manufacturing.failure_plan.analysis_of_not_treated", None),
    "2.1.3-m": ("escalation", "stopping.halt.causes", []),
    "2.1.3-n": ("escalation", "stopping.halt.minimum_validation_runs", None),
    "2.2.1.1-d": ("escalation", "escalation.dlt.evaluable_when", None),
    "2.2.1.1-f": ("escalation", "escalation.transition.text", {"en": "Expansion opens", "zh": "开放扩展期"}),
    "2.2.1.1-g": ("randomised", "dose.levels.0.cells", "3e7"),
    "2.2.1.2-a": ("escalation", "efficacy.endpoints", without(kind="feasibility")),
    "2.2.2.2-a": ("escalation", "dose.product_attributes_recorded", ["viability"]),
    "2.2.2.2-d": (
        "escalation",
        "manufacturing.release_tests",
        ["identity", "viability", "sterility", "endotoxin", "replication-competent lentivirus"],
    ),
    "2.2.2.3-c": ("escalation", "dose.starting.ladder_rationale", None),
    "2.2.2.3-d": ("autoimmune", "escalation.non_oncology_exclusion_rate", 0.10),
    "2.2.4-a": ("escalation", "escalation.staggering.between_later", "0 d"),
    "2.2.4-b": ("escalation", "escalation.staggering.sentinel_monitoring", []),
    "2.2.5-a": ("escalation", "pharmacology.adme_studies", True),
    "2.2.5-f": ("escalation", "product.targets", ["BCMA", "GPRC5D"]),
    "2.2.5-g": ("escalation", "product.secreted_factors", ["IL-15"]),
    "2.2.5-j": ("escalation", "escalation.transition.criteria", []),
    "2.3-b": ("randomised", "trial.therapeutic_area_guideline", None),
    "2.3.1-a": ("randomised", "confirmatory.randomisation.point", None),
    "2.3.1-b": ("single_arm", "confirmatory.single_arm_reason", None),
    "2.3.1-c": ("single_arm", "confirmatory.null_derivation", None),
    "2.3.1-d": ("randomised", "trial.blinding.unblinded_roles", {}),
    "2.3.1-e": ("randomised", "trial.blinding.bias_reduction_measures", []),
    "2.3.1-f": ("single_arm", "efficacy.independent_review.unreadable_rule", None),
    "2.3.1-g": ("single_arm", "efficacy.independent_review.role", "sensitivity"),
    "2.3.2-a": ("randomised", "efficacy.endpoints", first_primary(direct_clinical_benefit=None)),
    "2.3.2-b": ("randomised", "efficacy.criteria", "RECIST-1.1"),
    "2.3.2-e": (
        "randomised",
        "efficacy.endpoints",
        first_primary(direct_clinical_benefit=False, validated=False),
    ),
    "2.3.2-f": ("randomised", "efficacy.endpoints", first_primary(kind="immune_function")),
    "2.3.2-g": ("randomised", "efficacy.minimum_responder_follow_up", "3 mo"),
    "2.3.2-j": ("randomised", "governance.monitoring_plan", None),
    "2.3.2-l": ("randomised", "confirmatory.safety_set_size", None),
    "2.3.2-m": (
        "randomised",
        "manufacturing",
        lambda row: {
            **row,
            "changes": [
                {
                    "id": "C1",
                    "text": {"en": "New vector lot", "zh": "更换载体批次"},
                    "major": True,
                    "status": "open",
                    "process_version": "P2",
                }
            ],
            "comparability_margins": [{"attribute": "cmax", "margin": 2, "scale": "ratio"}],
        },
    ),
    "2.3.2-n": (
        "randomised",
        "manufacturing.changes",
        [
            {
                "id": "C1",
                "text": {"en": "New vector lot", "zh": "更换载体批次"},
                "major": True,
                "status": "comparable",
                "process_version": "P2",
            }
        ],
    ),
    "3.1-a": ("escalation", "follow_up", None),
    "3.1-b": ("escalation", "follow_up.items", lambda rows: [row for row in rows if row != "infection"]),
    "3.1-c": ("escalation", "follow_up.assays", without(kind="immunogenicity")),
    "3.1-d": ("escalation", "product.delayed_event_onset_bound", "20 y"),
    "3.1-f": ("cik", "product.natural_survival", "3 y"),
    "3.1-g": ("mrna", "follow_up.years", 4),
    "3.1-h": ("escalation", "follow_up.years", 10),
    "3.1-k": ("escalation", "population.consents.follow_up_version", None),
    "3.1-n": ("paediatric", "follow_up.paediatric.retention_plan", None),
}


#: Clauses that ask for a section which others read: without it these cannot be judged, and say who asks for it.
POINTED_AT = {"2.1.1.3-b", "2.1.3-h", "3.1-a"}
#: Kinds of clause that speak of what the plan states.
ON_PLAN = {"protocol_field_rule", "computed_design_quantity", "simulation_output"}


@pytest.mark.parametrize("kind", KINDS)
def test_clean_protocols_are_clean(kind, clean, edited, register):
    found = review(edited(clean(kind)), register, signed=SIGNED)
    assert [(item.clause.id, [f.code for f in item.findings]) for item in found.blockers] == []


def test_every_should_clause_on_the_plan_has_its_edit(register):
    """The plan is the subject where the guideline asks for a rule or number in it, or where a check judges it."""
    should = {name for name, clause in register.clauses.items() if clause.strength is Strength.SHOULD}
    on_plan = {name for name in should if ON_PLAN & set(register.clauses[name].kinds)}
    assert on_plan | (should & set(CHECKS)) == set(EDITS)
    assert on_plan <= set(CHECKS)


def test_every_clause_to_consider_on_the_plan_has_its_check(register):
    consider = {name for name, clause in register.clauses.items() if clause.strength is Strength.CONSIDER}
    assert {name for name in consider if ON_PLAN & set(register.clauses[name].kinds)} - set(CHECKS) == set()


@pytest.mark.parametrize("clause", EDITS)
def test_one_edit_yields_exactly_one_finding_of_its_clause(clause, clean, edited, register):
    kind, path, value = EDITS[clause]
    before = review(edited(clean(kind)), register, signed=SIGNED)
    found = review(edited(clean(kind), (path, value)), register, signed=SIGNED)
    assert [item.clause.id for item in found.blockers] == [clause]
    new = [
        (change.clause, item)
        for change in compare_reviews(before, found)
        if change.after is not None
        for item in change.after.findings
        if change.before is None or item not in change.before.findings
    ]
    own = [item for owner, item in new if owner == clause]
    assert len(own) == 1
    assert found.by_clause[clause].status is Status.FINDING
    others = [(owner, item.code, item.params.get("owner")) for owner, item in new if owner != clause]
    if clause in POINTED_AT:  # what is left out is asked for once; the others only say that they cannot be judged
        assert {(code, owner) for _, code, owner in others} == {(CANNOT_EVALUATE, clause)}
    else:
        assert others == []

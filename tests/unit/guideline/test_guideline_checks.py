"""Single checks, by the field that answers them."""

from __future__ import annotations

import pytest

from celltrial.guideline.review import review
from celltrial.guideline.verdict import Severity

TEXT = {"en": "Reason", "zh": "理由"}


@pytest.fixture(scope="session")
def codes(clean, edited, register):
    """Return the finding codes of one clause after edits of a clean protocol."""

    def found(clause, kind, *changes):
        return [item.code for item in review(edited(clean(kind), *changes), register).by_clause[clause].findings]

    return found


CASES = [
    ("1.3-g", "escalation", ("governance.last_evidence_review", "2024-07-01"), ["evidence_review_overdue"]),
    ("1.3-g", "escalation", ("governance.last_evidence_review", "2024-07-08"), []),
    ("2.1.2.2-c", "escalation", ("risk_plan.risks.0.grading_scale", None), ["risk_without_scale"]),
    ("2.2.1.1-e", "escalation", ("escalation.activity_measure", None), ["activity_measure_not_stated"]),
    ("2.3.2-l", "randomised", ("confirmatory.safety_set_rationale", None), ["safety_set_not_argued"]),
    ("1.1-b", "escalation", ("product.ex_vivo_steps", []), ["no_ex_vivo_step"]),
    ("1.1-b", "escalation", ("product.returned_to_patient", False), ["not_returned"]),
    ("1.2-a", "escalation", ("identification.pathway", "medical_technology"), ["other_pathway"]),
    ("1.2-b", "escalation", ("product.vector", None), ["vector_not_described"]),
    ("1.2-b", "escalation", ("product.vector.integration", None), ["integration_unknown"]),
    ("1.2-b", "escalation", ("product.gene_modified", None), ["gene_modification_unknown"]),
    ("1.3-a", "escalation", ("product.storage", None), ["profile_incomplete"]),
    ("1.3-a", "escalation", ("product.cell_source", "allogeneic"), ["profile_incomplete", "class_risks_absent"]),
    ("1.3-d", "escalation", ("product.vector.replication_competent_test_on_release", None), ["no_rcr_test_on_release"]),
    ("1.3-d", "escalation", ("follow_up.assays", []), ["no_rcr_plan"]),
    ("1.3-d", "mrna", ("follow_up.assays", []), []),
    ("1.3-e", "escalation", ("product.systemic_action", None), ["risk_factors_unknown"]),
    ("1.3-f", "escalation", ("risk_plan.risks", lambda rows: rows[:5]), ["expected_risks_absent"]),
    ("1.3-g", "escalation", ("governance.evidence_review_interval", "12 mo"), ["evidence_review_too_rare"]),
    ("1.3-g", "escalation", ("governance.evidence_review_interval", "26 wk"), []),
    ("2.1.1-a", "escalation", ("population.benefit_risk.0.expected_risk", []), ["benefit_risk_one_sided"]),
    ("2.1.1-a", "escalation", ("population.benefit_risk.0.conclusion", None), ["benefit_risk_unconcluded"]),
    ("2.1.1.2-a", "escalation", ("population.stage_scale", None), ["stages_not_coded"]),
    ("2.1.1.2-a", "escalation", ("population.early_stage_reason", None), ["early_stage_without_reason"]),
    ("2.1.1.2-d", "escalation", ("population.stages_allowed", []), ["cannot_evaluate"]),
    ("2.1.1.2-f", "escalation", ("population.label_population", []), ["label_population_not_stated"]),
    ("2.1.1.4-c", "escalation", ("population.pregnancy_test_window", "14 d"), ["pregnancy_test_window"]),
    ("2.1.2.1-a", "escalation", ("population.no_alternative_required", False), []),
    ("2.1.2.1-b", "escalation", ("population.criteria.0.assessment", ""), ["criterion_without_assessment"]),
    ("2.1.2.1-c", "interrupting", ("trial.interruption", None), ["washout_risk_not_computed"]),
    ("2.1.2.1-c", "interrupting", ("trial.interruption.washout", "60 d"), ["washout_risk_exceeds_benefit"]),
    ("2.1.2.1-c", "interrupting", ("trial.interruption.progression_weight", 3), ["washout_risk_exceeds_benefit"]),
    ("2.1.2.1-c", "interrupting", ("trial.interruption.evidence", []), ["washout_numbers_without_evidence"]),
    ("2.1.2.1-d", "interrupting", ("risk_plan.rescue_deadline", None), ["rescue_without_deadline"]),
    ("2.1.2.2-b", "escalation", ("risk_plan", None), ["no_risk_plan"]),
    ("2.1.2.2-c", "escalation", ("risk_plan.consensus_versions", {}), ["consensus_version_not_stated"]),
    ("2.1.2.3-a", "escalation", ("sites.resources", []), ["no_supporting_department"]),
    ("2.1.2.3-b", "escalation", ("sites.operators.0.procedure", "infusion"), ["operator_minimum_unheeded"]),
    ("2.1.2.3-b", "escalation", ("sites.operators.1.procedure", "plasma exchange"), ["operator_minimum_unheeded"]),
    ("2.1.2.3-b", "escalation", ("sites.operators.1.procedure", "tumour_resection"), []),
    ("2.1.3-c", "escalation", ("treatment.vein_to_vein_expected", None), ["vein_to_vein_not_stated"]),
    ("2.1.3-c", "escalation", ("population.minimum_life_expectancy", None), ["life_expectancy_not_stated"]),
    ("2.1.3-e", "escalation", ("manufacturing.risk_factors_listed", []), ["failure_factors_not_listed"]),
    (
        "2.1.3-f",
        "escalation",
        ("manufacturing.failure_plan.rescue_deadline", None),
        ["failure_rescue_without_deadline"],
    ),
    ("2.1.3-i", "escalation", ("manufacturing.failure_plan.replacement", None), ["replacement_not_stated"]),
    ("2.1.3-i", "randomised", ("confirmatory.sample_size.probability_infused", None), ["infused_share_not_stated"]),
    ("2.1.3-i", "randomised", ("confirmatory.sample_size.probability_infused", 0), ["infused_share_not_stated"]),
    ("2.1.3-i", "randomised", ("confirmatory.sample_size.enrolled", 119), ["enrolment_without_assurance"]),
    ("2.1.3-g", "escalation", ("manufacturing.shelf_life", "9 d"), []),
    ("2.1.3-g", "escalation", ("manufacturing", None), ["cannot_evaluate"]),
    ("2.1.3-i", "escalation", ("assumptions", None), ["replacement_not_planned"]),
    ("2.2.1.1-a", "escalation", ("efficacy.endpoints", lambda rows: rows[2:]), ["no_primary_safety_endpoint"]),
    ("2.2.1.1-d", "escalation", ("escalation.dlt.window", "7 d"), ["dlt_window_too_short"]),
    ("2.2.1.1-d", "escalation", ("escalation.design.rationale", None), ["dose_algorithm_not_argued"]),
    ("2.2.1.1-d", "escalation", ("escalation", None), ["no_dose_exploration"]),
    ("2.2.1.3-a", "escalation", ("efficacy.endpoints", lambda rows: rows[:2]), ["no_activity_endpoint"]),
    ("2.2.2.1-a", "escalation", ("dose.starting.rationale", None), ["starting_dose_not_argued"]),
    ("2.2.2.1-a", "escalation", ("dose.starting.evidence", []), ["starting_dose_without_nonclinical"]),
    ("2.2.2.2-a", "cik", ("dose.product_attributes_recorded", ["viability"]), []),
    ("2.2.2.2-c", "escalation", ("dose.basis", "total"), ["dose_not_by_positive_cells"]),
    ("2.2.2.3-c", "escalation", ("dose.starting.ladder_rationale", None), ["increments_not_argued"]),
    ("2.2.3-b", "escalation", ("population.benefit_risk.0.expected_benefit", []), ["no_control_and_no_history"]),
    ("2.2.3-b", "escalation", ("trial.design", "RCT"), []),
    ("2.2.4-a", "escalation", ("escalation", None), ["no_staggering"]),
    ("2.2.4-c", "escalation", ("escalation.staggering.basis", []), ["staggering_without_basis"]),
    ("2.2.4-c", "escalation", ("escalation.staggering.analogue_onset_p95", None), ["onset_quantile_not_stated"]),
    ("2.2.5-a", "escalation", ("pharmacology", None), ["no_pharmacology_plan"]),
    ("2.2.5-c", "escalation", ("pharmacology.assay_agreement_limits", None), ["no_agreement_limits"]),
    ("2.2.5-c", "escalation", ("pharmacology.vector_copy_number_recorded", None), ["copy_number_not_recorded"]),
    ("2.2.5-g", "escalation", ("product.gene_knockout", True), ["knocked_out_genes_not_named"]),
    ("2.2.5-j", "escalation", ("escalation.transition.on_locked_data", False), ["transition_on_open_data"]),
    ("2.2.5-j", "escalation", ("escalation.transition", None), ["no_transition"]),
    ("2.3-a", "randomised", ("confirmatory.exploratory_result", None), ["no_exploratory_estimate"]),
    ("2.3-b", "randomised", ("confirmatory.sample_size", None), ["no_sample_size"]),
    ("2.3-b", "single_arm", ("confirmatory.sample_size.infused", 65), ["size_below_design"]),
    ("2.3-b", "single_arm", ("confirmatory.sample_size.params", {"null_rate": 0.5}), ["size_parameters_unusable"]),
    ("2.3-b", "single_arm", ("confirmatory.sample_size.params.null_rate", None), ["size_parameters_unusable"]),
    ("2.3-b", "single_arm", ("confirmatory.sample_size.params.null_rate", "20%"), ["size_parameters_unusable"]),
    ("2.3.1-a", "randomised", ("confirmatory.comparator", "none"), ["no_comparator"]),
    ("2.3.1-a", "randomised", ("confirmatory.comparator", "placebo"), ["comparator_not_argued"]),
    ("2.3.1-b", "single_arm", ("confirmatory.single_arm_evidence", []), ["single_arm_without_evidence"]),
    ("2.3.1-b", "single_arm", ("confirmatory.rct_feasibility", None), ["no_rct_feasibility"]),
    (
        "2.3.1-c",
        "single_arm",
        ("confirmatory.null_derivation.differences_listed", None),
        ["null_differences_not_listed"],
    ),
    (
        "2.3.1-c",
        "single_arm",
        ("confirmatory.null_derivation.studies", [{"responders": 30, "subjects": 100, "reference": "qu2022"}]),
        ["null_below_evidence"],
    ),
    ("2.3.1-f", "single_arm", ("efficacy.independent_review.role", None), ["independent_review_role"]),
    ("2.3.1-f", "single_arm", ("efficacy.independent_review.unreadable_rule", None), ["no_unreadable_rule"]),
    ("2.3.2-a", "randomised", ("efficacy", None), ["no_endpoints"]),
    ("2.3.2-b", "randomised", ("efficacy.criteria", "Lugano-2014"), ["criteria_do_not_fit"]),
    ("2.3.2-b", "randomised", ("efficacy.criteria", "EBMT 1998"), ["criteria_superseded"]),
    ("2.3.2-i", "randomised", ("efficacy.endpoints", lambda rows: rows[-1:]), ["long_term_endpoints_absent"]),
    ("2.3.2-j", "randomised", ("risk_plan.risks.0.metric_threshold", None), ["risk_without_threshold"]),
    ("2.3.2-l", "randomised", ("confirmatory.safety_set_size", 290), ["safety_set_reach"]),
    ("2.3.2-l", "randomised", ("confirmatory.safety_set_size", 299), []),
    ("3.1-f", "cik", ("follow_up.years", 0.5), ["follow_up_below_class_minimum"]),
    ("3.1-j", "escalation", ("follow_up.separate_protocol_id", None), ["separate_study_not_named"]),
    ("3.1-l", "escalation", ("follow_up.arrangement", "part"), []),
    ("3.1-m", "paediatric", ("follow_up.paediatric.growth_monitoring", False), ["no_growth_monitoring"]),
    ("3.2-a", "escalation", ("trial.approved_product", True), ["no_post_market_plan"]),
    ("2.1.2.1-d", "interrupting", ("risk_plan", None), ["cannot_evaluate"]),
    ("2.1.2.1-b", "escalation", ("population.criteria.6.window", None), ["criteria_without_window"]),
    ("2.2.1.1-a", "escalation", ("trial.first_in_human", False), []),
    ("2.2.1.1-g", "randomised", ("confirmatory.tested_doses", []), ["tested_doses_not_stated"]),
    ("2.2.1.1-g", "randomised", ("dose.band_low", 0.9), ["band_below_tested_range"]),
    ("2.2.2.3-b", "escalation", ("dose.ladder", "other"), []),
    ("2.2.2.3-d", "autoimmune", ("escalation", None), []),
    ("2.2.5-f", "escalation", ("product.targets", ["BCMA", "CD19"]), ["target_not_measured"]),
    ("2.3.2-f", "randomised", ("efficacy", None), ["cannot_evaluate"]),
]


APPROVED = (
    ("trial.approved_product", True),
    ("follow_up.post_market", {"gaps": {"rare": TEXT}, "registry_size": 2995}),
)


def test_the_registry_after_approval_can_show_one_event_in_a_thousand(codes):
    """AC-F5.1: 2,995 subjects for an event in 1,000 with 95 % chance; 2,994 are one too few."""
    assert codes("3.2-b", "randomised", *APPROVED) == []
    few = ("follow_up.post_market.registry_size", 2994)
    assert codes("3.2-b", "randomised", *APPROVED, few) == ["registry_reach"]
    assert codes("3.2-b", "randomised", ("trial.approved_product", True)) == ["registry_not_sized"]
    assert codes("3.2-c", "randomised", *APPROVED) == ["no_periodic_reports"]
    yearly = ("follow_up.post_market.periodic_report_interval", "1 y")
    assert codes("3.2-c", "randomised", *APPROVED, yearly) == []


def drop(**named):
    return lambda rows: [row for row in rows if any(row[name] != value for name, value in named.items())]


@pytest.mark.parametrize("clause", ["2.2.5-b", "2.2.5-c", "2.2.5-f", "2.2.5-g", "2.1.1.4-b"])
def test_without_a_pharmacology_plan_nothing_of_it_is_met(clause, codes):
    changes = (("pharmacology", None), ("product.targets", ["A", "B"]), ("product.secreted_factors", ["IL-15"]))
    assert codes(clause, "escalation", *changes) == ["cannot_evaluate"]


def test_kinetics_must_be_planned_and_last(codes):
    path = "pharmacology.measurements"
    assert codes("2.2.5-a", "escalation", (path, drop(attribute="kinetics"))) == ["attributes_not_measured"]
    short = [7, 10, 14]
    late = (path, lambda rows: [{**row, "days": short} if row["attribute"] == "kinetics" else row for row in rows])
    assert codes("2.2.5-a", "escalation", late) == ["kinetics_end_early"]


NINE = {
    "viability": drop(attribute="persistence"),
    "proliferation": drop(attribute="kinetics"),
    "differentiation": drop(attribute="subset"),
    "immunogenicity": drop(attribute="immunogenicity"),
    "function": lambda rows: [row for row in rows if row["attribute"] not in {"cytokine", "soluble_target"}],
}


@pytest.mark.parametrize("attribute", NINE)
def test_each_attribute_of_the_cells_is_measured_or_has_its_reason(attribute, clean, edited, register):
    cut = ("pharmacology.measurements", NINE[attribute])
    (item,) = review(edited(clean("escalation"), cut), register).by_clause["2.2.5-a"].findings
    assert (item.code, item.params["attributes"]) == ("attributes_not_measured", attribute)
    argued = ("pharmacology.not_measured", lambda reasons: {**reasons, attribute: TEXT})
    assert review(edited(clean("escalation"), cut, argued), register).by_clause["2.2.5-a"].findings == ()


def test_cells_outside_the_blood_are_looked_for_or_there_is_a_reason(clean, edited, register):
    def absent(*changes):
        findings = review(edited(clean("escalation"), *changes), register).by_clause["2.2.5-a"].findings
        return [item.params["attributes"] for item in findings]

    silent = ("pharmacology.not_measured", {})
    row = {"attribute": "kinetics", "analyte": "CAR", "matrix": "marrow", "assay": "flow", "days": [28]}
    marrow = ("pharmacology.measurements", lambda rows: [*rows, row])
    imaging = ("pharmacology.measurements", lambda rows: [*rows, row | {"matrix": "tumour", "assay": "imaging"}])
    follow_up = ("follow_up.items", ["survival"])
    assert absent(silent) == ["distribution, ectopic_foci, homing"]
    assert absent(silent, marrow) == ["ectopic_foci"]
    assert absent(silent, imaging) == []
    assert absent(silent, imaging, follow_up) == ["tumorigenicity"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((("pharmacology.blood_volume_cap_share", None),), ["no_blood_volume_cap"]),
        ((("population.criteria.1.concept", "karnofsky"), ("population.criteria.1.unit", "")), ["lowest_weight_not_stated"]),
        ((("pharmacology.measurements", lambda rows: [{**row, "volume_ml": 3} for row in rows]),), ["blood_volume_over_cap"]),
    ],
)  # fmt: skip
def test_the_blood_drawn_from_a_child_has_a_limit(changes, expected, codes):
    assert codes("2.2.5-a", "paediatric", *changes) == expected
    assert codes("2.2.5-a", "paediatric") == []


def test_the_blood_drawn_is_counted_over_any_28_days(clean, edited, register):
    """Nine draws of 3 mL within 28 days from a child of 10 kg: 27 mL against 0.03 x 80 mL/kg x 10 kg = 24 mL."""
    rows = [
        {"attribute": name, "analyte": name, "assay": "flow", "matrix": "blood", "days": [0, 7, 14], "volume_ml": 3}
        for name in ("kinetics", "persistence", "subset")
    ]
    free = {"assay": "elisa", "matrix": "serum", "days": [0], "volume_ml": 0}
    rows += [{**free, "attribute": name, "analyte": name} for name in ("cytokine", "immunogenicity")]
    rows[0]["days"] = [0, 7, 14, 40]
    changes = (("pharmacology.measurements", rows), ("population.criteria.1.value", 10))
    found = review(edited(clean("paediatric"), *changes), register).by_clause["2.2.5-a"].findings
    shown = [item.params for item in found if item.code == "blood_volume_over_cap"]
    assert [(item["drawn"], item["allowed"], item["weight"]) for item in shown] == [("27", "24.0", "10")]


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (lambda row: {**row, "estimand": None}, ["no_estimand"]),
        (lambda row: {**row, "estimand": {**row["estimand"], "treatment": None}}, ["estimand_without_treatment"]),
        (lambda row: {**row, "estimand": {**row["estimand"], "intercurrent_events": []}}, ["intercurrent_events_not_handled"]),
    ],
)  # fmt: skip
def test_a_primary_endpoint_says_what_it_estimates(edit, expected, codes):
    """ICH E9(R1): population, treatment, variable, intercurrent events with strategies, summary."""
    path = "efficacy.endpoints"
    change = (path, lambda rows: [edit(row) if row["rank"] == "primary" else row for row in rows])
    assert codes("2.3.2-a", "randomised", change) == expected


def test_the_events_to_handle_follow_from_product_and_plan(clean, edited, register):
    def events(*changes):
        none = ("efficacy.endpoints", lambda rows: [
            {**row, "estimand": {**row["estimand"], "intercurrent_events": []}} if row["rank"] == "primary" else row
            for row in rows
        ])  # fmt: skip
        (item,) = review(edited(clean("randomised"), none, *changes), register).by_clause["2.3.2-a"].findings
        return item.params["events"]

    assert events() == "manufacturing_failure, bridging_therapy, new_anticancer_therapy, transplant"
    solid = (("trial.haematological", False), ("treatment.bridging", None), ("product.made_per_subject", False))
    assert events(*solid) == "new_anticancer_therapy"


def test_a_knocked_out_gene_needs_its_assay(codes):
    changes = (("product.gene_knockout", True), ("product.knocked_out_genes", ["TRAC"]))
    assert codes("2.2.5-g", "escalation", *changes) == ["knockout_not_measured"]
    named = ("pharmacology.measurements.2.analyte", "TRAC expression")
    assert codes("2.2.5-g", "escalation", *changes, named) == []


def test_subsets_are_listed_while_the_active_one_is_not_known(codes):
    changes = (("product.subsets", []), ("dose.basis", "total"))
    assert codes("2.2.2.2-b", "cik", *changes) == ["subsets_not_listed"]
    assert codes("2.2.2.2-b", "cik", *changes, ("product.mixed_composition", False)) == []
    assert codes("2.2.2.2-b", "cik", ("product.subsets", [])) == []


def test_cells_that_the_process_separates_need_no_exclusion(codes):
    assert codes("2.1.1.4-e", "escalation", ("product.shared_marker_with_malignancy", True)) == []
    involved = {
        "id": "E-99",
        "kind": "exclusion",
        "concept": "blood_or_marrow_involvement",
        "operator": "is",
        "value": True,
        "assessment": "Flow cytometry",
        "source": "pathology",
        "text": TEXT,
    }
    changes = (
        ("product.shared_marker_with_malignancy", True),
        ("product.process_separates_malignant_cells", False),
        ("population.criteria", lambda rows: [*rows, involved]),
    )
    assert codes("2.1.1.4-e", "escalation", *changes) == []


def test_a_plan_after_approval_answers(codes):
    plan = ("follow_up.post_market", {"gaps": {"rare_events": TEXT}})
    assert codes("3.2-a", "escalation", ("trial.approved_product", True), plan) == []


def test_a_change_in_an_early_trial_is_no_finding(codes):
    change = {"id": "C1", "text": TEXT, "major": True, "status": "open", "process_version": "P2"}
    assert codes("2.3.2-m", "escalation", ("manufacturing.changes", [change])) == []
    assert codes("2.3.2-n", "escalation", ("manufacturing.changes", [change])) == ["no_comparability_margin"]


def test_a_product_without_prior_therapy_criterion_may_take_people_with_options(codes):
    changes = (
        ("population.no_alternative_required", False),
        ("population.criteria", drop(concept="prior_lines")),
    )
    assert codes("2.1.2.1-a", "escalation", *changes) == ["alternatives_not_exhausted"]


def test_only_the_unvalidated_of_two_endpoints_is_named(clean, edited, register):
    def two(rows):
        row = next(row for row in rows if row["rank"] == "primary")
        shown = {**row, "id": "A", "kind": "surrogate", "direct_clinical_benefit": False, "validated": True}
        return [shown, {**shown, "id": "B", "rank": "key_secondary", "validated": None}]

    found = review(edited(clean("randomised"), ("efficacy.endpoints", two)), register)
    assert [item.params["endpoint"] for item in found.by_clause["2.3.2-e"].findings] == ["B"]


@pytest.mark.parametrize(("clause", "kind", "change", "expected"), CASES, ids=lambda value: str(value)[:40])
def test_check(clause, kind, change, expected, codes):
    assert codes(clause, kind, change) == expected


def test_a_product_that_may_wait_on_later_trials_is_told(codes):
    changes = (("follow_up.arrangement", "part"), ("follow_up.later_trials_wait", True))
    assert codes("3.1-l", "escalation", *changes) == ["milestones_wait"]


def test_malignant_cells_that_cannot_be_separated_need_an_exclusion(codes):
    changes = (("product.shared_marker_with_malignancy", True), ("product.process_separates_malignant_cells", False))
    assert codes("2.1.1.4-e", "escalation", *changes) == ["shared_marker_without_exclusion"]


def test_a_validated_surrogate_needs_its_record(codes):
    def surrogate(rows):
        return [
            {**row, "kind": "surrogate", "direct_clinical_benefit": False, "validated": True, "validation": None}
            if row["rank"] == "primary"
            else row
            for row in rows
        ]

    assert codes("2.3.2-a", "randomised", ("efficacy.endpoints", surrogate)) == ["validation_not_on_record"]


@pytest.mark.parametrize(("enrolled", "severity", "needed"), [(66, Severity.MAJOR, 67), (67, Severity.NOTE, 74)])
def test_enrolment_by_expectation_alone_is_told_apart(enrolled, severity, needed, clean, edited, register):
    size = {"method": "log_rank", "infused": 49, "enrolled": enrolled, "probability_infused": 0.742}
    found = review(edited(clean("randomised"), ("confirmatory.sample_size", size)), register)
    (item,) = found.by_clause["2.1.3-i"].findings
    assert (item.severity, item.params["needed"]) == (severity, needed)
    enough = review(edited(clean("randomised"), ("confirmatory.sample_size", {**size, "enrolled": 74})), register)
    assert enough.by_clause["2.1.3-i"].findings == ()


def test_a_justification_without_talk_to_the_agency_is_noted(codes):
    signed = {"clause": "1.3-g", "reason": TEXT, "signed_by": "x", "signed_on": "2025-01-01"}
    changes = (("justifications", [signed]), ("governance.agency", []))
    assert codes("1.2-e", "escalation", *changes) == ["justifications_not_discussed"]

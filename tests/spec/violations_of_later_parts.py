"""Edits that break clauses of parts 2.2, 2.3, 2.4 and 3 as a sponsor would, with the least severity that is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spec.guideline_edits import BCMA, CD19, CIK, Violation, both, evidence

PER = both("As per investigator")
Rows = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


def only(**values: Any) -> Rows:
    """Return a function that keeps the rows with these values."""
    return lambda rows: [row for row in rows if all(row[name] == value for name, value in values.items())]


def none_of(name: str, *values: str) -> Rows:
    """Return a function that drops the rows whose field has one of the values."""
    return lambda rows: [row for row in rows if row[name] not in values]


def set_in(name: str, value: str, /, **fields: Any) -> Rows:
    """Return a function that sets fields of the rows with one value."""
    return lambda rows: [{**row, **fields} if row[name] == value else row for row in rows]


def change(**fields: Any) -> dict[str, Any]:
    row = {"id": "C1", "text": {"en": "A second site of manufacture", "zh": "增加第二生产场地"}, "major": True}
    return row | {"status": "open", "process_version": "P3"} | fields


STAGGER, DLT, PLAN = "escalation.staggering", "escalation.dlt", "confirmatory"
SIZE, RATES = "confirmatory.sample_size", "confirmatory.sample_size.params"
VAGUE = [evidence("expert", "Experience of experts")]
NOTHING_MEASURED = dict.fromkeys(
    (
        "viability",
        "proliferation",
        "differentiation",
        "tumorigenicity",
        "immunogenicity",
        "distribution",
        "ectopic_foci",
        "homing",
        "function",
    ),
    both("N/A"),
)
MARGINS = [{"attribute": "Cmax", "margin": 2.0, "scale": "ratio"}]

VIOLATIONS: tuple[Violation, ...] = (
    ("2.2.1.1-c", BCMA, "integration assay once at 15 years",
     [("follow_up.assays", set_in("kind", "integration", every=["15 y"], until="15 y"))], "note"),
    ("2.2.1.1-c", BCMA, "integration assay of nothing for a month, no plan for late risks",
     [("follow_up.assays", set_in("kind", "integration", analyte="N/A", until="1 mo")), ("pharmacology.delayed_risk_plan", both("N/A"))], "note"),
    ("2.2.1.1-d", BCMA, "window of 1 d, onset of analogues not stated",
     [(f"{DLT}.window", "1 d"), (f"{STAGGER}.analogue_onset_p95", None)], "major"),
    ("2.2.1.1-d", BCMA, "target rate of 60 %", [("escalation.design.params.target_dlt_rate", 0.60)], "major"),
    ("2.2.1.1-d", BCMA, "algorithm left to the investigator", [("escalation.design.rationale", PER)], "minor"),
    ("2.2.1.1-d", BCMA, "window as long as the onset of analogues",
     [(f"{DLT}.window", "12 d"), (f"{STAGGER}.analogue_onset_p95", "12 d"), ("treatment.infusion.watch_period", "14 d")], "none"),
    ("2.2.1.1-e", BCMA, "measure of activity TBD", [("escalation.activity_measure", both("TBD"))], "note"),
    ("2.2.1.1-f", BCMA, "no MTD, and no word on later trials", [("escalation.transition.text", {"en": "Expansion opens at the recommended dose", "zh": "在推荐剂量开放扩展期"})], "minor"),
    ("2.2.1.1-g", CD19, "dose above the tested ones", [("dose.levels.0.cells", 3.0e6)], "major"),
    ("2.2.1.3-a", BCMA, "no endpoint of activity", [("efficacy.endpoints", lambda rows: [row for row in rows if row["kind"] in {"dlt", "safety", "feasibility"}])], "note"),
    ("2.2.2.1-a", BCMA, "reason for the first dose as in the template",
     [("dose.starting.rationale", {"en": "State here where this dose was given before.", "zh": "在此说明该剂量曾用于何处。"})], "minor"),
    ("2.2.2.2-c", BCMA, "dose counted in all cells", [("dose.basis", "total")], "note"),
    ("2.2.2.3-f", BCMA, "two doses six days apart, evidence none",
     [("dose.repeat", {"doses": 2, "interval": "6 d", "low_risk_evidence": [evidence("expert", "none")],
                       "activity_duration_evidence": [evidence("expert", "none")], "redose_criteria": both("none")})], "note"),
    ("2.2.3-a", BCMA, "a drug that masks reactions, no control, nothing said",
     [("risk_plan.risks.0.prevention", {"en": "Dexamethasone 10 mg to every subject on days 0 to 3", "zh": "全部受试者第0至3天使用地塞米松10 mg"})], "note"),
    ("2.2.3-a", BCMA, "drugs that mask reactions are not forbidden", [("treatment.infusion.concomitant_forbidden", [])], "note"),
    ("2.2.3-b", BCMA, "history of the disease from a line on holidays",
     [("population.benefit_risk.0.expected_benefit", [evidence("clinical", "No visits take place on bank holidays")])], "note"),
    ("2.2.4-a", BCMA, "every interval a minute, onset of 12 d stated",
     [(f"{STAGGER}.{name}", "1 min") for name in ("after_first_of_level", "between_later", "between_levels")], "major"),
    ("2.2.4-a", BCMA, "every interval an hour, no onset stated",
     [*((f"{STAGGER}.{name}", "1 h") for name in ("after_first_of_level", "between_later", "between_levels")),
      (f"{STAGGER}.analogue_onset_p95", None)], "major"),
    ("2.2.4-a", BCMA, "interval of 0 d", [(f"{STAGGER}.after_first_of_level", "0 d")], "major"),
    ("2.2.4-a", BCMA, "a day between levels, window of 28 d", [(f"{STAGGER}.between_levels", "1 d")], "major"),
    ("2.2.4-b", BCMA, "sentinel left to the investigator", [(f"{STAGGER}.sentinel_monitoring", [PER])], "major"),
    ("2.2.4-b", BCMA, "sentinel discharged within the hour", [("treatment.infusion.watch_period", "1 h"), ("risk_plan.watch_period", "1 h")], "minor"),
    ("2.2.4-c", BCMA, "onset of half a day on a vague line",
     [(f"{STAGGER}.analogue_onset_p95", "0.5 d"), (f"{STAGGER}.basis", VAGUE)], "note"),
    ("2.2.5-a", BCMA, "nothing measured, N/A", [("pharmacology.not_measured", NOTHING_MEASURED), ("pharmacology.measurements", [])], "major"),
    ("2.2.5-a", BCMA, "kinetics in cerebrospinal fluid only", [("pharmacology.measurements", set_in("attribute", "kinetics", matrix="csf"))], "minor"),
    ("2.2.5-g", BCMA, "a factor named IL beside an assay of IL-6", [("product.secreted_factors", ["IL"])], "major"),
    ("2.2.5-g", BCMA, "secretes IL-1, IL-15 measured",
     [("product.secreted_factors", ["IL-1"]), ("pharmacology.measurements", set_in("attribute", "cytokine", analyte="IL-15"))], "major"),
    ("2.2.5-j", BCMA, "criteria that everything meets, body tbd",
     [("escalation.transition.criteria", [{"quantity": "dlt_evaluable_at_dose", "operator": ">=", "value": 0},
                                          {"quantity": "dlt_rate_at_dose", "operator": "<=", "value": 1}]),
      ("escalation.transition.decision_body", "tbd")], "major"),
    ("2.2.5-j", BCMA, "expansion at twice the target rate",
     [("escalation.transition.criteria", set_in("quantity", "dlt_rate_at_dose", value=0.6))], "minor"),
    ("2.3-b", CD19, "alpha 0.5 and power 0.5", [(f"{RATES}.alpha", 0.5), (f"{RATES}.power", 0.5)], "major"),
    ("2.3-b", CD19, "one infused too few", [(f"{SIZE}.infused", 67)], "major"),
    ("2.3-b", CD19, "alternative far above the exploratory result", [(f"{RATES}.alternative_rate", 0.95)], "minor"),
    ("2.3-b", CIK, "20 planned of 252", [(f"{SIZE}.infused", 20), (f"{SIZE}.enrolled", 22)], "major"),
    ("2.3.1-a", CIK, "placebo for the reason N/A", [(f"{PLAN}.comparator", "placebo"), (f"{PLAN}.comparator_reason", both("N/A"))], "minor"),
    ("2.3.1-a", CIK, "9 to 1 after release", [(f"{PLAN}.randomisation.ratio", [9, 1]), (f"{PLAN}.randomisation.point", "after_release")], "minor"),
    ("2.3.1-c", CD19, "null from 0 of 40 without reference",
     [(f"{PLAN}.null_derivation.studies", [{"responders": 0, "subjects": 40, "reference": None}])], "minor"),
    ("2.3.1-c", CD19, "10 % and 60 % pooled",
     [(f"{PLAN}.null_derivation.studies", [{"responders": 30, "subjects": 300, "reference": "crump2017"},
                                          {"responders": 36, "subjects": 60, "reference": "locke2017"}])], "minor"),
    ("2.3.1-d", CIK, "only the investigator is argued",
     [("trial.blinding.level", "open"), ("trial.blinding.unblinded_roles", lambda old: {"investigator": both("Cells are infused in view")})], "minor"),
    ("2.3.1-e", CIK, "measures against bias: None", [("trial.blinding.bias_reduction_measures", [both("None")])], "major"),
    ("2.3.1-f", CD19, "one reader with adjudication", [("efficacy.independent_review.readers", 1)], "minor"),
    ("2.3.1-f", CD19, "committee for sensitivity, unreadable missing",
     [("efficacy.independent_review.role", "sensitivity"), ("efficacy.independent_review.unreadable_rule", "missing")], "minor"),
    ("2.3.1-f", CD19, "primary endpoint by investigators, committee primary",
     [("efficacy.endpoints.0.text", {"en": "Best overall response assessed by the investigator", "zh": "研究者评估的最佳总缓解率"})], "major"),
    ("2.3.1-g", CD19, "committee for sensitivity, no such analysis",
     [("efficacy.independent_review.role", "sensitivity"), ("efficacy.investigator_sensitivity_analysis", False)], "major"),
    ("2.3.2-a", CD19, "peak of the cells as benefit",
     [("efficacy.endpoints.0.kind", "kinetics"), ("efficacy.endpoints.0.text", {"en": "Cmax of the cells", "zh": "细胞峰浓度"}),
      ("efficacy.endpoints.0.direct_clinical_benefit", True)], "major"),
    ("2.3.2-a", CD19, "safety as the only primary endpoint",
     [("efficacy.endpoints.0.kind", "safety"), ("efficacy.endpoints.0.text", {"en": "Adverse events", "zh": "不良事件"})], "major"),
    ("2.3.2-b", CD19, "lymphoma by criteria of myeloma", [("efficacy.criteria", "IMWG-2016")], "major"),
    ("2.3.2-b", CD19, "lymphoma by RECIST", [("efficacy.criteria", "RECIST-1.1")], "major"),
    ("2.3.2-b", CD19, "lymphoma by criteria of 1999", [("efficacy.criteria", "Cheson-1999")], "note"),
    ("2.3.2-b", CD19, "lymphoma by criteria of 2007", [("efficacy.criteria", "Lugano-2007")], "note"),
    ("2.3.2-f", CD19, "immune function decides", [("efficacy.endpoints.0.kind", "immune_function")], "major"),
    ("2.3.2-g", CD19, "only duration, exploratory, visits end on day 90",
     [("efficacy.endpoints", lambda rows: [{**row, "rank": "exploratory"} if row["kind"] == "duration_of_response" else row
                                           for row in rows if row["kind"] not in
                                           {"sustained_response", "progression_free_survival", "overall_survival"}]),
      ("efficacy.visits", lambda rows: [row for row in rows if row["day"] <= 90])], "minor"),
    ("2.3.2-h", CD19, "no sustained endpoint, day 7",
     [("efficacy.endpoints", none_of("kind", "sustained_response")), ("efficacy.sustained_response_day", 7), ("efficacy.sustained_response_window", 3)], "note"),
    ("2.3.2-i", CD19, "no survival", [("efficacy.endpoints", none_of("kind", "overall_survival"))], "note"),
    ("2.3.2-j", CD19, "no board, no charter", [("governance.safety_board", False), ("governance.safety_board_charter", None)], "minor"),
    ("2.3.2-l", CD19, "safety set of 10", [(f"{PLAN}.safety_set_size", 10)], "major"),
    ("2.3.2-l", CD19, "safety set of 299", [(f"{PLAN}.safety_set_size", 299)], "none"),
    ("2.3.2-l", CD19, "300 with 68 infused, reason TBD", [(f"{PLAN}.safety_set_rationale", both("TBD"))], "minor"),
    ("2.3.2-m", CD19, "major change, not comparable",
     [("manufacturing.changes", [change(status="not_comparable")]), ("manufacturing.comparability_margins", MARGINS)], "major"),
    ("2.3.2-m", CD19, "new vector called minor",
     [("manufacturing.changes", [change(major=False, text={"en": "New vector, new promoter", "zh": "更换载体与启动子"})])], "major"),
    ("2.3.2-m", CD19, "major change open", [("manufacturing.changes", [change()])], "major"),
    ("2.3.2-n", CD19, "margin of 1000",
     [("manufacturing.changes", [change(status="comparable")]),
      ("manufacturing.comparability_margins", [{"attribute": "Cmax", "margin": 1000.0, "scale": "ratio"}])], "major"),
    ("3.1-a", BCMA, "one visit after 15 years", [("follow_up.visits_months", [180]), ("follow_up.then_every", "15 y")], "major"),
    ("3.1-c", BCMA, "every assay each 15 years for a month",
     [("follow_up.assays", lambda rows: [{**row, "every": ["15 y"], "until": "1 mo"} for row in rows])], "major"),
    ("3.1-d", BCMA, "onset of late events and persistence not stated",
     [("product.delayed_event_onset_bound", None), ("product.persistence_bound", None)], "minor"),
    ("3.1-h", BCMA, "14 years", [("follow_up.years", 14)], "major"),
    ("3.1-j", BCMA, "separate study TBD", [("follow_up.separate_protocol_id", "TBD")], "minor"),
    ("3.2-b", CIK, "registry of one too few",
     [("trial.approved_product", True), ("follow_up.post_market", {"registry_size": 2994, "gaps": {}, "periodic_report_interval": "6 mo"})], "note"),
    ("3.2-b", CIK, "registry of 2995",
     [("trial.approved_product", True), ("follow_up.post_market", {"registry_size": 2995, "gaps": {}, "periodic_report_interval": "6 mo"})], "none"),
)  # fmt: skip

"""Edits that break clauses of parts 1 and 2.1 in the way a sponsor would, with the least severity that is right."""

from __future__ import annotations

from typing import Any

from spec.guideline_edits import BCMA, CD19, NK, TCR, Violation, both, evidence, rows_where

PER = both("As per investigator")


def _append(row: dict[str, Any]) -> Any:
    return lambda rows: [*rows, row]


def _criterion(concept: str, kind: str, value: Any, operator: str = "is", **more: Any) -> dict[str, Any]:
    text = more.pop("text", {"en": "As the rule says", "zh": "如规则所述"})
    rest = {"assessment": "Interview", "source": "history", "window": "7 d", "text": text} | more
    return {"id": "X-01", "kind": kind, "concept": concept, "operator": operator, "value": value, "unit": ""} | rest


def _replacing(row: dict[str, Any]) -> Any:
    return lambda rows: [one for one in rows if one["concept"] != row["concept"]] + [row]


def _each(**values: Any) -> Any:
    return lambda rows: [{**row, **values} for row in rows]


def _window_of(concept: str, window: str) -> Any:
    return lambda rows: [{**row, "window": window} if row["concept"] == concept else row for row in rows]


_VAGUE = [evidence("expert", "Expert opinion")]
_FIVE = ("prevention", "recognition", "diagnosis", "follow_up")

VIOLATIONS: tuple[Violation, ...] = (
    ("1.3-g", BCMA, "last review after the version", [("governance.last_evidence_review", "2027-01-01")], "minor"),
    ("1.3-g", BCMA, "interval of 6.1 months", [("governance.evidence_review_interval", "6.1 mo")], "minor"),
    ("1.3-g", BCMA, "last review seven months before", [("governance.last_evidence_review", "2024-06-06")], "minor"),
    ("2.1.1-a", BCMA, "one vague line of an expert on each side",
     [("population.benefit_risk.0.expected_benefit", _VAGUE), ("population.benefit_risk.0.expected_risk", _VAGUE)], "major"),
    ("2.1.1-a", BCMA, "dated sometime", [("population.benefit_risk.0.dated", "sometime")], "refused"),
    ("2.1.1-a", BCMA, "conclusion against the trial",
     [("population.benefit_risk.0.conclusion", {"en": "The risk outweighs the benefit", "zh": "风险大于获益"})], "major"),
    ("2.1.1-b", BCMA, "study planned", [("product.nonclinical", [evidence("nonclinical", "Study planned")])], "major"),
    ("2.1.1-b", BCMA, "a species that does not respond, no limits stated",
     [("product.nonclinical", [evidence("nonclinical", "Tolerated by mice; mice are not responsive to the product")])], "minor"),
    ("2.1.1.1-a", BCMA, "healthy adults by a manual criterion",
     [("population.criteria", lambda rows: [*rows_where(concept="diagnosis_confirmed")(rows), _criterion(
         "other", "inclusion", True, source="manual", assessor="investigator",
         text={"en": "Healthy adults or patients", "zh": "健康成人或患者"})])], "major"),
    ("2.1.1.1-a", BCMA, "healthy volunteers", [("trial.healthy_volunteers", True)], "major"),
    ("2.1.1.2-a", BCMA, "reasons left to the investigator",
     [("population.stage_rationale", dict.fromkeys(("product_action", "severity", "speed_of_progression"), PER))], "major"),
    ("2.1.1.2-a", BCMA, "a stage that is not on the scale", [("population.stages_allowed", ["Stage IVB"])], "minor"),
    ("2.1.1.2-a", TCR, "first in human in a resectable stage", [("population.stages_allowed", ["Stage II (resectable)"])], "minor"),
    ("2.1.1.2-a", TCR, "first in human in 早期", [("population.stages_allowed", ["早期"])], "minor"),
    ("2.1.1.2-a", TCR, "first in human in stage 1B", [("population.stages_allowed", ["Stage 1B"])], "minor"),
    ("2.1.1.2-a", TCR, "first in human in IIA-resectable", [("population.stages_allowed", ["IIA-resectable"])], "minor"),
    ("2.1.1.2-a", TCR, "first in human when newly diagnosed",
     [("population.stages_allowed", ["newly diagnosed, low risk"])], "minor"),
    ("2.1.1.2-d", BCMA, "a risk not considered in one stage",
     [("risk_plan.risks.0.stages_considered", ["ISS-I", "ISS-II"])], "major"),
    ("2.1.1.2-e", BCMA, "confounders N/A", [("population.confounders_considered", both("N/A"))], "major"),
    ("2.1.1.2-f", BCMA, "label for the newly diagnosed, no bridging plan",
     [("population.label_population", ["newly diagnosed myeloma"])], "note"),
    ("2.1.1.2-f", BCMA, "studied population said to be newly diagnosed while three lines are asked for",
     [("population.studied_population", ["newly diagnosed myeloma"]), ("population.label_population", ["newly diagnosed myeloma"])],
     "note"),
    ("2.1.1.3-b", BCMA, "children first, on a vague line of an expert",
     [("population.criteria.0.value", 3), ("population.criteria.1.value", 17), ("population.paediatric", {"included": True}),
      ("justifications", [{"clause": "2.1.1.3-b", "reason": {"en": "Experts agree", "zh": "专家同意"}, "evidence": _VAGUE,
                           "signed_by": "sponsor", "signed_on": "2025-01-06"}])], "major"),
    ("2.1.1.4-b", BCMA, "the only baseline is of another antibody",
     [("pharmacology.measurements", lambda rows: [
         *(row for row in rows if row["attribute"] not in {"vector_antibody", "immunogenicity"}),
         *({**row, "days": [28]} for row in rows if row["attribute"] == "immunogenicity"),
         *({**row, "analyte": "anti-HLA antibody"} for row in rows if row["attribute"] == "vector_antibody")])], "major"),
    ("2.1.1.4-c", BCMA, "inclusion of a positive pregnancy test",
     [("population.criteria", _replacing(_criterion("pregnancy_test", "inclusion", "positive")))], "major"),
    ("2.1.1.4-c", BCMA, "exclusion of a negative pregnancy test",
     [("population.criteria", _replacing(_criterion("pregnancy_test", "exclusion", "negative")))], "major"),
    ("2.1.1.4-c", BCMA, "window of the criterion 60 d", [("population.criteria", _window_of("pregnancy_test", "60 d"))], "minor"),
    ("2.1.1.4-c", BCMA, "window of the population 8 d", [("population.pregnancy_test_window", "8 d")], "minor"),
    ("2.1.1.4-c", BCMA, "exclusion where a pregnancy is not intended",
     [("population.criteria", _replacing(_criterion("pregnancy_intended", "exclusion", False)))], "major"),
    ("2.1.1.4-d", BCMA, "contraception of no length", [("population.contraception_required", "0 d")], "major"),
    ("2.1.1.4-e", CD19, "involvement of the blood as an inclusion",
     [("population.criteria", _append(_criterion("blood_or_marrow_involvement", "inclusion", True)))], "note"),
    ("2.1.2.1-b", BCMA, "every assessment left to the investigator",
     [("population.criteria", _each(assessment="As per investigator"))], "major"),
    ("2.1.2.1-b", BCMA, "haemoglobin a year old", [("population.criteria", _window_of("haemoglobin", "365 d"))], "minor"),
    ("2.1.2.1-c", BCMA, "washout of 90 days against a median of 100",
     [("trial.interrupts_therapy", True), ("trial.washout_rationale", evidence("clinical", "Washout is usual in this class")),
      ("trial.interruption", {"washout": "90 d", "median_progression": "100 d", "median_progression_low": "100 d",
                              "benefit_probability": 0.4, "benefit_probability_low": 0.3, "progression_weight": 1.0})], "major"),
    ("2.1.2.2-b", BCMA, "five cells left to the investigator, one step at grade 5",
     [*((f"risk_plan.risks.0.{name}", PER) for name in _FIVE),
      ("risk_plan.risks.0.management", [{"grade_at_least": 5, "action": PER}])], "major"),
    ("2.1.2.2-b", BCMA, "drugs of the plan in no stock",
     [("risk_plan.risks.0.management", [{"grade_at_least": 2, "action": {"en": "Tocilizumab, then siltuximab, then ruxolitinib",
                                                                      "zh": "托珠单抗，其后司妥昔单抗，再用芦可替尼"},
                                        "drugs": ["tocilizumab", "siltuximab", "ruxolitinib"]}]),
      ("sites.resources", rows_where(kind="drug"))], "minor"),
    ("2.1.2.2-b", BCMA, "cytokine release looked for monthly",
     [("risk_plan.risks.0.recognition", {"en": "monthly", "zh": "每月一次"})], "major"),
    ("2.1.2.3-a", BCMA, "outpatient dermatology only",
     [("sites.resources", [{"name": "outpatient dermatology", "kind": "department"}])], "note"),
    ("2.1.2.3-c", BCMA, "several sites, nothing written down",
     [("sites.standardised_procedures", []), ("sites.operators", _each(sop=None, sop_version=None))], "note"),
    ("2.1.2.4-a", BCMA, "a rule that looks after 1000 subjects",
     [("stopping.rules.0.params", lambda old: {**old, "min_n": 1000})], "major"),
    ("2.1.2.4-a", BCMA, "a threshold of 0.99", [("stopping.rules.0.params", lambda old: {**old, "threshold": 0.99})], "major"),
    ("2.1.2.4-a", BCMA, "related fatal events only, deaths not counted",
     [("stopping.rules.0.event", lambda old: {**old, "related_only": True, "deaths": False, "grade_at_least": 5})], "major"),
    ("2.1.2.4-c", BCMA, "subjects in flight left to the investigator", [("stopping.in_flight.text", PER)], "minor"),
    ("2.1.2.4-e", BCMA, "resume needs nothing", [("stopping.resume", lambda old: dict.fromkeys(old, False))], "major"),
    ("2.1.3-c", BCMA, "vein to vein shorter than the turnaround, life expectancy of six weeks",
     [("treatment.vein_to_vein_expected", "10 d"), ("population.minimum_life_expectancy", "6 wk")], "major"),
    ("2.1.3-c", BCMA, "life expectancy exactly as long as needed",
     [("population.minimum_life_expectancy", "63 d")], "none"),
    ("2.1.3-c", BCMA, "life expectancy of eight weeks", [("population.minimum_life_expectancy", "8 wk")], "major"),
    ("2.1.3-d", BCMA, "fever of 41 degrees and a saturation of 50 %",
     [("treatment.infusion.conditions.0.value", 41.0), ("treatment.infusion.conditions.1.value", 50)], "major"),
    ("2.1.3-e", BCMA, "causes and factors N/A",
     [("manufacturing.failure_plan.causes_investigated", both("N/A")), ("manufacturing.risk_factors_listed", ["n/a"])], "major"),
    ("2.1.3-g", BCMA, "shelf life a day too short", [("manufacturing.shelf_life", "8 d")], "major"),
    ("2.1.3-h", BCMA, "five attempts outlast the subject", [("manufacturing.failure_plan.maximum_attempts", 5)], "minor"),
    ("2.1.3-i", BCMA, "fewer may be enrolled than are to be infused", [("manufacturing.failure_plan.maximum_enrolled", 20)], "major"),
    ("2.1.3-i", BCMA, "replaced without a cap", [("manufacturing.failure_plan.maximum_enrolled", None)], "minor"),
    ("2.1.3-i", CD19, "one enrolled too few", [("confirmatory.sample_size.enrolled", 74)], "major"),
    ("2.1.3-i", CD19, "share infused above the assumptions", [("confirmatory.sample_size.probability_infused", 0.999)], "minor"),
    ("2.1.3-n", BCMA, "one validation run", [("stopping.halt.minimum_validation_runs", 1)], "minor"),
    ("2.1.1.4-a", BCMA, "target antigen not asked for",
     [("population.criteria", rows_where(concept="target_antigen_positive_cells"))], "note"),
    ("2.1.1.2-e", BCMA, "bridging goes on through lymphodepletion", [("treatment.bridging.washout", "0 d")], "note"),
    # 1.3-f of the register speaks of CAR-T and TCR-T only; the risks that a CAR brings to NK cells are asked by 1.3-a
    ("1.3-a", NK, "cytokine release and neurotoxicity taken out of the plan",
     [("risk_plan.risks", lambda rows: [row for row in rows if row["term"] not in {"CRS", "ICANS"}])], "note"),
)  # fmt: skip

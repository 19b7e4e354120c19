"""Edits of the shipped examples of every kind of product, in both languages, with the least severity that is right; and
rewordings that change nothing."""

from __future__ import annotations

from typing import Any

from spec.guideline_edits import BCMA, CD19, CIK, DC, NK, TCR, TIL, Change, Violation, both, evidence, rows_where
from spec.violations_of_later_parts import DLT, PLAN, RATES, SIZE, STAGGER, change, none_of, set_in


def _where(place: str, **values: Any) -> Any:
    return lambda rows: [{**row, **values} if place in {row.get("concept"), row.get("term")} else row for row in rows]


def _measured(attribute: str, **values: Any) -> Change:
    return ("pharmacology.measurements", set_in("attribute", attribute, **values))


def _resource(name: str, /, **values: Any) -> Change:
    return ("sites.resources", lambda rows: [{**row, **values} if row["name"] == name else row for row in rows])


def _without(place: str, name: str) -> Change:
    return (place, lambda items: [item for item in items if item != name])


def _more(row: Any) -> Any:
    return lambda rows: [*rows, row]


def _steps(term: str, *steps: tuple[int, str, str]) -> Change:
    rows = [{"grade_at_least": grade, "action": {"en": en, "zh": zh}, "drugs": []} for grade, en, zh in steps]
    return ("risk_plan.risks", _where(term, management=rows))


ONE_VISIT = [{"name": "Month 12", "day": 360, "window_before": 30, "window_after": 30}]

VIOLATIONS: tuple[Violation, ...] = (
    # what was known to be missed
    ("2.1.2.2-b", TIL, "对症处理 as a whole plan", [_steps("Infection", (1, "Symptomatic treatment", "对症处理"))], "major"),
    ("2.1.1.2-e", CD19, "bridging ends the day before", [("treatment.bridging", {"allowed": True, "text": both("Dexamethasone"), "washout": "1 d"})], "minor"),
    ("2.3-b", TIL, "hazard ratio 0.3", [(f"{RATES}.hazard_ratio", 0.3)], "minor"),
    ("2.2.1.1-d", TCR, "3 subjects for 4 levels", [("escalation.design.params", lambda one: {**one, "max_subjects": 3})], "major"),
    ("2.3.2-b", TIL, "WHO 1979", [("efficacy.criteria", "WHO 1979")], "note"),
    ("2.1.2.4-a", CIK, "certainty of nearly one", [("stopping.rules.0.params", lambda one: {**one, "certainty": 0.9999999})], "major"),
    ("2.3.2-g", CD19, "one visit at month 12", [("efficacy.visits", ONE_VISIT)], "minor"),
    ("2.2.5-b", TCR, "a kinetics row without limit", [_measured("kinetics", lloq=None)], "note"),
    # part 1
    ("1.1-a", CIK, "a reference of next year", [("references.0.citation", "Lee JH, et al. Gastroenterology 2031;148:1383"), ("references.0.doi", None), ("references.0.pmid", None)], "minor"),
    ("1.1-a", NK, "a registry number of seven digits", [("identification.registry_ids", ["CTR2021123"])], "minor"),
    ("1.2-e", TIL, "an answer without words", [("governance.agency", [{"topic": both("Size"), "status": "answered", "dated": None, "advice": None}])], "note"),
    ("1.3-a", NK, "no donor testing", [("product.donor_testing", [])], "note"),
    ("1.3-g", CIK, "review two years ago", [("governance.last_evidence_review", "2022-01-05")], "minor"),
    # 2.1.1
    ("2.1.1-a", DC, "opinion on both sides", [("population.benefit_risk.0.expected_benefit", [evidence("expert", "Benefit is likely")]), ("population.benefit_risk.0.expected_risk", [evidence("expert", "Risks are mild")])], "major"),
    ("2.1.1-a", NK, "风险高于获益", [("population.benefit_risk.0.conclusion", {"en": "The risks are greater than the benefit", "zh": "风险高于获益"})], "major"),
    ("2.1.1-b", TCR, "动物试验拟开展", [("product.nonclinical", [{"kind": "nonclinical", "statement": {"en": "An animal study will be performed", "zh": "动物试验拟开展"}, "reference": None}])], "major"),
    ("2.1.1.1-a", DC, "健康志愿者", [("population.criteria", _more({"id": "X-1", "kind": "inclusion", "concept": "other", "operator": "is", "value": True, "unit": "", "assessment": "Interview", "source": "manual", "assessor": "investigator", "text": {"en": "Patients or healthy volunteers", "zh": "患者或健康志愿者"}}))], "major"),
    ("2.1.1.2-a", TIL, "stage 0 on AJCC, 随机 text", [("population.stages_allowed", ["IPSS high"])], "minor"),
    ("2.1.1.2-d", NK, "risk of infection in no stage", [("risk_plan.risks", _where("Infection", stages_considered=[]))], "major"),
    ("2.1.1.2-e", DC, "confounders 无", [("population.confounders_considered", {"en": "None", "zh": "无"})], "major"),
    ("2.1.1.2-f", CIK, "label for stage III too", [("population.label_population", ["stage III hepatocellular carcinoma"]), ("population.bridging_plan", None)], "note"),
    ("2.1.1.4-b", NK, "antibodies from day 28", [("pharmacology.measurements", lambda rows: [{**row, "days": [28, 90]} if row["attribute"] in {"immunogenicity", "vector_antibody"} else row for row in rows])], "major"),
    ("2.1.1.4-c", TCR, "pregnancy test negative excluded", [("population.criteria", _where("pregnancy_test", value="negative"))], "major"),
    ("2.1.1.4-d", CIK, "contraception for a week", [("population.contraception_required", "7 d")], "major"),
    # 2.1.2
    ("2.1.2.1-b", TIL, "fit only without heart", [("population.criteria", _where("left_ventricular_ejection_fraction", operator="<="))], "major"),
    ("2.1.2.1-b", DC, "assessments 按常规", [("population.criteria", lambda rows: [{**row, "assessment": "按常规"} for row in rows])], "major"),
    ("2.1.2.1-b", NK, "ECOG of a year ago", [("population.criteria", _where("ecog", window="52 wk"))], "minor"),
    ("2.1.2.2-b", NK, "no GvHD in the plan", [("risk_plan.risks", rows_where(term="GVHD"))], "none"),
    ("2.1.2.2-b", TCR, "CRS every week", [("risk_plan.risks", _where("CRS", recognition={"en": "Temperature weekly", "zh": "每周测体温"}))], "major"),
    ("2.1.2.2-b", CD19, "ICANS treated from grade 4", [_steps("ICANS", (4, "Methylprednisolone 1 g daily", "甲泼尼龙每日1 g"))], "major"),
    ("2.1.2.2-c", TCR, "CRS by Lee 2014", [("risk_plan.risks", _where("CRS", grading_scale="Lee-2014"))], "note"),
    ("2.1.2.2-c", CD19, "ICANS by CARTOX 2018", [("risk_plan.risks", _where("ICANS", grading_scale="CARTOX-2018"))], "note"),
    ("2.1.2.3-a", NK, "one dose of tocilizumab", [_resource("tocilizumab", minimum=1)], "note"),
    ("2.1.2.3-a", TCR, "only dermatology", [("sites.resources", [{"name": "皮肤科", "kind": "department", "minimum": 1, "needed_for": ["activation"]}])], "note"),
    ("2.1.2.4-a", DC, "counts only deaths", [("stopping.rules", lambda rows: [{**row, "event": {**row["event"], "grade_at_least": 5}} for row in rows])], "major"),
    ("2.1.2.4-a", TIL, "rule looks from subject 150 on", [("stopping.rules.0.params", lambda one: {**one, "min_n": 150})], "major"),
    # 2.1.3
    ("2.1.3-c", TIL, "life expectancy two weeks", [("population.minimum_life_expectancy", "2 wk")], "major"),
    ("2.1.3-d", CIK, "infused with 40 degrees", [("treatment.infusion.conditions.0.value", 40.0)], "minor"),
    ("2.1.3-f", DC, "rescue 视情况", [("manufacturing.failure_plan.rescue", {"en": "As appropriate", "zh": "视情况处理"})], "major"),
    ("2.1.3-f", TIL, "rescue after three months", [("manufacturing.failure_plan.rescue_deadline", "3 mo")], "minor"),
    ("2.1.3-h", CIK, "five attempts outlast the subject", [("manufacturing.failure_plan.maximum_attempts", 5), ("population.minimum_life_expectancy", "9 wk")], "minor"),
    ("2.1.3-i", DC, "cap below the infused", [("manufacturing.failure_plan.maximum_enrolled", 300)], "major"),
    ("2.1.3-k", TIL, "half without a reason", [("manufacturing.failure_plan.other_reason_limit", 0.5)], "minor"),
    # 2.2
    ("2.2.1.1-c", TCR, "clones once in ten years", [("follow_up.assays", lambda rows: [{**row, "every": ["10 y"]} if row["kind"] == "integration" else row for row in rows])], "note"),
    ("2.2.1.1-d", NK, "toxicity accepted in six of ten", [("escalation.design.params", lambda one: {**one, "max_dlt_rate": 0.6})], "major"),
    ("2.2.1.1-d", TCR, "window of 5 days", [(f"{DLT}.window", "5 d")], "major"),
    ("2.2.1.1-g", TIL, "twice the dose tested", [("dose.levels.0.cells", "4.0e11")], "major"),
    ("2.2.1.3-a", TCR, "sarcoma by IMWG", [("efficacy.criteria", "IMWG-2016")], "note"),
    ("2.2.2.1-a", NK, "start above a candidate", [("dose.starting.candidates", [{"method": "MABEL", "cells": "1e4", "margin": 10}])], "major"),
    ("2.2.2.2-a", TCR, "转导效率不记录", [("dose.product_attributes_recorded", ["viability", "转导效率不记录", "vector copy number"])], "major"),
    ("2.2.2.2-d", NK, "no share tested", [_without("manufacturing.release_tests", "transduction efficiency")], "major"),
    ("2.2.2.3-c", TCR, "tenfold step", [("dose.levels.1.cells", "1.0e9"), ("dose.levels.0.cells", "1.0e8")], "major"),
    ("2.2.4-a", BCMA, "levels before the window ends", [(f"{STAGGER}.between_levels", "14 d")], "major"),
    ("2.2.4-a", NK, "second subject an hour later", [(f"{STAGGER}.after_first_of_level", "1 h")], "major"),
    ("2.2.4-b", TCR, "门诊输注当日离院", [(f"{STAGGER}.sentinel_monitoring", [{"en": "The first subject goes home on the day of infusion", "zh": "首例受试者输注当日离院"}])], "minor"),
    ("2.2.5-a", NK, "last sample on day 10", [("pharmacology.measurements", lambda rows: [{**row, "days": [0, 3, 7, 10]} if row["attribute"] == "kinetics" else row for row in rows])], "minor"),
    ("2.2.5-g", NK, "IL-15 not measured", [("pharmacology.measurements", none_of("attribute", "secreted_factor"))], "major"),
    # 2.3 and 3
    ("2.3-b", DC, "20 treated of 586", [(f"{SIZE}.infused", 20), (f"{SIZE}.enrolled", 25)], "major"),
    ("2.3-b", TIL, "power of one half", [(f"{RATES}.beta", 0.5)], "major"),
    ("2.3.1-c", CD19, "null of 5 % under a cited 26 %", [(f"{RATES}.null_rate", 0.05)], "minor"),
    ("2.3.2-a", DC, "T-cell response as benefit", [("efficacy.endpoints.0.kind", "other"), ("efficacy.endpoints.0.text", {"en": "Peak expansion of antigen-specific cells", "zh": "抗原特异性细胞扩增峰值"})], "major"),
    ("2.3.2-f", DC, "免疫应答率 decides", [("efficacy.endpoints.0.kind", "other"), ("efficacy.endpoints.0.text", {"en": "Immune response rate", "zh": "免疫应答率"})], "major"),
    ("2.3.2-l", TIL, "safety set of 20", [(f"{PLAN}.safety_set_size", 20)], "major"),
    ("2.3.2-m", CIK, "更换细胞来源 called minor", [("manufacturing.changes", [change(major=False, text={"en": "New source of the cells", "zh": "更换细胞来源"})])], "major"),
    ("3.1-a", DC, "one contact after a year", [("follow_up.years", 5.0), ("follow_up.visits_months", [60]), ("follow_up.then_every", "5 y")], "major"),
    ("3.1-b", CIK, "does not ask for infection", [("follow_up.items", lambda rows: ["infection is not recorded" if one == "infection" else one for one in rows])], "major"),
    ("3.1-c", TIL, "no immunogenicity", [("follow_up.assays", none_of("kind", "immunogenicity"))], "major"),
    ("3.1-f", CIK, "half a year", [("follow_up.years", 0.5)], "major"),
    ("3.1-h", NK, "five years for a retroviral vector", [("follow_up.years", 5.0)], "major"),
    ("3.1-j", TCR, "separate study 待定", [("follow_up.separate_protocol_id", "待定")], "minor"),
)  # fmt: skip

HARMLESS: tuple[tuple[str, str, list[Change]], ...] = (
    (BCMA, "与体内CAR产品不同", [("product.mechanism", {"en": "Unlike in vivo CAR products, T cells are engineered outside the body and given back.", "zh": "与体内CAR产品不同，T细胞在体外改造后回输。"})]),
    (CD19, "not like 体内转导", [("product.mechanism", {"en": "Cells are transduced ex vivo, in contrast to in vivo transduction.", "zh": "细胞在体外转导，区别于体内转导。"})]),
    (TCR, "scale by its long name", [("risk_plan.risks", _where("CRS", grading_scale="ASTCT consensus 2019"))]),
    (BCMA, "scale in Chinese", [("risk_plan.risks", _where("ICANS", grading_scale="ASTCT共识（2019）"))]),
    (NK, "two doses, another name", [_resource("tocilizumab", name="托珠单抗注射液")]),
    (TIL, "RECIST v1.1", [("efficacy.criteria", "RECIST v1.1")]),
    (TIL, "with iRECIST beside", [("efficacy.additional_criteria", ["iRECIST 2017"])]),
    (BCMA, "washout in weeks", [("treatment.bridging.washout", "2 wk")]),
    (DC, "review every 26 wk", [("governance.evidence_review_interval", "26 wk")]),
    (CIK, "contraception 30 d", [("population.contraception_required", "30 d")]),
    (TCR, "contraception 26 wk", [("population.contraception_required", "26 wk")]),
    (BCMA, "symptoms treated by name", [_steps("Infection", (2, "Symptomatic treatment and meropenem 1 g every 8 hours", "对症处理并给予美罗培南1 g每8小时一次"))]),
    (TIL, "supportive care with its content", [_steps("Cytopenia", (2, "Supportive care: platelets below 10 and filgrastim", "支持治疗：血小板低于10时输注，并用粒细胞集落刺激因子"))]),
    (NK, "the order of the visits", [("efficacy.visits", lambda rows: list(reversed(rows)))]),
    (CIK, "recurrence-free in Chinese", [("efficacy.endpoints.0.text", {"en": "Recurrence-free survival", "zh": "无复发生存期"})]),
    (DC, "survival in Chinese words", [("efficacy.endpoints.0.text", {"en": "Time to death of any cause", "zh": "至任何原因死亡的时间"})]),
    (TCR, "clonality yearly in months", [("follow_up.assays", lambda rows: [{**row, "every": ["12 mo"]} if row["kind"] == "integration" else row for row in rows])]),
    (CD19, "limit 0.5 not 0.33", [("pharmacology.assay_agreement_limits", [0.5, 2.0])]),
    (BCMA, "temperature in Chinese, 37.5", [("treatment.infusion.conditions.0.text", {"en": "No fever (below 37.5 degrees)", "zh": "无发热（低于37.5℃）"}), ("treatment.infusion.conditions.0.value", 37.5)]),
    (NK, "recognition twice a day", [("risk_plan.risks", _where("CRS", recognition={"en": "Temperature and pressure twice daily for 14 days", "zh": "14天内每日两次测体温与血压"}))]),
    (DC, "a candidate above the start", [("dose.starting.candidates", [{"method": "analogue", "cells": "5e8", "margin": 2}])]),
    (TIL, "a limit of 5 % without a reason", [("manufacturing.failure_plan.other_reason_limit", 0.05)]),
)  # fmt: skip

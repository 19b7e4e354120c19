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

#: A second round, made after the checks had been mended for the first.
SECOND_ROUND: tuple[Violation, ...] = (
    ("2.1.2.2-b", NK, "给予积极处理", [_steps("CRS",(1,"Active treatment as needed","积极处理"))],"major"),
    ("2.1.2.2-b", TIL, "仅观察", [_steps("Cytopenia",(1,"Observation","观察"))],"major"),
    ("2.1.2.2-b", DC, "及时就医", [_steps("Infection",(1,"See a doctor","及时就医"))],"major"),
    ("2.1.2.2-b", CD19, "diagnosis: clinical", [("risk_plan.risks", _where("CRS", diagnosis={"en":"Clinical diagnosis","zh":"临床诊断"}))],"major"),
    ("2.1.2.2-b", CIK, "prevention: 加强监护", [("risk_plan.risks", _where("Infection", prevention={"en":"Enhanced care","zh":"加强监护"}))],"major"),
    ("2.3.2-g", TIL, "visits at 3 and 24 months", [("efficacy.visits",[{"name":"a","day":90},{"name":"b","day":720}])],"minor"),
    ("2.3.2-g", DC, "visits only in year 2", [("efficacy.visits",[{"name":"a","day":400},{"name":"b","day":720}])],"minor"),
    ("2.3-b", DC, "HR .25", [(f"{RATES}.hazard_ratio",0.25)],"minor"),
    ("2.3-b", CD19, "alternative 0.99", [(f"{RATES}.alternative_rate",0.99)],"minor"),
    ("2.2.1.1-d", NK, "6 for 3 levels cohort 3", [("escalation.design.params", lambda o:{**o,"max_subjects":6})],"major"),
    ("2.2.1.1-d", BCMA, "target rate 0.5", [("escalation.design.params", lambda o:{**o,"target_dlt_rate":0.5})],"major"),
    ("2.2.1.1-d", TCR, "DLT only grade 5", [(f"{DLT}.rules", lambda r:[{**x,"grade_at_least":5} for x in r])],"major"),
    ("2.1.1.2-e", BCMA, "washout 3 d", [("treatment.bridging.washout","3 d")],"minor"),
    ("2.1.1.2-e", BCMA, "washout 12 h", [("treatment.bridging.washout","12 h")],"minor"),
    ("2.3.2-b", CIK, "Choi? WHO标准", [("efficacy.criteria","WHO标准")],"note"),
    ("2.3.2-b", CD19, "CTCAE 5.0", [("efficacy.criteria","CTCAE 5.0")],"minor"),
    ("2.1.2.4-a", TIL, "threshold .9", [("stopping.rules.0.params", lambda o:{**o,"threshold":0.9})],"major"),
    ("2.1.2.4-a", NK, "certainty .9999", [("stopping.rules.0.params", lambda o:{**o,"certainty":0.9999})],"major"),
    ("2.2.5-b", NK, "flow without lloq", [("pharmacology.measurements", lambda r:[{**x,"lloq":None} if x["assay"]=="flow" and x["attribute"]=="kinetics" else x for x in r])],"note"),
    ("2.2.5-b", CD19, "zero below limit", [("pharmacology.below_limit_rule","zero")],"note"),
    ("3.1-c", CIK, "persistence first at 3 y", [("follow_up.years",5.0),("follow_up.assays", lambda r:[{**x,"every":["36 mo"],"until":None} for x in r])],"major"),
    ("3.1-a", TIL, "visits 3, then every 4 y", [("follow_up.visits_months",[3]),("follow_up.then_every","4 y")],"major"),
    ("3.1-b", DC, "不询问感染", [("follow_up.items", lambda r:["不询问感染" if x=="infection" else x for x in r])],"major"),
    ("2.1.1.4-d", NK, "contraception 3 mo", [("population.contraception_required","3 mo")],"minor"),
    ("1.3-g", DC, "review after version", [("governance.last_evidence_review","2027-01-01")],"minor"),
    ("2.1.1-a", CIK, "dated 3 years before", [("population.benefit_risk.0.dated","2020-01-01")],"minor"),
    ("2.1.1-a", TIL, "dated in the future", [("population.benefit_risk.0.dated","2030-01-01")],"minor"),
    ("2.1.3-g", TIL, "shelf life 2 d", [("manufacturing.shelf_life","2 d")],"major"),
    ("2.1.3-n", CD19, "one validation run", [("stopping.halt.minimum_validation_runs",1)],"minor"),
    ("2.1.3-m", NK, "halt only for storage", [("stopping.halt.causes",["storage"])],"minor"),
    ("2.3.1-f", TIL, "one reader", [("efficacy.independent_review.readers",1)],"minor"),
    ("2.3.1-f", CIK, "PFS by investigators", [("efficacy.endpoints.0.text",{"en":"Recurrence-free survival assessed by the investigator","zh":"研究者评估的无复发生存期"}),("efficacy.independent_review",{"role":"primary","readers":2,"unreadable_rule":"non_responder"})],"major"),
    ("2.2.2.2-a", CD19, "attributes 待定", [("dose.product_attributes_recorded",["待定"])],"major"),
    ("2.2.2.2-a", NK, "仅记录活率", [("dose.product_attributes_recorded",["活率"])],"major"),
    ("2.1.1.2-a", CD19, "stage Va", [("population.stage_scale","Ann Arbor"),("population.stages_allowed",["stage V"])],"minor"),
    ("2.1.1.1-a", NK, "健康成人 allowed", [("population.criteria", lambda r:[{**x,"text":{"en":"Healthy adults","zh":"健康成年人"},"concept":"other","source":"manual","assessor":"investigator","operator":"is","value":True,"unit":""} if x["concept"]=="diagnosis_confirmed" else x for x in r])],"major"),
    ("2.1.2.1-b", TCR, "active infection included", [("population.criteria", _where("active_infection", kind="inclusion"))],"major"),
    ("2.1.2.1-b", CIK, "ANC <=1.5 included", [("population.criteria", _where("absolute_neutrophil_count", operator="<="))],"major"),
    ("2.2.4-c", TCR, "onset 1 d", [(f"{STAGGER}.analogue_onset_p95","1 d")],"note"),
    ("2.2.4-a", TCR, "between later 1 h", [(f"{STAGGER}.between_later","1 h")],"major"),
    ("1.1-b", DC, "in vivo product", [("product.mechanism",{"en":"A vector is given to the patient and generates CAR-T cells in vivo","zh":"向患者给予载体，在体内生成CAR-T细胞"})],"minor"),
    ("3.1-h", TCR, "vector called not integrating, 5 y", [("product.vector.integration","none"),("follow_up.years",5.0)],"major"),
    ("2.3.2-h", CD19, "day 28 called month 3", [("efficacy.sustained_response_day",28)],"note"),
    ("2.1.3-i", TIL, "cap 150 < 174", [("manufacturing.failure_plan.maximum_enrolled",150)],"major"),
    ("2.2.3-b", BCMA, "history by opinion", [("population.benefit_risk.0.expected_benefit",[evidence("expert","Survival is poor")])],"note"),
    ("2.1.2.3-b", CD19, "training: as per SOP", [("sites.operators.0.minimum_training",{"en":"As per SOP","zh":"按SOP执行"})],"major"),
    ("2.1.2.3-b", BCMA, "training 按科室规定", [("sites.operators.0.minimum_training",{"en":"As per department rules","zh":"按科室规定"})],"major"),
    ("1.2-b", TCR, "integration unknown", [("product.vector.integration","unknown")],"note"),
    ("2.3.2-l", CIK, "safety 25", [(f"{PLAN}.safety_set_size",25)],"major"),
    ("2.3.1-c", CD19, "differences 无", [(f"{PLAN}.null_derivation.differences_listed",{"en":"None","zh":"无"})],"minor"),
    ("2.3.1-b", CD19, "reason: budget TBD", [(f"{PLAN}.single_arm_reason",{"en":"To be justified","zh":"待说明"})],"major"),
    ("2.3.1-b", CD19, "feasibility 后续补充", [(f"{PLAN}.rct_feasibility",{"en":"Will be provided later","zh":"后续补充"})],"minor"),
    ("2.3.1-d", TIL, "reasons: standard", [("trial.blinding.unblinded_roles", lambda o:{k:{"en":"Standard","zh":"常规"} for k in o})],"minor"),
    ("2.1.3-d", TCR, "temperature 40 °C in F 104", [("treatment.infusion.conditions.0.value",104.0),("treatment.infusion.conditions.0.unit","degF")],"minor"),
    ("2.1.3-d", BCMA, "conditions reversed", [("treatment.infusion.conditions.1.operator","<=")],"major"),
    ("2.2.1.1-e", TCR, "OBD without measure", [("escalation.objective","optimal_biological_dose"),("escalation.activity_measure",None)],"note"),
    ("2.2.2.3-c", NK, "ladder text 适当递增", [("dose.starting.ladder_rationale",{"en":"Increase as appropriate","zh":"适当递增"})],"major"),
    ("2.2.2.1-a", TCR, "rationale 根据经验", [("dose.starting.rationale",{"en":"Based on experience","zh":"根据经验"})],"minor"),
    ("2.1.1.4-d", CIK, "cells outlast contraception", [("population.contraception_required", "40 d")], "note"),
    ("2.2.2.2-a", CD19, "viability of 40 %", [("manufacturing.release_tests", lambda r: ["viability >= 40 %" if x == "viability" else x for x in r])], "note"),
    ("2.2.2.2-a", TCR, "拷贝数不超过50", [("manufacturing.release_tests", lambda r: ["载体拷贝数不超过50" if x == "vector copy number" else x for x in r])], "note"),
    ("2.2.2.2-a", TIL, "内毒素 100 EU/mL", [("manufacturing.release_tests", lambda r: ["内毒素 ≤ 100 EU/mL" if x == "endotoxin" else x for x in r])], "note"),
    ("1.3-d", TCR, "RCR for a lentiviral vector", [("manufacturing.release_tests", lambda r: ["replication-competent retrovirus" if "replication" in x else x for x in r])], "note"),
    ("1.3-d", NK, "复制型慢病毒 for a retroviral vector", [("manufacturing.release_tests", lambda r: ["复制型慢病毒" if "replication" in x else x for x in r])], "note"),
    ("2.2.2.3-c", BCMA, "a band of 60 %", [("dose.band_low", 0.6)], "minor"),
    ("2.2.2.3-c", TCR, "a band of 45 %", [("dose.band_high", 0.45)], "note"),
    ("2.2.2.3-c", BCMA, "starts at the second level", [("dose.start_level", 2)], "note"),
    ("2.2.5-j", NK, "body: 待定", [("escalation.transition.decision_body","待定")],"major"),
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
    (CIK, "contraception 183 d", [("population.contraception_required", "183 d")]),
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
    (CD19, "limits of release in words", [("manufacturing.release_tests", lambda r: [{"viability": "细胞活率不低于80%", "vector copy number": "VCN < 5", "endotoxin": "endotoxin below 5 EU/mL"}.get(x, x) for x in r])]),
    (BCMA, "a band of 30 %", [("dose.band_high", 0.3), ("dose.band_low", 0.3)]),
    (TIL, "observe for hours", [_steps("Cytopenia", (1, "Observe; blood count every two days", "观察；每两天查血常规"))]),
    (CIK, "stop and observe", [_steps("Infection", (2, "Stop the infusion and observe", "停止输注并观察"))]),
    (DC, "reports within a day", [_steps("Stroke", (1, "Neurologist within an hour; report within 24 h", "1小时内神经内科会诊；24小时内上报"))]),
    (TIL, "a limit of 5 % without a reason", [("manufacturing.failure_plan.other_reason_limit", 0.05)]),
)  # fmt: skip

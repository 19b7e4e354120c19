"""Edits that change words or units and nothing else: the review may find nothing new because of them."""

from __future__ import annotations

from typing import Any

from spec.guideline_edits import BCMA, CD19, CIK, DC, NK, TCR, TIL, Change
from spec.violations_of_later_parts import set_in

_ROWS = "pharmacology.measurements"
_ITEMS = [
    "生存情况",
    "新发恶性肿瘤",
    "感染",
    "免疫功能",
    "神经系统疾病",
    "自身免疫性疾病",
    "血液系统疾病",
    "迟发反应",
    "妊娠",
]
_CLASSES = {
    "新发恶性肿瘤": "new_malignancy", "感染": "product_related_infection", "神经系统疾病": "neurologic", "自身免疫性疾病": "rheumatologic_or_autoimmune",
    "血液系统疾病": "haematologic", "迟发反应": "unexpected_illness", "妊娠": "pregnancy",
}  # fmt: skip


def _days(*days: int) -> Any:
    return lambda rows: [{**row, "days": list(days)} if row["attribute"] == "kinetics" else row for row in rows]


def _assay(old: str, new: str) -> Any:
    return lambda rows: [{**row, "assay": new} if row["assay"] == old else row for row in rows]


#: Example, what the edit does, the edit.
HARMLESS: tuple[tuple[str, str, list[Change]], ...] = (
    (BCMA, "attributes in usual words", [("dose.product_attributes_recorded", ["% CAR+", "VCN", "cell viability (7-AAD)"])]),
    (BCMA, "attributes in Chinese", [("dose.product_attributes_recorded", ["细胞存活率", "CAR表达率", "载体整合数"])]),
    (BCMA, "soluble target by another name", [(_ROWS, set_in("analyte", "BCMA", analyte="soluble B-cell maturation antigen (CD269)"))]),
    (BCMA, "two targets measured as CD-19 and CD 22", [
        ("product.targets", ["CD19", "CD22"]),
        (_ROWS, lambda rows: [{**row, "analyte": "CD-19 and CD 22"} if row["analyte"] == "BCMA" else row for row in rows]),
        ("population.criteria", set_in("concept", "target_antigen_positive_cells", text={"en": "Cells positive for CD19 and CD22", "zh": "CD19与CD22阳性"}))]),
    (BCMA, "digital instead of quantitative PCR", [(_ROWS, _assay("qpcr", "ddpcr"))]),
    (BCMA, "peak sampled on other days", [(_ROWS, _days(0, 1, 4, 7, 11, 15, 21, 28))]),
    (BCMA, "peak sampled on days 6, 8, 10, 15, 28", [(_ROWS, _days(6, 8, 10, 15, 28))]),
    (BCMA, "kinetics in serum", [(_ROWS, set_in("attribute", "kinetics", matrix="serum"))]),
    (CD19, "Lugano in other words", [("efficacy.criteria", "The Lugano classification (2014)")]),
    (CD19, "Cheson of 2014", [("efficacy.criteria", "Cheson 2014")]),
    (CD19, "IPCG", [("efficacy.criteria", "IPCG")]),
    (CD19, "PERCIST", [("efficacy.criteria", "PERCIST")]),
    (BCMA, "IMWG in other words", [("efficacy.criteria", "IMWG response criteria (2016)")]),
    (TCR, "mRECIST", [("efficacy.criteria", "mRECIST")]),
    (TCR, "iRECIST 2017", [("efficacy.criteria", "iRECIST 2017")]),
    (CIK, "mRECIST for liver cancer", [("efficacy.criteria", "mRECIST")]),
    (TIL, "response by RECIST 1.1", [("efficacy.criteria", "Response by RECIST 1.1")]),
    (DC, "PCWG3 first", [("efficacy.criteria", "PCWG3 with RECIST 1.1")]),
    (BCMA, "items of follow-up in Chinese", [("follow_up.items", _ITEMS), ("follow_up.item_classes", _CLASSES)]),
    (BCMA, "rounded ladder", [("dose.levels", [{"label": f"DL{n}", "cells": cells} for n, cells in ((1, 1e6), (2, 3e6), (3, 9e6))])]),
    (CD19, "180 days for six months", [("efficacy.minimum_responder_follow_up", "180 d")]),
    (CD19, "26 weeks for six months", [("efficacy.minimum_responder_follow_up", "26 wk")]),
    (BCMA, "visits every 365 days", [("follow_up.then_every", "365 d")]),
    (BCMA, "assays every 365 days", [("follow_up.assays", set_in("kind", "integration", every=["365 d"]))]),
    (BCMA, "stagger in weeks", [("escalation.staggering.after_first_of_level", "4 wk"), ("escalation.staggering.between_levels", "4 wk")]),
    (CD19, "endpoint by central reading", [("efficacy.endpoints.0.text", {"en": "ORR by BICR", "zh": "BICR判定的ORR"})]),
    (CIK, "roles in Chinese", [("trial.blinding.unblinded_roles", lambda old: {"研究者": old["investigator"], "受试者": old["subject"]})]),
    (CIK, "2 to 1, computed so", [("confirmatory.randomisation.ratio", [2, 1]), ("confirmatory.sample_size.params.ratio", 2),
                                  ("confirmatory.sample_size.infused", 300), ("confirmatory.sample_size.enrolled", 330),
                                  ("manufacturing.failure_plan.maximum_enrolled", 340)]),
    (CD19, "safety set of 298", [("confirmatory.safety_set_size", 298)]),
    (NK, "factor by its long name", [("product.secreted_factors", ["interleukin-15"])]),
    (BCMA, "steroids in Chinese", [("treatment.infusion.concomitant_forbidden", ["全身性糖皮质激素"])]),
    (CD19, "month 3 on day 84", [("efficacy.sustained_response_day", 84)]),
    (CD19, "a new lot of the same vector", [("manufacturing.changes", [
        {"id": "C1", "text": {"en": "New vector lot", "zh": "更换载体批次"}, "major": False, "status": "open", "process_version": "P2"}])]),
)  # fmt: skip

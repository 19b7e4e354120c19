"""Edits that change the wording or the unit of an example and not its content; nothing may be found because of them."""

from __future__ import annotations

import re
from typing import Any

from spec.guideline_edits import BCMA, CD19, CIK, TCR, TIL, Change


def _in_row(key: str, value: str, **changes: Any) -> Any:
    """Return a function that changes the rows in which a field has a value."""
    return lambda rows: [{**row, **changes} if row[key] == value else row for row in rows]


def _terms(**names: str) -> Any:
    return lambda rows: [{**row, "term": names.get(row["term"], row["term"])} for row in rows]


def _kinetics_days(days: list[int]) -> Any:
    return lambda rows: [{**row, "days": days} if row["attribute"] == "kinetics" else row for row in rows]


def _targets_measured(*names: str) -> Any:
    def change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        model = next(row for row in rows if row["attribute"] == "target_expression")
        others = [row for row in rows if row["attribute"] not in {"target_expression", "soluble_target"}]
        return [*others, *({**model, "analyte": name} for name in names)]

    return change


def _reworded(section: Any) -> Any:
    """Put a word of no meaning at the end of every English text and a full stop at the end of every Chinese one."""
    if isinstance(section, dict):
        if set(section) == {"en", "zh"}:
            return {
                "en": re.sub(r"\.?$", ", as agreed.", section["en"], count=1),
                "zh": section["zh"].rstrip("。") + "。",
            }
        return {key: _reworded(value) for key, value in section.items()}
    return [_reworded(item) for item in section] if isinstance(section, list) else section


_ATTRIBUTES = "dose.product_attributes_recorded"
_RELEASE = "manufacturing.release_tests"
_CHINESE_ITEMS = [
    "生存情况",
    "新发或继发癌症",
    "感染",
    "免疫功能变化",
    "神经系统疾病",
    "自身免疫病",
    "血液系统疾病",
    "延迟不良反应",
    "妊娠",
]
_ASK = {
    "新发或继发癌症": "new_malignancy",
    "感染": "product_related_infection",
    "神经系统疾病": "neurologic",
    "自身免疫病": "rheumatologic_or_autoimmune",
    "血液系统疾病": "haematologic",
    "延迟不良反应": "unexpected_illness",
    "妊娠": "pregnancy",
}

HARMLESS: tuple[tuple[str, str, list[Change]], ...] = (
    (BCMA, "American spelling of two risks",
     [("risk_plan.risks", _terms(HLH="Hemophagocytic lymphohistiocytosis", CRS="Cytokine-release syndrome"))]),
    (BCMA, "Chinese names of two risks", [("risk_plan.risks", _terms(HLH="噬血细胞综合征", CRS="细胞因子释放综合征"))]),
    (BCMA, "evidence reviewed every 183 days", [("governance.evidence_review_interval", "183 d")]),
    (BCMA, "attributes in usual words", [(_ATTRIBUTES, ["% CAR+", "VCN", "cell viability (7-AAD)"])]),
    (BCMA, "attributes in Chinese", [(_ATTRIBUTES, ["细胞存活率", "CAR表达率", "载体整合数"])]),
    (BCMA, "release test CAR+ %", [(_RELEASE, lambda rows: ["CAR+ %" if row == "transduction efficiency" else row for row in rows])]),
    (BCMA, "release test CAR expression",
     [(_RELEASE, lambda rows: ["CAR expression" if row == "transduction efficiency" else row for row in rows])]),
    (BCMA, "release test in Chinese",
     [(_RELEASE, lambda rows: ["CAR表达率" if row == "transduction efficiency" else row for row in rows])]),
    (BCMA, "the target by its other name",
     [("product.targets", ["CD269"]), ("pharmacology.measurements", _in_row("analyte", "BCMA", analyte="soluble B-cell maturation antigen (sBCMA)"))]),
    (BCMA, "two targets with hyphens and blanks",
     [("product.targets", ["CD19", "CD22"]), ("pharmacology.measurements", _targets_measured("CD-19", "CD 22"))]),
    (BCMA, "digital for quantitative PCR", [("pharmacology.measurements", _in_row("assay", "qpcr", assay="ddpcr"))]),
    (BCMA, "peak sampled on other days", [("pharmacology.measurements", _kinetics_days([0, 1, 4, 7, 11, 15, 21, 28]))]),
    (BCMA, "peak sampled on days 6 to 15", [("pharmacology.measurements", _kinetics_days([6, 8, 10, 15, 28]))]),
    (CD19, "criteria in a sentence", [("efficacy.criteria", "The Lugano classification (2014)")]),
    (CD19, "lymphoma of the central nervous system by IPCG", [("efficacy.criteria", "IPCG")]),
    (TCR, "mRECIST", [("efficacy.criteria", "mRECIST")]),
    (TCR, "iRECIST 2017", [("efficacy.criteria", "iRECIST 2017")]),
    (CIK, "mRECIST in liver cancer", [("efficacy.criteria", "mRECIST")]),
    (TIL, "criteria in a sentence", [("efficacy.criteria", "Response by RECIST 1.1")]),
    (BCMA, "age above 17", [("population.criteria", lambda rows: [{**rows[0], "operator": ">", "value": 17}, *rows[1:]])]),
    (BCMA, "age as a decimal", [("population.criteria.0.value", 18.0)]),
    (BCMA, "case of a stage in one risk",
     [("risk_plan.risks.0.stages_considered", ["iss-i", "ISS II", "iss iii"])]),
    (TCR, "stage in words", [("population.stages_allowed", ["stage IIIB/IV", "ECOG-stage 1"]),
                             ("risk_plan.risks", lambda rows: [{**row, "stages_considered": ["stage IIIB/IV", "ECOG-stage 1"]} for row in rows])]),
    (TCR, "stages of other scales",
     [("population.stages_allowed", ["BCLC-B1", "Rai 0", "CLL Rai I high-risk"]),
      ("risk_plan.risks", lambda rows: [{**row, "stages_considered": ["BCLC-B1", "Rai 0", "CLL Rai I high-risk"]} for row in rows])]),
    (BCMA, "items of follow-up in Chinese", [("follow_up.items", _CHINESE_ITEMS), ("follow_up.item_classes", _ASK)]),
    (BCMA, "contraception by a criterion",
     [("population.contraception_required", None),
      ("population.criteria", lambda rows: [*rows, {
          "id": "I-90", "kind": "inclusion", "concept": "contraception_agreed", "operator": "is", "value": True,
          "assessment": "Agreement in the consent", "source": "consent", "text": {"en": "Contraception for 12 months", "zh": "避孕12个月"}}])]),
    (BCMA, "every text of one section reworded", [("risk_plan", _reworded)]),
    (BCMA, "a rounded ladder", [("dose.levels", lambda rows: [{**row, "cells": cells} for row, cells in zip(rows, ("1e6", "3e6", "9e6"), strict=True)])]),
    (BCMA, "a single site", [("trial.multicentre", False)]),
    (BCMA, "one composition", [("product.mixed_composition", False), ("product.subsets", [])]),
    (BCMA, "contraception of a year", [("population.contraception_required", "1 y")]),
    (BCMA, "contraception of 180 days", [("population.contraception_required", "180 d")]),
)  # fmt: skip

"""Edits of the same kinds as the listed violations of parts 1 and 2.1, in other words, fields, examples and languages."""

from __future__ import annotations

import time
from typing import Any

import pytest

from celltrial.guideline.references import concludes_against, is_registry_number, promises
from celltrial.guideline.texts import TEXTS, says_nothing, stated_interval, texts_at
from celltrial.protocol import Protocol
from celltrial.protocol.model.base import Evidence, LocalText, Section
from spec.guideline_edits import BCMA, CD19, CIK, DC, NK, TCR, TIL, both, edited, evidence, found, reviewed, rows_where

CASES: list[tuple[str, str, list[tuple[str, Any]], str]] = [
    ("1.1-a", BCMA, [("references.0.doi", "10.1/x y")], "reference_malformed"),
    ("1.1-a", BCMA, [("references.0.doi", "see journal")], "reference_malformed"),
    ("1.1-a", BCMA, [("references.0.pmid", "PMC12")], "reference_malformed"),
    ("1.1-a", BCMA, [("references.0.citation", "TBD")], "reference_malformed"),
    ("1.1-a", BCMA, [("references.0.citation", "Li X, et al. Blood 2031;1:1")], "reference_malformed"),
    ("1.1-a", TCR, [("identification.registry_ids", ["NCT0313292"])], "registry_malformed"),
    ("1.1-a", CIK, [("identification.registry_ids", ["pending"])], "registry_malformed"),
    ("1.1-a", BCMA, [("dose.starting.evidence.0.reference", "no_such_paper")], "reference_not_listed"),
    ("1.1-a", NK, [("identification.title", both("待定"))], "text_says_nothing"),
    ("1.2-e", BCMA, [("governance.agency.0.status", "answered")], "agency_answer_incomplete"),
    ("1.2-e", BCMA, [("governance.agency.0.status", "asked"), ("governance.agency.0.dated", "2031-01-01")], "agency_dated_after"),
    ("1.3-a", TIL, [("product.storage", both("按规定"))], "text_says_nothing"),
    ("1.3-a", NK, [("product.hla_matching", both("视情况而定"))], "text_says_nothing"),
    ("1.3-g", CIK, [("governance.last_evidence_review", "2026-01-01")], "evidence_review_after_version"),
    ("2.1.1-a", DC, [("population.benefit_risk.0.conclusion", both("获益小于风险，获益不能抵消风险"))], "benefit_risk_concludes_against"),
    ("2.1.1-a", TCR, [("population.benefit_risk.0.conclusion", both("Benefits do not outweigh the risks"))], "benefit_risk_concludes_against"),
    ("2.1.1-a", BCMA, [("population.benefit_risk.0.dated", "2025-02-01")], "benefit_risk_dated_after"),
    ("2.1.1-a", BCMA, [("population.benefit_risk.0.dated", "2021-01-01")], "benefit_risk_stale"),
    ("2.1.1-a", BCMA, [("population.benefit_risk.0.expected_risk", [evidence("clinical", "Data on file", "qu2022")])], "benefit_risk_unsupported"),
    ("2.1.1-a", BCMA, [("references.0.doi", "10.5/zz"), ("references.0.pmid", None)], "benefit_risk_unsupported"),
    ("2.1.1-b", TCR, [("product.nonclinical", [evidence("nonclinical", "动物研究拟开展")])], "no_nonclinical_evidence"),
    ("2.1.1-b", NK, [("product.nonclinical", [evidence("in_vitro", "Killing will be tested")])], "no_nonclinical_evidence"),
    ("2.1.1-b", BCMA, [("product.nonclinical", [evidence("nonclinical", "小鼠不表达靶点，耐受良好")])], "model_not_relevant"),
    ("2.1.1.1-a", TCR, [("population.criteria", rows_where(concept="diagnosis_confirmed"))], "disease_not_asked_for"),
    ("2.1.1.2-a", NK, [("population.stage_rationale.severity", both("由研究者决定"))], "text_says_nothing"),
    ("2.1.1.2-a", CIK, [("population.stages_allowed", ["stage VII"])], "stages_off_scale"),
    ("2.1.1.2-a", TCR, [("population.stages_allowed", ["可切除"])], "early_stage_without_reason"),
    ("2.1.1.2-a", TCR, [("population.stages_allowed", ["I期"])], "early_stage_without_reason"),
    ("2.1.1.2-f", NK, [("population.studied_population", ["初治淋巴瘤"])], "studied_population_contradicted"),
    ("2.1.1.4-b", TCR, [("pharmacology.measurements", lambda rows: [{**row, "analyte": "anti-tetanus antibody"} if "anti" in row["analyte"] else row for row in rows])], "no_antibody_baseline"),
    ("2.1.1.4-c", CD19, [("population.pregnancy_test_window", "2 wk")], "pregnancy_test_window"),
    ("2.1.1.4-d", NK, [("population.contraception_required", "2 wk")], "contraception_too_short"),
    ("2.1.1.4-d", BCMA, [("population.contraception_required", "3 mo")], "contraception_too_short"),
    ("2.1.2.1-b", CIK, [("population.criteria.0.assessment", "酌情")], "text_says_nothing"),
    ("2.1.2.1-b", TCR, [("population.criteria.7.window", "90 d")], "criterion_window_long"),
    ("2.1.2.2-b", NK, [("risk_plan.risks.1.diagnosis", both("Per standard of care"))], "text_says_nothing"),
    ("2.1.2.2-b", TCR, [("risk_plan.risks.1.recognition", both("ICE score weekly"))], "recognition_too_rare"),
    ("2.1.2.2-b", TIL, [("risk_plan.risks.3.recognition", both("每周一次测血压"))], "recognition_too_rare"),
    ("2.1.2.2-b", BCMA, [("risk_plan.risks.1.management.0.grade_at_least", 4), ("risk_plan.risks.1.management", lambda rows: rows[:1])], "management_starts_late"),
    ("2.1.2.3-a", TCR, [("sites.resources", [{"name": "门诊皮肤科", "kind": "department"}])], "no_intensive_care"),
    ("2.1.2.3-b", CD19, [("sites.operators.0.minimum_training", both("由各中心决定"))], "text_says_nothing"),
    ("2.1.2.4-c", NK, [("stopping.in_flight.text", both("待确定"))], "text_says_nothing"),
    ("2.1.2.4-e", CIK, [("stopping.resume.evaluation", False)], "resume_without_evaluation"),
    ("2.1.2.4-e", CIK, [("stopping.resume.reconsent", False)], "resume_items_waived"),
    ("2.1.3-e", TIL, [("manufacturing.failure_plan.causes_investigated", both("如有需要"))], "text_says_nothing"),
    ("2.1.3-f", TCR, [("manufacturing.failure_plan.rescue_deadline", "6 mo")], "rescue_too_late"),
    ("2.1.3-f", CIK, [("manufacturing.failure_plan.rescue", both("Standard of care"))], "text_says_nothing"),
    ("2.1.3-h", TCR, [("manufacturing.failure_plan.maximum_attempts", 5)], "attempts_outlast_subject"),
    ("2.1.3-i", TCR, [("manufacturing.failure_plan.maximum_enrolled", 41)], "cap_below_expectation"),
    ("2.1.3-m", BCMA, [("stopping.halt.causes", ["storage"])], "halt_causes_incomplete"),
    ("2.1.3-n", TIL, [("stopping.halt.minimum_validation_runs", 2)], "too_few_validation_runs"),
]  # fmt: skip


@pytest.mark.parametrize(("clause", "name", "changes", "code"), CASES, ids=lambda value: str(value)[:40])
def test_a_sibling_is_found_at_its_clause(clause, name, changes, code):
    assert code not in {one for one, _ in found(name, clause)}
    assert code in {one for one, _ in found(name, clause, *changes)}


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("T.B.D.", True), ("to be confirmed with the sponsor", True), ("not applicable", True), ("???", True), ("xxx", True),
        ("at the discretion of the treating physician", True), ("Handled by the sites", True), ("case by case", True),
        ("根据患者具体情况决定", True), ("由各中心按常规处理", True), ("必要时处理", True), ("另行规定", True), ("【 】", True),
        ("Not applicable: the product holds no vector", False), ("None of 12 batches failed", False), ("0", False), ("3", False),
        ("Dexamethasone; taper at the investigator's discretion", False), ("必要时加用地塞米松", False), ("无菌检查", False),
        ("停用桥接治疗14天", False), ("Judged by the investigator on disease course", False), ("site of the lesion", False),
        ("遵医嘱", True), ("According to usual clinical practice", True), ("Per SOP", True), ("由PI决定是否继续", True), ("See IB", True),
        ("See IB, section 5.2", False), ("详见研究者手册第3章", False), ("SOP-12", False), ("Antibiotics by current guidelines", False),
        ("密切观察血氧", False), ("按NCCN指南使用抗生素", False), ("Staff with experience of 20 infusions", False),
        ("CT where clinically indicated", False), ("SOP-INF", False), ("由研究者依据病程判断预期生存期", False),
    ],
)  # fmt: skip
def test_a_text_says_nothing_only_where_nothing_is_left(text, empty):
    assert says_nothing(text) is empty


def test_conclusions_promises_registry_numbers_and_intervals_are_read_as_meant():
    assert not concludes_against("Expected benefit outweighs risks that can be treated")
    assert not concludes_against("风险不大于获益，预期获益大于可处理的风险")
    assert concludes_against("风险明显超过预期获益")
    assert promises(Evidence(kind="nonclinical", statement=LocalText(en="A study is planned", zh="研究计划中")))
    assert not promises(
        Evidence(kind="nonclinical", statement=LocalText(en="Planned doses were tolerated", zh="计划剂量耐受良好"))
    )
    assert all(
        is_registry_number(text) for text in ("NCT04295018", "ChiCTR1800018137", "ChiCTR-OIC-17013523", "CTR20201234")
    )
    assert stated_interval("ICE score twice daily") == 0.5
    assert stated_interval("每4小时测体温") == pytest.approx(1 / 6)
    assert stated_interval("Blood count three times a week") == pytest.approx(7 / 3)


#: Texts that no clause asks for: names, and what is beside a value that a rule reads.
EXEMPT = {
    "provenance.*.note", "justifications.*.reason", "justifications.*.evidence.*.statement",
}  # fmt: skip


def _patterns(section: type[Section], path: str = "") -> set[str]:
    """Return the pattern of every bilingual text below a section of the model."""
    import typing

    found: set[str] = set()
    for name, field in section.model_fields.items():
        stack, here = [(field.annotation, f"{path}.{name}" if path else name)], []
        while stack:
            kind, place = stack.pop()
            origin, inner = typing.get_origin(kind), typing.get_args(kind)
            if isinstance(kind, type) and issubclass(kind, LocalText):
                found.add(place)
            elif isinstance(kind, type) and issubclass(kind, Section):
                here.append((kind, place))
            elif origin is tuple or origin is dict:
                stack += [(one, f"{place}.*") for one in inner if one is not Ellipsis]
            else:
                stack += [(one, place) for one in inner]
        for kind, place in here:
            found |= _patterns(kind, place)
    return found


def test_every_text_of_the_protocol_is_asked_for_by_a_clause_or_exempt():
    asked = {row.pattern for rows in TEXTS.values() for row in rows}
    every = _patterns(Protocol)
    assert len(every) > 80
    assert every >= EXEMPT
    missing = {pattern for pattern in every if pattern not in asked and pattern not in EXEMPT}
    assert missing == set()


@pytest.mark.parametrize("name", [BCMA, CD19, CIK])
def test_every_pattern_of_a_clause_is_one_of_the_model(name):
    plan = edited(name)
    reached = {row.pattern for rows in TEXTS.values() for row in rows if any(True for _ in texts_at(plan, row.pattern))}
    assert len(reached) > 40


@pytest.mark.parametrize(
    "changes",
    [
        [("assumptions.target_infused", 10**7), ("escalation.design.params.max_subjects", 3000)],
        [("product.ex_vivo_steps", ["culture not recorded " * 50_000])],
        [("population.criteria.0.text", both("healthy adults, no active hepatitis " * 20_000))],
        [("risk_plan.risks.0.recognition", both("every day, " * 80_000))],
    ],
)
def test_a_huge_number_or_text_is_reviewed_in_seconds(changes):
    start = time.process_time()
    reviewed(BCMA, *changes)
    assert time.process_time() - start < 10

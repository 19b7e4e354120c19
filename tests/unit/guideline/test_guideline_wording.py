"""Every finding has its texts in both languages, and its parameters fit them."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import celltrial.guideline
from celltrial.guideline.agency import AgencyQuestion, draft_questions
from celltrial.guideline.register import Strength, packaged_register
from celltrial.guideline.review import review
from celltrial.guideline.trigger import VOCABULARY, applicability
from celltrial.guideline.verdict import Kind, Severity, finding
from celltrial.guideline.wording import applicability_text, finding_text, question_text
from celltrial.locale import LANGUAGES, catalogue, has, translate

SOURCE = Path(celltrial.guideline.__file__).parent
#: Parameters that a call passes as a dictionary built just before.
SPREAD = {"low", "high", "found", "needed", "driver", "group", "n", "rate", "wanted", "upper", "infused"} | {
    "kind", "declared", "credible", "source", "basis", "limit", "rule", "needed_days", "criterion", "said", "fields", "count", "date", "stages", "scale",
    "risk", "found_days", "attempts", "assumed", "items", "who",
    "responders", "subjects", "randomised", "more", "roles", "endpoint", "role", "disease", "attribute", "level", "gap", "begins", "ends", "years", "step", "lower", "assay", "target",
    "told", "stated", "chance", "scenario", "method", "margin", "age", "most", "expansion", "together", "doses", "lowest", "lasts", "test",
}  # fmt: skip
#: The texts of the guideline's room: those of the register and the form, of the content, and of its later parts.
TEXTS = {
    **catalogue("guideline"),
    **catalogue("guideline_content"),
    **catalogue("guideline_later"),
    **catalogue("guideline_figures"),
}


def calls():
    """Yield code, parameter names and whether a dictionary is spread, for each `finding(...)` in the source."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"finding", "danger"}
            )
            if named and isinstance(node.args[0], ast.Constant):
                names = {item.arg for item in node.keywords if item.arg}
                yield node.args[0].value, names, any(item.arg is None for item in node.keywords)


def placeholders(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_code_has_both_texts_and_every_text_its_code():
    codes = {code for code, _, _ in calls()} | {"cannot_evaluate"}
    keys = {key.split(".", 1)[1] for key in TEXTS if key.startswith(("finding.", "remedy."))}
    assert codes == keys
    assert len(codes) > 150


@pytest.mark.parametrize("language", LANGUAGES)
def test_parameters_fit_the_texts(language):
    for code, names, spread in calls():
        for kind in ("finding", "remedy"):
            wanted = placeholders(TEXTS[f"{kind}.{code}"][language]) - {"path"}
            assert wanted <= names | (SPREAD if spread else set()), (code, kind)


def test_both_languages_use_the_same_parameters_in_a_finding():
    for key, texts in TEXTS.items():
        if key.startswith("finding."):
            assert placeholders(texts["en"]) == placeholders(texts["zh"]), key


def test_chinese_texts_are_chinese():
    for key, texts in TEXTS.items():
        assert any("\u4e00" <= letter <= "\u9fff" for letter in texts["zh"]), key
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in texts["en"]), key


def test_words_of_a_status_and_a_strength():
    for language in LANGUAGES:
        assert [translate(f"status.{kind.value}", language) for kind in Kind]
        assert [translate(f"strength.{strength.value}", language) for strength in Strength]
        assert [translate(f"gdl.word.{severity.value}", language) for severity in Severity]


def test_code_words_are_put_into_the_language():
    item = finding("follow_up_too_short", "follow_up.years", found="5", needed="7", driver="delayed_event_onset")
    zh = finding_text(item, "zh", translate=translate, has=has)
    en = finding_text(item, "en", translate=translate, has=has)
    assert zh.found == "计划随访5年；按迟发事件出现时间需要7年。"
    assert en.found == "5 years are planned; the onset of late events asks for 7."
    assert en.remedy == "Follow for at least 7 years from the last infusion."


def test_lists_are_joined_as_the_language_does():
    item = finding("stage_rationale_incomplete", "population.stage_rationale", reasons="severity, product_action")
    assert finding_text(item, "zh", translate=translate, has=has).found.endswith("病情轻重、产品作用方式。")


def test_a_citation_is_shown_as_it_stands():
    cited = "Fry TJ, et al. Nat Med 2018;24:20"
    item = finding("stagger_short_of_class", "x", found="1 d", needed_days="7", group="class_nk", source=cited)
    assert cited in finding_text(item, "zh", translate=translate, has=has).found


@pytest.mark.parametrize(
    ("trigger", "facts", "en"),
    [
        ("always", {}, ""),
        ("gene_modified", {"gene_modified": False}, "does not apply, because gene modified = no"),
        ("phase == 'exploratory'", {"phase": "exploratory"}, "applies, because phase = exploratory"),
        ("paediatric", {}, "applies, flagged: not known: children included"),
    ],
)
def test_why_a_clause_applies(trigger, facts, en):
    found = applicability(trigger, facts)
    assert applicability_text(found, "en", translate=translate, has=has) == en


def test_every_fact_and_every_value_of_it_has_its_words_in_chinese(clean, edited):
    assert all(has(f"gdl.fact.{name}") for name in VOCABULARY)
    for kind in ("escalation", "single_arm", "cik", "randomised"):
        for verdict in review(edited(clean(kind)), packaged_register()).verdicts:
            said = applicability_text(verdict.applicability, "zh", translate=translate, has=has)
            words = set(re.findall(r"[A-Za-z_]{2,}", said)) - {"CAR", "CIK", "NK", "TCR"}
            assert not words, said


def test_a_question_for_the_agency_in_both_languages():
    item = AgencyQuestion("3.1-e", "question.unclassified", "follow_up", {"clause": "3.1-e", "years": "15"})
    assert "15 years" in question_text(item, "en", translate=translate, has=has)
    assert "15年" in question_text(item, "zh", translate=translate, has=has)


@pytest.mark.parametrize("kind", ["single_arm", "cik", "autoimmune"])
def test_every_finding_of_a_bare_protocol_can_be_said(kind, clean, edited):
    emptied = [
        (name, None)
        for name in ("manufacturing", "risk_plan", "sites", "escalation", "confirmatory", "stopping", "pharmacology")
    ]
    emptied += [(name, None) for name in ("efficacy", "follow_up", "governance", "assumptions")]
    emptied += [("product.vector", None), ("product.nonclinical", []), ("population.benefit_risk", [])]
    found = review(edited(clean(kind), *emptied), packaged_register())
    assert len(found.blockers) > 10
    for verdict in found.verdicts:
        for item in verdict.findings:
            for language in LANGUAGES:
                said = finding_text(item, language, translate=translate, has=has)
                assert said.found
                assert said.remedy
                assert "{" not in said.found + said.remedy
    for question in draft_questions(found):
        assert question_text(question, "zh", translate=translate, has=has)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "path",
    [
        "risk_plan.risks.0.prevention",
        "population.benefit_risk.0.expected_benefit.0.statement",
        "prevention.0",
        "a.prevention",
    ],
)
def test_a_dotted_field_stays_as_written_and_a_code_word_alone_is_put_into_words(language, path):
    item = finding("text_says_nothing", path, Severity.MAJOR, said="tbd", fields=f"{path}, prevention", count=2)
    said = finding_text(item, language, translate=translate, has=has).found
    comma = "、" if language == "zh" else ", "
    assert f"{path}{comma}{translate('gdl.word.prevention', language)} " in said.replace("（", " ")


def test_a_design_is_named_in_words():
    item = finding("not_randomised", "trial.design", found="design_sat")
    assert finding_text(item, "en", translate=translate, has=has).found.startswith("The design is a single-arm trial,")
    assert finding_text(item, "zh", translate=translate, has=has).found.startswith("设计为单臂试验，")

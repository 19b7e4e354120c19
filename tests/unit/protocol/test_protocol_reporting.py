"""What is told of collecting and analysing agrees with the rules that need it; a protocol may be in one language."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from celltrial.core.errors import UserError
from celltrial.protocol import read_protocol
from celltrial.protocol.languages import main_language, texts_without
from celltrial.protocol.reading import canonical_json, load_canonical

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").glob("*.yaml"))
BCMA, CIK = (next(path for path in EXAMPLES if path.stem.startswith(stem)) for stem in ("bcma", "cik"))


def refused(path: Path, before: str, after: str) -> str:
    source = path.read_text(encoding="utf-8")
    assert before in source
    with pytest.raises(UserError) as found:
        read_protocol(source.replace(before, after, 1), path.name)
    return " ".join(f"{item.id} {item.params}" for item in found.value.faults)


@pytest.mark.parametrize("event", ["ae", "sae"])
def test_events_are_collected_at_least_as_long_as_a_rule_counts_them(event):
    """S-1 counts to day 90; a period that ends on day 28 leaves it without its events."""
    begins = {"ae": "collection", "sae": "consent"}[event]
    said = refused(
        BCMA, f"event: {event}, begins: {begins}, until: 90 d", f"event: {event}, begins: {begins}, until: 28 d"
    )
    assert "PRT-022" in said
    assert "stopping.rules.0.event.window" in said


def test_a_period_has_an_end():
    assert "PRT-022" in refused(BCMA, "begins: infusion, to_end: true", "begins: infusion, to_end: false")


def test_a_longer_window_of_a_rule_is_a_contradiction_too():
    assert "PRT-022" in refused(BCMA, "deaths: true, window: 90 d", "deaths: true, window: 120 d")


def test_an_order_of_tests_names_endpoints():
    assert "EP-77" in refused(CIK, "order: [EP-1, EP-2]", "order: [EP-1, EP-77]")


def test_the_primary_endpoint_is_tested_at_the_error_of_its_size():
    assert "0.05" in refused(CIK, "alpha: 0.025, sides: 1", "alpha: 0.05, sides: 1")


def test_a_section_that_must_apply_cannot_be_said_not_to():
    said = refused(BCMA, "    '8.8':", "    '4.3':")
    assert "PRT" in said


def in_one(path: Path, language: str) -> str:
    """Return the YAML with the other language's line or half of each text taken out."""
    other = "en" if language == "zh" else "zh"
    source = path.read_text(encoding="utf-8")
    quoted = r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^,}\n]*)"
    source = re.sub(
        rf"\{{en: ({quoted}), zh: ({quoted})\}}", lambda m: f"{{{language}: {m[1 if language == 'en' else 2]}}}", source
    )
    return re.sub(rf"^\s+{other}: .*\n", "", source, flags=re.MULTILINE)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_protocol_in_one_language_is_a_whole_protocol(path, language):
    plan = read_protocol(in_one(path, language), path.name)
    assert main_language(plan) == language
    assert texts_without(plan, language) == ()
    assert len(texts_without(plan, "en" if language == "zh" else "zh")) > 80
    assert load_canonical(canonical_json(plan)) == plan


def test_a_plain_text_is_in_the_language_of_its_script():
    source = BCMA.read_text(encoding="utf-8").replace(
        "    en: Multiple myeloma, relapsed or refractory after at least three prior lines\n"
        "    zh: 既往至少三线治疗后复发或难治的多发性骨髓瘤\n",
        "    多发性骨髓瘤\n",
    )
    plan = read_protocol(source.replace("  indication:\n", "  indication:\n"), BCMA.name)
    assert (plan.trial.indication.zh, plan.trial.indication.en) == ("多发性骨髓瘤", "")


def test_a_text_in_no_language_is_refused():
    said = refused(BCMA, "text: {en: Age 18 years or more, zh: 年龄不小于18岁}", "text: {en: '', zh: ''}")
    assert "PRT-004" in said


def test_a_protocol_approved_before_these_fields_reads_as_it_was():
    """An older canonical text has none of the new sections: it loads, and they are not stated."""
    plan = read_protocol(BCMA.read_text(encoding="utf-8"), BCMA.name)
    older = json.loads(canonical_json(plan))
    for name in ("safety", "statistics", "assessments", "discontinuation", "oversight"):
        del older[name]
    for item in older["efficacy"]["endpoints"]:
        del item["analysis"]
    loaded = load_canonical(json.dumps(older))
    assert (loaded.safety, loaded.oversight) == (None, None)
    assert all(item.analysis is None for item in loaded.efficacy.endpoints)

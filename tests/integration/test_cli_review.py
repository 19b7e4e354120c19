"""`celltrial review` beyond the plain list: why, where, two registers, two versions, questions for the agency."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from rehearsal import with_fields

from celltrial.protocol import canonical_json, read_protocol

FILE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
PLAN = read_protocol(FILE.read_text(encoding="utf-8"), FILE.name)
REASON = {"en": "An interim answer is awaited.", "zh": "等待中期结果。"}


@pytest.fixture
def departing(tmp_path):
    """The example without an in-flight rule, and a signed reason for it."""
    justification = {
        "clause": "2.1.2.4-c",
        "reason": REASON,
        "evidence": [{"kind": "literature", "statement": {"en": "A published series.", "zh": "已发表病例系列。"}}],
        "signed_by": "sponsor office",
        "signed_on": "2025-02-01",
    }
    path = tmp_path / "departing.yaml"
    plan = with_fields(PLAN, {"stopping.in_flight": None, "justifications": [justification]})
    path.write_text(canonical_json(plan), encoding="utf-8")
    return path


def test_every_clause_says_why_and_where(celltrial):
    for language, words in (
        (
            "en",
            ("does not apply, because children included = no", "acts in: gates before an act (conduct.gates.stagger)"),
        ),
        ("zh", ("不适用，原因：纳入儿童 = 否", "在产品中执行于：操作前的核查 (conduct.gates.stagger)")),
    ):
        code, out, _ = celltrial("review", FILE, "--all", "--lang", language)
        assert code == 0
        assert all(word in " ".join(out.split()) for word in words)
    verdicts = json.loads(celltrial("review", FILE, "--json")[1])["verdicts"]
    assert len(verdicts) == 140
    assert all(item["why"] or item["trigger"] == "always" for item in verdicts)
    nowhere = {item["clause"] for item in verdicts if not item["checks"] and not item["acts"]}
    assert all(item["strength"] == "may" for item in verdicts if item["clause"] in nowhere)


def test_one_clause_says_where_it_acts_or_why_not(celltrial):
    """AC-X4.1: any clause can be asked where it acts, or why it does not apply."""
    code, out, _ = celltrial("review", FILE, "--clause", "2.2.4-a")
    assert code == 0
    words = (
        "computed",
        "28 d, held against >= 21 d",
        "looked at: interval between subjects",
        "acts in: gates before an act (conduct.gates.stagger)",
    )
    assert all(word in out for word in words)
    out = celltrial("review", FILE, "--clause", "3.1-g", "--lang", "zh")[1]
    assert "不适用" in out
    assert "载体整合" in out
    code, _, err = celltrial("review", FILE, "--clause", "9.9-z", "--lang", "zh")
    assert code == 2
    assert "GDL-005" in err
    assert json.loads(celltrial("review", FILE, "--clause", "2.2.4-a", "--json")[1])["acts"] == [
        "conduct.gates.stagger"
    ]


def test_a_second_register_shows_only_what_changes(celltrial):
    """AC-X2.1: where the years of follow-up change, the verdict of exactly that clause changes."""
    code, out, _ = celltrial("review", FILE, "--compare", "sample-2021", "--json")
    assert code == 0
    changed = json.loads(out)["changed"]
    assert [item["clause"] for item in changed] == ["3.1-h", "3.1-x1", "2.2.5-d"]
    assert changed[0]["before"]["status"] == "computed"
    assert changed[0]["after"]["status"] == "finding"
    assert "20" in changed[0]["after"]["findings"][0]["remedy"]
    assert "3.1-h" in celltrial("review", FILE, "--compare", "sample-2021", "--lang", "zh")[1]


def test_an_earlier_version_shows_only_what_changes(celltrial, departing):
    code, out, _ = celltrial("review", departing, "--since", FILE, "--json")
    assert code == 0
    assert [
        (item["clause"], item["before"]["status"], item["after"]["status"]) for item in json.loads(out)["changed"]
    ] == [("2.1.2.4-c", "computed", "finding")]


def test_a_justification_is_shown_and_drafts_a_question(celltrial, departing):
    assert REASON["zh"] in celltrial("review", departing, "--lang", "zh")[1]
    code, out, _ = celltrial("review", departing, "--questions", "--json")
    assert code == 0
    (drafted,) = json.loads(out)["questions"]
    assert (drafted["clause"], drafted["reason"]) == ("2.1.2.4-c", REASON["en"])
    assert drafted["evidence"] == ["A published series."]
    assert "2.1.2.4-c" in celltrial("review", departing, "--questions", "--lang", "zh")[1]


def test_an_unknown_second_register_is_named(celltrial):
    code, _, err = celltrial("review", FILE, "--compare", "cde-1999")
    assert (code, err.startswith("APP-030")) == (2, True)


@pytest.mark.parametrize(("lang", "said"), [("en", "OUT OF SCOPE"), ("zh", "不在适用范围内")])
def test_a_product_out_of_scope_is_said_first_and_fails(celltrial, tmp_path, lang, said):
    """Field case 20: nothing is made outside the body; no verdict ends in an approval."""
    plan = tmp_path / "in-vivo.yaml"
    changes = {"product.ex_vivo_steps": (), "product.returned_to_patient": False}
    plan.write_text(canonical_json(with_fields(PLAN, changes)), encoding="utf-8")
    code, out, faults = celltrial("review", plan, "--lang", lang)
    assert (code, faults) == (1, "")
    assert out.splitlines()[1].startswith(said)
    assert out.splitlines()[-1].startswith(said) or said in "\n".join(out.splitlines()[-3:])
    code, out, _ = celltrial("review", plan, "--json")
    assert code == 1
    assert json.loads(out)["in_scope"] is False
    page = tmp_path / "review.html"
    assert celltrial("review", plan, "--out", page, "--lang", lang)[0] == 1
    assert said in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("lang", "stated", "met"), [("en", "stated, not judged", r"\bmet\b"), ("zh", "仅为陈述，未予判断", r"^符合")]
)
def test_every_page_counts_statements_apart_and_none_says_met(celltrial, tmp_path, lang, stated, met):
    code, out, _ = celltrial("review", FILE, "--lang", lang)
    assert code == 0
    assert stated in out
    assert not re.search(met, out, re.MULTILINE)
    page = tmp_path / "review.html"
    assert celltrial("review", FILE, "--out", page, "--lang", lang)[0] == 0
    assert stated in page.read_text(encoding="utf-8")
    answer = json.loads(celltrial("review", FILE, "--json", "--lang", lang)[1])
    assert "met" not in answer["counts"]
    kinds = [item["status"] for item in answer["verdicts"]]
    assert {kind: kinds.count(kind) for kind in answer["counts"]} == answer["counts"]
    assert answer["counts"]["stated"] > 0
    assert answer["counts"]["computed"] > 0
    shown = next(item for item in answer["verdicts"] if item["clause"] == "2.2.4-a")
    source = shown["grounds"][0].pop("source")
    assert "Fry TJ" in source
    assert shown["grounds"][0] == {
        "what": "wait_after_first",
        "field": "escalation.staggering.after_first_of_level",
        "found": "28 d",
        "limit": ">= 21 d",
    }


def test_the_command_explains_in_both_languages(celltrial):
    for lang, words in (("en", "What would change this verdict"), ("zh", "何种变化会改变该结论")):
        code, out, err = celltrial("review", FILE, "--explain", "2.1.2.4-a", "--lang", lang)
        assert (code, err) == (0, "")
        assert words in out
    assert celltrial("review", FILE, "--explain", "9.9-z")[0] == 2

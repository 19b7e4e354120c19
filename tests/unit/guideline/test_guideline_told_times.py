"""A text cannot contradict a rule: another time than the rule's is found, in either language; the examples are quiet."""

from __future__ import annotations

from pathlib import Path

import pytest

from celltrial.app.reviewing import review_protocol
from celltrial.guideline.told_times import told_intervals, told_windows, told_years
from celltrial.protocol import read_protocol

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
ALL = sorted(EXAMPLES.rglob("*.yaml"))
PLANS = [path for path in ALL if "schema_version" in path.read_text("utf-8") and "mappings" not in path.parts]
BCMA = (EXAMPLES / "bcma-car-t-escalation.yaml").read_text(encoding="utf-8")
LATER = "between_later: 14 d"


def told(text: str, *, stagger: str = "28 d", language: str = "en"):
    """Return the BCMA trial with every wait of one length and one text on how procedures are standardised."""
    texts = {"en": "One procedure", "zh": "统一规程", language: text}
    source = BCMA.replace(LATER, f"between_later: {stagger}").replace(
        "after_first_of_level: 28 d", f"after_first_of_level: {stagger}"
    )
    old = '{en: "Collection, thaw and infusion by one written procedure at all sites", zh: 各中心按同一书面规程采集、复苏与输注}'
    assert old in source
    new = f'{{en: "{texts["en"]}", zh: "{texts["zh"]}"}}'
    return read_protocol(source.replace(old, new), "plan.yaml")


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_no_example_contradicts_itself(path):
    plan = read_protocol(path.read_text(encoding="utf-8"), path.name)
    assert [*told_intervals(plan), *told_windows(plan), *told_years(plan)] == []


@pytest.mark.parametrize(
    ("find", "language", "text", "expected"),
    [
        (told_intervals, "en", "Staggering: at least 14 days", "14 day"),
        (told_intervals, "zh", "间隔给药至少14天", "14天"),
        (told_intervals, "en", "At least two weeks pass before the next subject", "two week"),
        (told_intervals, "zh", "受试者之间间隔不少于两周", "两周"),
        (told_windows, "en", "Dose-limiting toxicity is observed for 21 days", "21 day"),
        (told_windows, "zh", "剂量限制性毒性观察期为21天", "21天"),
        (told_years, "en", "Long-term follow-up lasts 5 years", "5 year"),
        (told_years, "zh", "长期随访五年", "五年"),
    ],
)  # fmt: skip
def test_another_time_than_the_rule_s_is_found(find, language, text, expected):
    found = list(find(told(text, language=language)))
    assert [(one.path, one.told) for one in found] == [("sites.standardised_procedures.0", expected)]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Staggering: 28 days"),
        ("zh", "间隔给药28天"),
        ("en", "Four weeks pass before the next subject"),
        ("zh", "受试者之间间隔四周"),
        ("en", "Blood is drawn 14 days after the infusion"),
        ("en", "Long-term follow-up lasts 15 years, with a contact every 12 months"),
    ],
)
def test_the_time_of_the_rule_and_times_of_other_things_are_quiet(language, text):
    plan = told(text, language=language)
    assert [*told_intervals(plan), *told_windows(plan), *told_years(plan)] == []


def test_the_review_shows_it_at_the_clause_of_the_rule():
    found = review_protocol(told("Staggering: at least 14 days"))
    verdict = next(one for one in found.verdicts if one.clause.id == "2.2.4-a")
    assert "text_against_rule" in [one.code for one in verdict.findings]

"""Terms of rules against terms of events, in any script: what is the same, and that nothing is not the same as something."""

from __future__ import annotations

from datetime import UTC, date, datetime
from types import MappingProxyType

import pytest

from celltrial.conduct.facts.safety.events import AdverseEventGraded
from celltrial.conduct.facts.safety.state import AdverseEvent
from celltrial.conduct.facts.subject.state import DltWindow
from celltrial.conduct.views.dlt import is_dlt
from celltrial.conduct.vocabulary import GradeSource, Relatedness
from celltrial.core.dates import Instant
from celltrial.core.terms import same_term
from celltrial.protocol.model import Duration
from celltrial.protocol.model.escalation import DltDefinition, DltRule

NOW = Instant(datetime(2025, 3, 10, tzinfo=UTC), "Asia/Shanghai")
DAY = date(2025, 3, 5)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("CRS", "crs", True),
        ("CRS", "细胞因子释放综合征", True),
        ("Cytokine storm", "cytokine release syndrome", True),
        ("Infection", "脓毒症", False),
        ("Second malignancy", "second-malignancy", True),
        ("grade 1.5", "grade 15", False),
        ("感染", "感染", True),
        ("感染", "发热", False),
        ("感染", "", False),
        ("", "", False),
        ("-", "", False),
        ("细胞因子释放综合征(CRS)", "细胞因子释放综合征 （CRS）", True),
        ("Müdigkeit", "Mdigkeit", False),
    ],
)
def test_terms_are_the_same_in_any_script_or_not_at_all(one, other, same):
    assert same_term(one, other) is same
    assert same_term(other, one) is same


def event(term, category=""):
    grade = AdverseEventGraded("P1", "AE-1", GradeSource.REPORTED, 4, "CTCAE 5.0")
    return AdverseEvent(
        "AE-1", "P1", term, category, DAY, (), Relatedness.POSSIBLE, None, NOW,
        MappingProxyType({GradeSource.REPORTED: grade}),
    )  # fmt: skip


def definition(term="any", excluded=()):
    rule = DltRule(id="r", term=term, scale="CTCAE-5.0", grade_at_least=3, excluded_terms=excluded)
    return DltDefinition(window=Duration(28, "d"), rules=(rule,))


@pytest.mark.parametrize(
    ("rules", "term", "category", "expected"),
    [
        (definition(excluded=("发热",)), "Sepsis", "", True),
        (definition(excluded=("发热",)), "脓毒症", "感染", True),
        (definition(excluded=("发热",)), "发热", "", False),
        (definition(term="感染"), "脓毒症", "感染", True),
        (definition(term="感染"), "Headache", "", False),
        (definition(term="感染"), "头痛", "", False),
    ],
)
def test_a_rule_in_chinese_neither_counts_nor_excludes_what_it_does_not_name(rules, term, category, expected):
    window = DltWindow(1, date(2025, 3, 1), date(2025, 3, 29))
    assert is_dlt(rules, event(term, category), window, date(2025, 3, 10)) is expected

"""The facts that the review leans on: every row cites known sources, and what is read from them is consistent."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from celltrial.core.terms import codes, names
from celltrial.guideline.knowledge import dose_rows, required_risks, stagger_row, vector_rows
from celltrial.guideline.vocabulary import concepts_of, knows, names_target
from celltrial.locale import LANGUAGES, translate

TABLE = tomllib.loads(resources.files("celltrial.guideline").joinpath("knowledge.toml").read_text(encoding="utf-8"))
ALL_KINDS = ("adverse_event", "follow_up_item", "product_attribute", "release_test", "resource")
TERMS = tomllib.loads(resources.files("celltrial.guideline").joinpath("vocabulary.toml").read_text(encoding="utf-8"))


def test_every_row_cites_known_sources_and_every_source_is_cited():
    rows = [row for table in TABLE.values() if isinstance(table, list) for row in table]
    assert all(row["sources"] for row in rows)
    assert {key for row in rows for key in row["sources"]} == set(TABLE["source"])


def test_limits_lie_above_the_doses_they_are_drawn_over():
    for row in dose_rows():
        assert max(row.published) <= row.strong_level < row.implausible, row
        assert row.ask_start <= row.strong_level, row


def test_classes_and_vectors_have_their_words():
    for row in (*TABLE["dose"], *TABLE["stagger"]):
        assert all(translate(f"gdl.word.{row['class']}", language) for language in LANGUAGES)
    for row in vector_rows().values():
        assert all(translate(f"gdl.word.declared_{name}", language) for name in row.credible for language in LANGUAGES)
        assert row.integration == "edited" or row.integration in row.credible


def test_required_risks_are_concepts_of_the_vocabulary(clean, edited):
    assert all(knows(f"adverse_event.{name}") for row in TABLE["risk"] for name in (*row["must"], *row["firm"]))
    car_t = edited(clean("escalation"))
    assert [name for name, _, _ in required_risks(car_t)][:3] == ["crs", "icans", "iec_hs"]
    assert required_risks(edited(clean("cik"))) == ()


def test_a_late_target_waits_longer_than_its_class(clean, edited):
    late, other = (stagger_row(edited(clean("escalation"), ("product.targets", [name]))) for name in ("BCMA", "CD19"))
    assert late.strong_days > other.strong_days


@pytest.mark.parametrize("group", sorted(TERMS))
def test_every_spelling_names_its_concept(group):
    for concept, row in TERMS[group].items():
        for spelling in (*row["en"], *row["zh"], *(term.upper() for term in row["en"])):
            assert concept in concepts_of(spelling, group), spelling
        for code in row.get("codes", ()):
            kinds = [kind for kind in ALL_KINDS if code in codes(kind)]
            assert kinds, code
            own = [word for kind in kinds for word in (*names(code, kind, "en"), *names(code, kind, "zh"))]
            assert any(concept in concepts_of(word, group) for word in own), code
            assert not set(own) & {*row["en"], *row["zh"]}, code


@pytest.mark.parametrize(
    ("text", "group", "named"),
    [
        ("viability not recorded", "attribute", set()),
        ("不记录转导效率", "attribute", set()),
        ("Survival follow-up is waived", "follow_up", set()),
        ("生存情况，感染", "follow_up", {"survival", "infection"}),
        ("non-haematological toxicity", "adverse_event", {"serious_event"}),
        ("no evidence of second malignancy", "adverse_event", set()),
        ("mass of the tumour", "adverse_event", set()),
        ("Gram-positive", "attribute", set()),
        ("% CAR+ (flow), VCN", "attribute", {"positive_share", "vector_copies"}),
        ("ＣＲＳ", "adverse_event", {"crs"}),
    ],
)
def test_texts_are_read_by_whole_terms_and_negations(text, group, named):
    assert concepts_of(text, group) == named


@pytest.mark.parametrize(
    ("text", "target", "same"),
    [
        ("CD-19", "CD19", True),
        ("anti-CD 22 binding", "CD22", True),
        ("CD190", "CD19", False),
        ("CD19", "CD1", False),
        ("soluble B-cell maturation antigen", "BCMA", True),
        ("sBCMA", "BCMA", True),
        ("BCMA", "CD269", True),
        ("claudin 18.2", "CLDN18.2", True),
    ],
)
def test_a_target_is_found_under_its_names(text, target, same):
    assert names_target(text, target) is same

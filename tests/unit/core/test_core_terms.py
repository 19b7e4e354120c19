"""Terms as codes: every name means one thing, in both languages, and no part of a word means anything."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from celltrial.clinical import ctcae_lab_data
from celltrial.core.terms import Kind, codes, names, plain, resolve, same_term
from celltrial.core.terms_data import TERMS

KINDS = get_args(Kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_of_a_kind_means_its_own_code_and_no_other(kind):
    assert len(set(codes(kind))) == len(TERMS[kind])
    for code in codes(kind):
        for language in ("en", "zh"):
            assert names(code, kind, language)
            for name in names(code, kind, language):
                assert resolve(name, kind) == code, (name, code)
                assert resolve(f" {name.upper()} ", kind) == code
        assert resolve(code, kind) == code


@pytest.mark.parametrize("kind", KINDS)
def test_chinese_names_are_chinese_and_english_ones_are_not(kind):
    for code in codes(kind):
        assert re.search(r"[\u4e00-\u9fff]", names(code, kind, "zh")[0]), code
        assert not any(re.search(r"[\u4e00-\u9fff]", name) for name in names(code, kind, "en"))


def test_the_kinds_of_the_type_are_those_of_the_data():
    assert set(KINDS) == set(TERMS)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("no Gram-positive bacteria", "product_attribute"),
        ("no Gram-positive bacteria", "release_test"),
        ("no CRS", "adverse_event"),
        ("immunisation history", "follow_up_item"),
        ("translate the report", "follow_up_item"),
        ("no sterility test", "release_test"),
        ("不做无菌检查", "release_test"),
        ("copy of the certificate", "product_attribute"),
        ("stage VI", "stage"),
        ("", "adverse_event"),
        ("——", "adverse_event"),
    ],
)
def test_a_part_of_a_word_means_nothing(text, kind):
    assert resolve(text, kind) is None


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("cytokine-release  Syndrome", "adverse_event", "crs"),
        ("ＣＲＳ", "adverse_event", "crs"),
        ("免疫效应细胞相关神经毒性综合征", "adverse_event", "icans"),
        ("Guillain-Barré syndrome", "adverse_event", "guillain_barre"),
        ("new_malignancy", "follow_up_item", "new_malignancy"),
        ("iss3", "stage", "iss_iii"),
        ("ISS-III", "stage", "iss_iii"),
        ("R-ISS III", "stage", "r_iss_iii"),
        ("IIIC期", "stage", "stage_iiic"),
        ("scr", "response", "sCR"),
        ("完全缓解", "response", "CR"),
        ("CD3+", "product_attribute", "cd3_share"),
        ("CD4:CD8", "product_attribute", "cd4_cd8_ratio"),
        ("Flow Cytometry", "assay", "flow"),
        ("ICU", "resource", "intensive_care"),
    ],
)
def test_a_word_is_known_in_every_writing(text, kind, code):
    assert resolve(text, kind) == code


def test_a_wider_and_a_narrower_word_are_not_the_same():
    pairs = (("infection", "sepsis"), ("neutropenia", "febrile neutropenia"), ("CRS", "local CRS"), ("GVHD", "aGVHD"))
    assert not any(same_term(one, other) for one, other in pairs)
    assert same_term("HLH", "IEC-HS")
    assert same_term("a word that nobody listed", "A word that nobody listed.") is False
    assert same_term("a word that nobody listed", "A_word that nobody-listed")


def test_signs_that_change_a_meaning_are_kept():
    assert plain("CD3-CD56+") != plain("CD3+CD56+")
    assert plain("% CAR+") != plain("CAR")


def test_every_term_that_a_laboratory_value_is_graded_for_is_a_term_with_names_in_both_languages():
    """What the grading engine calls an event, a site can enter, in either language."""
    for row, term in ctcae_lab_data.TERMS.items():
        code = resolve(term.name, "adverse_event")
        assert code is not None, (row, term.name)
        assert names(code, "adverse_event", "zh"), row


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Eosinophilia", "嗜酸性粒细胞增多"),
        ("Leukocytosis", "白细胞增多"),
        ("Hypokalemia", "低钾血症"),
        ("Transaminases increased", "转氨酶升高"),
        ("Lung infection", "肺部感染"),
        ("Diarrhoea", "腹泻"),
        ("Infusion reaction", "输液反应"),
    ],
)
def test_what_a_ward_reports_is_the_same_event_in_both_languages(english, chinese):
    assert resolve(english, "adverse_event") == resolve(chinese, "adverse_event") is not None

"""The consent skeleton and the questions before a first application: the same facts as the protocol, gaps named."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from celltrial.locale import LANGUAGES
from celltrial.protocol import read_protocol
from celltrial.report.document import DocumentInputs, consent_document, pre_ind_document
from celltrial.report.document.blocks import Heading
from celltrial.report.document.reading_aloud import document_text
from celltrial.report.render.words import Words

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").glob("*.yaml"))


@cache
def inputs(path: Path) -> DocumentInputs:
    """The facts without the figures of the dose finding, which neither document's form depends on."""
    return DocumentInputs(read_protocol(path.read_text(encoding="utf-8"), path.name))


def named(stem: str) -> Path:
    return next(path for path in EXAMPLES if path.stem.startswith(stem))


@pytest.mark.parametrize("make", [consent_document, pre_ind_document])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_both_languages_have_words_for_everything(path, make):
    document = make(inputs(path))
    for language in LANGUAGES:
        shown = document_text(document, Words(language))
        assert "doc." not in shown
        assert "report.code" not in shown
        assert "{" not in shown


def test_the_consent_form_tells_what_will_be_done_and_needs_what_no_field_tells():
    document = consent_document(inputs(named("bcma")))
    shown = document_text(document, Words("en"))
    assert "fludarabine 30 mg/m² a day, on day −5 to −3" in shown
    assert "in about 94% of people" in shown
    assert "stay in contact for 15 years" in shown
    assert [words.title.key.rpartition(".")[2] for words in document.unstated] == ["alternatives", "contact"]
    assert shown.count("To be written") == 2


def test_a_changed_rule_changes_the_consent_form():
    given = inputs(named("bcma"))
    years = given.protocol.follow_up.model_copy(update={"years": 5})
    changed = replace(given, protocol=given.protocol.model_copy(update={"follow_up": years}))
    assert "stay in contact for 5 years" in document_text(consent_document(changed), Words("en"))


def test_a_randomised_form_says_that_chance_decides_and_one_of_donor_cells_takes_none():
    assert "Chance decides" in document_text(consent_document(inputs(named("til"))), Words("en"))
    donor = document_text(consent_document(inputs(named("cd19-car-nk"))), Words("en"))
    assert "none are taken from you" in donor
    assert "Chance decides" not in donor


def test_questions_are_asked_of_what_the_protocol_has():
    first, late = (pre_ind_document(inputs(named(stem))) for stem in ("bcma", "cik"))
    asked = {
        stem: {block.title.key for block in document.blocks if isinstance(block, Heading) and block.level == 2}
        for stem, document in (("first", first), ("late", late))
    }
    assert {"doc.pre_ind.q.starting_dose", "doc.pre_ind.q.escalation", "doc.pre_ind.own"} <= asked["first"]
    assert "doc.pre_ind.q.control" not in asked["first"]
    assert {"doc.pre_ind.q.control", "doc.pre_ind.q.size_confirmatory"} <= asked["late"]
    assert "doc.pre_ind.q.escalation" not in asked["late"]


def test_a_planned_topic_without_a_position_is_named_as_due():
    document = pre_ind_document(inputs(named("bcma")))
    assert [gap.title.key for gap in document.unstated] == ["doc.pre_ind.own"]

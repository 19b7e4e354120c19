"""Courses, drugs, arms, cohorts and doses as ranges in the document: in sentences, in both languages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from celltrial.app.document import document_inputs
from celltrial.protocol import read_protocol
from celltrial.report.document import protocol_document
from celltrial.report.document.reading_aloud import document_text
from celltrial.report.render.words import Words

REGIMENS = Path(__file__).resolve().parents[3] / "examples" / "regimens"


@cache
def text(name, language):
    path = REGIMENS / f"{name}.yaml"
    found = document_inputs(read_protocol(path.read_text(encoding="utf-8"), path.name))
    return document_text(protocol_document(found), Words(language))


SAID = [
    ("split-over-three-days", "en", "Course C1 is given up to 1 time(s). The dose of the level is that of the whole course, given in 3 administration(s)."),
    ("split-over-three-days", "en", "waits until it is over or of grade 1 at most, to day 4 at the latest"),
    ("split-over-three-days", "zh", "疗程C1最多给予1次。剂量水平为整个疗程的剂量，分3次给予。"),
    ("split-over-three-days", "zh", "下一次给药暂缓，直至事件结束或不高于1级，最迟至第4天。"),
    ("split-by-burden", "en", "Course HIGH is given in the place of LOW where its criteria are met"),
    ("split-by-burden", "zh", "符合其标准时，以疗程HIGH代替LOW"),
    ("weight-bands", "en", "up to 50 kg: 2 × 10⁵ cells/kg to 5 × 10⁶ cells/kg"),
    ("weight-bands", "zh", "体重超过50 kg"),
    ("range-with-cap", "en", "5 × 10⁵ cells/kg to 1 × 10⁶ cells/kg"),
    ("til-with-interleukin-2", "en", "aldesleukin (cytokine), 600000 IU/kg, with each course; first dose after the cells: 3 hours; then every 8 hours, 15 dose(s) at most."),
    ("til-with-interleukin-2", "en", "ipilimumab (comparator), 3 mg/kg; first dose: at once; then every 3 weeks, 4 dose(s) at most."),
    ("til-with-interleukin-2", "zh", "细胞给药后3小时首次用药，此后每8小时一次，最多15次。"),
    ("basket-in-cycles", "en", "Cohort CNS: Disease after transplantation with brain involvement (disease); 20 participants at most."),
    ("basket-in-cycles", "zh", "最多20例。"),
    ("lymphodepletion-on-a-condition", "en", "A course may begin without lymphodepletion where all of this is known and met:"),
    ("route-by-course", "en", "No lymphodepletion comes before it."),
    ("three-courses-randomised", "en", "It begins no earlier than 28 days after day 0 of the course before it."),
    ("reinfusion", "zh", "距上一疗程第0天不少于28天且不超过90天开始。"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "language", "sentence"), SAID)
def test_a_regimen_is_said_in_sentences(name, language, sentence):
    assert sentence in text(name, language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_protocol_without_courses_says_nothing_of_them(language):
    path = REGIMENS.parent / "bcma-car-t-escalation.yaml"
    found = document_text(
        protocol_document(document_inputs(read_protocol(path.read_text(encoding="utf-8"), path.name))), Words(language)
    )
    assert not any(
        word in found
        for word in ("treatment.courses", "treatment.drugs", "product.components", "skip_if", "counted_from")
    )

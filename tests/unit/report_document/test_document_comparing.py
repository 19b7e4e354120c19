"""Changes between two versions of a document: found in the right section, marked as insertions and deletions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

from celltrial.app.document import document_inputs
from celltrial.protocol import read_protocol
from celltrial.report.content.values import Recorded
from celltrial.report.document import protocol_document
from celltrial.report.document.blocks import Bullets, Document, Grid, GridRow, Heading, Paragraph
from celltrial.report.document.comparing import changed_sections, marked_document
from celltrial.report.document.html import render_html
from celltrial.report.document.word import render_docx
from celltrial.report.render.changes import DELETED, INSERTED, merged, spans

CIK = Path(__file__).resolve().parents[3] / "examples" / "cik-adjuvant-randomised.yaml"


@cache
def made(changes: tuple[tuple[str, str], ...] = ()) -> Document:
    source = CIK.read_text(encoding="utf-8")
    for before, after in changes:
        assert source.count(before) == 1, before
        source = source.replace(before, after)
    return protocol_document(document_inputs(read_protocol(source, CIK.name)))


def of(*blocks: object) -> Document:
    nothing = Recorded("")
    return Document(nothing, Recorded("T"), "T-1", "f" * 64, (), nothing, (Heading(1, Recorded("One"), "1"), *blocks))


def test_equal_versions_have_no_change():
    assert changed_sections(made(), made()) == ()
    page = render_html(marked_document(made(), made()), "en")
    assert "<ins>" not in page
    assert "<del>" not in page


def test_a_changed_rule_is_marked_in_its_section_and_nowhere_without_reason():
    changed = made((("longest_evaluation: 60 d", "longest_evaluation: 45 d"),))
    assert [heading.number for heading in changed_sections(made(), changed)] == ["4.3", "12.9"]
    page = render_html(marked_document(made(), changed), "en")
    assert "within <del>60 </del><ins>45 </ins>days." in page
    assert page.count("<ins>") == page.count("<del>") == 2


def test_an_inserted_criterion_is_one_inserted_row():
    row = "    - id: E-99\n      kind: exclusion\n      concept: hiv_positive\n      operator: is\n      value: true\n"
    row += "      assessment: Blood test\n      source: laboratory\n      text: {en: HIV infection, zh: HIV感染}\n"
    changed = made((("\ndose:\n", f"{row}\ndose:\n"),))
    table = next(
        block
        for block in marked_document(made(), changed).blocks
        if isinstance(block, Grid) and block.look == "criteria" and "E-99" in str(block)
    )
    page = render_html(of(table), "en")
    assert "<ins>HIV infection</ins>" in page
    assert "<del>" not in page


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Paragraph(Recorded("for 14 days")), Paragraph(Recorded("for 28 days")), "for <del>14 </del><ins>28 </ins>days"),
        (Bullets((Recorded("a"), Recorded("b"))), Bullets((Recorded("a"),)), "<li><del>b</del></li>"),
        (Paragraph(Recorded("gone")), Bullets((Recorded("new"),)), "<li><ins>new</ins></li>"),
        (
            Grid((Recorded("h"),), (GridRow((Recorded("x"),)),)),
            Grid((Recorded("h"),), (GridRow((Recorded("x"),)), GridRow((Recorded("y"),)))),
            "<ins>y</ins>",
        ),
    ],
)  # fmt: skip
def test_each_kind_of_block_shows_what_changed(before, after, expected):
    assert expected in render_html(marked_document(of(before), of(after)), "en")


def test_a_section_that_is_gone_stays_as_deleted():
    old = of(Heading(1, Recorded("Two"), "2"), Paragraph(Recorded("text")))
    page = render_html(marked_document(old, of()), "en")
    assert "<del>Two</del>" in page
    assert "<del>text</del>" in page


@pytest.mark.parametrize(
    ("before", "after"), [("", "a b"), ("a b", ""), ("甲乙", "甲丙"), ("a\nb", "a\nc d"), ("x", "x")]
)
def test_both_texts_can_be_read_back_from_the_marked_one(before, after):
    """The definition of a marked text: without insertions it is the old one, without deletions the new one."""
    marked = merged(before, after)
    assert "".join(part for sign, part in spans(marked) if sign != INSERTED).replace("\n", "") == before.replace(
        "\n", ""
    )
    assert "".join(part for sign, part in spans(marked) if sign != DELETED).replace("\n", "") == after.replace("\n", "")


def test_the_changes_of_a_docx_are_tracked_changes_of_word():
    changed = made((("longest_evaluation: 60 d", "longest_evaluation: 45 d"),))
    body = docx.Document(BytesIO(render_docx(marked_document(made(), changed), "en", date(2025, 3, 3)))).element.body
    inserted = ["".join(t.text for t in mark.iter(qn("w:t"))) for mark in body.iter(qn("w:ins"))]
    deleted = ["".join(t.text for t in mark.iter(qn("w:delText"))) for mark in body.iter(qn("w:del"))]
    assert "45 " in inserted
    assert "60 " in deleted
    ids = [mark.get(qn("w:id")) for name in ("w:ins", "w:del") for mark in body.iter(qn(name))]
    assert len(ids) == len(set(ids)) > 0
    assert all(mark.get(qn("w:date")) == "2025-03-03T00:00:00Z" for mark in body.iter(qn("w:ins")))


def test_an_unchanged_cell_is_not_touched():
    table = Grid((Recorded("h"), Recorded("i")), (GridRow((Recorded("x"), Recorded("1"))),))
    other = replace(table, rows=(GridRow((Recorded("x"), Recorded("2"))),))
    page = render_html(marked_document(of(table), of(other)), "en")
    assert '<th scope="row">x</th><td><del>1</del><ins>2</ins></td>' in page

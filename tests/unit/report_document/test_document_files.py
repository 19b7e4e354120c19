"""The two looks of a document: one HTML page, one DOCX; both languages; equal input, equal bytes."""

from __future__ import annotations

import re
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

from celltrial.app.document import document_inputs
from celltrial.locale import LANGUAGES
from celltrial.protocol import read_protocol
from celltrial.report.content.values import Recorded, Text
from celltrial.report.document import protocol_document
from celltrial.report.document.blocks import Bullets, Document, Grid, GridRow, Heading, Paragraph, Steps, Toned
from celltrial.report.document.html import render_html
from celltrial.report.document.word import render_docx

BCMA = Path(__file__).resolve().parents[3] / "examples" / "bcma-car-t-escalation.yaml"
DAY = date(2025, 1, 6)
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def document() -> Document:
    return protocol_document(document_inputs(read_protocol(BCMA.read_text(encoding="utf-8"), BCMA.name)))


@pytest.fixture(scope="module")
def files(document: Document) -> dict[str, bytes]:
    """The document as DOCX, by language."""
    return {language: render_docx(document, language, DAY) for language in LANGUAGES}


def small(*blocks) -> Document:
    facts = ((Recorded("a"), Recorded("b")),)
    return Document(Recorded("kind"), Recorded("<title> & more"), "T-1", "f" * 64, facts, Recorded("notice"), blocks)


def opened(content: bytes):
    return docx.Document(BytesIO(content))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_one_file_without_script_or_network(document, language):
    page = render_html(document, language)
    assert f'<html lang="{"en" if language == "en" else "zh-Hans"}">' in page
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "url(" not in page
    assert page == render_html(document, language)


def test_every_entry_of_the_contents_leads_to_a_heading(document):
    page = render_html(document, "en")
    nav = page[page.index("<nav") : page.index("</nav>")]
    targets = re.findall(r'href="#([^"]+)"', nav)
    assert len(targets) > 70
    assert all(page.count(f'id="{target}"') == 1 for target in targets)


def test_a_page_escapes_what_was_recorded():
    page = render_html(small(Paragraph(Recorded("a < b <script>"))), "en")
    assert "a &lt; b &lt;script&gt;" in page
    assert "&lt;title&gt; &amp; more" in page


def test_a_page_shows_every_kind_of_block():
    blocks = (
        Heading(1, Recorded("Head"), "1"),
        Heading(4, Recorded("No number")),
        Paragraph(Text("document.not_stated"), ("dose.cap",), "quiet"),
        Bullets((Recorded("one"), Recorded("two"))),
        Steps(((Recorded("first"), Recorded("then")),)),
        Grid((Recorded("h"), Recorded("i")), (GridRow((Recorded("g"),), "group"), GridRow((Recorded("x"), Toned(Recorded("y"), "bad"))))),
    )  # fmt: skip
    page = render_html(small(*blocks), "zh")
    assert '<h2 id="s-1" class="page">' in page
    assert '<p class="quiet" data-field="dose.cap">方案未述及。</p>' in page
    assert "<li>one</li>" in page
    assert "<strong>first</strong><span>then</span>" in page
    assert '<th scope="row" colspan="2">g</th>' in page
    assert '<td class="bad">y</td>' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_docx_has_real_headings_tables_and_a_language(files, language):
    paper = opened(files[language])
    headings = [p.text for p in paper.paragraphs if p.style.name == "Heading 1"]
    assert len(headings) == 14
    assert headings[0] == ("1  Protocol Summary" if language == "en" else "1  方案摘要")
    assert len([p for p in paper.paragraphs if p.style.name == "Heading 2"]) > 60
    assert len(paper.tables) > 40
    tag = paper.styles.element.find(f".//{qn('w:lang')}")
    assert tag.get(qn("w:val")) == ("en-GB" if language == "en" else "zh-CN")
    assert tag.get(qn("w:eastAsia")) == "zh-CN"
    assert paper.core_properties.language == tag.get(qn("w:val"))
    assert paper.core_properties.created.date() == DAY
    text = "\n".join(p.text for p in paper.paragraphs)
    assert bool(HAN.search(text)) is (language == "zh")


def test_a_docx_sets_a_font_for_han_in_every_style_it_uses(files):
    paper = opened(files["zh"])
    for name in ("Normal", "Title", "Caption", "Heading 1", "Heading 2", "Heading 3", "Heading 4", "List Bullet"):
        fonts = paper.styles[name].element.rPr.rFonts
        assert HAN.search(fonts.get(qn("w:eastAsia"))), name
        assert fonts.get(qn("w:asciiTheme")) is None, name


def test_the_contents_of_a_docx_are_a_field_filled_with_links_to_bookmarks(files):
    body = opened(files["en"]).element.body
    assert any("TOC" in (item.text or "") for item in body.iter(qn("w:instrText")))
    anchors = [item.get(qn("w:anchor")) for item in body.iter(qn("w:hyperlink"))]
    marks = {item.get(qn("w:name")) for item in body.iter(qn("w:bookmarkStart"))}
    assert len(anchors) > 70
    assert set(anchors) == marks


def test_the_schedule_of_a_docx_lies_on_wide_pages(files):
    sections = opened(files["en"]).sections
    assert [section.page_width > section.page_height for section in sections] == [False, True, False, True, False]


def test_equal_input_gives_equal_bytes(document, files):
    first, second = files["en"], render_docx(document, "en", DAY)
    assert first == second
    with zipfile.ZipFile(BytesIO(first)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_a_docx_table_has_a_head_on_every_page_and_keeps_its_rows_whole(files):
    table = opened(files["en"]).tables[1]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)


@pytest.mark.parametrize("count", range(1, 11))
def test_every_arrow_between_steps_leads_from_a_step_to_the_next_one(count):
    """Boxes run to and fro; whoever follows the arrows meets each step once, in order, and no arrow leads to nothing."""
    steps = tuple((Recorded(f"step {number}"), Recorded("x")) for number in range(count))
    paper = docx.Document(BytesIO(render_docx(small(Steps(steps)), "en", DAY)))
    [table] = [item for item in paper.tables if "step 0" in item.cell(0, 0).text]
    at = {(row, column): cell.text for row, line in enumerate(table.rows) for column, cell in enumerate(line.cells)}
    moves = {"→": (0, 1), "←": (0, -1), "↓": (1, 0)}
    place, met = (0, 0), []
    while True:
        met.append(at[place].split("\n")[0])
        onward = [
            move for sign, move in moves.items() if at.get((place[0] + move[0], place[1] + move[1]), "").strip() == sign
        ]
        if not onward:
            break
        [(down, right)] = onward
        place = (place[0] + 2 * down, place[1] + 2 * right)
    assert met == [f"step {number}" for number in range(count)]
    assert sum(text.strip() in moves for text in at.values()) == count - 1

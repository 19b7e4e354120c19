"""The study report as DOCX: every output, every number of its page, its figures as pictures, the same bytes again."""

from __future__ import annotations

import zipfile
from datetime import date
from io import BytesIO

import docx
import pytest

from celltrial.locale import LANGUAGES
from celltrial.report import build_report
from celltrial.report.content.output import Figure, Nothing, Table
from celltrial.report.document import word
from celltrial.report.document.study_report import study_report
from celltrial.report.render.words import Words

#: The smallest picture there is: 1 x 1.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


@pytest.fixture(scope="module")
def report(trial, protocol, meta):
    return build_report(trial, protocol, meta)


@pytest.fixture(params=LANGUAGES)
def made(request, report, monkeypatch):
    """The file in each language; figures are drawn by the tests of figures."""
    monkeypatch.setattr(word, "draw", lambda *_, **__: "<svg/>")
    monkeypatch.setattr(word, "svg_to_png", lambda _: DOT)
    return request.param, word.render_docx(study_report(report), request.param, date(2025, 1, 1))


def test_every_output_and_every_cell_is_in_the_file(report, made):
    language, content = made
    words, paper = Words(language), docx.Document(BytesIO(content))
    headings = [line.text for line in paper.paragraphs if line.style.name.startswith("Heading")]
    cells = {cell.text for table in paper.tables for row in table.rows for cell in row.cells}
    said = "\n".join(line.text for line in paper.paragraphs)
    for output in report.outputs:
        title, body = words.text(output.spec.title), output.page.body
        if isinstance(body, Nothing):
            assert f"{title}" in said
            assert words.text(body.reason) in said
            continue
        assert any(title in heading for heading in headings)
        if isinstance(body, Table):
            for row in body.rows:
                for cell in row.cells if row.style != "group" else ():
                    text = words.show(cell.value).line
                    assert any(shown == text or shown.startswith(f"{text} [") for shown in cells), (output.spec, text)


def test_every_figure_is_a_picture_with_words(report, made):
    _, content = made
    figures = [output for output in report.outputs if isinstance(output.page.body, Figure)]
    paper = docx.Document(BytesIO(content))
    assert len(paper.inline_shapes) == len(figures)
    assert all(shape._inline.docPr.get("descr") for shape in paper.inline_shapes)


def test_broad_tables_stand_on_pages_turned_sideways(made):
    paper = docx.Document(BytesIO(made[1]))
    assert any(section.page_width > section.page_height for section in paper.sections)
    for section in paper.sections:
        text = section.page_width - section.left_margin - section.right_margin
        assert text > 0
    narrowest = min(s.page_width - s.left_margin - s.right_margin for s in paper.sections)
    widest = max(s.page_width - s.left_margin - s.right_margin for s in paper.sections)
    for table in paper.tables:
        width = sum(cell.width or 0 for cell in table.rows[0].cells)
        assert width <= (widest if len(table.columns) > 8 else narrowest) * 1.03


def test_the_same_report_gives_the_same_bytes(report, monkeypatch):
    monkeypatch.setattr(word, "draw", lambda *_, **__: "<svg/>")
    monkeypatch.setattr(word, "svg_to_png", lambda _: DOT)
    first, second = (word.render_docx(study_report(report), "en", date(2025, 1, 1)) for _ in range(2))
    assert first == second
    assert zipfile.ZipFile(BytesIO(first)).testzip() is None


def test_a_figure_becomes_a_picture(report):
    """The drawing engine itself, once."""
    from celltrial.report.figures import draw
    from celltrial.report.figures.convert import svg_to_png

    figure = report.output("14.2.14").page.body
    picture = svg_to_png(draw(figure, Words("zh"), prefix="f"))
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 5000

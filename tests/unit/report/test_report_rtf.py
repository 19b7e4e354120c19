"""The study report as RTF, read back by striprtf: every output and every cell of it, whatever the signs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from striprtf.striprtf import rtf_to_text

from celltrial.locale import LANGUAGES
from celltrial.report import build_report
from celltrial.report.content.output import Nothing, Table
from celltrial.report.content.values import Recorded
from celltrial.report.document import rtf
from celltrial.report.document.blocks import Document, Grid, GridRow
from celltrial.report.document.study_report import study_report
from celltrial.report.render.words import Words

DOT = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000100000001")


@pytest.fixture(scope="module")
def report(trial, protocol, meta):
    return build_report(trial, protocol, meta)


@pytest.fixture(params=LANGUAGES)
def made(request, report, monkeypatch):
    """The file in each language; figures are drawn by the tests of figures."""
    monkeypatch.setattr(rtf, "draw", lambda *_, **__: "<svg/>")
    monkeypatch.setattr(rtf, "svg_to_png", lambda _: DOT)
    return request.param, rtf.render_rtf(study_report(report), request.param)


def test_every_output_and_every_cell_is_read_back(report, made):
    language, content = made
    words, said = Words(language), rtf_to_text(content.decode("ascii"))
    cells = {cell for line in said.replace("\n", "|").split("|") for cell in (line,)}
    for output in report.outputs:
        assert words.text(output.spec.title) in said
        body = output.page.body
        if isinstance(body, Nothing):
            assert words.text(body.reason) in said
        if isinstance(body, Table):
            for row in body.rows:
                for cell in row.cells if row.style != "group" else ():
                    for text in words.show(cell.value).line.split("\n"):
                        assert any(shown == text or shown.startswith(f"{text} [") for shown in cells), (
                            output.spec,
                            text,
                        )


def test_groups_close_and_every_cell_has_an_end(made):
    _, content = made
    text = re.sub(r"\\[{}\\]", "", content.decode("ascii"))
    assert text.count("{") == text.count("}")
    assert text.count(r"\cellx") == text.count(r"\cell") - text.count(r"\cellx")
    assert text.count(r"\trowd") == text.count(r"\row")


def test_equal_input_gives_equal_bytes(report, made):
    language, content = made
    assert rtf.render_rtf(study_report(report), language) == content


@given(
    st.text(
        st.characters(
            codec="utf-8", exclude_categories=("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"), exclude_characters="|"
        )
    )
)
def test_any_text_of_a_cell_comes_back(text):
    grid = Grid((Recorded("head"),), (GridRow((Recorded(f"<{text}>"),)),))
    page = Document(Recorded("k"), Recorded("t"), "n", "", (), Recorded(""), (grid,))
    back = rtf_to_text(rtf.render_rtf(page, "en").decode("ascii"))
    assert f"<{text}>" in back.encode("utf-16", "surrogatepass").decode(
        "utf-16"
    )  # it leaves the halves of a pair apart

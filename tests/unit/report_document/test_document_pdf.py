"""The PDF: embedded fonts, both scripts as text, one page for the synopsis and one for the schedule, page numbers."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from celltrial.app.document import document_inputs
from celltrial.core.errors import UserError
from celltrial.locale import LANGUAGES, Language
from celltrial.protocol import read_protocol
from celltrial.report.document import protocol_document
from celltrial.report.document.blocks import Document
from celltrial.report.document.pdf import render_pdf

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").glob("*.yaml"))
BCMA = next(path for path in EXAMPLES if path.stem == "bcma-car-t-escalation")


def _is_installed() -> bool:
    try:
        import weasyprint  # noqa: F401 - whether it can be loaded is the question
    except (ImportError, OSError):
        return False
    return shutil.which("pdftotext") is not None


needs_tools = pytest.mark.skipif(not _is_installed(), reason="needs weasyprint with libpango, and pdftotext of poppler")


@cache
def document():
    return protocol_document(document_inputs(read_protocol(BCMA.read_text(encoding="utf-8"), BCMA.name)))


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Return the text of each page, by language."""
    return {language: _pages(document(), language, tmp_path_factory.mktemp(language)) for language in LANGUAGES}


def _pages(made: Document, language: Language, folder: Path) -> list[str]:
    path = folder / "protocol.pdf"
    path.write_bytes(render_pdf(made, language))
    said = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True)
    fonts = subprocess.run(["pdffonts", path], capture_output=True, check=True, text=True)
    (folder / "fonts.txt").write_text(fonts.stdout, encoding="utf-8")
    assert all(re.search(r"\byes\s+yes\s+yes\b", line) for line in fonts.stdout.splitlines()[2:]), fonts.stdout
    return said.stdout.split("\f")[:-1]


@needs_tools
@pytest.mark.parametrize("language", LANGUAGES)
def test_synopsis_and_schedule_take_one_page_each(pages, language):
    def holding(text: str) -> list[int]:
        return [number for number, page in enumerate(pages[language], 1) if text in page]

    last = "Committees" if language == "en" else "委员会"
    synopsis = [n for n in holding("1.1.1") if n in holding("1.1.2") and n in holding(last)]
    assert len(synopsis) == 1
    caption = "Schedule of activities up to" if language == "en" else "至末次疗效评估的研究活动日程表"
    schedule = holding(caption)
    assert len(schedule) == 1
    purpose = "Purpose of Trial" if language == "en" else "试验目的与背景"
    assert min(n for n in holding(purpose) if n > schedule[0]) == schedule[0] + 1


@needs_tools
@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_schedule_of_every_example_takes_one_page(path, language, tmp_path):
    made = protocol_document(document_inputs(read_protocol(path.read_text(encoding="utf-8"), path.name)))
    pages = _pages(made, language, tmp_path)
    first = {"en": ("1.3 Schedule of Activities", "2 Introduction"), "zh": ("1.3 研究活动日程表", "2 引言")}[language]
    schedule, next_section = (
        [n for n, page in enumerate(pages, 1) if re.search(rf"^ *{head.replace(' ', ' +')} *$", page, re.MULTILINE)]
        for head in first
    )
    assert len(schedule) == len(next_section) == 1
    assert next_section[0] == schedule[0] + 1


@needs_tools
def test_chinese_stands_in_the_file_as_text(pages):
    whole = "".join(pages["zh"])
    assert "试验停止规则" in whole
    assert "剂量限制性毒性" in whole


@needs_tools
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_its_number_and_the_protocol_s(pages, language):
    total = len(pages[language])
    for number, page in enumerate(pages[language], 1):
        assert f"{number} / {total}" in page
        assert "CT-BCMA-01" in page


@needs_tools
def test_equal_input_gives_equal_bytes():
    assert render_pdf(document(), "en") == render_pdf(document(), "en")


def test_an_installation_without_the_library_is_one_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(UserError) as refused:
        render_pdf(document(), "en")
    assert [item.id for item in refused.value.faults] == ["APP-152"]

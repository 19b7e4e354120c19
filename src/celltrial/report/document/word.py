"""A document as DOCX: real headings, tables and a table of contents; fonts for both scripts; equal input, equal bytes."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any, Final

import docx
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from celltrial.locale import Language
from celltrial.report.document.blocks import Block, Bullets, Document, Grid, Heading, Paragraph, Picture, Steps, is_wide
from celltrial.report.document.docx_styles import (
    Revision,
    add_field,
    add_text,
    portrait,
    set_language,
    set_styles,
    turn,
)
from celltrial.report.document.docx_tables import add_grid, add_steps
from celltrial.report.figures import draw
from celltrial.report.figures.convert import svg_to_png
from celltrial.report.render.words import Words

_SOFT: Final = RGBColor(0x5B, 0x64, 0x70)
_WIDTH: Final = {False: 170.0, True: 257.0}
#: Sections that begin a page.
_ON_NEW_PAGE: Final = frozenset({"2", "12", "12.9", "13"})
#: Headings down to this level are in the table of contents.
_CONTENTS: Final = 2
#: Files of the archive carry this time, the first that a zip archive can hold.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def render_docx(document: Document, language: Language, dated: date) -> bytes:
    """Return the file in `language`; `dated` is the date that its properties state. Equal inputs give equal bytes."""
    words = Words(language)
    paper = docx.Document()
    set_styles(paper)
    set_language(paper, language)
    portrait(paper.sections[0])
    _properties(paper, document, words, dated)
    _running(paper, document, words)
    _title_page(paper, document, words)
    revision = Revision("celltrial", f"{dated.isoformat()}T00:00:00Z")
    for position, block in enumerate(document.front):
        if position == 0:
            paper.add_paragraph().add_run().add_break(WD_BREAK.PAGE)
        if isinstance(block, Heading):
            _plain_heading(paper, words.show(block.title).line)
        else:
            _add(paper, block, position, words, _WIDTH[False], revision)
    _contents(paper, document, words)
    wide = False
    for position, block in enumerate(document.blocks):
        if is_wide(document.blocks, position) is not wide:
            wide = not wide
            turn(paper.add_section(WD_SECTION.NEW_PAGE), landscape=wide)
        _add(paper, block, position, words, _WIDTH[wide], revision)
    return _same_bytes(paper)


def _properties(paper: Any, document: Document, words: Words, dated: date) -> None:
    about = paper.core_properties
    about.title, about.subject = words.show(document.title).line, words.show(document.kind).line
    about.identifier, about.author, about.last_modified_by = document.name, "celltrial", "celltrial"
    about.comments = f"SHA-256 {document.fingerprint}"
    about.created = about.modified = datetime(dated.year, dated.month, dated.day, tzinfo=UTC).replace(tzinfo=None)
    about.revision, about.keywords = 1, ""


def _running(paper: Any, document: Document, words: Words) -> None:
    section = paper.sections[0]
    head = section.header.paragraphs[0]
    _small(head.add_run(f"{document.name} · {words.show(document.kind).line}"))
    foot = section.footer.paragraphs[0]
    _small(foot.add_run(f"SHA-256 {document.fingerprint[:16]} · "))
    add_field(foot, "PAGE")


def _small(run: Any) -> None:
    run.font.size, run.font.color.rgb = Pt(8), _SOFT


def _title_page(paper: Any, document: Document, words: Words) -> None:
    _small(paper.add_paragraph().add_run(words.show(document.kind).line))
    paper.add_paragraph(words.show(document.title).line, style="Title")
    table = paper.add_table(rows=0, cols=2, style="Table Grid")
    for name, value in document.facts:
        cells = table.add_row().cells
        cells[0].text, cells[1].text = words.show(name).line, words.show(value).line
    notice = paper.add_paragraph()
    notice.paragraph_format.space_before = Pt(12)
    notice.add_run(words.show(document.notice).line)


def _contents(paper: Any, document: Document, words: Words) -> None:
    """Add a table of contents: a field that Word renews, already filled with links to the headings."""
    title = paper.add_paragraph()
    title.paragraph_format.page_break_before = True
    run = title.add_run(words.say("document.contents"))
    run.bold, run.font.size = True, Pt(15)
    found = [
        (position, block)
        for position, block in enumerate(document.blocks)
        if isinstance(block, Heading) and block.level <= _CONTENTS
    ]
    for number, (position, block) in enumerate(found):
        line = paper.add_paragraph()
        line.paragraph_format.left_indent = Pt(14 * (block.level - 1))
        line.paragraph_format.space_after = Pt(0)
        if number == 0:
            _mark(line, "begin")
            _instruct(line, f'TOC \\o "1-{_CONTENTS}" \\h \\z \\u')
            _mark(line, "separate")
        _link(line, _heading_text(block, words), _bookmark(position))
        if number == len(found) - 1:
            _mark(line, "end")
    last = paper.add_paragraph()
    last.add_run().add_break(WD_BREAK.PAGE)


def _mark(paragraph: Any, kind: str) -> None:
    mark = OxmlElement("w:fldChar")
    mark.set(qn("w:fldCharType"), kind)
    paragraph.add_run()._r.append(mark)  # noqa: SLF001 - python-docx offers no fields


def _instruct(paragraph: Any, instruction: str) -> None:
    words = OxmlElement("w:instrText")
    words.set(qn("xml:space"), "preserve")
    words.text = instruction
    paragraph.add_run()._r.append(words)  # noqa: SLF001 - as above


def _link(paragraph: Any, text: str, anchor: str) -> None:
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), anchor)
    run = paragraph.add_run(text)
    run.font.size = Pt(9)
    link.append(run._r)  # noqa: SLF001 - python-docx offers no links within a document
    paragraph._p.append(link)  # noqa: SLF001 - as above


def _bookmark(position: int) -> str:
    return f"_Toc{position:05d}"


def _heading_text(block: Heading, words: Words) -> str:
    title = words.show(block.title).line
    return f"{block.number}  {title}" if block.number else title


def _plain_heading(paper: Any, text: str) -> None:
    """Add a heading that is in no table of contents, as that of the contents themselves."""
    line = paper.add_paragraph()
    line.paragraph_format.space_before, line.paragraph_format.keep_with_next = Pt(12), True
    run = line.add_run(text)
    run.bold, run.font.size = True, Pt(15)


def _add(paper: Any, block: Block, position: int, words: Words, width: float, revision: Revision) -> None:
    match block:
        case Heading():
            _heading(paper, block, position, words, revision)
        case Paragraph():
            line = paper.add_paragraph()

            def shape(run: Any, tone: str = block.tone) -> None:
                if tone == "quiet":
                    run.font.color.rgb = _SOFT
                run.bold = True if tone == "notice" else None

            add_text(line, words.show(block.text).line, revision, shape)
        case Bullets():
            for item in block.items:
                add_text(paper.add_paragraph(style="List Bullet"), words.show(item).line, revision)
        case Steps():
            add_steps(paper, block, words, width, revision)
            paper.add_paragraph()
        case Grid():
            if block.caption is not None:
                add_text(paper.add_paragraph(style="Caption"), words.show(block.caption).line, revision)
            add_grid(paper, block, words, width, revision)
            paper.add_paragraph()
        case Picture():
            _picture(paper, block, position, words, width)


def _picture(paper: Any, block: Picture, position: int, words: Words, width: float) -> None:
    """Add a figure as wide as the text, with its description for who cannot see it."""
    drawn = draw(block.figure, words, prefix=f"p{position}")
    shape = paper.add_picture(BytesIO(svg_to_png(drawn)), width=Mm(width))
    about = shape._inline.docPr  # noqa: SLF001 - python-docx offers no words for a picture
    about.set("descr", words.show(block.description).line)


def _heading(paper: Any, block: Heading, position: int, words: Words, revision: Revision) -> None:
    line = paper.add_heading(level=block.level)
    add_text(line, _heading_text(block, words), revision)
    if block.number in _ON_NEW_PAGE:
        line.paragraph_format.page_break_before = True
    if block.level > _CONTENTS:
        return
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    for mark in (start, end):
        mark.set(qn("w:id"), str(position))
    start.set(qn("w:name"), _bookmark(position))
    line._p.insert(1, start)  # noqa: SLF001 - python-docx offers no bookmarks
    line._p.append(end)  # noqa: SLF001 - as above


def _same_bytes(paper: Any) -> bytes:
    """Return the archive with one time on every file and its files in the order of their names."""
    made, whole = BytesIO(), BytesIO()
    paper.save(made)
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as target:
        names = sorted(source.namelist(), key=lambda name: (name != "[Content_Types].xml", name))
        for name in names:
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            target.writestr(entry, source.read(name))
    return whole.getvalue()

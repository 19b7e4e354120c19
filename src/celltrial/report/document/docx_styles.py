"""Styles of a DOCX document: page, fonts for both scripts, headings, header and footer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from docx.enum.section import WD_ORIENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from celltrial.locale import Language
from celltrial.report.render.changes import INSERTED, spans

_LATIN: Final = "Times New Roman"
_HAN: Final = {"body": "宋体", "head": "黑体"}
_INK: Final = RGBColor(0x1B, 0x1F, 0x24)
_SIZES: Final = {1: 15, 2: 13, 3: 11.5, 4: 10.5}
#: Tracked changes are numbered from here on, apart from the bookmarks.
_FIRST_CHANGE: Final = 100_000
_LANGUAGES: Final[dict[Language, str]] = {"en": "en-GB", "zh": "zh-CN"}


def set_fonts(style: Any, han: str, size: float) -> None:
    """Give a style one Latin and one Han font; fonts of the theme are taken off."""
    style.font.name, style.font.size = _LATIN, Pt(size)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for name in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{name}"), None)
    for name in ("ascii", "hAnsi", "cs"):
        fonts.set(qn(f"w:{name}"), _LATIN)
    fonts.set(qn("w:eastAsia"), han)


def set_styles(paper: Any) -> None:
    """Set the fonts and spaces of the styles that a document uses."""
    styles = paper.styles
    set_fonts(styles["Normal"], _HAN["body"], 10.5)
    styles["Normal"].paragraph_format.space_after = Pt(4)
    set_fonts(styles["Title"], _HAN["head"], 20)
    set_fonts(styles["Caption"], _HAN["head"], 9.5)
    for level, size in _SIZES.items():
        style = styles[f"Heading {level}"]
        set_fonts(style, _HAN["head"], size)
        style.font.color.rgb, style.font.bold, style.font.italic = _INK, True, False
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(12), Pt(4)
        style.paragraph_format.keep_with_next = True
    for name in ("Title", "Caption"):
        styles[name].font.color.rgb, styles[name].font.bold = _INK, True
    styles["Caption"].paragraph_format.keep_with_next = True
    set_fonts(styles["List Bullet"], _HAN["body"], 10.5)


def set_language(paper: Any, language: Language) -> None:
    """Declare the language of the text, for spelling and for reading aloud."""
    defaults = paper.styles.element.find(qn("w:docDefaults")).find(qn("w:rPrDefault")).find(qn("w:rPr"))
    tag = defaults.find(qn("w:lang"))
    if tag is None:
        tag = OxmlElement("w:lang")
        defaults.append(tag)
    tag.set(qn("w:val"), _LANGUAGES[language])
    tag.set(qn("w:eastAsia"), "zh-CN")
    paper.core_properties.language = _LANGUAGES[language]


def portrait(section: Any) -> None:
    """Make a section A4, upright, with margins of 20 mm."""
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(20)
    section.top_margin = section.bottom_margin = Mm(20)


def turn(section: Any, *, landscape: bool) -> None:
    """Turn a section."""
    portrait(section)
    if landscape:
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = Mm(297), Mm(210)


def add_field(paragraph: Any, instruction: str) -> None:
    """Add a field, such as the page number."""
    for kind, text in (("begin", ""), ("", instruction), ("end", "")):
        run = paragraph.add_run()
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)  # noqa: SLF001 - python-docx offers no fields
        else:
            words = OxmlElement("w:instrText")
            words.set(qn("xml:space"), "preserve")
            words.text = text
            run._r.append(words)  # noqa: SLF001 - as above


def shade(cell: Any, colour: str) -> None:
    """Give a cell a ground."""
    mark = OxmlElement("w:shd")
    mark.set(qn("w:val"), "clear")
    mark.set(qn("w:color"), "auto")
    mark.set(qn("w:fill"), colour)
    cell._tc.get_or_add_tcPr().append(mark)  # noqa: SLF001 - python-docx offers no shading


@dataclass(slots=True)
class Revision:
    """By whom and when the marked changes of a file were made, and how many were written so far."""

    author: str
    dated: str
    count: int = 0


def add_text(paragraph: Any, text: str, revision: Revision, shape: Callable[[Any], None] | None = None) -> None:
    """Add a line of text; what was inserted or deleted becomes a tracked change of Word. `shape` sets each run."""
    for sign, part in spans(text):
        run = paragraph.add_run(part)
        if shape is not None:
            shape(run)
        if sign:
            _track(run, sign, revision)


def _track(run: Any, sign: str, revision: Revision) -> None:
    revision.count += 1
    mark = OxmlElement("w:ins" if sign == INSERTED else "w:del")
    mark.set(qn("w:id"), str(_FIRST_CHANGE + revision.count))
    mark.set(qn("w:author"), revision.author)
    mark.set(qn("w:date"), revision.dated)
    element = run._r  # noqa: SLF001 - python-docx offers no tracked changes
    element.addprevious(mark)
    mark.append(element)
    if sign != INSERTED:
        for text in element.findall(qn("w:t")):
            text.tag = qn("w:delText")

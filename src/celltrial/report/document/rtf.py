"""A document as RTF 1.9: what tables, listings and figures are handed over in; every sign beyond ASCII is escaped.

Read back by striprtf in the tests. Tracked changes are not written: a document with marks of change is for DOCX.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Final

from celltrial.locale import Language
from celltrial.report.content.values import Value
from celltrial.report.document.blocks import (
    Block,
    Bullets,
    Document,
    Grid,
    Heading,
    Paragraph,
    Picture,
    Steps,
    Toned,
    is_wide,
)
from celltrial.report.document.docx_tables import column_widths, text_size
from celltrial.report.figures import draw
from celltrial.report.figures.convert import svg_to_png
from celltrial.report.render.words import Words

#: Twentieths of a point in a millimetre.
_TWIPS: Final = 1440 / 25.4
_WIDTH: Final = {False: 170.0, True: 257.0}
#: Fonts by number: the text's, and the one that the signs of Chinese are taken from.
_FONTS: Final = r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fnil\fcharset134 Noto Sans CJK SC;}}"
_COLOURS: Final = r"{\colortbl;\red91\green100\blue112;\red228\green238\blue245;\red245\green247\blue249;}"
_SOFT, _HEAD, _BAND = 1, 2, 3
_SIZES: Final = {1: 32, 2: 26, 3: 23, 4: 21}
_LANGUAGE: Final[dict[Language, int]] = {"en": 1033, "zh": 2052}


def render_rtf(document: Document, language: Language) -> bytes:
    r"""Return the file in `language`, ASCII; equal inputs give equal bytes.

    >>> from celltrial.report.content.values import Recorded
    >>> made = Document(Recorded("Report"), Recorded("A trial"), "T-1", "", (), Recorded(""), (Paragraph(Recorded("10 µg")),))
    >>> rb"10 \u181?g" in render_rtf(made, "en")
    True
    """
    words = Words(language)
    parts = [
        rf"{{\rtf1\ansi\ansicpg1252\deff0\deflang{_LANGUAGE[language]}\uc1{_FONTS}{_COLOURS}",
        rf"{{\info{{\title {escaped(words.show(document.title).line)}}}{{\subject {escaped(document.name)}}}",
        rf"{{\doccomm SHA-256 {escaped(document.fingerprint)}}}}}",
        r"\paperw11906\paperh16838\margl1134\margr1134\margt1134\margb1134\fs20",
        rf"{{\header\pard\qr\fs16\cf{_SOFT} {escaped(document.name)} \par}}",
        rf"{{\footer\pard\qr\fs16\cf{_SOFT} SHA-256 {escaped(document.fingerprint[:16])}   {{\field{{\*\fldinst PAGE}}}}\par}}",
        *_front(document, words),
    ]
    wide = False
    for position, block in enumerate(document.blocks):
        if is_wide(document.blocks, position) is not wide:
            wide = not wide
            parts.append(_section(landscape=wide))
        parts.extend(_block(block, position, words, _WIDTH[wide]))
    return "\n".join((*parts, "}")).encode("ascii")


def escaped(text: str) -> str:
    r"""Return a text for RTF: braces and backslashes escaped, every other sign beyond ASCII by its UTF-16 numbers.

    >>> escaped("{a} 中")
    '\\{a\\} \\u20013?'
    """
    made = []
    for sign in text:
        if sign in "\\{}":
            made.append("\\" + sign)
        elif sign == "\n":
            made.append(r"\line ")
        elif sign == "\t":
            made.append(r"\tab ")
        elif " " <= sign <= "~":
            made.append(sign)
        elif sign.isprintable() or sign.isspace():
            numbers = struct.unpack(f"<{len(sign.encode('utf-16-le')) // 2}h", sign.encode("utf-16-le"))
            made.append("".join(rf"\u{number}?" for number in numbers))
    return "".join(made)


def _section(*, landscape: bool) -> str:
    if landscape:
        return r"\sect\sectd\lndscpsxn\pgwsxn16838\pghsxn11906"
    return r"\sect\sectd\pgwsxn11906\pghsxn16838"


def _front(document: Document, words: Words) -> Iterator[str]:
    yield rf"\pard\fs18\cf{_SOFT} {escaped(words.show(document.kind).line)}\cf0\par"
    yield rf"\pard\sa200\b\fs36 {escaped(words.show(document.title).line)}\b0\par"
    width = _WIDTH[False]
    for name, value in document.facts:
        yield from _row([words.show(name).line, words.show(value).line], [width * 0.3, width * 0.7], 18)
    yield rf"\pard\sb200\sa200\fs20 {escaped(words.show(document.notice).line)}\par"
    for position, block in enumerate(document.front):
        yield from _block(block, -1 - position, words, width)


def _block(block: Block, position: int, words: Words, width: float) -> Iterator[str]:
    match block:
        case Heading():
            title = words.show(block.title).line
            text = f"{block.number}  {title}" if block.number else title
            level = min(block.level, max(_SIZES))
            yield rf"\pard\keepn\outlinelevel{level - 1}\sb240\sa80\b\fs{_SIZES[level]} {escaped(text)}\b0\par"
        case Paragraph():
            colour = _SOFT if block.tone == "quiet" else 0
            bold = int(block.tone == "notice")
            yield rf"\pard\sa80\fs20\cf{colour}\b{bold} {_said(block.text, words)}\b0\cf0\par"
        case Bullets():
            for item in block.items:
                yield rf"\pard\li360\fi-200\sa40\fs20 \bullet  {_said(item, words)}\par"
        case Steps():
            for name, detail in block.steps:
                yield rf"\pard\sa40\fs20\b {_said(name, words)}\b0 : {_said(detail, words)}\par"
        case Grid():
            yield from _grid(block, words, width)
        case Picture():
            yield from _picture(block, position, words, width)


def _said(value: Value, words: Words) -> str:
    return escaped(words.show(value).line)


def _grid(grid: Grid, words: Words, width: float) -> Iterator[str]:
    heads = [words.show(head).line for head in grid.heads]
    rows = [
        [words.show(cell.value if isinstance(cell, Toned) else cell).line for cell in row.cells] for row in grid.rows
    ]
    widths = column_widths(grid, heads, rows, width)
    size = round(2 * text_size(grid))
    if grid.caption is not None:
        yield rf"\pard\keepn\sa60\fs18\i {_said(grid.caption, words)}\i0\par"
    yield from _row(heads, widths, size, head=True)
    for row, texts in zip(grid.rows, rows, strict=True):
        if row.style == "group":
            yield from _row(texts[:1], [sum(widths)], size, shade=_BAND, bold=True)
        else:
            yield from _row(texts, widths, size)
    yield r"\pard\sa120\fs8\par"


def _row(
    texts: Sequence[str], widths: Sequence[float], size: int, *, head: bool = False, shade: int = 0, bold: bool = False
) -> Iterator[str]:
    """Yield a row of cells; a head is repeated on every page, and no row is broken between two."""
    shade = _HEAD if head else shade
    ends, right = [], 0.0
    for width in widths:
        right += width
        edge = r"\clbrdrt\brdrs\brdrw5\clbrdrb\brdrs\brdrw5"
        fill = rf"\clcbpat{shade}" if shade else ""
        ends.append(rf"{edge}{fill}\cellx{round(right * _TWIPS)}")
    repeated = r"\trhdr" if head else ""
    yield rf"\trowd\trgaph70\trkeep{repeated}{''.join(ends)}"
    weight = int(head or bold)
    yield "".join(rf"\pard\intbl\fs{size}\b{weight} {escaped(text)}\cell" for text in texts) + r"\b0\row"


def _picture(block: Picture, position: int, words: Words, width: float) -> Iterator[str]:
    png = svg_to_png(draw(block.figure, words, prefix=f"p{position}"))
    across, down = struct.unpack(">II", png[16:24])
    goal = round(width * _TWIPS)
    yield (
        rf"\pard\qc{{\pict\pngblip\picw{across}\pich{down}\picwgoal{goal}\pichgoal{round(goal * down / across)} "
        rf"{png.hex()}}}\par"
    )
    yield rf"\pard\sa80\fs16\cf{_SOFT} {_said(block.description, words)}\cf0\par"

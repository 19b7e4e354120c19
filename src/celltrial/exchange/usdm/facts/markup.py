"""Plain text of the marked-up texts that USDM documents hold: HTML taken off, what its marks mean kept.

Texts of USDM are HTML or plain, and nothing says which: `ANC <LLN` is a text, `ANC &lt; <i>LLN</i>` is one too. A mark is
taken off only where it can be nothing else (a known element, one with attributes, one that is closed again). No parser
of XML is asked: there is no document type, no entity that a text could define, nothing outside that could be fetched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from celltrial.core.reading.text import forbidden_in

#: What stands for an element of USDM (`usdm:tag`, `usdm:ref`), by its name and attributes.
Stand = Callable[[str, Mapping[str, str]], str]

_ATTRIBUTE: Final = r"""\s+[A-Za-z_][\w:.-]*(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>=`]+))"""
_FLAG: Final = r"\s+(?:nowrap|hidden|reversed|checked|disabled)"
_MARK: Final = re.compile(
    r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>|<\?.*?\?>|<!DOCTYPE[^>]*>"
    rf"|<(?P<end>/?)(?P<name>[A-Za-z][\w:.-]*)(?P<attributes>(?:{_ATTRIBUTE}|{_FLAG})*)\s*(?P<empty>/?)>",
    re.DOTALL | re.IGNORECASE,
)
_PAIR: Final = re.compile(r"""([A-Za-z_][\w:.-]*)\s*=\s*("[^"]*"|'[^']*'|[^\s"'<>=`]+)""")
_ENTITY: Final = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_ESCAPED: Final = re.compile(r"&lt;(/?usdm:(?:tag|ref)\b[^<>]{0,400}?)&gt;", re.IGNORECASE)
_INLINE: Final = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "ins",
        "kbd",
        "label",
        "mark",
        "q",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)
_BLOCKS: Final = frozenset(
    [
        "article",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
    ]
)
_CELLS: Final = frozenset({"td", "th"})
_OTHERS: Final = frozenset({"col", "colgroup", "link", "meta"})
#: Elements whose content is no text, and those whose content was taken back.
_SILENT: Final = frozenset({"script", "style", "title", "template"})
_STRUCK: Final = frozenset({"del", "s", "strike"})
_KNOWN: Final = _INLINE | _BLOCKS | _CELLS | _OTHERS | _SILENT | _STRUCK
_EXPONENT: Final = re.compile(r"[+\u2212-]?\d+")


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without marks, and what was marked as taken back and is not in it."""

    text: str
    struck: tuple[str, ...] = ()


@dataclass(slots=True)
class _Writer:
    """Lines that are being written."""

    lines: list[str] = field(default_factory=lambda: [""])
    waits: bool = False  # a list mark stands and its text does not yet

    def line(self) -> None:
        """Begin a line, where the last one holds something."""
        if self.lines[-1].strip() and not self.waits:
            self.lines[-1] = self.lines[-1].rstrip()
            self.lines.append("")

    def mark(self, text: str) -> None:
        """Begin a line with the mark of a list."""
        self.waits = False
        self.line()
        self.lines[-1], self.waits = text, True

    def write(self, text: str) -> None:
        """Write a text; any white space is one space, and none at the beginning of a line."""
        text = re.sub(r"\s+", " ", text)
        if not self.lines[-1] or self.lines[-1].endswith(" "):
            text = text.lstrip()
        if text:
            self.lines[-1] += text
            self.waits = self.waits and not text.strip()


def plain_text(text: str, stand: Stand) -> Plain:
    """Return a text without its marks; one that has none comes back as it is.

    Paragraphs, list items and rows of a table are lines, cells are between bars, a raised number is an exponent
    (`10<sup>9</sup>` is `10^9`, not 109), text in `del`, `s` and `strike` is left out and told.

    >>> plain_text("<p>ANC &lt; 1.0 x 10<sup>9</sup>/L</p>", lambda name, attributes: "").text
    'ANC < 1.0 x 10^9/L'
    >>> plain_text("ANC <LLN & age < 18", lambda name, attributes: "").text
    'ANC <LLN & age < 18'
    """
    text = _ESCAPED.sub(lambda found: f"<{html.unescape(found.group(1))}>", text)
    if not _MARK.search(text) and not _ENTITY.search(text):
        return Plain(text)
    return _Reader(text, stand).read()


class _Reader:
    """Goes through a text mark by mark."""

    def __init__(self, text: str, stand: Stand) -> None:
        self._text, self._stand = text, stand
        self._closed = {one.casefold() for one in re.findall(r"</([A-Za-z][\w:.-]*)\s*>", text)}
        self._out = _Writer()
        self._lists: list[tuple[bool, bool, int]] = []  # numbered, with letters, how many so far
        self._silent: list[str] = []
        self._kept: list[str] = []  # text within sup or within what was taken back
        self._inner: list[str] = []
        self._struck: list[str] = []

    def read(self) -> Plain:
        """Return the text."""
        at = 0
        for found in _MARK.finditer(self._text):
            self._say(self._text[at : found.start()])
            at = found.end()
            if found["name"] is not None:
                self._element(found)
        self._say(self._text[at:])
        lines = [one.rstrip() for one in self._out.lines if one.strip()]
        return Plain("\n".join(lines).strip(), tuple(one for one in self._struck if one))

    def _say(self, text: str, *, final: bool = False) -> None:
        shown = text if final else _ENTITY.sub(_unescaped, text)
        if self._inner:
            self._kept.append(shown)
        elif not self._silent:
            self._out.write(shown)

    def _element(self, found: re.Match[str]) -> None:
        name, ends = found["name"].casefold(), bool(found["end"])
        attributes = {key.casefold(): html.unescape(value.strip("\"'")) for key, value in _pairs(found["attributes"])}
        if name in {"usdm:tag", "usdm:ref"}:
            if not ends:
                self._say(self._stand(name, attributes), final=True)
        elif name not in _KNOWN and not (ends or attributes or found["empty"] or ":" in name or name in self._closed):
            self._say(found[0])
        elif name in _SILENT:
            self._silence(name, ends=ends)
        elif name == "sup" or name in _STRUCK:
            self._aside(name, ends=ends)
        elif not self._silent and not self._inner:
            self._place(name, attributes, ends=ends)

    def _silence(self, name: str, *, ends: bool) -> None:
        if not ends:
            self._silent.append(name)
        elif name in self._silent:
            self._silent.remove(name)

    def _aside(self, name: str, *, ends: bool) -> None:
        """Keep what is within apart until it ends, then write it as what it is."""
        if not ends:
            if name in self._closed:  # one that never ends would swallow the rest
                self._inner.append(name)
            return
        if name not in self._inner:
            return
        self._inner.remove(name)
        if self._inner:
            return
        text = re.sub(r"\s+", " ", "".join(self._kept)).strip()
        self._kept.clear()
        if name in _STRUCK:
            self._struck.append(text)
        else:
            self._out.write(f"^{text}" if _EXPONENT.fullmatch(text) else text)

    def _place(self, name: str, attributes: Mapping[str, str], *, ends: bool) -> None:
        if name in {"ol", "ul"}:
            self._out.line()
            if not ends:
                letters = "alpha" in attributes.get("style", "") or attributes.get("type", "") in {"a", "A"}
                self._lists.append((name == "ol", letters, 0))
            elif self._lists:
                self._lists.pop()
        elif name == "li" and not ends:
            self._out.mark(self._item())
        elif name in _CELLS and not ends:
            if self._out.lines[-1].strip() and not self._out.waits:
                self._out.write(" | ")
        elif name in _BLOCKS:
            self._out.line()
        elif name == "img" and attributes.get("alt", "").strip():
            self._out.write(f"[{attributes['alt'].strip()}]")

    def _item(self) -> str:
        if not self._lists:
            return "- "
        numbered, letters, before = self._lists[-1]
        self._lists[-1] = (numbered, letters, before + 1)
        indent = "  " * min(len(self._lists) - 1, 8)
        if not numbered:
            return f"{indent}- "
        return f"{indent}{chr(ord('a') + before)}. " if letters and before < 26 else f"{indent}{before + 1}. "


def _pairs(attributes: str) -> list[tuple[str, str]]:
    return [(one[1], one[2]) for one in _PAIR.finditer(attributes)]


def _unescaped(found: re.Match[str]) -> str:
    """Return the character of a reference; one that nobody could see is none."""
    shown = html.unescape(found[0])
    return "" if forbidden_in(shown) else shown

"""Terms as people write them: which concepts a text names, in English or Chinese, and which it denies.

A spelling counts as a whole term: `CD1` is not in `CD19`, `positive` is not in `Gram-positive`. Case, hyphens, spaces
and full-width forms do not matter. The longest spelling wins, so that a term within a longer one of another meaning is
not read; a concept that a negation denies (`viability is not recorded`, `不记录转导效率`) is not named.

>>> sorted(concepts_of("viability, % CAR+ and 载体拷贝数", "attribute"))
['positive_share', 'vector_copies', 'viability']
>>> names("no Gram-positive bacteria", "attribute.positive_share")
False
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from celltrial.core.terms import Kind
from celltrial.core.terms import names as term_names

_CJK: Final = r"㐀-鿿豈-﫿"
_IDEOGRAPH: Final = re.compile(f"[{_CJK}]")
_GAP: Final = r"[\s\-‐-―_/·]*"
#: A negation reaches from here to the end of its sentence; words that hold it without denying anything come first.
_HARMLESS: Final = re.compile(
    r"non[\s\-]?(?:hodgkin|small[\s\-]cell|inferior\w*|clinical|measurable|relapse|haematolog\w*|hematolog\w*)"
    r"|no (?:evidence of disease|later than|less than|more than)|not (?:less|more|later|lower|higher|exceed\w*|only)\b(?: than)?"
    r"|(?:event|progression|relapse|disease|recurrence)[\s\-]free|free light chain|sterility"
    r"|不(?:低于|少于|超过|大于|小于|晚于|早于|高于|良|同|仅|限于|可切除|可测量)|未(?:来|成年)|非(?:霍奇金|何杰金|小细胞|临床|劣效)"
    r"|无(?:菌|进展|病生存|复发|事件)|免疫|避免|切除|清除|剔除|停止规则|排除标准"
)
_BEFORE: Final = re.compile(
    r"\b(?:no|not|never|without|neither|nor|none of|lack of|absence of|free of|excluding|except|other than|instead of|unlike|in contrast (?:to|with)|as opposed to|differ(?:s|ent|ing)? from|distinct from"
    r"|rather than|waive[ds]?|omit(?:s|ted)?|skip(?:s|ped)?|drop(?:s|ped)?|cannot|won'?t)\b"
    r"|不(?:再|予|做|作|进行|检测|记录|监测|考虑|要求|测|需|必|含|包括)?|未|无需|无须|没有|无|免除|取消|豁免|停止|缺乏|排除|有别于|区别于"
)
_AFTER: Final = re.compile(
    r"^[^.;,，。；、]{0,24}?\b(?:waived|omitted|optional|not (?:be )?(?:required|recorded|measured|tested|done|planned|performed"
    r"|available|applicable|assessed|collected|monitored|considered|needed|expected|tracked|followed|asked|given|included))\b"
    r"|^[^.;,，。；、]{0,8}?(?:不(?:记录|检测|询问|进行|评估|监测|采集|开展|要求|适用|测)|未(?:记录|检测|进行|评估|监测|采集|开展|规定)|豁免|免检|免做|取消|可不[做检测])"
)
#: What a text only sets itself apart from: `与体内CAR产品不同`.
_APART_BEFORE: Final = re.compile(r"(?:与|和|同|跟)[^.;,，。；、]{0,6}$")
_APART_AFTER: Final = re.compile(r"^[^.;,，。；、]{0,10}?(?:不同|有别|有区别|相区别|有所区别|不一样|相反)")
_SENTENCE: Final = re.compile(r"[.;,，。；、!?！？\n|]")


@dataclass(frozen=True, slots=True)
class _Spelling:
    """One way to write a concept.

    term:  plain.
    parts: its words and figures; every text that has the term has each of them, so that most terms need no pattern.
    """

    concept: str
    term: str
    parts: tuple[str, ...]

    @classmethod
    def of(cls, concept: str, spelling: str) -> _Spelling:
        term = plain(spelling)
        return cls(concept, term, tuple(part for part in re.split(r"[\s\-_/]+", term) if part))

    def hits(self, text: str) -> Iterator[re.Match[str]]:
        """Yield every place of the whole term in a plain text."""
        if all(part in text for part in self.parts):
            yield from _pattern(self.term, self.parts).finditer(text)


#: Signs of a text that are read; what a text is about is before that, and reading stays quick whatever is sent.
_READ: Final = 4000


def plain(text: str) -> str:
    """Return the beginning of a text in one width and case, with runs of space made one."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text[:_READ])).strip().casefold()


@cache
def _table() -> Mapping[str, Mapping[str, Mapping[str, list[str]]]]:
    text = resources.files(__package__ or "celltrial.guideline").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


@cache
def _pattern(term: str, parts: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of one whole term."""
    body = _GAP.join(map(re.escape, parts))
    if _IDEOGRAPH.search(term):
        return re.compile(body)
    start = r"(?<![a-z0-9])" if term[0].isalnum() else ""
    end = r"(?![a-z0-9])" if term[-1].isalnum() else ""
    return re.compile(start + body + end)


@cache
def _spellings(group: str) -> tuple[_Spelling, ...]:
    """Return every spelling of a group, longest first; a `never` term stands for no concept."""
    found = []
    for concept, row in _table()[group].items():
        spelled = (*row["en"], *row["zh"], *_named_by_code(group, row.get("codes", ())))
        found += [_Spelling.of(concept, term) for term in spelled]
        found += [_Spelling.of("", term) for term in row.get("never", ())]
        found.append(_Spelling.of(concept, concept.replace("_", " ")))
    return tuple(sorted(found, key=lambda item: -len(item.term)))


#: The kinds of `core.terms` in which the codes of a group are looked up.
_KINDS: Final[Mapping[str, tuple[Kind, ...]]] = MappingProxyType(
    {
        "adverse_event": ("adverse_event",),
        "follow_up": ("follow_up_item",),
        "attribute": ("product_attribute", "release_test"),
        "resource": ("resource",),
    }
)


def _named_by_code(group: str, codes: Iterable[str]) -> Iterator[str]:
    """Yield every name, in both languages, that the table of terms has for codes of a group."""
    for code in codes:
        for kind in _KINDS[group]:
            yield from (*term_names(code, kind, "en"), *term_names(code, kind, "zh"))


def knows(concept: str) -> bool:
    """Tell whether `group.name` is a concept of the vocabulary."""
    group, _, name = concept.partition(".")
    return name in _table().get(group, {})


def concepts_of(text: str, group: str) -> frozenset[str]:
    """Return the concepts of a group that a text names and does not deny."""
    return _read(plain(text), group)


@cache
def _read(text: str, group: str) -> frozenset[str]:
    taken: list[tuple[int, int]] = []
    named: set[str] = set()
    for item in _spellings(group):
        for hit in item.hits(text):
            start, end = hit.span()
            inside = any(start >= first and end <= last and (start, end) != (first, last) for first, last in taken)
            if inside:
                continue
            taken.append((start, end))
            if item.concept and not denied(text, start, end):
                named.add(item.concept)
    return frozenset(named)


def denied(text: str, start: int, end: int) -> bool:
    """Tell whether a negation in the same part of a sentence denies what is at a place of a plain text."""
    begin = max((hit.end() for hit in _SENTENCE.finditer(text, 0, start)), default=0)
    before = _HARMLESS.sub(" ", text[begin:start])
    if _APART_BEFORE.search(text[begin:start]) and _APART_AFTER.search(text[end:]):
        return True
    return bool(_BEFORE.search(before)) or bool(_AFTER.search(text[end:]))


def names(text: str, concept: str) -> bool:
    """Tell whether a text names one concept, given as `group.name`, and does not deny it."""
    group, _, name = concept.partition(".")
    return name in concepts_of(text, group)


def named_in(texts: Iterable[str], group: str) -> frozenset[str]:
    """Return the concepts of a group that any of several texts names."""
    return frozenset().union(*(concepts_of(text, group) for text in texts))


_TARGET_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "bcma": ("bcma", "cd269", "tnfrsf17", "b cell maturation antigen", "sbcma", "b细胞成熟抗原"),
        "cd19": ("cd19",),
        "her2": ("her2", "erbb2", "her 2"),
        "cldn182": ("cldn18.2", "claudin 18.2", "claudin18.2"),
        "msln": ("msln", "mesothelin", "间皮素"),
        "gpc3": ("gpc3", "glypican 3", "磷脂酰肌醇蛋白聚糖3"),
        "psma": ("psma", "folh1"),
        "pap": ("pap", "prostatic acid phosphatase", "前列腺酸性磷酸酶"),
        "nyeso1": ("ny-eso-1", "nyeso1", "ctag1b"),
    }
)


def names_target(text: str, target: str) -> bool:
    """Tell whether a text names a target antigen, under any of its names (`CD-19`, `CD 22`, `sBCMA`)."""
    spoken = plain(text)
    key = re.sub(r"[^0-9a-z]", "", plain(target))
    spellings = {*_TARGET_NAMES.get(key, ()), plain(target)}
    for names_ in _TARGET_NAMES.values():
        if plain(target) in names_:
            spellings |= set(names_)
    return any(_loose(name).search(spoken) for name in spellings)


@cache
def _loose(name: str) -> re.Pattern[str]:
    """Return a pattern in which letters and digits may stand apart: `CD19`, `CD-19`, `CD 19`."""
    parts = re.findall(r"[a-z]+|\d+|[^\sa-z\d\-_/]+", plain(name))
    start = r"(?<![a-z0-9])s?" if parts and parts[0][0].isascii() else ""
    end = r"(?![a-z0-9])" if parts and parts[-1][-1].isascii() else ""
    return re.compile(start + _GAP.join(re.escape(part) for part in parts) + end)

"""Stages of disease: whether a stage is one of its scale, and whether it is an early one.

Only scales whose values are fixed are judged; a free scale (`extent of disease`, `response to the last line`) is not.
Sources: the staging systems themselves (ISS, Rai, Binet, Ann Arbor, AJCC 8, FIGO, BCLC, CNLC, Durie-Salmon).
"""

from __future__ import annotations

import re
from typing import Final

from celltrial.guideline.vocabulary import plain

_ROMAN: Final = {"0": 0, "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
#: Scale -> pattern of its name and pattern of its stages, without the words around them.
_SCALES: Final[tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]] = (
    (re.compile(r"^r2-?iss\b"), re.compile(r"i{1,3}|iv|[1-4]")),
    (re.compile(r"^(?:r-?)?iss\b|international staging|国际分期"), re.compile(r"i{1,3}|[1-3]")),
    (re.compile(r"durie|salmon|^ds\b"), re.compile(r"(?:i{1,3}|[1-3])[ab]?")),
    (re.compile(r"ann ?arbor|lugano|安娜堡|安阿伯"), re.compile(r"(?:i{1,3}|iv|[1-4])[abexs]{0,3}")),
    (re.compile(r"^rai\b"), re.compile(r"0|i{1,3}|iv|[1-4]")),
    (re.compile(r"binet"), re.compile(r"[abc]")),
    (re.compile(r"bclc|巴塞罗那"), re.compile(r"0|[abcd][0-3]?")),
    (re.compile(r"cnlc|中国肝癌"), re.compile(r"(?:i{1,3}|[1-3])[ab]|iv|4")),
    (re.compile(r"figo"), re.compile(r"(?:i{1,3}|iv|[1-4])(?:[abc][1-3]?)?")),
    (re.compile(r"ajcc|tnm|uicc"), re.compile(r"(?:0|i{1,3}|iv|[1-4])(?:[abcd][1-3]?)?")),
)
_SPOKEN: Final = re.compile(
    r"(?:r2?-?)?iss|durie-?salmon|ds|ann ?arbor|lugano|rai|binet|bclc|cnlc|figo|ajcc(?: ?\d)?|tnm|uicc|stages?|grade|分期|期|级"
)
_FREE: Final = re.compile(
    r"unresectable|metastatic|advanced|relapsed|refractory|recurrent|不可切除|转移|晚期|复发|难治"
)
_NUMBERED: Final = re.compile(
    r"(?<![a-z0-9\-])(?:(ecog|rai|binet|bclc|cnlc|child|karnofsky|grade)[ \-]*(?:stage|grade|score)?"
    r"|(?:stages?|(?:r2?-?)?iss|durie-?salmon|ann ?arbor|lugano|ajcc|tnm|uicc|figo|国际分期)?)[ \-:]*"
    r"(0|i{1,3}|iv|[1-4])([a-d](?:[1-3])?)?(?![a-z0-9])(?:[ \-]?期)?"
)
_LATE_WORDS: Final = re.compile(
    r"unresectable|not resectable|non-?resectable|metasta|advanced|不可切除|无法切除|转移|晚期|局部进展|进展期"
)
_EARLY_WORDS: Final = re.compile(
    r"\bearly\b|resectable|newly diagnosed|new diagnosis|untreated|treatment[ \-]naive|low[ \-]risk|smou?ldering|in situ|locali[sz]ed|indolent"
    r"|早期|可切除|初诊|新诊断|初治|低危|冒烟|原位|局限"
)
#: Extent of a tumour without spread to nodes or organs, as TNM writes it: `T1N0M0`, `cT1-2 N0 M0`.
_EXTENT: Final = re.compile(r"(?<![a-z])[cpy]{0,2}t(?:[0-4]-)?([0-4])[a-d]?[ ,]?n0[ ,]?m0\b")
_MOST_EARLY_T: Final = 2


def same_stage(one: str, other: str) -> bool:
    """Tell whether two stages are the same but for case, blanks and hyphens."""
    return re.sub(r"[\W_]", "", plain(one)) == re.sub(r"[\W_]", "", plain(other))


def known_scale(scale: str) -> bool:
    """Tell whether the stages of a scale are known here.

    >>> known_scale("ISS"), known_scale("extent of disease")
    (True, False)
    """
    return any(name.search(plain(scale)) for name, _ in _SCALES)


def fits_scale(stage: str, scale: str) -> bool:
    """Tell whether a stage is one of a scale and of no other; a scale that is not known has no wrong stages.

    >>> fits_scale("ISS-III", "ISS"), fits_scale("Stage IVB", "ISS"), fits_scale("metastatic", "extent of disease")
    (True, False, True)
    """
    said = plain(stage)
    named, known = next(((name, values) for name, values in _SCALES if name.search(plain(scale))), (None, None))
    if named is None or known is None or _FREE.search(said):
        return True
    if not named.search(said) and any(other.search(said) for other, _ in _SCALES):
        return False
    tokens = [token for token in re.split(r"[^a-z0-9]+", _SPOKEN.sub(" ", said)) if token]
    return bool(tokens) and all(known.fullmatch(token) for token in tokens)


def is_early(stage: str, *, solid: bool) -> bool:
    """Tell whether a stage is an early one: by a word, or stage 0 or I, or stage II or T2 N0 M0 of a solid tumour.

    Numbers of performance, of liver function and of scales that do not rise with the tumour are not read as stages.

    >>> is_early("Stage II (resectable)", solid=True), is_early("stage IIIB/IV", solid=True), is_early("ECOG 1", solid=True)
    (True, False, False)
    """
    said = plain(stage)
    extent = _EXTENT.search(said)
    if extent is not None:
        return solid and int(extent.group(1)) <= _MOST_EARLY_T
    if _EARLY_WORDS.search(_LATE_WORDS.sub(" ", said)):
        return True
    if _LATE_WORDS.search(said):
        return False
    numbers = [_ROMAN[hit.group(2)] for hit in _NUMBERED.finditer(said) if not hit.group(1)]
    return bool(numbers) and max(numbers) <= (2 if solid else 1)

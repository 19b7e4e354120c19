"""Terms as codes: what a word means, whoever wrote it, in English or Chinese.

A word is looked up whole; no meaning is read from a part of it, so "no Gram-positive bacteria" is not a "positive"
anything. Case, width and punctuation do not count. A word that stands for two meanings of a kind has none: `resolve`
returns None for it as for a word that nobody listed, and the reader asks. The rows and their sources are in `terms_data`;
laboratory tests and observations, which have units, are in `celltrial.core.quantities`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Final, Literal

from celltrial.core.terms_data import TERMS, Row

Kind = Literal[
    "adverse_event",
    "follow_up_item",
    "product_attribute",
    "release_test",
    "assay",
    "procedure",
    "resource",
    "stage",
    "response",
    "response_criteria",
    "endpoint",
]
#: All but letters, digits, and signs that change a meaning: a share, a positive cell, a doubt, a limit.
_DROPPED: Final = re.compile(r"(?:[^\w.+%?<>=±]|_)+")


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Return a word without what does not change its meaning: case, width, blanks, hyphens, other punctuation.

    >>> plain("Second_malignancy") == plain("second  MALIGNANCY"), plain("ＣＤ３＋")
    (True, 'cd3+')
    """
    known = unicodedata.normalize("NFKC", text).casefold()
    return _DROPPED.sub("", known)


def resolve(text: str, kind: Kind) -> str | None:
    """Return the code of a code, name or synonym; None where it is not known or has two meanings.

    >>> resolve("细胞因子释放综合征", "adverse_event"), resolve("CRS", "adverse_event"), resolve("no CRS", "adverse_event")
    ('crs', 'crs', None)
    """
    return _index(kind).get(plain(text))


def names(code: str, kind: Kind, language: Literal["en", "zh"]) -> tuple[str, ...]:
    """Return the names of a code, the one to show first; empty for a code that is not of this kind.

    >>> names("viability", "product_attribute", "zh")[0]
    '细胞活率'
    """
    return _names(kind).get(code, {}).get(language, ())


def codes(kind: Kind) -> tuple[str, ...]:
    """Return every code of a kind."""
    return tuple(_names(kind))


def same_term(one: str, other: str, kind: Kind = "adverse_event") -> bool:
    """Tell whether two words mean the same: the same code, or the same word but for case, width and punctuation.

    No word is the same as none.

    >>> same_term("CRS", "Cytokine release syndrome"), same_term("Second malignancy", "second_malignancy")
    (True, True)
    >>> same_term("infection", "发热"), same_term("", "")
    (False, False)
    """
    if not plain(one) or not plain(other):
        return False
    if plain(one) == plain(other):
        return True
    code = resolve(one, kind)
    return code is not None and code == resolve(other, kind)


@cache
def _names(kind: Kind) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    rows: tuple[Row, ...] = TERMS[kind]
    return {code: {"en": tuple(en.split("|")), "zh": tuple(zh.split("|"))} for code, en, zh in rows}


@cache
def _index(kind: Kind) -> Mapping[str, str]:
    """Return plain word -> code; a word of two codes is left out, a code itself always means itself."""
    known: dict[str, set[str]] = {}
    for code, by_language in _names(kind).items():
        for name in (name for listed in by_language.values() for name in listed):
            known.setdefault(plain(name), set()).add(code)
    found = {word: next(iter(meant)) for word, meant in known.items() if len(meant) == 1}
    return {**found, **{plain(code): code for code in _names(kind)}}

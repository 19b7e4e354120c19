"""Words that a protocol chooses freely (a drug, a test, a subset), in a reader's language.

A protocol writes them once, in English; their Chinese stands row by row in `terms.toml`. A word without a row, such as a
name or an identifier, stays as it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from celltrial.locale import Language

#: A word written as a code, such as a role.
_CODED: Final = re.compile(r"[a-z]+(?:_[a-z]+)+")
#: Names of visits that only count.
_COUNTED: Final = re.compile(r"(Day|Week|Month|Year) (\d+)")
_PERIODS: Final = {"Day": "天", "Week": "周", "Month": "个月", "Year": "年"}

__all__ = ["has_term", "in_terms"]


def in_terms(word: str, language: Language) -> str:
    """Return a word of a protocol in a language.

    >>> in_terms("fludarabine", "zh"), in_terms("Month 3", "zh"), in_terms("safety_board", "en"), in_terms("DL1", "zh")
    ('氟达拉滨', '第3个月', 'safety board', 'DL1')
    """
    plain = word.replace("_", " ") if _CODED.fullmatch(word) else word
    if language == "en":
        return plain
    counted = _COUNTED.fullmatch(word)
    return f"第{counted[2]}{_PERIODS[counted[1]]}" if counted else _rows().get(word, plain)


def has_term(word: str) -> bool:
    """Tell whether a word has its Chinese."""
    return word in _rows() or _COUNTED.fullmatch(word) is not None


@cache
def _rows() -> Mapping[str, str]:
    source = resources.files("celltrial.locale.phrases").joinpath("terms.toml")
    rows: dict[str, str] = tomllib.loads(source.read_text(encoding="utf-8"))
    return rows

"""What was needed and what was found, in a reader's language.

A refused condition carries two short phrases, such as `age 15 d > 14 d` or `RELEASED`: they stand in the audit trail
for good, so they are written once, in one language, as the core emits them. This folder holds their Chinese, row by
row; numbers, dates and identifiers pass through untouched.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Final

from celltrial.locale import Language

__all__ = ["in_words", "is_known"]

_PLACE: Final = re.compile(r"\\\{(\d)\\\}")


def in_words(phrase: str, language: Language) -> str:
    """Return a condition's phrase in a language; a part without a row (a number, an identifier) stays as it is.

    >>> in_words("age 15 d > 14 d", "zh")
    '已 15 天，上限 14 天'
    >>> in_words("age 15 d > 14 d", "en")
    'age 15 d > 14 d'
    >>> in_words("RELEASED", "zh")
    '已放行'
    >>> in_words("SUBJ-012", "zh")
    'SUBJ-012'
    """
    if language == "en" or not phrase:
        return phrase
    return _chinese(phrase) or phrase


def is_known(phrase: str) -> bool:
    """Tell whether a phrase, as a whole, has a row: a word of its own or a pattern."""
    return phrase in _words() or any(pattern.fullmatch(phrase) for pattern, _ in _patterns())


def _chinese(phrase: str) -> str | None:
    word = _words().get(phrase)
    if word is not None:
        return word
    for pattern, template in _patterns():
        match = pattern.fullmatch(phrase)
        if match:
            return template.format(*(_chinese(part) or part for part in match.groups()))
    parts = phrase.split(", ")
    known = [_words().get(part) for part in parts]
    return "、".join(str(part) for part in known) if len(parts) > 1 and all(known) else None


@cache
def _rows() -> dict[str, str]:
    source = resources.files(__name__).joinpath("conditions.toml")
    rows: dict[str, str] = tomllib.loads(source.read_text(encoding="utf-8"))
    return rows


@cache
def _words() -> dict[str, str]:
    return {key: text for key, text in _rows().items() if "{" not in key}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns with places, the one with the most fixed letters first."""
    keys = sorted((key for key in _rows() if "{" in key), key=lambda key: (-len(re.sub(r"\{\d\}", "", key)), key))
    return tuple((re.compile(_PLACE.sub("(.+?)", re.escape(key))), _rows()[key]) for key in keys)

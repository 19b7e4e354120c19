"""What a fault says was expected and what was found, in a reader's language.

The core writes both once, as rules over the names of parameters (`0 < low < target < high < 1`), which every reader can
read, now and then with a few English words. Their Chinese stands row by row in `expectations.toml` and, for a
protocol's form, in `schema.toml`; a rule without words
passes through as it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from celltrial.locale import Language

__all__ = ["has_row", "in_readers_words"]

_FILES: Final = ("expectations.toml",)
_PLACE: Final = re.compile(r"\\\{(\d)\\\}")


def in_readers_words(phrase: str, language: Language) -> str:
    """Return what was expected or found in a language; a phrase without a row stays as it is.

    >>> in_readers_words("1 to 12 doses", "zh")
    '1 至 12 个剂量'
    >>> in_readers_words("0 < low < target < high < 1", "zh")
    '0 < low < target < high < 1'
    """
    return phrase if language == "en" else _chinese(phrase)


def has_row(phrase: str) -> bool:
    """Tell whether a phrase, or the pattern that it is, has its Chinese."""
    return phrase in _rows() or any(pattern.fullmatch(phrase) for pattern, _ in _patterns())


def _chinese(phrase: str) -> str:
    plain = _rows().get(phrase)
    if plain is not None:
        return plain
    for pattern, template in _patterns():
        match = pattern.fullmatch(phrase)
        if match:
            return template.format(*(_chinese(part) for part in match.groups()))
    return phrase


@cache
def _rows() -> Mapping[str, str]:
    rows: dict[str, str] = {}
    for name in _FILES:
        source = resources.files("celltrial.locale.phrases").joinpath(name)
        rows |= tomllib.loads(source.read_text(encoding="utf-8"))
    return rows


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns with places, the one with the most fixed letters first."""
    keys = sorted((key for key in _rows() if "{" in key), key=lambda key: (-len(re.sub(r"\{\d\}", "", key)), key))
    return tuple((re.compile(_PLACE.sub("(.+?)", re.escape(key))), _rows()[key]) for key in keys)

"""Findings of a review as sentences: parameters that are words of ours are translated too."""

from __future__ import annotations

from collections.abc import Mapping

from celltrial.guideline.verdict import Finding
from celltrial.locale import Language, has, translate

__all__ = ["finding_sentence", "remedy_sentence", "worded"]


def worded(params: Mapping[str, object], language: Language) -> dict[str, object]:
    """Return the parameters with every word that the catalogue knows in the reader's language.

    >>> worded({"found": "intravenous", "years": 15}, "zh")["years"]
    15
    """
    return {name: _word(value, language) for name, value in params.items()}


def _word(value: object, language: Language) -> object:
    if isinstance(value, tuple | list):
        separator = "、" if language == "zh" else ", "
        return separator.join(str(_word(item, language)) for item in value)
    if isinstance(value, str):
        if ", " in value:
            return _word(tuple(value.split(", ")), language)
        key = f"gdl.word.{value}"
        return translate(key, language) if has(key) else value
    return value


def finding_sentence(item: Finding, language: Language) -> str:
    """Return what was found."""
    return translate(f"finding.{item.code}", language, **worded(item.params, language))


def remedy_sentence(item: Finding, language: Language) -> str:
    """Return what would satisfy the clause."""
    return translate(f"remedy.{item.code}", language, **worded(item.params, language))

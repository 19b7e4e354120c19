"""Findings in words: which messages say them, with code words inside parameters put into the reader's language.

The catalogue lives above this room, so it comes in as two functions. A code
word such as `class_minimum` inside a parameter is replaced by the message
`gdl.word.class_minimum` where there is one; everything else stays as written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from celltrial.core.truth import Truth
from celltrial.guideline.agency import AgencyQuestion
from celltrial.guideline.trigger import Applicability
from celltrial.guideline.verdict import SOURCES, Finding, Ground

#: A code word that is alone; a dotted name is a field of the protocol, which a reader looks up as written.
_WORD: Final = re.compile(r"(?<![\w.])[a-z][a-z0-9_]*(?!\w|\.\w)", re.ASCII)
#: Parameters that are shown as they are: citations.
_VERBATIM: Final = frozenset({"source"})
_Language = Literal["en", "zh"]


class Translate(Protocol):
    """The catalogue's function: message key, language, parameters."""

    def __call__(self, key: str, language: _Language, /, **params: object) -> str:
        """Return the text."""


@dataclass(frozen=True, slots=True)
class FindingText:
    """A finding in one language: what was found, and what would satisfy the clause."""

    found: str
    remedy: str


def finding_text(
    item: Finding, language: _Language, *, translate: Translate, has: Callable[[str], bool]
) -> FindingText:
    """Return both texts of a finding."""
    params = {"path": item.path, **worded(item.params, language, translate, has)}
    found = translate(f"finding.{item.code}", language, **params)
    if item.experiment:
        found += translate("finding.try_it", language, experiment=item.experiment)
    return FindingText(found, translate(f"remedy.{item.code}", language, **params))


def ground_text(item: Ground, language: _Language, *, translate: Translate, has: Callable[[str], bool]) -> str:
    """Return what a clause without a finding rests on: a figure and its limit, what was tried, or a reference."""
    if item.experiment:
        said = translate(f"tried.{item.code}", language, **worded(item.params, language, translate, has))
        return translate("ground.tried", language, path=item.path, experiment=item.experiment, said=said)
    if item.reference:
        return translate("ground.reference", language, path=item.path, reference=item.reference)
    source = translate(f"ground.source.{item.source}", language) if item.source in SOURCES else item.source
    what = translate(f"ground.what.{item.what}", language)
    return translate(
        "ground.figure", language, path=item.path, found=item.found, limit=item.limit, what=what, source=source
    )


def applicability_text(
    item: Applicability, language: _Language, *, translate: Translate, has: Callable[[str], bool]
) -> str:
    """Return why a clause applies or does not, facts by their names for people; empty for one that always applies."""
    comma = "、" if language == "zh" else ", "
    if item.truth is Truth.UNKNOWN:
        facts = comma.join(translate(f"gdl.fact.{name}", language) for name in item.unknown)
        return translate("applicability.unknown", language, facts=facts)
    if not item.because:
        return ""
    facts = comma.join(
        f"{translate(f'gdl.fact.{name}', language)} = {_shown(value, language, translate, has)}"
        for name, value in item.because.items()
    )
    return translate(f"applicability.{item.truth.value}", language, facts=facts)


def question_text(
    item: AgencyQuestion, language: _Language, *, translate: Translate, has: Callable[[str], bool]
) -> str:
    """Return a draft question for the agency."""
    return translate(item.code, language, **worded(item.params, language, translate, has))


def worded(
    params: Mapping[str, object], language: _Language, translate: Translate, has: Callable[[str], bool]
) -> dict[str, object]:
    """Return parameters with the code words in them put into the reader's language."""

    def word(found: re.Match[str]) -> str:
        key = f"gdl.word.{found.group()}"
        return translate(key, language) if has(key) else found.group()

    return {
        name: _WORD.sub(word, value).replace(", ", "、" if language == "zh" else ", ")
        if isinstance(value, str) and name not in _VERBATIM
        else value
        for name, value in params.items()
    }


def _shown(value: object, language: _Language, translate: Translate, has: Callable[[str], bool]) -> str:
    key = f"gdl.value.{str(value).lower()}"
    return translate(key, language) if has(key) else str(value)

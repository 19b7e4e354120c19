"""Failed conditions and answers of conduct in words, as sentences and as plain data: for every edge."""

from __future__ import annotations

from typing import Any

from celltrial.conduct.facts.events import NAMES
from celltrial.conduct.facts.log_in.events import LOG_IN_EVENTS
from celltrial.conduct.facts.signing.events import SignatureRequested
from celltrial.conduct.ruling import Condition, Refused, Ruling
from celltrial.locale import Language, translate
from celltrial.locale.wording import in_data, in_words, stream_title


def fact_title(name: str, language: Language) -> str:
    """Return what a fact is called, by its stored name with or without version.

    >>> fact_title("subject.screened/2", "en"), fact_title("batch.released/1", "zh")
    ('Screened', '批次已放行')
    """
    return translate(f"fact.{name.partition('/')[0]}", language)


def condition_text(item: Condition, language: Language) -> str:
    """Return the text of one failed condition, without its code."""
    needed, found = in_words(item.needed, language), in_words(item.found, language)
    return translate(str(item.code), language, about=stream_title(item.about, language), needed=needed, found=found)


def condition_sentence(item: Condition, language: Language) -> str:
    """Return one failed condition as a sentence with its clause and its field."""
    behind = ", ".join(part for part in (item.clause, item.field) if part)
    return f"{item.code}: {condition_text(item, language)}" + (f" [{behind}]" if behind else "")


def condition_data(item: Condition, language: Language) -> dict[str, Any]:
    """Return one failed condition as plain data: typed values with their words, so that nobody has to parse a sentence."""
    return {
        "id": str(item.code),
        "needed": in_data(item.needed, language),
        "found": in_data(item.found, language),
        "about": item.about,
        "clause": item.clause,
        "field": item.field,
        "input": item.input,
        "text": condition_sentence(item, language),
    }


def answer_data(answer: Ruling, language: Language) -> dict[str, Any]:
    """Return an answer as plain data."""
    names = {**NAMES, **{kind: name for name, kind in LOG_IN_EVENTS.items()}}
    conditions = answer.conditions if isinstance(answer, Refused) else ()
    return {
        "accepted": not isinstance(answer, Refused),
        "facts": [names[type(draft.fact)] for draft in answer.drafts],
        "waiting": [draft.fact.signing for draft in answer.drafts if isinstance(draft.fact, SignatureRequested)],
        "conditions": [condition_data(item, language) for item in conditions],
    }

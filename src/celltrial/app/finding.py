"""Search in one trial: subjects, batches, adverse events, suspensions, queries and commands, by identifier or by words.

find(state, "crs", "en", roles=frozenset({Role.INVESTIGATOR}))      # what contains every word, the closest first
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.state import TrialState
from celltrial.core.terms import plain
from celltrial.core.units import half_width
from celltrial.forms.description import forms
from celltrial.locale import LANGUAGES, Language
from celltrial.locale.form_words import command_help, command_title

#: So many are shown of each kind.
MOST: Final = 20


class Kind(StrEnum):
    """What may be found."""

    SUBJECT = "subject"
    EVENT = "event"
    BATCH = "batch"
    COHORT = "cohort"
    SUSPENSION = "suspension"
    QUERY = "query"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Found:
    """One thing: its kind and identifier, and what else is said of it; `rank` is smaller the closer it is."""

    kind: Kind
    key: str
    text: str
    rank: int


def find(
    state: TrialState, words: str, language: Language, role: Role, *, subjects: bool = True
) -> dict[Kind, tuple[Found, ...]]:
    """Return what contains every word, by kind, the closest first, at most `MOST` of each.

    state:    as the reader may see it.
    role:     whose commands are among them; with their titles and helps in either language.
    subjects: whether the reader has pages of subjects.
    """
    wanted = [word for word in half_width(words).casefold().split() if word]
    if not wanted:
        return {}
    found: dict[Kind, list[Found]] = {}
    every = [*(_of_subjects(state) if subjects else ()), *_commands(role, language)]
    for kind, key, text, searched in every:
        whole = half_width(f"{key} {text} {searched}").casefold()
        if all(word in whole for word in wanted):
            found.setdefault(kind, []).append(Found(kind, key, text, _rank(key, text, wanted)))
    return {
        kind: tuple(sorted(found[kind], key=lambda item: (item.rank, item.key))[:MOST])
        for kind in Kind
        if kind in found
    }


def _rank(key: str, text: str, wanted: list[str]) -> int:
    """Return how close something is: its identifier itself, its beginning, its words, or what is said of it."""
    first, name = wanted[0], key.casefold()
    if plain(key) == plain(" ".join(wanted)):
        return 0
    return 1 if name.startswith(first) else 2 if first in name else 3 if first in text.casefold() else 4


def _of_subjects(state: TrialState) -> Iterator[tuple[Kind, str, str, str]]:
    for subject in state.subjects.values():
        yield Kind.SUBJECT, subject.subject, f"{subject.site} {subject.cohort}".strip(), ""
        for event in subject.adverse_events.values():
            yield Kind.EVENT, event.event, f"{event.subject} · {event.term}", event.category
    for batch in state.batches.values():
        yield Kind.BATCH, batch.batch, batch.subject, ""
    for cohort in state.cohorts.values():
        yield Kind.COHORT, cohort.cohort, f"{cohort.level}", ""
    for item in state.suspensions.values():
        yield Kind.SUSPENSION, item.suspension, item.target or "", item.cause
    for query in state.queries.values():
        yield Kind.QUERY, query.query, query.about, ""


def _commands(role: Role, language: Language) -> Iterator[tuple[Kind, str, str, str]]:
    for form in forms():
        if role in form.roles:
            titles = " ".join(command_title(form, item) for item in LANGUAGES)
            yield Kind.COMMAND, form.name, command_title(form, language), f"{titles} {command_help(form, language)}"

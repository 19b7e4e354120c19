"""Facts of titles, identifiers, sponsor and date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from celltrial.exchange.usdm.facts.fact import Fact, Step
from celltrial.exchange.usdm.facts.source import Source, each, word_of
from celltrial.exchange.usdm.model.base import Described
from celltrial.exchange.usdm.model.parties import GovernanceDate, Organization
from celltrial.exchange.usdm.terminology_data import DATES, ORGANIZATION_TYPES, OTHER_TITLES, ROLES, TITLES
from celltrial.exchange.usdm.writing.about import NOT_STATED

_TITLES: Final = TITLES | OTHER_TITLES
_TITLE_FIELDS: Final[dict[str, tuple[Step, ...]]] = {
    "official": ("identification", "title", "en"),
    "acronym": ("identification", "acronym"),
}
#: Names that programs give: an abbreviation of the class and a number.
_HANDLE: Final = re.compile(
    r"[A-Za-z]+_[0-9]+|(?:AP|ARM|DOC|END|EST|ICE|IND|INT|OBJ|ORG|POP|PROD|STUDY)[ -]?[0-9]+", re.IGNORECASE
)


def name_of(one: Described | Organization) -> str:
    """Return what people call something: its label, else its name; "" where the name is only a handle, such as `AP_1`."""
    if one.label and one.label.strip():
        return one.label
    return "" if one.name == one.id or _HANDLE.fullmatch(one.name) else one.name


def read_about(source: Source) -> Iterator[Fact]:
    """Yield the facts of `identification`."""
    version, here = source.version, source.pointer
    yield Fact(
        ("identification", "version"), source.text(version.version_identifier, here), f"{here}/versionIdentifier"
    )
    yield from _titles(source)
    yield from _date(source)
    yield from _identifiers(source)
    for role, at in each(version.roles, f"{here}/roles"):
        word = source.word(role.code, ROLES, f"{at}/code")
        if role.masking is not None and word in ROLES:
            path = ("trial", "blinding", "unblinded_roles", word, "en")
            if not role.masking.is_masked:
                yield Fact(path, source.text(role.masking.text, f"{at}/masking/text"), f"{at}/masking/text")


def _titles(source: Source) -> Iterator[Fact]:
    """Yield title and acronym; a title whose code and decode go together goes before one where they do not."""
    found: list[tuple[bool, Fact]] = []
    for title, at in each(source.version.titles, f"{source.pointer}/titles"):
        before = len(source.notes)
        word = source.word(title.type, _TITLES, f"{at}/type")
        doubtful = any(note.id == "EXC-143" for note in source.notes[before:])
        if word in _TITLE_FIELDS:
            found.append((doubtful, Fact(_TITLE_FIELDS[word], source.text(title.text, f"{at}/text"), f"{at}/text")))
    taken: dict[str, Fact] = {}
    for _, fact in sorted((one for one in found if one[1].value), key=lambda one: one[0]):
        first = taken.setdefault(fact.key, fact)
        if first is fact:
            yield fact
        elif first.value != fact.value:
            source.note("EXC-146", fact.pointer, found=str(fact.value), field=fact.key)


def _date(source: Source) -> Iterator[Fact]:
    """Yield the date of the version: its own, else that of the document version that it cites."""
    version = source.version
    found: list[tuple[GovernanceDate, str]] = list(each(version.date_values, f"{source.pointer}/dateValues"))
    if not found:
        for document, at in each(source.study.documented_by, "/study/documentedBy"):
            for one, place in each(document.versions, f"{at}/versions"):
                if one.id in version.document_version_ids:
                    found += each(one.date_values, f"{place}/dateValues")
    named = [one for one in found if one[0].name == "version_date"]
    only = found if len({date.date_value for date, _ in found}) == 1 else []
    kinds = list(DATES)
    typed = [(word_of(date.type, DATES), date, at) for date, at in found]
    ranked = sorted((one for one in typed if one[0] in DATES), key=lambda one: kinds.index(str(one[0])))
    best = [(date, at) for word, date, at in ranked if word == ranked[0][0]]
    clear = best if len({date.date_value for date, _ in best}) == 1 else []
    chosen = named or only or clear
    if found and not chosen:
        dates = ", ".join(sorted({date.date_value.isoformat() for date, _ in found}))
        source.note("EXC-146", found[0][1].rpartition("/")[0], found=dates, field="identification.version_date")
    for date, at in chosen[:1]:
        yield Fact(("identification", "version_date"), date.date_value.isoformat(), f"{at}/dateValue")


def _identifiers(source: Source) -> Iterator[Fact]:
    version, here = source.version, source.pointer
    places = list(each(version.organizations, f"{here}/organizations"))
    kinds = {one.id: source.word(one.type, ORGANIZATION_TYPES, f"{at}/type") for one, at in places}
    identifiers = list(each(version.study_identifiers, f"{here}/studyIdentifiers"))
    sponsors = _sponsors(source, kinds, {item.scope_id for item, _ in identifiers})
    for one, at in places:
        if one.id in sponsors and one.name != NOT_STATED:
            yield Fact(("identification", "sponsor"), source.text(name_of(one), f"{at}/name"), f"{at}/name")
    numbers: list[str] = []
    first = ""
    for item, at in identifiers:
        if item.scope_id in sponsors:
            yield Fact(("identification", "id"), source.text(item.text, f"{at}/text"), f"{at}/text")
        elif kinds.get(item.scope_id) == "registry" and item.text.strip() and item.text not in numbers:
            numbers.append(item.text)
            first = first or f"{at}/text"
    if numbers:
        yield Fact(("identification", "registry_ids"), tuple(numbers), first)


def _sponsors(source: Source, kinds: dict[str, str | None], scopes: set[str]) -> set[str]:
    """Return the organisations with the role of a sponsor; without roles the one of that type that numbered the study."""
    named = {
        name
        for role in source.version.roles
        if word_of(role.code, ROLES) == "sponsor"
        for name in role.organization_ids
    }
    typed = {name for name, kind in kinds.items() if kind == "sponsor"}
    return named or (typed & scopes) or (typed if len(typed) == 1 else set())

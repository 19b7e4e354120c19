"""Facts of titles, identifiers, sponsor and date."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.exchange.usdm.codes_data import ORGANIZATION_TYPES, ROLES, TITLES
from celltrial.exchange.usdm.facts.fact import Fact
from celltrial.exchange.usdm.facts.source import Source, each, word_of
from celltrial.exchange.usdm.writing.about import NOT_STATED

__all__ = ["read_about"]


def read_about(source: Source) -> Iterator[Fact]:
    """Yield the facts of `identification`."""
    version, here = source.version, source.pointer
    yield Fact(("identification", "version"), version.version_identifier, f"{here}/versionIdentifier")
    names = {"official": ("identification", "title", "en"), "acronym": ("identification", "acronym")}
    for title, at in each(version.titles, f"{here}/titles"):
        word = word_of(title.type, TITLES)
        if word in names:
            yield Fact(names[word], title.text, f"{at}/text")
    for date, at in each(version.date_values, f"{here}/dateValues"):
        if date.name == "version_date" or len(version.date_values) == 1:
            yield Fact(("identification", "version_date"), date.date_value.isoformat(), f"{at}/dateValue")
    yield from _identifiers(source)
    for role, at in each(version.roles, f"{here}/roles"):
        word = word_of(role.code, ROLES)
        if role.masking is not None and word in ROLES:
            path = ("trial", "blinding", "unblinded_roles", word, "en")
            if not role.masking.is_masked:
                yield Fact(path, role.masking.text, f"{at}/masking/text")


def _identifiers(source: Source) -> Iterator[Fact]:
    version, here = source.version, source.pointer
    kinds = {one.id: word_of(one.type, ORGANIZATION_TYPES) for one in version.organizations}
    sponsors = {
        name for role in version.roles if word_of(role.code, ROLES) == "sponsor" for name in role.organization_ids
    } or {name for name, kind in kinds.items() if kind == "sponsor"}
    for one, at in each(version.organizations, f"{here}/organizations"):
        if one.id in sponsors and one.name != NOT_STATED:
            yield Fact(("identification", "sponsor"), one.name, f"{at}/name")
    numbers, first = [], ""
    for item, at in each(version.study_identifiers, f"{here}/studyIdentifiers"):
        if item.scope_id in sponsors:
            yield Fact(("identification", "id"), item.text, f"{at}/text")
        elif kinds.get(item.scope_id) == "registry":
            numbers.append(item.text)
            first = first or f"{at}/text"
    if numbers:
        yield Fact(("identification", "registry_ids"), tuple(numbers), first)

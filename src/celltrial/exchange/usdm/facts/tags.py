"""What stands for the tags of a text: by the dictionary of the text, from the objects of the document.

A text says `<usdm:tag name="min_age"/>`; its dictionary says what that stands for: a text, a text with other tags, or
`<usdm:ref klass="Quantity" id="Quantity_9" attribute="value"/>`, an attribute of an object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from celltrial.core.errors import Fault, fault
from celltrial.exchange.usdm.facts.markup import plain_text
from celltrial.exchange.usdm.model.base import AliasCode, Code, Duration, Part, Quantity, Range, walk
from celltrial.exchange.usdm.model.study import Study
from celltrial.exchange.usdm.terminology_data import TIME_UNITS

#: Bounds of what tags may grow to: within one another, in one text, and in all texts of a document.
MOST_DEPTH: Final = 10
MOST_TAGS: Final = 200
MOST_CHARACTERS: Final = 20_000
MOST_CHARACTERS_OF_ALL: Final = 2_000_000


class _UnresolvedError(Exception):
    """Nothing stands for a tag; says the id of the fault and what was looked for."""

    def __init__(self, fault_id: str, found: str) -> None:
        super().__init__(fault_id, found)
        self.fault_id, self.found = fault_id, found


@dataclass(slots=True)
class _Spent:
    """What one text has used."""

    tags: int = 0
    characters: int = 0


class Tags:
    """The dictionaries and objects of one version of a study, and what was found amiss."""

    def __init__(self, study: Study, version: int, file: str) -> None:
        self._file = file
        self._objects: dict[str, Part] = {}
        for root in (study.versions[version], *study.documented_by):
            for one in walk(root):
                name = getattr(one, "id", None)
                if isinstance(name, str):
                    self._objects.setdefault(name, one)
        self._dictionaries = {
            one.id: {entry.tag: entry.reference for entry in one.parameter_maps}
            for one in study.versions[version].dictionaries
        }
        self._left = MOST_CHARACTERS_OF_ALL
        self.notes: list[Fault] = []

    def text(self, text: str, dictionary: str | None, pointer: str) -> str:
        """Return a text with what its tags stand for, without marks; a tag that stands for nothing is kept in brackets.

        Notes EXC-141 a tag without an entry, EXC-142 an entry that leads to nothing, EXC-148 text marked as taken back.
        """
        if "<" not in text and "&" not in text:
            return text
        return self._plain(text, dictionary, pointer, (), _Spent())

    def _plain(self, text: str, dictionary: str | None, pointer: str, within: tuple[str, ...], spent: _Spent) -> str:
        def stand(name: str, attributes: Mapping[str, str]) -> str:
            tag = name == "usdm:tag"
            shown = (
                attributes.get("name", "") if tag else f"{attributes.get('id', '')}.{attributes.get('attribute', '')}"
            )
            try:
                if tag:
                    found = self._tag(shown, dictionary, pointer, within, spent)
                else:
                    found = self._reference(attributes, dictionary, pointer, within, spent)
                self._spend(found, shown, spent)
            except _UnresolvedError as error:
                if within:
                    raise
                self._note(error.fault_id, pointer, tag=shown, found=error.found)
                return f"[{shown}]"
            return found

        plain = plain_text(text, stand)
        for one in plain.struck:
            self._note("EXC-148", pointer, found=one if len(one) <= 80 else f"{one[:79]}…")
        return plain.text

    def _spend(self, text: str, shown: str, spent: _Spent) -> None:
        spent.tags += 1
        spent.characters += len(text)
        self._left -= len(text)
        if spent.tags > MOST_TAGS or spent.characters > MOST_CHARACTERS or self._left < 0:
            raise _UnresolvedError("EXC-142", shown)

    def _tag(self, name: str, dictionary: str | None, pointer: str, within: tuple[str, ...], spent: _Spent) -> str:
        entries = self._dictionaries.get(dictionary or "", {})
        if not entries.get(name, "").strip():
            raise _UnresolvedError("EXC-141", name)
        here = self._inside(f"{dictionary}#{name}", name, within, spent)
        return self._plain(entries[name], dictionary, pointer, here, spent)

    def _reference(
        self,
        attributes: Mapping[str, str],
        dictionary: str | None,
        pointer: str,
        within: tuple[str, ...],
        spent: _Spent,
    ) -> str:
        key = f"{attributes.get('id', '')}.{attributes.get('attribute', '')}"
        part = self._objects.get(attributes.get("id", ""))
        if part is None or attributes.get("klass", type(part).__name__) != type(part).__name__:
            raise _UnresolvedError("EXC-142", key)
        fields = {info.alias or name: name for name, info in type(part).model_fields.items()}
        value = getattr(part, fields.get(attributes.get("attribute", ""), ""), None)
        here = self._inside(key, key, within, spent)
        if isinstance(value, str):
            own = getattr(part, "dictionary_id", None) or dictionary
            found = self._plain(value, own, pointer, here, spent)
        else:
            found = _shown(value)
        if not found.strip():
            raise _UnresolvedError("EXC-142", key)
        return found

    @staticmethod
    def _inside(key: str, shown: str, within: tuple[str, ...], spent: _Spent) -> tuple[str, ...]:
        spent.tags += 1
        if key in within or len(within) >= MOST_DEPTH or spent.tags > MOST_TAGS:
            raise _UnresolvedError("EXC-142", shown)
        return (*within, key)

    def _note(self, fault_id: str, pointer: str, **params: str) -> None:
        self.notes.append(fault(fault_id, f"{self._file}#{pointer}", **params))


def _shown(value: Any) -> str:
    """Return an attribute as a text has it: `50 years`, `50 to 100 years`, the words of a code; "" for nothing."""
    if isinstance(value, Range):
        low, high = value.min_value, value.max_value
        first = f"{low.value:.12g}" if _unit(low) == _unit(high) else _shown(low)
        return f"{first} to {_shown(high)}"
    if isinstance(value, Quantity):
        return f"{value.value:.12g} {_unit(value)}".strip()
    if isinstance(value, AliasCode):
        return value.standard_code.decode
    if isinstance(value, Code):
        return value.decode
    if isinstance(value, Duration):
        return value.text or _shown(value.quantity)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, tuple):
        return ", ".join(one for one in map(_shown, value) if one)
    if isinstance(value, Part):
        return next((text for name in ("text", "label", "name") if (text := getattr(value, name, None))), "")
    return "" if value is None else str(value)


def _unit(quantity: Quantity) -> str:
    if quantity.unit is None:
        return ""
    code = quantity.unit.standard_code
    word = TIME_UNITS.get(code.code)
    if word is None:
        return code.decode or code.code
    return word if quantity.value == 1 else f"{word}s"

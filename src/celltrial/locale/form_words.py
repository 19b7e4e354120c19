"""A command and its fields in words, for the command line, the pages and the JSON Schema of both languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, dataclass
from enum import Enum
from typing import Any

from celltrial.core.terms import codes, names
from celltrial.core.values import ABSENT, as_value
from celltrial.forms.description import CommandForm, Field, Kind
from celltrial.forms.reading import limits
from celltrial.locale import Language, has, translate
from celltrial.locale.wording import field_text, in_words


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One field in words.

    path:    as it is set: dotted, `1` for the first of several.
    kind:    what is put into it.
    needed:  whether it has to be given, or else what holds without it.
    allowed: its codes, its range with its unit, or words that are usual; "" where anything goes.
    depth:   0 for a field of the command itself.
    """

    path: str
    label: str
    help: str
    kind: str
    needed: str
    allowed: str
    depth: int


def command_title(form: CommandForm, language: Language) -> str:
    """Return what a command is called."""
    return translate(f"form.command.{form.name}", language)


def command_help(form: CommandForm, language: Language) -> str:
    """Return what more there is to know before a command is given."""
    return translate(f"form.help.command.{form.name}", language)


def field_words(form: CommandForm, language: Language) -> Iterator[FieldWords]:
    """Yield every field of a command, those of a record after it."""
    yield from _words(form.fields, language, "", 0)


def _words(fields: tuple[Field, ...], language: Language, before: str, depth: int) -> Iterator[FieldWords]:
    for item in fields:
        path = f"{before}{item.name}"
        place = f"{item.owner}.{item.name}"
        yield FieldWords(
            path,
            in_words(item.label, language),
            field_text(place, language, "form.help.field"),
            _kind(item, language),
            _needed(item, language),
            allowed(item, language),
            depth,
        )
        yield from _words(item.fields, language, f"{path}.1." if item.repeated else f"{path}.", depth + 1)


def _kind(field: Field, language: Language) -> str:
    kind = translate(f"form.kind.{field.kind}", language)
    return translate("form.several", language, kind=kind) if field.repeated else kind


def _needed(field: Field, language: Language) -> str:
    if field.computed:
        return translate("form.group.computed", language)
    if field.required:
        return translate("form.required", language)
    shown = default_data(field)
    if shown in (None, "", []):
        return translate("form.optional", language)
    return translate(
        "form.default", language, value=shown if isinstance(shown, str) else in_words(as_value(shown), language)
    )


def default_data(field: Field) -> Any:
    """Return what holds where a field is not given, as plain data."""
    value = field.default
    if value is MISSING or value is None:
        return None
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value if isinstance(value, bool | int) else str(value)


def allowed(field: Field, language: Language) -> str:
    """Return what a field may hold: its codes with their words, its range and unit, or words that are usual in it."""
    if field.codes:
        comma = translate("value.comma", language)
        return comma.join(f"`{item.value}` {in_words(item, language)}" for item in field.codes)
    said = limits(field)
    parts = [] if said == ABSENT else [in_words(said, language)]
    if field.said.unit.startswith("{"):
        parts.append(translate(f"form.unit.{field.said.unit.strip('{}')}", language))
    elif field.said.unit not in {"", "1"} and said == ABSENT:
        parts.append(field.said.unit)
    if field.words is not None:
        usual = codes(field.words)[:6]
        shown = translate("value.comma", language).join(
            f"`{code}` {names(code, field.words, language)[0]}" for code in usual
        )
        parts.append(translate("form.usual", language, words=shown))
    return translate("form.and", language).join(parts)


def group_title(field: Field, language: Language) -> str:
    """Return the heading under which a form shows a field."""
    return translate(f"form.group.{field.group}", language)


def has_words(field: Field, language: Language) -> bool:
    """Whether a field has a name and a help of its own."""
    place = f"{field.owner}.{field.name}"
    return all(
        has(f"{key}.{place}") or has(f"{key}.{field.name}") for key in ("form.field", "form.help.field")
    ) and bool(translate(f"form.kind.{Kind(field.kind)}", language))

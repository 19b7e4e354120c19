"""The rows of a form: for each field its label, help, kind of input, what it holds now, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.ruling import Condition
from celltrial.core.errors import Fault
from celltrial.core.terms import codes, names
from celltrial.forms.description import CommandForm, Field, Group, Kind
from celltrial.locale import Language, translate
from celltrial.locale.form_words import FieldWords, field_words
from celltrial.locale.wording import in_words
from celltrial.site.form.words import PREFIX, is_asked

#: Kind of field to the kind of input; a code is a choice, or several boxes.
_INPUTS: Final[Mapping[Kind, str]] = {
    Kind.TEXT: "text",
    Kind.YES_NO: "choice",
    Kind.INTEGER: "number",
    Kind.DECIMAL: "number",
    Kind.MEASURED: "text",
    Kind.DATE: "date",
    Kind.MOMENT: "moment",
    Kind.CODE: "choice",
    Kind.FACT: "json",
}
#: Texts of which there may be more than a line.
_LONG: Final = frozenset(
    {"why", "question", "answer", "narrative", "description", "document", "text", "detail", "summary"}
)


@dataclass(frozen=True, slots=True)
class Row:
    """One input of a form, or the fields of a record.

    name, id: of the input.   input: text, long, number, date, moment, choice, boxes, json, record or records.
    chosen:   of boxes, what is ticked.   options: value and text.   list: usual values of a text.
    rows:     of a record, its own; of several, one tuple each in `items`.
    """

    name: str
    id: str
    label: str
    help: str
    needed: str
    allowed: str
    input: str
    required: bool
    scanned: bool = False
    unit: str = ""
    value: str = ""
    chosen: tuple[str, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    list: tuple[tuple[str, str], ...] = ()
    faults: tuple[Fault, ...] = ()
    conditions: tuple[Condition, ...] = ()
    rows: tuple[Row, ...] = ()
    items: tuple[tuple[Row, ...], ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether something is to be put right here."""
        return bool(self.faults or self.conditions)

    @property
    def attributes(self) -> dict[str, str | None]:
        """What tells a screen reader about the input: its help, and what is wrong with it."""
        told = f"{self.id}-help" + (f" {self.id}-wrong" if self.is_wrong else "")
        return {"aria-describedby": told, "aria-invalid": "true" if self.is_wrong else None}


@dataclass(frozen=True, slots=True)
class Problems:
    """What is wrong with a form, by the path of the field; what is about no field has the path ""."""

    faults: tuple[Fault, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def at(self, path: str, command: str) -> tuple[tuple[Fault, ...], tuple[Condition, ...]]:
        """Return the faults and conditions of one field."""
        return (
            tuple(item for item in self.faults if _place(item.where, command) == path),
            tuple(item for item in self.conditions if _input(item) == path),
        )


def _place(where: str, command: str) -> str:
    return where.removeprefix(f"{command}.") if where != command else ""


def _input(item: Condition) -> str:
    return item.input.removeprefix("fact.")


NO_PROBLEMS: Final = Problems()


@dataclass(frozen=True, slots=True)
class _Making:
    """What making the rows of one form needs throughout."""

    form: CommandForm
    language: Language
    words: Mapping[str, FieldWords]
    values: Mapping[str, str]
    rows: Mapping[str, int]
    problems: Problems
    known: Mapping[str, tuple[tuple[str, str], ...]]


def form_groups(
    form: CommandForm,
    language: Language,
    values: Mapping[str, str],
    *,
    more: Mapping[str, int] | None = None,
    problems: Problems = NO_PROBLEMS,
    known: Mapping[str, tuple[tuple[str, str], ...]] | None = None,
) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """Return the groups of a form: heading and rows, in the order of the groups.

    values: words by path.   more: path of a list to the number of rows that it shows at least.
    known:  name of a field to values that exist in the trial, with their texts.
    """
    said = {item.path: item for item in field_words(form, language)}
    making = _Making(form, language, said, values, more or {}, problems, known or {})
    order = list(Group)
    asked = sorted(filter(is_asked, form.fields), key=lambda item: order.index(item.group))
    return tuple(
        (translate(f"form.group.{group}", language), tuple(_row(making, item, item.name, item.name) for item in items))
        for group, items in groupby(asked, key=lambda item: item.group)
    )


def _row(making: _Making, field: Field, path: str, generic: str) -> Row:
    """Return the row of a field. generic: its path with 1 for the place in every list."""
    words, language = making.words[generic], making.language
    faults, conditions = making.problems.at(path, making.form.name)
    row = Row(
        f"{PREFIX}{path}", re.sub(r"[^a-z0-9]", "-", f"f-{path}"), words.label, words.help, words.needed, words.allowed,
        _INPUTS.get(field.kind, "text"), field.required, field.group is Group.SCANNED, _unit(field, language),
        making.values.get(path, ""), faults=faults, conditions=conditions,
    )  # fmt: skip
    if field.kind is Kind.RECORD:
        return _record(making, field, row, path, generic)
    if field.kind is Kind.CODE:
        options = tuple((item.value, in_words(item, language)) for item in field.codes)
        chosen = tuple(part for part in row.value.split(",") if part)
        if field.repeated and field.required:  # nothing ticked is not an answer
            options = (*options, ("[]", translate("site.form.none", language)))
        return replace(row, options=options, chosen=chosen, input="boxes" if field.repeated else "choice")
    if field.kind is Kind.YES_NO:
        texts = ((answer, translate(f"site.form.{answer}", language)) for answer in ("yes", "no"))
        return replace(row, options=tuple(texts))
    if field.repeated and row.input != "json":
        row = replace(row, input="text")
    if row.input == "text" and field.name in _LONG and not field.repeated:
        row = replace(row, input="long")
    return replace(row, list=making.known.get(field.name) or _usual(field, language))


def _record(making: _Making, field: Field, row: Row, path: str, generic: str) -> Row:
    asked = [item for item in field.fields if is_asked(item)]
    if not field.repeated:
        inner = tuple(_row(making, item, f"{path}.{item.name}", f"{generic}.{item.name}") for item in asked)
        return replace(row, input="record", rows=inner)
    filled = [int(key[len(path) + 1 :].split(".")[0]) for key in making.values if key.startswith(f"{path}.")]
    count = max(max(filled, default=0), making.rows.get(path, 0), 1)
    items = tuple(
        tuple(_row(making, item, f"{path}.{number}.{item.name}", f"{generic}.1.{item.name}") for item in asked)
        for number in range(1, count + 1)
    )
    return replace(row, input="records", items=items)


def _unit(field: Field, language: Language) -> str:
    unit = field.said.unit
    if unit.startswith("{"):
        return translate(f"form.unit.{unit.strip('{}')}", language)
    return "" if unit == "1" else unit


def _usual(field: Field, language: Language) -> tuple[tuple[str, str], ...]:
    """Return words that are usual in a text."""
    kind = field.words
    return () if kind is None else tuple((code, names(code, kind, language)[0]) for code in codes(kind))


def known_values(state: TrialState) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return what exists in a trial as its reader may see it, by the name of the field that holds its identifier."""
    collections: dict[str, Iterable[Any]] = {
        "subject": state.subjects,
        "batch": state.batches,
        "cohort": state.cohorts,
        "site": state.sites,
        "to_site": state.sites,
        "alert": state.alerts,
        "task": state.tasks,
        "query": state.queries,
        "suspension": state.suspensions,
        "halt": state.halts,
        "account": state.accounts,
        "operator": state.accounts,
        "event": (event for subject in state.subjects.values() for event in subject.adverse_events),
        "recommendation": state.recommendations,
        "signing": state.pending,
    }
    return {name: tuple((str(item), "") for item in items) for name, items in collections.items()}

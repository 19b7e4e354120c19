"""The clause register: a guideline as versioned data, never as constants in code.

A register is JSON: a head and its clauses. A second register may state only
how it differs from another (`base`, with `overrides`, `added`, `removed`).
Reading takes the text as an argument; `packaged_register` is the one function
that opens the registers shipped with the package.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.values import Identifier, message
from celltrial.guideline.trigger import check_trigger

DEFAULT_REGISTER: Final = "cde-2020-draft"
#: Registers shipped with the package; the second is a sample and says so.
PACKAGED_REGISTERS: Final = (DEFAULT_REGISTER, "sample-2021")
_HEAD: Final = ("id", "version", "sample", "title", "note")
_TEXTS: Final = ("id", "section", "heading", "strength", "trigger", "module", "zh", "en")
_LISTS: Final = ("actors", "kinds", "capabilities")


class Strength(StrEnum):
    """How strongly a clause asks."""

    SHOULD = "should"
    CONSIDER = "consider"
    MAY = "may"
    INFORMATIONAL = "informational"


@dataclass(frozen=True, slots=True)
class Clause:
    """One clause in our own words.

    section:      number of the heading, such as "2.1.3"; heading: the same in Chinese numbering.
    trigger:      when it applies, an expression over the trigger vocabulary.
    module:       plan, conduct, analyse, follow or cross.
    capabilities: the product capabilities that serve it, such as ("C4",).
    params:       the numbers it states or that we read into it, such as {"years": 15}.
    """

    id: str
    section: str
    heading: str
    strength: Strength
    actors: tuple[str, ...]
    trigger: str
    module: str
    kinds: tuple[str, ...]
    capabilities: tuple[str, ...]
    zh: str
    en: str
    params: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def signers_needed(self) -> int:
        """How many persons sign a justification: two for what should be done, one for what may be considered."""
        return 2 if self.strength is Strength.SHOULD else 1

    def text(self, language: Literal["en", "zh"]) -> str:
        """Return the wording in one language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Register:
    """One version of a guideline.

    sample: made for demonstration; reports must say so.
    """

    id: str
    version: str
    sample: bool
    title: Mapping[str, str]
    note: Mapping[str, str]
    clauses: Mapping[str, Clause]

    def clause(self, clause_id: str) -> Clause:
        """Return one clause; GDL-005 where the register has none of this id."""
        try:
            return self.clauses[clause_id]
        except KeyError:
            raise UserError(
                fault("GDL-005", self.id, expected=message("clause_of", register=Identifier(self.id)), found=clause_id)
            ) from None


def parse_register(text: str, *, base: Register | None = None, where: str = "register") -> Register:
    """Read a register from JSON text; every fault found is reported at once.

    base: the register that one made of differences starts from.
    Raises GDL-001 (not JSON), GDL-002 (a field), GDL-003 (an id twice), GDL-004 (a trigger), GDL-006 (no base).
    """
    try:
        data = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(fault("GDL-001", where=where, expected="JSON", found=str(error)[:120])) from None
    if not isinstance(data, dict):
        raise UserError(fault("GDL-002", where=where, expected=message("object"), found=type(data).__name__))
    faults = _head_faults(data, where)
    rows = _rows(data, base, where, faults)
    clauses = _clauses(rows, where, faults)
    if faults:
        raise UserError(*faults)
    return Register(
        id=data["id"],
        version=data["version"],
        sample=data["sample"],
        title=MappingProxyType(dict(data["title"])),
        note=MappingProxyType(dict(data["note"])),
        clauses=MappingProxyType(clauses),
    )


def _head_faults(data: dict[str, Any], where: str) -> list[Fault]:
    faults = []
    for name in _HEAD:
        value = data.get(name)
        good = {
            "sample": isinstance(value, bool),
            "title": _is_bilingual(value),
            "note": _is_bilingual(value),
        }.get(name, isinstance(value, str) and bool(value))
        if not good:
            faults.append(fault("GDL-002", where=f"{where}.{name}", expected=_expected(name), found=repr(value)[:80]))
    return faults


def _expected(name: str) -> str:
    if name in {"title", "note"}:
        return "texts in zh and en"
    return "true or false" if name == "sample" else "a text"


def _is_bilingual(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(tag), str) and value[tag] for tag in ("zh", "en"))


def _rows(data: dict[str, Any], base: Register | None, where: str, faults: list[Fault]) -> list[Any]:
    """Return the raw clauses, those of the base included."""
    if "base" not in data:
        rows = data.get("clauses")
        if isinstance(rows, list):
            return list(rows)
        faults.append(fault("GDL-002", where=f"{where}.clauses", expected=message("list"), found=type(rows).__name__))
        return []
    if base is None or base.id != data["base"]:
        found = base.id if base else message("no_base_register")
        faults.append(fault("GDL-006", where=where, expected=str(data["base"]), found=found))
        return []
    changes = {key: data.get(key, []) for key in ("overrides", "added", "removed")}
    for key, value in changes.items():
        if not isinstance(value, list):
            faults.append(
                fault("GDL-002", where=f"{where}.{key}", expected=message("list"), found=type(value).__name__)
            )
            return []
    rows_by_id = {clause.id: _as_row(clause) for clause in base.clauses.values()}
    for change in changes["overrides"]:
        clause_id = change.get("id") if isinstance(change, dict) else None
        if clause_id not in rows_by_id:
            faults.append(
                fault(
                    "GDL-005",
                    where=where,
                    expected=message("clause_of", register=Identifier(base.id)),
                    found=str(clause_id),
                )
            )
            continue
        rows_by_id[clause_id] |= change
    removed = set(map(str, changes["removed"]))
    faults.extend(
        fault("GDL-005", where=where, expected=message("clause_of", register=Identifier(base.id)), found=clause_id)
        for clause_id in sorted(removed - set(rows_by_id))
    )
    return [row for key, row in rows_by_id.items() if key not in removed] + list(changes["added"])


def _as_row(clause: Clause) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(clause, name) for name in _TEXTS}
    row |= {name: list(getattr(clause, name)) for name in _LISTS}
    return row | {"strength": clause.strength.value, "params": dict(clause.params)}


def _clauses(rows: Sequence[Any], where: str, faults: list[Fault]) -> dict[str, Clause]:
    clauses: dict[str, Clause] = {}
    for index, row in enumerate(rows):
        clause_id = row.get("id") if isinstance(row, dict) else None
        place = f"{where}.clauses[{index}]" + (f" ({clause_id})" if isinstance(clause_id, str) else "")
        wrong = _row_faults(row, place)
        if wrong:
            faults.extend(wrong)
            continue
        if clause_id in clauses:
            faults.append(fault("GDL-003", where=place, expected=message("each_id_once"), found=clause_id))
            continue
        try:
            check_trigger(row["trigger"], where=place)
        except UserError as error:
            faults.extend(error.faults)
            continue
        clauses[row["id"]] = _clause(row)
    return clauses


def _clause(row: Mapping[str, Any]) -> Clause:
    fields: dict[str, Any] = {name: row[name] for name in _TEXTS} | {name: tuple(row[name]) for name in _LISTS}
    fields["strength"] = Strength(row["strength"])
    fields["params"] = MappingProxyType({key: float(value) for key, value in row.get("params", {}).items()})
    return Clause(**fields)


def _row_faults(row: Any, place: str) -> list[Fault]:
    if not isinstance(row, dict):
        return [fault("GDL-002", where=place, expected=message("object"), found=type(row).__name__)]
    faults = [
        fault("GDL-002", where=f"{place}.{name}", expected=message("text"), found=repr(row.get(name))[:80])
        for name in _TEXTS
        if not (isinstance(row.get(name), str) and row[name])
    ]
    faults += [
        fault("GDL-002", where=f"{place}.{name}", expected=message("list_of_texts"), found=repr(row.get(name))[:80])
        for name in _LISTS
        if not (isinstance(row.get(name), list) and row[name] and all(isinstance(item, str) for item in row[name]))
    ]
    unknown = sorted(set(map(str, row)) - {*_TEXTS, *_LISTS, "params"})
    faults += [fault("GDL-002", where=place, expected=message("known_field"), found=name) for name in unknown]
    strengths = [strength.value for strength in Strength]
    if isinstance(row.get("strength"), str) and row["strength"] not in strengths:
        faults.append(
            fault("GDL-002", where=f"{place}.strength", expected=" | ".join(strengths), found=row["strength"])
        )
    params = row.get("params", {})
    if not (isinstance(params, dict) and all(type(value) in {int, float} for value in params.values())):
        faults.append(
            fault("GDL-002", where=f"{place}.params", expected=message("numbers_by_name"), found=repr(params)[:80])
        )
    return faults


@cache
def packaged_register(register_id: str = DEFAULT_REGISTER) -> Register:
    """Return a register shipped with the package; GDL-006 for an unknown id.

    >>> len(packaged_register().clauses)
    140
    """
    if register_id not in PACKAGED_REGISTERS:
        raise UserError(fault("GDL-006", "register", expected=" | ".join(PACKAGED_REGISTERS), found=register_id))
    source = resources.files(__package__).joinpath("registers", f"{register_id}.json")
    text = source.read_text(encoding="utf-8")
    base_id = json.loads(text).get("base")
    base = packaged_register(base_id) if base_id else None
    return parse_register(text, base=base, where=register_id)

"""Many acts of one kind from a table: a column is a field under its dotted path, a row is an act.

`act.at` and `act.reason` say of each row when it happened and why, where that is not the same for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from celltrial.conduct.acts.subject.commands import SignConsent
from celltrial.conduct.acts.trial.commands import CorrectFact, VerifyValue
from celltrial.conduct.vocabulary import Signature
from celltrial.core.dates import Instant, parse_instant
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.reading.bounds import check_values
from celltrial.core.reading.table_text import TableText, read_table_text
from celltrial.core.values import Identifier
from celltrial.forms.description import CommandForm, Field, Group
from celltrial.forms.reading import near, nested, read

#: Columns of a table beside its fields: when a row happened, and why.
AT: Final = "act.at"
REASON: Final = "act.reason"
#: What is scanned when a person is taken into screening is declared there, not judged.
_DECLARES: Final = frozenset({"ScreenSubject"})


@dataclass(frozen=True, slots=True)
class TableAct:
    """One row: its line, what it asks, when it happened and why; None where that is the same for all."""

    line: int
    command: Any
    at: Instant | None
    reason: str | None


def one_at_a_time(form: CommandForm) -> bool:
    """Whether a command is given by itself only: it is signed, scanned before the eyes of two, or judged by what it corrects.

    A consent is signed only where its form was read out; such a row is refused for want of its witness.
    """
    scanned = form.name not in _DECLARES and any(item.group is Group.SCANNED for item in form.fields)
    signed = form.command is not SignConsent and any(item.type is Signature for item in form.fields)
    return scanned or signed or form.command in {CorrectFact, VerifyValue}


def read_acts(form: CommandForm, text: str, file: str, zone: str | None = None) -> tuple[TableAct, ...]:
    """Return the acts of a table; every fault of every row at once.

    zone: of the place, for moments without offset. APP-064: a column that is no field; APP-079: a command that is given by
    itself only; else as `read` and `read_table_text`.
    """
    if one_at_a_time(form):
        raise UserError(fault("APP-079", form.name))
    table = read_table_text(text, file)
    _check_columns(form, table)
    faults: list[Fault] = []
    acts: list[TableAct] = []
    for line, cells in table.rows:
        place = f"{file}:{line}"
        try:
            acts.append(_act(form, dict(zip(table.columns, cells, strict=True)), line, place, zone))
        except UserError as error:
            faults += error.faults
    if faults:
        raise UserError(*faults)
    return tuple(acts)


def _act(form: CommandForm, words: dict[str, str], line: int, place: str, zone: str | None) -> TableAct:
    faults: list[Fault] = []
    at, reason = words.pop(AT, "").strip(), words.pop(REASON, "").strip()

    def kept(make: Callable[[], Any]) -> Any:
        try:
            return make()
        except UserError as error:
            faults.extend(fault(item.id, item.where or f"{place}.{AT}", **item.params) for item in error.faults)

    moment = kept(lambda: Instant(parse_instant(at, zone), zone or "UTC")) if at else None
    # what is in a row is part of a list as long as its row says something of it
    given = {path: word for path, word in words.items() if word.strip() or "." not in path}
    command = kept(lambda: read(form, nested(given, place), where=place, zone=zone))
    if command is not None:
        kept(lambda: check_values(command, place))
    if faults:
        raise UserError(*faults)
    return TableAct(line, command, moment, reason or None)


def _check_columns(form: CommandForm, table: TableText) -> None:
    known = [*_paths(form.fields), AT, REASON]
    faults = []
    for name in table.columns:
        plain = ".".join("1" if step.isdecimal() else step for step in name.split("."))
        if plain not in known:
            shown = Identifier(name[:80])
            faults.append(fault("APP-064", f"{table.file}:1", found=shown, expected=near(name, known)))
    if faults:
        raise UserError(*faults)


def _paths(fields: tuple[Field, ...], before: str = "") -> list[str]:
    found: list[str] = []
    for item in fields:
        path = f"{before}{item.name}"
        found += [path, f"{path}.1"] if item.repeated else [path]
        found += _paths(item.fields, f"{path}.1." if item.repeated else f"{path}.")
    return found

"""Many acts of one kind from a table, through the same door as one: every row is decided, and all are written or none.

entry = enter(session, acting, acts, moment, cause)
entry.written          # 0 where a row was refused, or the same table was entered before
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from celltrial.app.acting import form_of
from celltrial.app.files import read_text
from celltrial.app.persons import Acting
from celltrial.app.session import TrialSession
from celltrial.conduct.envelope import Request
from celltrial.conduct.ruling import Condition, Refused
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError
from celltrial.core.reading.text import MOST_BYTES_OF_DATA
from celltrial.forms.table import TableAct, read_acts

#: The end of a place in a table: its line, and the path of the field in it.
_PLACE: Final = re.compile(r":(\d+)(?:[.:](.*))?$")


@dataclass(frozen=True, slots=True)
class Kind:
    """Faults or conditions of one kind: the first of them, and the lines where they are."""

    first: Fault | Condition
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """What entering a table came to.

    rows:    acts in the table.
    written: facts that were written; 0 for a trial run.
    refused: conditions that failed, by kind; where there is one, nothing was written.
    before:  whether the same table was entered before: then nothing is written again.
    """

    rows: int
    written: int
    refused: tuple[Kind, ...]
    before: bool


def read_acts_of(name: str, path: Path, zone: str | None) -> tuple[tuple[TableAct, ...], str]:
    """Return the acts of a table in a file, and the identifier by which the same table is known again."""
    text = read_text(path, most=MOST_BYTES_OF_DATA)
    return read_acts_in(name, text, path.name, zone), cause_of(name, text)


def read_acts_in(name: str, text: str, file: str, zone: str | None) -> tuple[TableAct, ...]:
    """Return the acts of a table whose text was read already; `file` names it in what is wrong."""
    return read_acts(form_of(name), text, file, zone)


def cause_of(name: str, text: str) -> str:
    """Return the identifier by which the same table of the same command is known again."""
    return f"table/{hashlib.sha256(f'{name}{chr(10)}{text}'.encode()).hexdigest()}"


def enter(
    session: TrialSession,
    acting: Acting,
    acts: Sequence[TableAct],
    moment: Instant,
    cause: str,
    *,
    reason: str = "",
    dry_run: bool = False,
) -> Entry:
    """Decide on every row as it would be after those before it, and write all of them at once, or nothing.

    moment, reason: of rows that state none. Somebody else may write meanwhile: then all rows are decided again.
    """
    session.set_time(max(act.at.utc if act.at is not None else moment.utc for act in acts))
    requests = [
        Request(
            act.command,
            acting.actor,
            act.at or moment,
            reason=reason if act.reason is None else act.reason,
            log_in=acting.log_in,
        )
        for act in acts
    ]
    answers = session.submit_together(requests, cause, dry_run=dry_run)
    if answers is None:
        return Entry(len(acts), 0, (), before=True)
    failed = [
        (condition, act.line)
        for act, answer in zip(acts, answers, strict=True)
        if isinstance(answer, Refused)
        for condition in answer.conditions
    ]
    written = 0 if failed or dry_run else sum(len(answer.drafts) for answer in answers)
    return Entry(len(acts), written, _kinds_of(failed), before=False)


def fault_kinds(error: UserError) -> tuple[Kind, ...]:
    """Return the faults of a table by kind: the same fault of the same column is one."""
    return _kinds_of((item, _line(item)) for item in error.faults)


def _line(item: Fault) -> int:
    found = _PLACE.search(item.where)
    return int(found[1]) if found is not None else 0


def _kinds_of(found: Iterable[tuple[Any, int]]) -> tuple[Kind, ...]:
    held: dict[object, tuple[Any, list[int]]] = {}
    for item, line in found:
        _, lines = held.setdefault(_key(item), (item, []))
        if line not in lines[-1:]:
            lines.append(line)
    return tuple(Kind(first, tuple(lines)) for first, lines in held.values())


def _key(item: Fault | Condition) -> object:
    if isinstance(item, Fault):
        found = _PLACE.search(item.where)
        return item.id, found[2] if found is not None else item.where
    return item.code, item.clause, item.field, item.input

"""Many acts from a table: the file is read and every row is decided before anything is written; then all or nothing.

The table travels with the page between the look and the entry, so that nothing of it is kept on the server. The same table is
entered once, whoever sends it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse, HttpResponseRedirect

from celltrial.app.acting import form_of
from celltrial.app.entering import Entry, Kind, cause_of, enter, fault_kinds, read_acts_in
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.reading.text import MOST_BYTES, decode
from celltrial.forms.description import forms
from celltrial.forms.table import AT, REASON, one_at_a_time
from celltrial.locale.form_words import command_title
from celltrial.site.rendering import page
from celltrial.site.routing import Route
from celltrial.site.visit import TrialVisit

#: So many lines of each kind of fault are named.
_LINES: Final = 12


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was sent: the command that each row is, the name of the file and its text."""

    command: str
    file: str
    text: str


def table(visit: TrialVisit) -> HttpResponse:
    """Choose a command and a file, look at what every row would come to, then enter all rows."""
    if not visit.is_post:
        return _shown(visit, command=visit.asked("command"), done=_done(visit))
    try:
        sent = _sent(visit)
    except UserError as error:
        return _shown(visit, command=visit.given("command"), faults=tuple(error.faults), status=422)
    try:
        acts = read_acts_in(sent.command, sent.text, sent.file, visit.zone)
    except UserError as error:
        kinds = fault_kinds(error)
        return _shown(visit, command=sent.command, kinds=kinds, sent=sent, status=422)
    only_look, cause = visit.given("do") != "enter", cause_of(sent.command, sent.text)
    with visit.held.session() as session:
        entry = enter(session, visit.acting, acts, visit.moment, cause, reason=visit.given("reason"), dry_run=only_look)
    if only_look or entry.refused:
        return _shown(visit, command=sent.command, entry=entry, kinds=entry.refused, sent=sent)
    return HttpResponseRedirect(visit.path("table/", command=sent.command, done=cause.partition("/")[2]))


def _sent(visit: TrialVisit) -> Table:
    """Return the table that was sent: from a file at first, with the page after it was looked at."""
    command = visit.given("command")
    if command not in _names(visit):
        raise UserError(fault("APP-419", command or "-"))
    file: Any = visit.request.FILES.get("file")
    if file is None:
        if not visit.given("table").strip():
            raise UserError(fault("APP-420", expected=MOST_BYTES))
        return Table(command, visit.given("name") or "table.csv", visit.given("table").replace("\r\n", "\n"))
    if file.size > MOST_BYTES:
        raise UserError(fault("APP-420", expected=MOST_BYTES))
    return Table(command, str(file.name), decode(file.read(), str(file.name)).text)


def _names(visit: TrialVisit) -> dict[str, str]:
    """Return the commands that this role may give by the row, with their titles."""
    may = [form for form in forms() if visit.actor.role in ROLES[COMMANDS[form.name]] and not one_at_a_time(form)]
    return {form.name: command_title(form, visit.language) for form in may}


def _done(visit: TrialVisit) -> tuple[str, int] | None:
    """Return the hash of a table and how many facts of it are on record: read from the ledger, not remembered."""
    digest = visit.asked("done")
    if not digest:
        return None
    with visit.held.session() as session:
        return digest, len(session.carried_out(f"table/{digest}"))


def _shown(
    visit: TrialVisit,
    *,
    command: str,
    entry: Entry | None = None,
    kinds: tuple[Kind, ...] = (),
    sent: Table | None = None,
    faults: tuple[Fault, ...] = (),
    done: tuple[str, int] | None = None,
    status: int = 200,
) -> HttpResponse:
    names = _names(visit)
    columns = [*(field.name for field in form_of(command).fields), AT, REASON] if command in names else []
    rows = [(kind.first, isinstance(kind.first, Fault), kind.lines[:_LINES], len(kind.lines)) for kind in kinds]
    lines = len({line for kind in kinds for line in kind.lines})
    return page(
        visit, "table/page.html", names=names, command=command, columns=columns, entry=entry, rows=rows, lines=lines,
        sent=sent, faults=faults, done=done, most=MOST_BYTES // 1024 // 1024, reason=visit.given("reason"), status=status,
    )  # fmt: skip


ROUTES: Final = (Route("t/<str:trial>/table/", table, menu="site.table.title"),)

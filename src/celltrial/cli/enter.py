"""`celltrial enter`: many acts of one kind from a table; all of them or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from celltrial.cli import options

if TYPE_CHECKING:
    from celltrial.app.entering import Kind
    from celltrial.locale import Language

#: So many lines of each kind of fault are named.
_LINES: Final = 10


def enter(
    ledger: options.LedgerArgument,
    table: Annotated[
        Path, typer.Argument(help="The table: a column for each field, a row for each act.", show_default=False)
    ],
    command: Annotated[
        str, typer.Option("--command", help="Name of the command that each row is.", show_default=False)
    ],
    trial: options.TrialOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide on every row and write nothing.")] = False,
    role: options.RoleOption = None,
    account: options.AccountOption = None,
    site: options.SiteOption = None,
    name: options.NameOption = "",
    at: Annotated[
        str | None, typer.Option("--at", help="When it happened, for rows without `act.at`; now unless given.")
    ] = None,
    zone: options.ZoneOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, for rows without `act.reason`.")] = "",
    rehearsal: options.RehearsalOption = False,
    now: options.NowOption = None,
    json: options.JsonOption = False,
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Enter a table as the logged-in person: every row is an act, all are written or none; exit 1 where one is refused."""
    from celltrial.app.entering import enter as enter_acts
    from celltrial.app.entering import fault_kinds, read_acts_of
    from celltrial.app.persons import Identity, open_acting
    from celltrial.app.session import only_trial
    from celltrial.cli.terminal import print_json
    from celltrial.core.errors import EXIT_USER, UserError
    from celltrial.ledger.opening import open_ledger
    from celltrial.locale import translate

    language = lang.language
    try:
        acts, cause = read_acts_of(command, table, zone)
    except UserError as error:
        if not any(":" in item.where for item in error.faults):
            raise
        _show_faults(fault_kinds(error), language, json=json)
        return EXIT_USER
    with open_ledger(ledger) as opened:
        asked = only_trial(opened, trial)
    who = Identity(role, account, site, name)
    with open_acting(ledger, asked, who, command=acts[0].command, at=at, zone=zone, now=now, rehearsal=rehearsal) as (
        session,
        acting,
        moment,
    ):
        entry = enter_acts(session, acting, acts, moment, cause, reason=reason, dry_run=dry_run)
    if json:
        shown: dict[str, Any] = {"rows": entry.rows, "written": entry.written, "entered_before": entry.before}
        print_json({**shown, "refused": [_data(kind, language) for kind in entry.refused]})
    elif entry.refused:
        lines = {line for kind in entry.refused for line in kind.lines}
        params = {"kinds": len(entry.refused), "count": len(lines), "rows": entry.rows}
        print(translate("cli.enter.refused", language, **params))
        for kind in entry.refused:
            print("  " + _sentence(kind, language))
    else:
        key = "before" if entry.before else "tried" if dry_run else "written"
        print(translate(f"cli.enter.{key}", language, rows=entry.rows, command=command, written=entry.written))
    return 1 if entry.refused else 0


def _show_faults(kinds: tuple[Kind, ...], language: Language, *, json: bool) -> None:
    import sys

    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate

    if json:
        print_json({"written": 0, "faults": [_data(kind, language) for kind in kinds]})
    count = len({line for kind in kinds for line in kind.lines})
    print(translate("cli.enter.faults", language, kinds=len(kinds), count=count), file=sys.stderr)
    for kind in kinds:
        print("  " + _sentence(kind, language), file=sys.stderr)


def _sentence(kind: Kind, language: Language) -> str:
    from celltrial.locale import translate

    shown = translate("value.comma", language).join(str(line) for line in kind.lines[:_LINES])
    if len(kind.lines) > _LINES:
        shown = translate("cli.enter.more", language, lines=shown)
    return translate("cli.enter.kind", language, text=_text(kind, language), count=len(kind.lines), lines=shown)


def _text(kind: Kind, language: Language) -> str:
    from celltrial.core.errors import Fault
    from celltrial.locale.sentences import condition_sentence
    from celltrial.locale.wording import fault_sentence

    return (
        fault_sentence(kind.first, language)
        if isinstance(kind.first, Fault)
        else condition_sentence(kind.first, language)
    )


def _data(kind: Kind, language: Language) -> dict[str, Any]:
    from celltrial.core.errors import Fault

    id_ = kind.first.id if isinstance(kind.first, Fault) else str(kind.first.code)
    return {"id": id_, "text": _text(kind, language), "count": len(kind.lines), "lines": list(kind.lines)}

"""`celltrial act`: one act in a running trial; allowed, or refused with every unmet condition."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from celltrial.cli import options


class ActCommand(TyperCommand):
    """`act`, whose `--help` with the name of a command shows what that command asks."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Show the help of the command that is named, where help is asked for; APP-061 for one that looks like a name."""
        named = [word for word in args if re.fullmatch(r"(?:[A-Z][a-z]+){2,}", word)]
        if "--help" in args and named:
            from celltrial.app.acting import form_of
            from celltrial.cli.command_help import help_text
            from celltrial.cli.failures import asked_language

            print(help_text(form_of(named[-1]), asked_language(args)))
            ctx.exit()
        return list(super().parse_args(ctx, args))


def act(
    ledger: options.LedgerArgument,
    command: Annotated[str, typer.Argument(help="Name of the command, such as RecordInfusion.", show_default=False)],
    trial: Annotated[str, typer.Option("--trial", help="The trial.", show_default=False)],
    fields: Annotated[str, typer.Option("--fields", help="The command's fields as JSON, or @FILE.")] = "{}",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="One field as path=value, such as findings.1.value=39.2; repeat it."),
    ] = None,
    role: options.RoleOption = None,
    account: options.AccountOption = None,
    site: options.SiteOption = None,
    name: options.NameOption = "",
    at: Annotated[
        str | None,
        typer.Option("--at", help="When it happened: ISO 8601 with offset or in the zone; now unless given."),
    ] = None,
    zone: options.ZoneOption = None,
    reason: Annotated[str, typer.Option("--reason", help="Why, where a reason is required.")] = "",
    request: Annotated[str, typer.Option("--request", help="Identifier: the same one is carried out once.")] = "",
    rehearsal: options.RehearsalOption = False,
    now: options.NowOption = None,
    draft: Annotated[
        bool,
        typer.Option(
            "--draft", help="Of ReportAdverseEvent: keep what was typed as a draft where it cannot be reported yet."
        ),
    ] = False,
    create: Annotated[bool, typer.Option("--create", help="Make the ledger where there is none.")] = False,
    json: options.JsonOption = False,
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Carry out one act in a trial as the logged-in person; exit 1 where it is refused, with every condition that failed."""
    from celltrial.app.acting import read_command
    from celltrial.app.drafting import REPORT, as_draft, draft_of
    from celltrial.app.files import read_text
    from celltrial.app.persons import Identity, act_in, open_acting
    from celltrial.app.rehearsing import as_rehearsal
    from celltrial.cli.answers import show_answer, show_draft
    from celltrial.conduct.ruling import Condition, Refused
    from celltrial.core.errors import Fault

    text = read_text(Path(fields[1:])) if fields.startswith("@") else fields
    keeps, settings = draft and command == REPORT, setting or ()
    wrong: tuple[Fault | Condition, ...]
    asked, wrong = (
        as_draft(text, settings, zone) if keeps else (read_command(command, text, settings, zone_name=zone), ())
    )
    asked, who = as_rehearsal(asked) if rehearsal else asked, Identity(role, account, site, name)
    with open_acting(
        ledger, trial, who, command=asked, at=at, zone=zone, now=now, rehearsal=rehearsal, create=create
    ) as (session, acting, moment):
        answer = None if wrong else act_in(session, asked, acting, moment, reason, request)
        if keeps and (answer is None or isinstance(answer, Refused)):
            wrong = wrong if answer is None else answer.conditions
            kept = draft_of(text, settings, wrong, moment, zone)
            return show_draft(act_in(session, kept, acting, moment, reason), kept, wrong, lang.language, json=json)
    assert answer is not None
    return show_answer(answer, command, lang.language, json=json, ledger=ledger)

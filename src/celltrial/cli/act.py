"""`celltrial act`: one act in a running trial; allowed, or refused with every unmet condition."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption

__all__ = ["act"]


def act(
    ledger: Annotated[str, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)],
    command: Annotated[str, typer.Argument(help="Name of the command, such as RecordInfusion.", show_default=False)],
    trial: Annotated[str, typer.Option("--trial", help="The trial.", show_default=False)],
    role: Annotated[str, typer.Option("--as", help="Role of the person who acts.", show_default=False)],
    account: Annotated[str, typer.Option("--account", help="Account of the person who acts.", show_default=False)],
    fields: Annotated[str, typer.Option("--fields", help="The command's fields as JSON, or @FILE.")] = "{}",
    site: Annotated[str | None, typer.Option("--site", help="Site of the person, where the role has one.")] = None,
    name: Annotated[str, typer.Option("--name", help="Printed name of the person.")] = "",
    at: Annotated[
        str | None, typer.Option("--at", help="When it happened: ISO 8601 with offset; now unless given.")
    ] = None,
    zone: Annotated[str, typer.Option("--zone", help="IANA zone of the place.")] = "UTC",
    reason: Annotated[str, typer.Option("--reason", help="Why, where a reason is owed.")] = "",
    request: Annotated[str, typer.Option("--request", help="Identifier: the same one is carried out once.")] = "",
    create: Annotated[bool, typer.Option("--create", help="Make the ledger where there is none.")] = False,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Carry out one act in a trial; exit 1 where it is refused, with every condition that failed."""
    from celltrial.app.acting import act as carry_out
    from celltrial.app.acting import actor_of, moment_of, read_command
    from celltrial.app.files import read_text
    from celltrial.cli.answers import show_answer

    text = read_text(Path(fields[1:])) if fields.startswith("@") else fields
    answer = carry_out(
        ledger,
        trial,
        read_command(command, text),
        actor_of(role, account, site, name),
        moment_of(at, zone),
        reason=reason,
        request_id=request,
        create=create,
    )
    return show_answer(answer, command, lang.language, json=json)

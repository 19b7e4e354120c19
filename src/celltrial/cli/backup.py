"""`celltrial backup` and `celltrial restore`: a whole ledger with its receipts, and back again without a silent loss."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import LanguageChoice, LanguageOption, LedgerArgument


def backup(
    ledger: LedgerArgument,
    target: Annotated[Path, typer.Argument(help="The file to make, an SQLite ledger.", show_default=False)],
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Copy a whole ledger while it runs, verify the copy, and lay its receipts beside it."""
    from celltrial.app.backups import back_up
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.verify import show_check
    from celltrial.locale import translate

    with shown_progress(lang.language) as progress:
        made = back_up(ledger, target, progress)
    show_check(made.check, lang.language)
    if not made.receipts:
        print(translate("cli.backup.refused", lang.language))
        return 1
    print(translate("cli.backup.written", lang.language, path=target.resolve(), receipts=len(made.receipts)))
    return 1 if made.check.findings else 0


def restore(
    backup: Annotated[Path, typer.Argument(help="The backup, an SQLite ledger.", show_default=False)],
    target: Annotated[str, typer.Argument(help="Where no ledger is: a path, or postgresql://...", show_default=False)],
    anchor: Annotated[
        list[Path] | None,
        typer.Option("--anchor", help="A receipt kept elsewhere, or a folder of them; may be given again."),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help="Public key of another installation: 64 hexadecimal digits, or a PEM file."),
    ] = None,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Sign for the records that are lost; reads passphrase and code.")
    ] = False,
    accounts: Annotated[str | None, typer.Option("--accounts", help="The ledger of accounts of who signs.")] = None,
    secrets: Annotated[
        Path | None, typer.Option("--secrets", help="File of secrets; ACCOUNTS.secrets unless given.")
    ] = None,
    account: Annotated[str | None, typer.Option("--account", help="Account of the person who signs.")] = None,
    role: Annotated[str | None, typer.Option("--as", help="Role of the person who signs.")] = None,
    site: Annotated[str | None, typer.Option("--site", help="Site of the person, where the role has one.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why records are given up.")] = "",
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Put a backup in the place of a ledger that is gone; refused where a receipt names records that it lacks."""
    from celltrial.app.backups import Loss
    from celltrial.app.backups import restore as put_back
    from celltrial.cli.answers import show_answer
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.secret_input import read_secret
    from celltrial.cli.verify import show_check
    from celltrial.core.errors import UserError, fault
    from celltrial.locale import translate

    loss = None
    if accept_loss:
        if accounts is None or account is None or role is None or not reason.strip():
            raise UserError(fault("APP-187"))
        password, code = read_secret("passphrase_now", lang.language), read_secret("code", lang.language)
        loss = Loss(accounts, secrets, account, role, site, reason, password, code)
    with shown_progress(lang.language) as progress:
        answer = put_back(backup, target, progress, anchors=tuple(anchor or ()), keys=tuple(key or ()), loss=loss)
    show_check(answer.check, lang.language)
    if answer.refused is not None:
        return show_answer(answer.refused, "restore", lang.language)
    if not answer.done:
        only_behind = len(answer.behind) == len(answer.check.findings)
        print(translate("cli.restore.behind" if only_behind else "cli.restore.refused", lang.language))
        return 1
    print(translate("cli.restore.done", lang.language, place=target))
    return 1 if answer.check.findings else 0

"""`celltrial datasets`: the analysis tables of a trial at a data cut as CSV files with their hashes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli import options


def datasets(
    ledger: options.LedgerArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to make.", show_default=False)],
    trial: options.TrialOption = None,
    as_known: options.AsKnownOption = None,
    as_occurred: options.AsOccurredOption = None,
    role: options.RoleOption = None,
    account: options.AccountOption = None,
    site: options.SiteOption = None,
    name: options.NameOption = "",
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Write every analysis table as CSV into a new folder; who takes them, and under which cut, is put on record."""
    from celltrial.app.data_sets import write_data_sets
    from celltrial.app.persons import Identity, who_reads
    from celltrial.cli.answers import show_answer
    from celltrial.conduct.ruling import Refused
    from celltrial.locale import translate

    acting = who_reads(ledger, trial, Identity(role, account, site, name))
    answer = write_data_sets(
        ledger, out, trial=trial, as_known=as_known, as_occurred=as_occurred,
        reader=acting.actor if acting else None, log_in=acting.log_in if acting else None,
    )  # fmt: skip
    if answer.made is None:
        assert isinstance(answer.decision, Refused)
        return show_answer(answer.decision, "RecordCopy", lang.language)
    made = answer.made
    key = "cli.datasets.written" if answer.decision is not None else "cli.datasets.unrecorded"
    print(translate(key, lang.language, tables=made.tables, path=out.resolve(), sha256=made.sha256))
    if made.blinded:
        print(translate("cli.datasets.blinded", lang.language))
    return 0

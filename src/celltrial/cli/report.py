"""`celltrial report`: the study report of a trial as one self-contained HTML page, as DOCX or as PDF."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli import options


class EachFormat(StrEnum):
    """What the files of single outputs can be."""

    HTML = "html"
    DOCX = "docx"
    RTF = "rtf"


def report(
    ledger: options.LedgerArgument,
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The file to write: .html, .docx, .pdf or .rtf; with --each the folder.")
    ] = Path("report.html"),
    each: Annotated[
        EachFormat | None, typer.Option("--each", help="Write every output as a file of its own, in this format.")
    ] = None,
    trial: options.TrialOption = None,
    as_known: options.AsKnownOption = None,
    as_occurred: options.AsOccurredOption = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Root seed to print for a simulated trial.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    role: options.RoleOption = None,
    account: options.AccountOption = None,
    site: options.SiteOption = None,
    name: options.NameOption = "",
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Write the study report of a trial in one language; who takes it is put on record."""
    from celltrial.app.persons import Identity, who_reads
    from celltrial.app.reporting import write_report
    from celltrial.cli.answers import show_answer
    from celltrial.conduct.ruling import Refused
    from celltrial.locale import translate

    acting = who_reads(ledger, trial, Identity(role, account, site, name))
    decision = write_report(
        ledger, out, lang.language, trial=trial, as_known=as_known, as_occurred=as_occurred,
        each=each.value if each is not None else None, seed=seed, force=force,
        reader=acting.actor if acting else None, log_in=acting.log_in if acting else None,
    )  # fmt: skip
    if isinstance(decision, Refused):
        return show_answer(decision, "RecordCopy", lang.language)
    print(translate("cli.report.written", lang.language, path=out.resolve()))
    return 0

"""`celltrial export`: a trial as an authority asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from celltrial.app.file_formats import FileFormat
from celltrial.cli.options import (
    AccountOption,
    AsKnownOption,
    AsOccurredOption,
    JsonOption,
    LanguageChoice,
    LanguageOption,
    NameOption,
    RoleOption,
    SiteOption,
    TrialOption,
)

if TYPE_CHECKING:
    from celltrial.app.persons import Identity
    from celltrial.app.submitting import Kind

LedgerArgument = Annotated[str, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)]
FolderOption = Annotated[Path, typer.Option("--out", "-o", help="The folder to make.", show_default=False)]
FormOption = Annotated[FileFormat, typer.Option("--format", help="Form of the data sets.")]


def sdtm(
    ledger: LedgerArgument,
    out: FolderOption,
    form: FormOption = FileFormat.XPT,
    trial: TrialOption = None,
    as_known: AsKnownOption = None,
    as_occurred: AsOccurredOption = None,
    role: RoleOption = None,
    account: AccountOption = None,
    site: SiteOption = None,
    name: NameOption = "",
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Write SDTM data sets with Define-XML and a reviewer's guide into a new folder; who takes them is put on record."""
    from celltrial.app.persons import Identity

    who = Identity(role, account, site, name)
    return _export(
        "sdtm", ledger, out, form, who, lang, trial=trial, as_known=as_known, as_occurred=as_occurred, json=json
    )


def adam(
    ledger: LedgerArgument,
    out: FolderOption,
    form: FormOption = FileFormat.XPT,
    trial: TrialOption = None,
    as_known: AsKnownOption = None,
    as_occurred: AsOccurredOption = None,
    role: RoleOption = None,
    account: AccountOption = None,
    site: SiteOption = None,
    name: NameOption = "",
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Write ADaM data sets, the analysis tables of the report, with Define-XML and a guide into a new folder; it is put on record."""
    from celltrial.app.persons import Identity

    who = Identity(role, account, site, name)
    return _export(
        "adam", ledger, out, form, who, lang, trial=trial, as_known=as_known, as_occurred=as_occurred, json=json
    )


def _export(
    kind: Kind,
    ledger: str,
    out: Path,
    form: FileFormat,
    who: Identity,
    lang: LanguageChoice,
    *,
    trial: str | None,
    as_known: str | None,
    as_occurred: str | None,
    json: bool,
) -> int:
    """Write the files and say what they are and what the checks found."""
    from celltrial.app.persons import who_reads
    from celltrial.app.submitting import write_submission
    from celltrial.cli.answers import show_answer
    from celltrial.cli.terminal import print_json
    from celltrial.conduct.ruling import Refused
    from celltrial.locale import translate

    acting = who_reads(ledger, trial, who)
    answer = write_submission(
        ledger, out, form, lang.language, kind=kind, trial=trial, as_known=as_known, as_occurred=as_occurred,
        reader=acting.actor if acting else None, log_in=acting.log_in if acting else None,
    )  # fmt: skip
    if answer.made is None:
        assert isinstance(answer.decision, Refused)
        return show_answer(answer.decision, "RecordCopy", lang.language, json=json)
    made = answer.made
    found = [
        {"check": one.code, "table": one.table, "variable": one.variable, "count": one.count, "first": list(one.places)}
        for one in made.findings
    ]
    if json:
        print_json(
            {
                "path": str(out), "tables": dict(made.tables), "findings": found, "sha256": made.sha256,
                "blinded": made.blinded, "core_rules_run": 0,
            }
        )  # fmt: skip
        return 0
    key = "written" if answer.decision is not None else "unrecorded"
    print(
        translate(f"cli.export.{key}", lang.language, tables=len(made.tables), path=out.resolve(), sha256=made.sha256)
    )
    if made.blinded:
        print(translate("cli.export.blinded", lang.language))
    print(translate("cli.export.checked", lang.language, found=sum(one.count for one in made.findings)))
    for one in made.findings:
        text = translate(f"exchange.check.{one.code}", lang.language)
        place = f"{one.table}.{one.variable}".removesuffix(".")
        print(
            translate("cli.export.finding", lang.language, place=place, text=text, count=one.count, first=one.places[0])
        )
    return 0

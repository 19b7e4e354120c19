"""`celltrial export`: a trial as an authority asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

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


def sdtm(
    ledger: Annotated[str, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to make.", show_default=False)],
    form: Annotated[FileFormat, typer.Option("--format", help="Form of the data sets.")] = FileFormat.XPT,
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
    from celltrial.app.persons import Identity, who_reads
    from celltrial.app.submitting import write_sdtm
    from celltrial.cli.answers import show_answer
    from celltrial.cli.terminal import print_json
    from celltrial.conduct.ruling import Refused
    from celltrial.locale import translate

    acting = who_reads(ledger, trial, Identity(role, account, site, name))
    answer = write_sdtm(
        ledger, out, form, lang.language, trial=trial, as_known=as_known, as_occurred=as_occurred,
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

"""`celltrial export icsr`: an adverse event as an individual case safety report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import (
    AccountOption,
    JsonOption,
    LanguageChoice,
    LanguageOption,
    NameOption,
    RoleOption,
    SiteOption,
    TrialOption,
)


def icsr(
    ledger: Annotated[str, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)],
    event: Annotated[str, typer.Argument(help="The adverse event, such as AE-1.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The XML file to write.", show_default=False)],
    sender: Annotated[str, typer.Option("--sender", help="N.1.3: your identifier at the gateway.")] = "",
    receiver: Annotated[str, typer.Option("--receiver", help="N.1.4: identifier of the authority there.")] = "",
    sender_type: Annotated[
        str, typer.Option("--sender-type", help="C.3.1: 1 company, 3 health professional, ...")
    ] = "",
    meddra: Annotated[str, typer.Option("--meddra", help="E.i.2.1a: MedDRA version of the code on record.")] = "",
    qualification: Annotated[
        str, typer.Option("--qualification", help="C.2.r.4 of the reporter: 1 physician, 2 pharmacist, 3 other, ...")
    ] = "",
    nullify: Annotated[str, typer.Option("--nullify", help="C.1.11: why the case is nullified.")] = "",
    amend: Annotated[str, typer.Option("--amend", help="C.1.11: why an earlier version is amended.")] = "",
    draft: Annotated[bool, typer.Option("--draft", help="Write it although elements are missing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    trial: TrialOption = None,
    role: RoleOption = None,
    account: AccountOption = None,
    site: SiteOption = None,
    name: NameOption = "",
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Write an adverse event as E2B(R3) XML, or say every element that is missing; who takes it is put on record."""
    from celltrial.app.case_reports import write_case_report
    from celltrial.app.persons import Identity, who_reads
    from celltrial.cli.answers import show_answer
    from celltrial.cli.terminal import print_json
    from celltrial.conduct.ruling import Refused
    from celltrial.exchange.icsr import Sender
    from celltrial.exchange.icsr.message import case_id
    from celltrial.exchange.icsr.missing import RULES
    from celltrial.locale import translate
    from celltrial.locale.wording import fault_sentence

    acting = who_reads(ledger, trial, Identity(role, account, site, name))
    said = Sender(sender, receiver, sender_type, meddra, qualification, nullify, amend)
    answer = write_case_report(
        ledger, event, out, said, lang.language, trial=trial, draft=draft, force=force,
        reader=acting.actor if acting else None, log_in=acting.log_in if acting else None,
    )  # fmt: skip
    if answer.made is None:
        assert isinstance(answer.ruling, Refused)
        return show_answer(answer.ruling, "RecordCopy", lang.language, json=json)
    made = answer.made
    missing = [fault_sentence(item, lang.language) for item in made.missing]
    if json:
        print_json(
            {"path": str(out), "case": case_id(made.case), "draft": bool(missing), "missing": missing, "rules": RULES}
        )
        return 1 if missing else 0
    print(translate("cli.export.case", lang.language, event=event, path=out.resolve(), rules=RULES))
    if missing:
        print(translate("cli.export.case_draft", lang.language, count=len(missing)))
        for line in missing:
            print(f"  {line}", file=sys.stderr)
    return 1 if missing else 0

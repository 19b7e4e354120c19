"""`celltrial document`: the protocol in the section order of ICH M11, its consent form, its questions; changes marked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.app.document_kinds import DocumentKind
from celltrial.cli.options import LanguageChoice, ProtocolArgument


def document(
    protocol: ProtocolArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write: .html, .docx or .pdf.")] = Path(
        "protocol.html"
    ),
    kind: Annotated[
        DocumentKind,
        typer.Option(
            "--kind", help="The protocol, a skeleton of the consent form, or questions before a first application."
        ),
    ] = DocumentKind.PROTOCOL,
    against: Annotated[
        Path | None,
        typer.Option("--against", help="An earlier version of the protocol: every change to it is marked."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    final: Annotated[
        bool, typer.Option("--final", help="Refuse to write a document of which the protocol leaves a part unstated.")
    ] = False,
    lang: Annotated[
        LanguageChoice | None,
        typer.Option(
            "--lang",
            "-l",
            help="Language: en or zh (also written zh-Hans); that of the protocol where it has one only.",
        ),
    ] = None,
) -> None:
    """Write the protocol as a document in the section order of ICH M11; names what the protocol leaves unstated.

    The same facts give a skeleton of the consent form and a list of questions for the agency. With --against the changes to
    an earlier version are marked, in DOCX as tracked changes.
    """
    from celltrial.app.document import write_comparison, write_protocol
    from celltrial.app.planning import open_protocol
    from celltrial.locale import translate
    from celltrial.protocol.languages import main_language

    plan = open_protocol(protocol)
    language = lang.language if lang is not None else main_language(plan) or LanguageChoice.EN.language
    if against is not None:
        changed = write_comparison(open_protocol(against), plan, str(against), out, language, force=force)
        print(translate("cli.document.written", language, path=out.resolve()))
        key = "cli.document.compared" if changed else "cli.document.same"
        print(translate(key, language, count=len(changed)))
        listed = changed
    else:
        listed = write_protocol(plan, out, language, kind=kind, force=force, final=final)
        print(translate("cli.document.written", language, path=out.resolve()))
        if listed:
            print(translate("cli.document.unstated", language, count=len(listed)))
    for section in listed:
        print(f"  {section}")

"""`celltrial usdm`: a protocol as USDM 4.0 JSON, out and in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument

if TYPE_CHECKING:
    from celltrial.core.errors import Fault
    from celltrial.exchange.usdm import Imported
    from celltrial.locale import Language


ForceOption = Annotated[bool, typer.Option("--force", help="Replace an existing file.")]


def export(
    protocol: ProtocolArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The JSON file to write.")] = Path("study.json"),
    force: ForceOption = False,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Write a protocol as USDM 4.0 JSON; what USDM has no class for goes into extensions, so that nothing is lost."""
    from celltrial.app.usdm import export_usdm
    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate

    found = export_usdm(protocol, out, force=force)
    about = found.protocol.identification
    shown = {"path": str(out), "usdm": found.usdm_version, "fields": found.fields, "version": about.version}
    if json:
        print_json(shown | {"id": about.id})
        return
    title = about.title.said(lang.language)
    print(translate("cli.usdm.written", lang.language, **shown, title=title))


def import_usdm(
    study: Annotated[Path, typer.Argument(help="The USDM document, a JSON file.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The study file to write, YAML.")] = Path("protocol.yaml"),
    partial: Annotated[
        bool, typer.Option("--partial", help="Write a draft where the document is not a whole protocol.")
    ] = False,
    force: ForceOption = False,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Read USDM 4.0 JSON into a study file; one of ours comes back as the same protocol, any other as a draft.

    Of many faults of one kind the first is told, with how many there are and where; `--json` lists each.
    """
    from celltrial.app.usdm import import_usdm as handle
    from celltrial.cli.failures import by_kind
    from celltrial.cli.terminal import print_json
    from celltrial.core.errors import EXIT_USER, UserError

    try:
        found = handle(study, out, partial=partial, force=force)
    except UserError as error:
        if json:
            raise
        for line in by_kind(error.faults, lang.language):
            print(line, file=sys.stderr)
        raise typer.Exit(EXIT_USER) from None
    if json:
        print_json(_as_data(found, out, lang.language))
        return
    _show(found, out, lang.language)


def _as_data(found: Imported, out: Path, language: Language) -> dict[str, object]:
    from celltrial.locale.wording import fault_sentence

    def one_fault(item: Fault) -> dict[str, str]:
        return {"id": item.id, "where": item.where, "text": fault_sentence(item, language)}

    return {
        "path": str(out),
        "whole": found.protocol is not None,
        "missing": [one_fault(item) for item in found.missing],
        "notes": [one_fault(item) for item in found.notes],
        "left_out": dict(found.left_out),
    }


def _show(found: Imported, out: Path, language: Language) -> None:
    from celltrial.cli.failures import by_kind
    from celltrial.locale import translate

    if found.protocol is not None:
        about = found.protocol.identification
        title = about.title.said(language)
        print(translate("cli.usdm.whole", language, path=out, title=title, version=about.version))
    else:
        print(translate("cli.usdm.draft", language, path=out, count=len(found.missing)))
        for line in by_kind(found.missing, language):
            print(f"  {line}")
    if found.notes:
        print(translate("cli.usdm.notes", language, count=len(found.notes)))
        for line in by_kind(found.notes, language):
            print(f"  {line}")
    if found.left_out:
        classes = ", ".join(f"{name} ({count})" for name, count in found.left_out.items())
        print(translate("cli.usdm.left_out", language, classes=classes))

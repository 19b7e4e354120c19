"""`celltrial import`: a historical cohort from tables into a ledger, by a mapping file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption
from celltrial.core.reading.text import Encoding


def import_data(
    mapping: Annotated[Path, typer.Argument(help="The mapping, a YAML file.", show_default=False)],
    data: Annotated[Path, typer.Option("--data", help="Folder of the tables that the mapping names.")],
    ledger: Annotated[Path, typer.Option("--ledger", help="The ledger to write; it must not exist.")] = Path(
        "cohort.db"
    ),
    encoding: Annotated[
        Encoding | None, typer.Option("--encoding", help="How the tables are written; recognised unless given.")
    ] = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Read a real or published cohort into a ledger; the same report can be made from it."""
    from celltrial.app.importing import import_cohort
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate
    from celltrial.locale.wording import fault_sentence

    with shown_progress(lang.language) as progress:
        summary = import_cohort(mapping, data, ledger, progress, encoding=encoding)
    if json:
        notes = [{"id": item.id, "where": item.where, **item.params} for item in summary.notes]
        print_json({name: getattr(summary, name) for name in summary.__dataclass_fields__} | {"notes": notes})
        return
    fields = {name: getattr(summary, name) for name in summary.__dataclass_fields__}
    print(translate("cli.import.done", lang.language, **fields, ledger=ledger))
    print(translate("cli.persons.rehearsed", lang.language))
    for item in summary.notes:
        print(fault_sentence(item, lang.language))

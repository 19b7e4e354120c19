"""`celltrial design sheet`: one page with the tables and figures of a protocol's design."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import LanguageChoice, LanguageOption, ProtocolArgument, SeedOption


def sheet(
    protocol: ProtocolArgument,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("design.html"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")] = False,
    designs: Annotated[
        str, typer.Option("--designs", help="Keys of competing designs to show too, with commas between.")
    ] = "",
    seed: SeedOption = 1,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Write the design sheet: decisions, operating characteristics, pathways, stopping rules, sample size, as one page."""
    from celltrial.app.design_sheet import design_page
    from celltrial.app.files import refuse_existing, write_text
    from celltrial.app.planning import open_protocol
    from celltrial.cli.progress import shown_progress
    from celltrial.locale import translate

    refuse_existing(out, force=force)
    plan, kinds = open_protocol(protocol), [kind.strip() for kind in designs.split(",") if kind.strip()]
    with shown_progress(lang.language) as progress:
        page = design_page(plan, str(protocol), lang.language, seed=seed, designs=kinds, progress=progress)
    write_text(out, page)
    print(translate("cli.sheet.written", lang.language, path=out))

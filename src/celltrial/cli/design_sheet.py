"""`celltrial design sheet`: one page with the tables and figures of a protocol's design."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import LanguageChoice, LanguageOption, ProtocolArgument, SeedOption

__all__ = ["sheet"]


def sheet(
    protocol: ProtocolArgument,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("design.html"),
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")] = False,
    seed: SeedOption = 1,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Write the design sheet: decisions, operating characteristics, pathways, stopping rules, sample size, as one page."""
    from celltrial.app.design_sheet import design_page
    from celltrial.app.files import refuse_existing, write_text
    from celltrial.app.planning import open_protocol
    from celltrial.locale import translate

    refuse_existing(out, force=force)
    write_text(out, design_page(open_protocol(protocol), str(protocol), lang.language, seed=seed))
    print(translate("cli.sheet.written", lang.language, path=out))

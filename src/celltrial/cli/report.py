"""`celltrial report`: the study report of a trial as one self-contained HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import LanguageChoice, LanguageOption

__all__ = ["report"]


def report(
    ledger: Annotated[str, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)],
    out: Annotated[Path, typer.Option("--out", "-o", help="The HTML file to write.")] = Path("report.html"),
    trial: Annotated[str | None, typer.Option("--trial", help="The trial, where the ledger holds several.")] = None,
    as_known: Annotated[
        str | None, typer.Option("--as-known", help="Data cut: what was recorded by this time.")
    ] = None,
    as_occurred: Annotated[
        str | None, typer.Option("--as-occurred", help="Data cut: what had happened by this time.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Root seed to print for a simulated trial.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Write the study report of a trial in one language."""
    from celltrial.app.reporting import write_report
    from celltrial.locale import translate

    write_report(
        ledger, out, lang.language, trial=trial, as_known=as_known, as_occurred=as_occurred, seed=seed, force=force
    )
    print(translate("cli.report.written", lang.language, path=out.resolve()))

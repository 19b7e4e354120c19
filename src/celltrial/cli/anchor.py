"""`celltrial anchor`: a signed receipt of where each trial ends now, to be kept where the ledger is not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import LanguageChoice, LanguageOption, LedgerArgument


def anchor(
    ledger: LedgerArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="A further folder, on another disk or machine, to bring up to date."),
    ] = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Verify a ledger, sign where each trial ends now and write a receipt of it; exit 1 where something is found."""
    from celltrial.app.anchoring import anchor_ledger, holds_receipts
    from celltrial.app.time_stamps import server
    from celltrial.app.verifying import verify_ledger
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.verify import show_check
    from celltrial.locale import translate

    with shown_progress(lang.language) as progress:
        check = verify_ledger(ledger, None, progress, (out,) if out is not None and holds_receipts(out) else ())
    if check.findings:
        show_check(check, lang.language)
        print(translate("cli.anchor.refused", lang.language))
        return 1
    made = anchor_ledger(ledger, out)
    for item in made:
        held = item.receipt
        print(
            translate("cli.anchor.written", lang.language, trial=held.trial, position=held.position,
                head=held.head, number=held.number, path=item.path.resolve())
        )  # fmt: skip
    print(translate("cli.anchor.key", lang.language, key=made[0].receipt.key))
    stamped = "stamped" if all(item.receipt.stamp for item in made) else "not_stamped" if server() else "no_server"
    print(translate(f"cli.anchor.{stamped}", lang.language))
    if out is not None:
        print(translate("cli.anchor.copied", lang.language, path=out.resolve()))
    return 0

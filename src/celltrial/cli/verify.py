"""`celltrial verify`: recompute every hash of a ledger and name the first record that does not hold."""

from __future__ import annotations

from typing import Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption

__all__ = ["verify"]


def verify(
    ledger: Annotated[str, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)],
    trial: Annotated[str | None, typer.Option("--trial", help="Verify only this trial.")] = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Verify the hash chain of every trial in a ledger; exit 1 where a record does not hold."""
    from celltrial.app.verifying import verify_ledger
    from celltrial.cli.failures import sentence
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate

    with shown_progress(lang.language) as progress:
        results = verify_ledger(ledger, trial, progress)
    if json:
        print_json(
            [
                {
                    "trial": one.trial,
                    "holds": one.holds,
                    "records": one.records,
                    "head": one.head,
                    "first_bad": one.first_bad,
                }
                for one in results
            ]
        )
    else:
        for one in results:
            key = "cli.verify.holds" if one.holds else "cli.verify.broken"
            print(translate(key, lang.language, trial=one.trial, records=one.records, head=one.head, bad=one.first_bad))
            if one.finding is not None:
                print("  " + sentence(one.finding, lang.language))
    return 0 if all(one.holds for one in results) else 1

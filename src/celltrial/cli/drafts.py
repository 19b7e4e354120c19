"""`celltrial drafts`: adverse events that could not be reported yet, what each lacks and what was typed."""

from __future__ import annotations

from typing import Annotated

import typer

from celltrial.cli import options


def drafts(
    ledger: options.LedgerArgument,
    trial: options.TrialOption = None,
    typed: Annotated[bool, typer.Option("--typed", help="Show what was typed too, as it was typed.")] = False,
    acting_as: options.RoleOption = None,
    account: options.AccountOption = None,
    site: options.SiteOption = None,
    json: options.JsonOption = False,
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """List adverse events kept as drafts: since when each is known, what it lacks; oldest first, at your site."""
    from celltrial.app.acting import form_of
    from celltrial.app.drafting import REPORT, waiting_drafts
    from celltrial.app.persons import Identity, who_reads
    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate
    from celltrial.locale.form_words import field_words
    from celltrial.locale.wording import in_words

    acting = who_reads(ledger, trial, Identity(acting_as, account, site))
    name, waiting = waiting_drafts(ledger, trial, acting.actor if acting is not None else None)
    if json:
        rows = [
            {
                "event": one.event, "subject": one.subject, "aware": one.aware.utc.isoformat(),
                "missing": list(one.missing), "typed": one.typed,
            }
            for one in waiting
        ]  # fmt: skip
        print_json({"trial": name, "drafts": rows})
        return 0
    if not waiting:
        print(translate("cli.drafts.none", lang.language))
    labels = {item.path.removeprefix("fact."): item.label for item in field_words(form_of(REPORT), lang.language)}
    comma = translate("value.comma", lang.language)
    for one in waiting:
        missing = comma.join(labels.get(item, item) for item in one.missing) or "-"
        aware = in_words(one.aware, lang.language)
        said = {"event": one.event, "subject": one.subject or "-", "aware": aware, "missing": missing}
        print(translate("cli.drafts.one", lang.language, **said))
        if typed:
            print("  " + one.typed)
    if waiting:
        print(translate("cli.drafts.next", lang.language))
    return 0

"""`celltrial verify`: is a ledger as laid out, is each chain consistent in itself, and up to where is it anchored outside."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, LedgerArgument

#: What may become of the bytes of a document, as `app.documents.Kept` names it.
_PLACES: Final = ("matches", "absent", "differs", "elsewhere")

if TYPE_CHECKING:
    from celltrial.app.documents import DocumentCheck
    from celltrial.app.verifying import LedgerCheck
    from celltrial.core.errors import Fault
    from celltrial.ledger.anchors import Anchored
    from celltrial.ledger.receipts import Receipt
    from celltrial.locale import Language


def verify(
    ledger: LedgerArgument,
    trial: Annotated[str | None, typer.Option("--trial", help="Verify only this trial.")] = None,
    anchor: Annotated[
        list[Path] | None,
        typer.Option("--anchor", help="A receipt kept elsewhere, or a folder of them; may be given again."),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help="Public key of another installation: 64 hexadecimal digits, or a PEM file."),
    ] = None,
    accounts: Annotated[
        str | None,
        typer.Option(
            "--accounts", help="The ledger of accounts: each signature is held to a session in it.", show_default=False
        ),
    ] = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Verify tables, triggers and every chain of a ledger, and hold it against receipts; exit 1 where something is found."""
    from celltrial.app.verifying import verify_ledger
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.terminal import print_json

    with shown_progress(lang.language) as progress:
        check = verify_ledger(ledger, trial, progress, tuple(anchor or ()), tuple(key or ()), accounts)
    if json:
        print_json(
            [_trial_data(one, check, lang.language) for one in check.trials] or [_store_data(check, lang.language)]
        )
    else:
        show_check(check, lang.language)
    return 1 if check.findings else 0


def show_check(check: LedgerCheck, language: Language) -> None:
    """Print what a verification found, and up to where each trial is anchored."""
    from celltrial.locale import translate
    from celltrial.locale.wording import fault_sentence

    for item in (*check.store, *check.receipts):
        print(fault_sentence(item, language))
    if not check.store:
        print(translate("cli.verify.server" if check.server else "cli.verify.store", language))
    for one in check.trials:
        print(_summary(one, check, language))
        if one.check.trial in check.persons:
            print("  " + translate(f"cli.persons.{check.persons[one.check.trial]}", language))
            if check.persons[one.check.trial] == "logged_in":
                seen = _sessions_checked(one, check)
                print("  " + translate("cli.verify.sessions" if seen else "cli.verify.no_sessions", language))
        for item in one.findings:
            print("  " + fault_sentence(item, language))
        if documents := check.documents.get(one.check.trial):
            print("  " + _documents_words(documents, language))
        for old, restore in one.set_aside:
            print("  " + translate("cli.verify.set_aside", language, receipt=_named(old), position=old.position,
                restore=_named(restore), kept=restore.position, account=restore.account, reason=restore.reason))  # fmt: skip


def _documents_words(documents: Sequence[DocumentCheck], language: Language) -> str:
    """Return how many documents have their bytes here and match, and what is known of the others."""
    from celltrial.locale import translate

    counts = {place: sum(item.kept == place for item in documents) for place in _PLACES}
    first = translate("cli.verify.documents", language, count=len(documents), matches=counts["matches"])
    said = [
        translate(f"cli.verify.documents_{place}", language, count=counts[place])
        for place in _PLACES[1:]
        if counts[place]
    ]
    return _between(language).join([first, *said])


def _sessions_checked(one: Anchored, whole: LedgerCheck) -> bool:
    """Tell whether the signatures of a trial of logged-in persons were held to its installation's ledger of accounts."""
    asked = whole.sessions and whole.persons.get(one.check.trial) == "logged_in"
    return asked and one.check.first_bad is None and "LDG-086" not in {item.id for item in one.findings}


def _summary(one: Anchored, whole: LedgerCheck, language: Language) -> str:
    from celltrial.locale import translate

    check = one.check
    if check.first_bad is not None:
        first = translate("cli.verify.broken", language, trial=check.trial, bad=check.first_bad, records=check.records)
    elif one.findings:
        first = translate("cli.verify.doubtful", language, trial=check.trial, records=check.records)
    else:
        first = translate("cli.verify.consistent", language, trial=check.trial, records=check.records, head=check.head)
    if one.receipt is None:
        return _between(language).join((first, translate("cli.verify.not_anchored", language)))
    held = one.receipt
    parts = [first]
    parts.append(
        translate(
            "cli.verify.anchored",
            language,
            position=held.position,
            signatures=held.signatures,
            receipt=_named(held),
            key=held.key,
        )
    )
    if check.records > held.position:
        parts.append(translate("cli.verify.after", language, first=held.position + 1, last=check.records))
    return _between(language).join([*parts, _stamp_words(held, whole, language)])


def _between(language: Language) -> str:
    """Return what parts two sentences of one line: nothing after a Chinese full stop."""
    return "" if language == "zh" else " "


def _stamp_words(receipt: Receipt, check: LedgerCheck, language: Language) -> str:
    """Return whose word the time of a receipt is."""
    from celltrial.app.time_stamps import server
    from celltrial.locale import translate

    stamp = check.stamps.get(receipt.hash)
    if stamp is not None:
        key = "cli.verify.stamped" if stamp.checked else "cli.verify.stamp_not_checked"
        return translate(key, language, time=f"{stamp.time:%Y-%m-%dT%H:%M:%SZ}")
    return translate("cli.verify.not_stamped" if server() else "cli.verify.no_server", language)


def _named(receipt: Receipt) -> str:
    from celltrial.ledger.anchors import named

    return named(receipt)


def _trial_data(one: Anchored, check: LedgerCheck, language: Language) -> dict[str, Any]:
    held = one.receipt
    stamp = None if held is None else check.stamps.get(held.hash)
    return {
        "trial": one.check.trial,
        "holds": not one.findings,
        "records": one.check.records,
        "head": one.check.head,
        "first_bad": one.check.first_bad,
        "persons": check.persons.get(one.check.trial),
        "sessions_checked": _sessions_checked(one, check),
        "findings": [_finding(item, language) for item in one.findings],
        "documents": [
            {"document": item.filed.document, "sha256": item.filed.sha256, "content": item.kept.value}
            for item in check.documents.get(one.check.trial, ())
        ],
        "anchored": one.anchored,
        "receipt": None
        if held is None
        else {
            "number": held.number, "position": held.position, "signatures": held.signatures, "time": held.time,
            "occasion": held.occasion, "key": held.key, "stamped": None if stamp is None else stamp.time.isoformat(),
            "stamp_checked": stamp is not None and stamp.checked,
        },
        "set_aside": [
            {"receipt": old.number, "position": old.position, "restore": restore.number, "kept": restore.position,
             "account": restore.account, "reason": restore.reason}
            for old, restore in one.set_aside
        ],
        **_store_data(check, language),
    }  # fmt: skip


def _store_data(check: LedgerCheck, language: Language) -> dict[str, Any]:
    """Return what was found of the ledger as a whole; it is with every trial."""
    return {
        "database_files_checked": not check.server,
        "ledger_findings": [_finding(item, language) for item in check.store],
        "receipt_findings": [_finding(item, language) for item in check.receipts],
        "found": len(check.findings),
    }


def _finding(item: Fault, language: Language) -> dict[str, Any]:
    from celltrial.locale.wording import fault_sentence

    return {"id": item.id, "where": item.where, **item.params, "text": fault_sentence(item, language)}

"""`celltrial audit`: the history beside a data point, and the whole trail as files that verify without this program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli import options

if TYPE_CHECKING:
    from celltrial.app.auditing import ItemAnswer
    from celltrial.ledger.item_audit import ItemChange, ItemHistory, ItemMark, Note
    from celltrial.locale.records import RecordWords


def show(
    ledger: options.LedgerArgument,
    subject: Annotated[str, typer.Option("--subject", help="The subject.", show_default=False)],
    item: Annotated[str, typer.Option("--item", help="Only items whose record or field contains this.")] = "",
    trial: options.TrialOption = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to this file.", show_default=False)] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    role: options.RoleOption = None,
    account: options.AccountOption = None,
    site: options.SiteOption = None,
    name: options.NameOption = "",
    json: options.JsonOption = False,
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Show every value an item ever had, who gave it, when and why, and what was asked about it."""
    from celltrial.app.auditing import audit_data, audit_subject, record_items
    from celltrial.app.files import refuse_existing, write_text
    from celltrial.app.persons import Identity, who_reads
    from celltrial.cli.answers import show_answer
    from celltrial.cli.terminal import json_text
    from celltrial.conduct.ruling import Refused
    from celltrial.locale import translate
    from celltrial.locale.records import RecordWords

    if out is not None:
        refuse_existing(out, force=force)
    acting = who_reads(ledger, trial, Identity(role, account, site, name))
    reader = acting.actor if acting is not None else None
    answer = audit_subject(ledger, trial, subject, item=item, reader=reader)
    lines = _lines(answer, RecordWords(lang.language))
    text = json_text(audit_data(answer)) if json else "\n".join(lines)
    decision = record_items(ledger, answer, acting.actor, text, acting.log_in) if acting is not None else None
    if isinstance(decision, Refused):
        return show_answer(decision, "RecordCopy", lang.language)
    if out is None:
        print(text)
    else:
        write_text(out, text + "\n")
        print(translate("cli.audit.written", lang.language, path=out.resolve()))
    return 0


def _lines(answer: ItemAnswer, words: RecordWords) -> Iterator[str]:
    for history in answer.audit.items:
        yield f"{words.record(history.record)}  {words.item(history.fact, history.field)}"
        for change in history.changes:
            yield from _change_lines(history, change, words)
        if history.mark is not None:
            yield "    " + _mark_words(history, history.mark, words)
        yield from (f"    {words.record(name)}" for name in history.notes)
    for note in answer.audit.notes:
        yield ""
        yield from _note_lines(note, words)


def _mark_words(history: ItemHistory, mark: ItemMark, words: RecordWords) -> str:
    """Return who held an item against its source, and whether that still counts."""
    key = "ledger.audit.verified" if mark.stands else "ledger.audit.verified_before"
    who, value = mark.printed_name or mark.account, words.value(history.fact, history.field, mark.value)
    return words.text(key, who=who, when=mark.recorded, source=mark.source, value=_plain(value), at=mark.voided_by)


def _change_lines(history: ItemHistory, change: ItemChange, words: RecordWords) -> Iterator[str]:
    def said(value: str) -> str:
        return _plain(words.value(history.fact, history.field, value))

    old = words.text("ledger.audit.nothing") if change.old is None else said(change.old)
    yield f"  #{change.position}  {old} -> {said(change.new)}"
    site = f", {change.site}" if change.site else ""
    details: list[tuple[str, Any]] = [
        ("occurred", change.occurred),
        ("recorded", f"{change.recorded} ({words.clock(change.clock)})"),
        ("who", f"{change.printed_name or '-'} ({change.account}), {words.role(change.role)}{site}"),
        ("reason", change.reason),
        ("signatures", " ".join(map(str, change.signed_by))),
    ]
    for label, value in details:
        if value:
            yield f"      {words.text(f'ledger.audit.{label}')}: {_plain(str(value))}"


def _note_lines(note: Note, words: RecordWords) -> Iterator[str]:
    from celltrial.core.values import ABSENT
    from celltrial.locale.wording import in_words

    yield f"{words.record(note.note)}  {words.record(note.about)}"
    for step in note.steps:
        text = "" if step.text == ABSENT else in_words(step.text, words.language)
        parts = (words.title(step.step), step.recorded, f"{step.printed_name or '-'} ({step.account})", text)
        yield "  " + _plain("  ".join((f"#{step.position}", *filter(None, (*parts, step.reason)))))


def _plain(text: str) -> str:
    from celltrial.ledger.audit import one_line

    return one_line(text)


def export(
    ledger: options.LedgerArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write into.", show_default=False)],
    trial: options.TrialOption = None,
    role: options.RoleOption = None,
    account: options.AccountOption = None,
    site: options.SiteOption = None,
    name: options.NameOption = "",
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Write the whole audit trail for people and for machines, with a script that verifies it using Python alone."""
    from celltrial.app.auditing import export_trail
    from celltrial.app.persons import Identity, who_reads
    from celltrial.cli.answers import show_answer
    from celltrial.locale import translate
    from celltrial.locale.records import RecordWords

    acting = who_reads(ledger, trial, Identity(role, account, site, name))
    reader, log_in = (acting.actor, acting.log_in) if acting is not None else (None, None)
    answer = export_trail(ledger, trial, out, reader, RecordWords(lang.language), log_in)
    if answer.export is None:
        assert answer.decision is not None
        return show_answer(answer.decision, "RecordCopy", lang.language)
    made = answer.export
    for path in (made.lines, made.text, made.verifier):
        print(translate("cli.audit.written", lang.language, path=path.resolve()))
    print(translate("cli.audit.head", lang.language, records=made.records, head=made.head))
    return 0

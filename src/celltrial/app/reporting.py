"""Handler of the report: events at a data cut, tables, content, one HTML file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

from celltrial.app.approving import reasons_signed
from celltrial.app.copies import record_copy, require_reader
from celltrial.app.document import document_format
from celltrial.app.files import SUMS, refuse_existing, with_sums, write_bytes, write_folder
from celltrial.app.reading_once import WholeTrial, read_whole
from celltrial.conduct.acts.account.blinding import hides_arms, is_blinded, without_closed
from celltrial.conduct.envelope import Actor, Event, LogIn
from celltrial.conduct.facts.account.events import CopyKind
from celltrial.conduct.facts.trial.events import (
    HistoricalSourceRegistered,
    ProtocolAmended,
    ProtocolApproved,
    TrialRegistered,
)
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.conduct.vocabulary import Origin, Persons
from celltrial.core.dates import parse_instant
from celltrial.core.errors import UserError, fault
from celltrial.core.values import at_most, message
from celltrial.datasets import CutKind, DataCut, derive
from celltrial.datasets.derive import protocol_in_force
from celltrial.datasets.event_log import cut_events
from celltrial.guideline.records import carried_out
from celltrial.ledger.port import SYSTEM_CLOCK
from celltrial.locale import Language
from celltrial.protocol import Protocol
from celltrial.report import Report, ReportMeta, Source, inputs_from, render_html, report_from
from celltrial.report.content.output import Nothing
from celltrial.report.inputs import Inputs

#: What a report can be written as.
FORMATS: Final = (".html", ".docx", ".pdf", ".rtf")


def data_cut(as_known: str | None, as_occurred: str | None) -> DataCut:
    """Return the cut that was asked for; both at once are refused (APP-050)."""
    if as_known and as_occurred:
        raise UserError(fault("APP-050", expected=message("as_known_or_as_occurred"), found="both"))
    if as_occurred:
        return DataCut(CutKind.AS_OCCURRED, parse_instant(as_occurred))
    return DataCut(CutKind.AS_KNOWN, parse_instant(as_known) if as_known else None)


def cut_text(cut: DataCut) -> str:
    """Return a cut as it is in the record of a copy; "" where nothing was cut off."""
    return "" if cut.at is None else f"{cut.kind} {cut.at.isoformat()}"


def make_report(
    where: str, trial: str | None, cut: DataCut, *, seed: int | None = None, reader: Actor | None = None
) -> Report:
    """Return the report of one trial in a ledger at a data cut; the chain is verified first.

    reader: who will read it; a blinded person gets nothing that reveals an arm. None is whoever keeps the
            ledger itself.
    """
    return report_of(read_whole(where, trial), cut, seed=seed, reader=reader)


def report_of(whole: WholeTrial, cut: DataCut, *, seed: int | None = None, reader: Actor | None = None) -> Report:
    """Return the report of a trial that was read; the arguments are those of `make_report`."""
    return report_from(inputs_of(whole, cut, seed=seed, reader=reader))


def inputs_of(whole: WholeTrial, cut: DataCut, *, seed: int | None = None, reader: Actor | None = None) -> Inputs:
    """Return what the report of a trial is built from; the arguments are those of `make_report`."""
    events, head = rests_on(whole, cut)
    plan = protocol_in_force(cut_events(events, cut))
    events = shown_to(whole, events, plan, reader)
    data = derive(events, plan, cut)
    meta = _meta(whole.name, events, cut, whole.check.holds, head, plan, seed, data.last_date)
    return inputs_from(data, plan, meta)


def shown_to(
    whole: WholeTrial, events: list[Event[Any]], plan: Protocol | None, reader: Actor | None
) -> list[Event[Any]]:
    """Return the events as a reader may see them: without what reveals an arm where they are blinded."""
    if reader is None or not is_blinded_at(whole, plan, reader):
        return events
    return list(without_closed(events, reader.role))


def is_blinded_at(whole: WholeTrial, plan: Protocol | None, reader: Actor | None) -> bool:
    """Tell whether a reader is blinded by the protocol at the cut, or by the one in force now.

    An early cut has an earlier protocol or none, and what happened by then may have been recorded later.
    """
    accounts = whole.state.accounts if reader is not None else {}
    return hides_arms(plan, reader, accounts) or (reader is not None and is_blinded(whole.state, reader))


def _require_past(trial: str, cut: DataCut, events: list[Event[Any]]) -> None:
    if cut.at is None or not events:
        return
    first = events[0].fact
    rehearsed = isinstance(first, TrialRegistered) and first.persons_known is Persons.REHEARSED
    present = events[-1].recorded if rehearsed else max(events[-1].recorded, SYSTEM_CLOCK.now())
    if cut.at > present:
        raise UserError(fault("APP-250", trial, expected=at_most(present), found=cut.at))


def rests_on(whole: WholeTrial, cut: DataCut) -> tuple[list[Event[Any]], str]:
    """Return the records that a cut rests on and the hash of the last of them.

    What was known at a moment never changes, so that its report is the same to the byte whenever it is made; a cut by
    time of occurrence takes in what is recorded later, and rests on the whole ledger.

    APP-250: a cut in the future, of which nothing can be known: it would take windows as closed and visits as missed. The
    present of a rehearsal is its last record.
    """
    _require_past(whole.name, cut, whole.events)
    if cut.kind is not CutKind.AS_KNOWN or cut.at is None:
        return whole.events, whole.check.head
    known = [event for event in whole.events if event.recorded <= cut.at]
    return known, whole.head_at(len(known))


def _meta(
    trial: str,
    events: list[Event[Any]],
    cut: DataCut,
    holds: bool,  # noqa: FBT001 - one fact among many, passed by position once
    head: str,
    plan: Protocol | None,
    seed: int | None,
    last_date: Any,
) -> ReportMeta:
    registered = next((event.fact for event in events if isinstance(event.fact, TrialRegistered)), None)
    origin = registered.origin if registered else Origin.PROSPECTIVE
    title = registered.title if registered else trial
    return ReportMeta(
        trial=trial,
        origin=origin.value,
        persons=(registered.persons_known if registered else Persons.NOT_PROVED).value,
        events=len(events),
        head_hash=head,
        verified=holds,
        cut_kind=cut.kind.value,
        cut_at=cut.at,
        last_date=last_date,
        seed=seed if origin is Origin.SIMULATED else None,
        title={"en": title, "zh": title} if plan is None else None,
        protocol_version=plan.identification.version if plan else "",
        sources=tuple(_sources(events)),
        anchor=stand_in_date(events),
        justified=_justified(events, plan),
        carried_out=carried_out(cut_events(events, cut).events),
    )


def _justified(events: Iterable[Event[Any]], plan: Protocol | None) -> dict[str, tuple[str, ...]]:
    """Return who signed for which reason when the version that a report rests on came into force."""
    version = plan.identification.version if plan else ""
    facts = [event.fact for event in events if isinstance(event.fact, ProtocolApproved | ProtocolAmended)]
    found = [reasons_signed(fact.review, fact.signatures) for fact in facts if fact.version == version]
    return found[-1] if found else {}


def stand_in_date(events: Iterable[Event[Any]]) -> date | None:
    """Return the date that an import made day 0 of everybody; None where the dates of the records are real."""
    found = (event.fact.anchor for event in events if isinstance(event.fact, HistoricalSourceRegistered))
    return next((anchor for anchor in found if anchor is not None), None)


def _sources(events: Iterable[Event[Any]]) -> Iterable[Source]:
    for event in events:
        if isinstance(event.fact, HistoricalSourceRegistered):
            yield Source(event.fact.name, event.fact.sha256, event.fact.citation)


def write_report(
    where: str,
    out: Path,
    language: Language,
    *,
    trial: str | None = None,
    as_known: str | None = None,
    as_occurred: str | None = None,
    each: str | None = None,
    seed: int | None = None,
    force: bool = False,
    reader: Actor | None = None,
    log_in: LogIn | None = None,
) -> Ruling | None:
    """Write the report of a trial as one file, by its name in one of `FORMATS`; an existing file is kept unless `force`.

    each: the format of separate files instead, one for each output, in a new folder `out` with the hash of each.

    Returns the decision on the copy, which is on record before the file is written; None where nobody says who reads,
    which only a trial allows that is not running and keeps no accesses (APP-080).
    """
    suffix = document_format(out, FORMATS) if each is None else f".{each}"
    refuse_existing(out, force=force and each is None)
    whole = read_whole(where, trial)
    state = whole.state
    require_reader(state, reader)
    cut = data_cut(as_known, as_occurred)
    report = report_of(whole, cut, seed=seed, reader=reader)
    files = {} if each is None else _rendered_each(report, language, suffix)
    made = files[SUMS] if files else _rendered(report, language, suffix)
    hidden = is_blinded_at(whole, protocol_in_force(cut_events(whole.events, cut)), reader)
    decision = record_copy(
        where, whole.name, reader, CopyKind.REPORT, about="trial", position=report.meta.events,
        sha256=hashlib.sha256(made).hexdigest(), cut=cut_text(cut), log_in=log_in, start=state,
        arms_shown=any(item.arm for item in state.subjects.values()) and not hidden,
    )  # fmt: skip
    if isinstance(decision, Refused):
        return decision
    if not files:
        write_bytes(out, made)
        return decision
    write_folder(out, files)
    return decision


def _rendered_each(report: Report, language: Language, suffix: str) -> dict[str, bytes]:
    """Return a file for each output that could be made, by its number, and the file of their hashes."""
    made = {
        f"{output.spec.number}{suffix}": _rendered(replace(report, headlines=(), outputs=(output,)), language, suffix)
        for output in report.outputs
        if not isinstance(output.page.body, Nothing)
    }
    return with_sums(made)


def _rendered(report: Report, language: Language, suffix: str) -> bytes:
    """Return the file of a report; a DOCX states the last date of the data as its own."""
    if suffix == ".html":
        return render_html(report, language).encode("utf-8")
    if suffix == ".pdf":
        from celltrial.report.document.pdf import printed

        return printed(render_html(report, language), report.meta.head_hash)
    from celltrial.report.document.study_report import study_report

    if suffix == ".rtf":
        from celltrial.report.document.rtf import render_rtf

        return render_rtf(study_report(report), language)
    from celltrial.report.document.word import render_docx

    return render_docx(study_report(report), language, report.meta.last_date or date(1980, 1, 1))

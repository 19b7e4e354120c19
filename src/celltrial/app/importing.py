"""Handler of an import: read and check every table first, then hand the facts in through the ordinary commands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from celltrial.app.files import Source, read_source, read_text, refuse_existing
from celltrial.app.session import TrialSession, open_session
from celltrial.app.simulating import remove_ledger
from celltrial.conduct.acts.subject.commands import RecordHistorical
from celltrial.conduct.acts.trial.commands import RegisterHistoricalSource, RegisterTrial
from celltrial.conduct.envelope import Actor, Request, Role
from celltrial.conduct.ruling import Accepted
from celltrial.conduct.vocabulary import Origin
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.progress import Progress
from celltrial.core.reading.text import MOST_BYTES_OF_DATA, Encoding
from celltrial.exchange.cohort import CohortFacts, read_cohort, read_mapping
from celltrial.exchange.cohort.collected import collected, stated_analysis
from celltrial.exchange.cohort.facts import source_files
from celltrial.exchange.cohort.mapping import registered_title

_MANAGER = Actor("data_manager", Role.DATA_MANAGER, None, "Data manager")
_SPONSOR = Actor("sponsor", Role.SPONSOR, None, "Sponsor")


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import came to.

    notes: what was read in another way than it is in the file: an encoding, full-width characters.
    """

    trial: str
    subjects: int
    facts: int
    files: int
    notes: tuple[Fault, ...] = ()


def import_cohort(
    mapping_file: Path, folder: Path, ledger: Path, progress: Progress, *, encoding: Encoding | None = None
) -> ImportSummary:
    """Import a cohort into a new ledger; where anything is wrong nothing is written.

    encoding: of the tables; None recognises that of each.
    """
    refuse_existing(ledger)
    mapping = read_mapping(read_text(mapping_file), str(mapping_file))
    sources: dict[str, Source] = {}
    faults: list[Fault] = []
    for name in source_files(mapping):
        try:
            sources[name] = read_source(folder / name, encoding=encoding, most=MOST_BYTES_OF_DATA)
        except UserError as error:
            faults += error.faults
    if faults:
        raise UserError(*faults)
    cohort = read_cohort(mapping, {name: source.text for name, source in sources.items()})
    try:
        with open_session(ledger, mapping.trial, create=True) as session:
            _hand_in(session, cohort, sources, progress)
    except BaseException:
        remove_ledger(ledger)
        raise
    facts = sum(len(one.facts) for one in cohort.subjects)
    other = [
        fault("APP-007", name, found=source.encoding.value)
        for name, source in sources.items()
        if source.encoding is not Encoding.UTF_8
    ]
    return ImportSummary(mapping.trial, len(cohort.subjects), facts, len(sources), (*other, *cohort.notes))


def _hand_in(session: TrialSession, cohort: CohortFacts, sources: dict[str, Source], progress: Progress) -> None:
    mapping, zone = cohort.mapping, cohort.mapping.site.zone
    now = Instant(session.now(), zone)
    title = registered_title(mapping.title)
    _must(session, Request(RegisterTrial(mapping.trial, title, "", Origin.RETROSPECTIVE), _SPONSOR, now, id="register"))
    for number, (name, source) in enumerate(sources.items(), start=1):
        command = RegisterHistoricalSource(
            f"F{number}",
            name,
            source.sha256,
            mapping.citation,
            mapping.anchor,
            collected(mapping) if number == 1 else (),
            stated_analysis(mapping),
        )
        _must(session, Request(command, _MANAGER, now, id=f"source-{number}"))
    progress.start("progress.import", len(cohort.subjects))
    for one in cohort.subjects:
        record = RecordHistorical(one.subject, "F1", one.locator, one.facts, one.not_recorded)
        _must(session, Request(record, _MANAGER, now, id=f"subject-{one.subject}"), one.locator)
        progress.advance()
    progress.finish()


def _must(session: TrialSession, request: Request[Any], where: str = "") -> None:
    answer = session.submit(request)
    if not isinstance(answer, Accepted):
        raise UserError(*(_as_fault(item, where) for item in answer.conditions))


def _as_fault(condition: object, where: str) -> Fault:
    code, needed, found = (getattr(condition, name) for name in ("code", "needed", "found"))
    return fault("APP-040", where or getattr(condition, "about", ""), rule=str(code), expected=needed, found=found)

"""Handlers of data sets for a submission: a trial at a cut as SDTM or ADaM files with their definition and guide, on record first."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from celltrial import __version__
from celltrial.app.copies import record_copy, require_reader
from celltrial.app.data_sets import SeenBy, seen_by
from celltrial.app.file_formats import FileFormat
from celltrial.app.files import SUMS, refuse_existing, with_sums, write_folder
from celltrial.app.reading_once import WholeTrial, read_whole
from celltrial.app.reporting import cut_text, data_cut, stand_in_date
from celltrial.conduct.envelope import Actor, LogIn
from celltrial.conduct.facts.account.events import CopyKind
from celltrial.conduct.facts.trial.events import TrialRegistered
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.datasets import DataCut, derive
from celltrial.datasets.collection import Domain, State
from celltrial.datasets.event_log import cut_events
from celltrial.datasets.milestones import milestones
from celltrial.exchange.adam import make_adam
from celltrial.exchange.sdtm import Study, make_package
from celltrial.exchange.sdtm.package import NOT_MADE
from celltrial.exchange.submission.checks import Finding
from celltrial.exchange.submission.dataset import Dataset
from celltrial.exchange.submission.define import About, write_define
from celltrial.exchange.submission.guide import Guide, write_guide
from celltrial.exchange.submission.spec import Standard
from celltrial.locale import Language


@dataclass(frozen=True, slots=True)
class Submission:
    """The files of a package, and what they rest on.

    position: the last record they rest on.
    sha256:   of the file of hashes, and so of all of them.
    arms_of:  the subjects whose arms stand in them.
    """

    files: Mapping[str, bytes]
    tables: Mapping[str, int]
    findings: tuple[Finding, ...]
    position: int
    sha256: str
    blinded: bool


@dataclass(frozen=True, slots=True)
class SubmissionAnswer:
    """The decision on the copy, None where nobody says who takes it; the files where it was allowed."""

    decision: Ruling | None
    made: Submission | None


#: Domain to what has to have been collected for it to hold something.
_COLLECTED: Final[Mapping[str, tuple[str, ...]]] = {
    "AE": (Domain.ADVERSE_EVENTS,),
    "FA": (Domain.ADVERSE_EVENTS,),
    "BE": (Domain.MANUFACTURE,),
    "BS": (Domain.MANUFACTURE,),
    "CM": (Domain.MEDICATION, Domain.NEW_THERAPY),
    "DD": (Domain.DEATHS,),
    "EX": (Domain.DOSE,),
    "EC": (Domain.DOSE,),
    "LB": (Domain.LABORATORY,),
    "PC": (Domain.KINETICS,),
    "PR": (Domain.CELL_COLLECTION,),
    "RS": (Domain.RESPONSE, Domain.PROGRESSION),
    "SS": (Domain.SURVIVAL,),
    "VS": (Domain.WEIGHT,),
}
#: Choices of the package that the guide states, in this order.
_NOTES: Final = ("day", "local_time", "reference", "exposure", "kinetics", "genealogy", "coding", "birth", "terms")
_ADAM_NOTES: Final = ("adam_tables", "adam_time", "adam_source", "day")
Kind = Literal["sdtm", "adam"]


def make_submission(
    whole: WholeTrial, cut: DataCut, reader: Actor | None, form: FileFormat, language: Language, kind: Kind = "sdtm"
) -> Submission:
    """Return the SDTM or ADaM files of a trial at a cut.

    A blinded reader gets no arm, no name of a product and nothing measured that tells arms apart.
    Raises EXC-170 to EXC-172 where a transport file cannot hold a value.
    """
    seen = seen_by(whole, cut, reader)
    log = cut_events(seen.events, cut)
    data = derive(seen.events, seen.protocol, cut)
    study = Study(log, data, milestones(log), seen.protocol, stand_in_date(seen.events) is not None, seen.blinded)
    facts = _facts(whole, seen, cut)
    guide = _guide_to_sdtm(study, seen, facts) if kind == "sdtm" else _guide_to_adam(study, seen, facts)
    registered = next(iter(log.facts(TrialRegistered)), None)
    originator = registered.sponsor if registered is not None else ""
    title = registered.title if registered is not None else whole.name
    about = About(whole.name, title, originator, _moment(seen), "reviewers-guide.md", form.suffix)
    files = {f"{name.lower()}.{form.suffix}": _file(made, form, about) for name, made in guide.tables.items()}
    files["define.xml"] = write_define(guide.tables, guide.standard, about)
    files[about.guide] = write_guide(guide, language)
    files = with_sums(files)
    digest = hashlib.sha256(files[SUMS]).hexdigest()
    rows = {name: len(made.rows) for name, made in guide.tables.items()}
    return Submission(files, rows, tuple(guide.findings), len(seen.events), digest, seen.blinded)


def _moment(seen: SeenBy) -> datetime:
    return seen.events[-1].recorded.replace(microsecond=0) if seen.events else datetime(1970, 1, 1, tzinfo=UTC)


def _file(made: Dataset, form: FileFormat, about: About) -> bytes:
    label = made.spec.label
    if form is FileFormat.XPT:
        from celltrial.exchange.submission.xpt import write_xpt

        return write_xpt(made, label, about.moment)
    if form is FileFormat.DATASET_JSON:
        from celltrial.exchange.submission.dataset_json import Source, write_dataset_json

        return write_dataset_json(made, label, Source(about.trial, about.originator, about.moment))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(item.name for item in made.spec.variables)
    writer.writerows(["" if value is None else value for value in row.values()] for row in made.rows)
    return text.getvalue().encode()


def _facts(whole: WholeTrial, seen: SeenBy, cut: DataCut) -> dict[str, str]:
    return {
        "trial": whole.name,
        "records": str(len(seen.events)),
        "head": seen.head,
        "cut": cut_text(cut) or "-",
        "program": f"celltrial {__version__}",
    }


def _notes(study: Study, seen: SeenBy, notes: tuple[str, ...]) -> list[str]:
    found = list(notes)
    if study.stand_in:
        found.insert(0, "no_dates")
    if seen.blinded:
        found.insert(0, "blinded")
    if study.protocol is None:
        found.insert(0, "no_protocol")
    return found


def _guide_to_sdtm(study: Study, seen: SeenBy, facts: dict[str, str]) -> Guide:
    package = make_package(study)
    empty = {name: _state(study, name) for name in package.empty}
    notes = _notes(study, seen, _NOTES)
    return Guide(
        facts | _named(package.standard),
        notes,
        package.tables,
        empty,
        NOT_MADE,
        package.left_out,
        package.findings,
        package.standard,
    )


def _guide_to_adam(study: Study, seen: SeenBy, facts: dict[str, str]) -> Guide:
    standard, tables, findings = make_adam(study)
    empty = {name: "no_record" for name in standard.tables if name not in tables}
    notes = _notes(study, seen, _ADAM_NOTES)
    return Guide(facts | _named(standard), notes, tables, empty, (), {}, findings, standard)


def _named(standard: Standard) -> dict[str, str]:
    return {"standard": f"{standard.name} {standard.version}", "terminology": f"CDISC {standard.release}"}


def _state(study: Study, domain: str) -> str:
    """Return why a domain holds nothing: nothing of the kind was collected, nobody knows, or nothing occurred that is recorded."""
    names = _COLLECTED.get(domain)
    if domain in {"TA", "TE", "TI", "TV"} and study.protocol is None:
        return "no_protocol"
    if names is None:
        return "no_record"
    state = study.data.collected.state(*names)
    return "no_record" if state is State.COLLECTED else state.value


def write_submission(
    where: str,
    folder: Path,
    form: FileFormat,
    language: Language,
    *,
    kind: Kind = "sdtm",
    trial: str | None = None,
    as_known: str | None = None,
    as_occurred: str | None = None,
    reader: Actor | None = None,
    log_in: LogIn | None = None,
) -> SubmissionAnswer:
    """Write the SDTM or ADaM files into a new folder; the copy is on record before the first file is there.

    APP-004: the folder exists; APP-080: nobody says who takes it, which only a trial allows that is not running and keeps no
    accesses; LDG-001: no records; EXC-170 to EXC-172: a transport file cannot hold a value.
    """
    refuse_existing(folder)
    whole = read_whole(where, trial)
    require_reader(whole.state, reader)
    cut = data_cut(as_known, as_occurred)
    made = make_submission(whole, cut, reader, form, language, kind)
    arms = any(subject.arm for subject in whole.state.subjects.values())
    decision = record_copy(
        where, whole.name, reader, CopyKind.DATA_SETS, about="trial", position=made.position, sha256=made.sha256,
        arms_shown=arms and not made.blinded, cut=cut_text(cut), log_in=log_in, start=whole.state,
    )  # fmt: skip
    if isinstance(decision, Refused):
        return SubmissionAnswer(decision, None)
    write_folder(folder, made.files)
    return SubmissionAnswer(decision, made)

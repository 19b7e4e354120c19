"""Handler of data sets: the analysis tables of a trial at a data cut as files that anybody can check, on record first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import polars as pl

from celltrial import __version__
from celltrial.app.copies import record_copy, require_reader
from celltrial.app.files import SUMS, refuse_existing, with_sums, write_folder
from celltrial.app.reading_once import WholeTrial, read_whole
from celltrial.app.reporting import cut_text, data_cut, is_blinded_at, rests_on, stand_in_date
from celltrial.conduct.acts.account.blinding import HIDDEN, broken_to, without_closed
from celltrial.conduct.envelope import Actor, Event, LogIn
from celltrial.conduct.facts.account.events import CopyKind
from celltrial.conduct.facts.trial.events import TrialRegistered
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.conduct.vocabulary import Persons
from celltrial.datasets import DATASETS, DataCut, TrialData, derive
from celltrial.datasets.derive import protocol_in_force
from celltrial.datasets.event_log import cut_events
from celltrial.protocol import Protocol


@dataclass(frozen=True, slots=True)
class DataSets:
    """The tables of one trial as files, and what they rest on.

    position: the last record they rest on.
    sha256:   of the file of hashes, and so of all of them.
    blinded:  whether what reveals an arm is hidden.
    arms_of:  the subjects whose arms are in them.
    """

    files: Mapping[str, bytes]
    tables: int
    position: int
    sha256: str
    blinded: bool
    arms_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DataSetsAnswer:
    """The decision on the copy, None where nobody says who takes it; the tables where it was allowed."""

    decision: Ruling | None
    made: DataSets | None


@dataclass(frozen=True, slots=True)
class SeenBy:
    """What one reader sees of a trial at a cut: the records, redacted where the reader is blinded.

    head:     hash of the last record that it rests on.
    protocol: the version in force at the cut.
    """

    events: list[Event[Any]]
    head: str
    protocol: Protocol | None
    blinded: bool


def seen_by(whole: WholeTrial, cut: DataCut, reader: Actor | None) -> SeenBy:
    """Return what a reader sees of a trial at a cut; None is whoever keeps the ledger itself."""
    events, head = rests_on(whole, cut)
    plan = protocol_in_force(cut_events(events, cut))
    blinded = is_blinded_at(whole, plan, reader)
    if blinded and reader is not None:
        events = list(without_closed(events, reader.role, broken_to(whole.events, reader.id)))
    return SeenBy(events, head, plan, blinded)


def make_data_sets(where: str, trial: str, cut: DataCut, reader: Actor | None) -> DataSets:
    """Return the analysis tables at a data cut as CSV files, with what they rest on and the hash of each.

    A blinded reader gets `***` in place of every arm but those of subjects whose code was broken to them.
    """
    return data_sets_of(read_whole(where, trial), cut, reader)


def data_sets_of(whole: WholeTrial, cut: DataCut, reader: Actor | None) -> DataSets:
    """Return the tables of a trial that was read; see `make_data_sets`."""
    found = seen_by(whole, cut, reader)
    every, events, plan = whole.events, found.events, found.protocol
    data = derive(events, plan, cut)
    anchor = stand_in_date(events)
    registered = (event.fact for event in every if isinstance(event.fact, TrialRegistered))
    persons = next((fact.persons_known.value for fact in registered), Persons.NOT_PROVED.value)
    about = {
        "trial": whole.name,
        "persons": persons,
        "texts": "an apostrophe stands before a text that a spreadsheet would run as a formula",
        "dates": "real" if anchor is None else "days from infusion; the sources hold no dates",
        "cut": cut_text(cut),
        "position": len(events),
        "head": found.head,
        "blinded": found.blinded,
        "program": f"celltrial {__version__}",
        "protocol_version": plan.identification.version if plan is not None else "",
        "analysis": {name: value for name, value in asdict(data.plan).items() if name != "stated"},
        "analysis_stated": sorted(data.plan.stated),
        "collected": None
        if data.collected.declared is None
        else sorted(data.collected.declared | data.collected.found),
    }
    arms = data.adsl.select("usubjid", "arm").drop_nulls().rows()
    files = _files(data, about, anchor)
    digest = hashlib.sha256(files[SUMS]).hexdigest()
    return DataSets(
        files, len(data.tables()), len(events), digest, found.blinded, tuple(n for n, arm in arms if arm != HIDDEN)
    )


#: What a spreadsheet takes for the beginning of a formula.
_FORMULA: Final = r"^\s*[=+\-@\t\r＝＋－＠]"


def _harmless(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table with an apostrophe before each text that a spreadsheet would run as a formula."""
    texts = [name for name, kind in table.schema.items() if kind == pl.String]
    return table.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name in texts
    )


def _files(data: TrialData, about: Mapping[str, Any], anchor: date | None) -> dict[str, bytes]:
    """Return the files by name: a table each, the columns of all, what they rest on, and the hashes.

    anchor: the stand-in for day 0 of everybody; with it the tables hold days and no dates.
    """
    shapes = {name: (DATASETS[name], table) for name, table in data.tables().items()}
    if anchor is not None:
        shapes = {name: spec.in_days(table, anchor) for name, (spec, table) in shapes.items()}
    files = {f"{name}.csv": _harmless(table).write_csv().encode() for name, (_, table) in shapes.items()}
    columns = {
        name: [
            {"name": item.name, "type": str(item.dtype), "unit": item.unit, "adam": item.adam, "meaning": item.meaning}
            for item in spec.columns
        ]
        for name, (spec, _) in shapes.items()
    }
    shown = {**about, "tables": {name: table.height for name, table in data.tables().items()}, "columns": columns}
    files["about.json"] = (json.dumps(shown, ensure_ascii=False, indent=1) + "\n").encode()
    return with_sums(files)


def write_data_sets(
    where: str,
    folder: Path,
    *,
    trial: str | None = None,
    as_known: str | None = None,
    as_occurred: str | None = None,
    reader: Actor | None = None,
    log_in: LogIn | None = None,
) -> DataSetsAnswer:
    """Write the tables into a new folder; the copy is on record before the first file is there.

    APP-004: the folder exists; APP-080: nobody says who takes it, which only a trial allows that is not running and
    keeps no accesses; LDG-001: no records.
    """
    refuse_existing(folder)
    whole = read_whole(where, trial)
    require_reader(whole.state, reader)
    cut = data_cut(as_known, as_occurred)
    made = data_sets_of(whole, cut, reader)
    decision = record_copy(
        where, whole.name, reader, CopyKind.DATA_SETS, about="trial", position=made.position, sha256=made.sha256,
        arms_shown=bool(made.arms_of) and not made.blinded, arms_of=made.arms_of if made.blinded else (),
        cut=cut_text(cut), log_in=log_in, start=whole.state,
    )  # fmt: skip
    if isinstance(decision, Refused):
        return DataSetsAnswer(decision, None)
    write_folder(folder, made.files)
    return DataSetsAnswer(decision, made)

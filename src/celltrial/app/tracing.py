"""Handler of a trace: the subjects and the records of the ledger that one number of the report rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from celltrial.app.copies import require_reader
from celltrial.app.reading_once import read_whole
from celltrial.app.reporting import data_cut, inputs_of, rests_on, shown_to
from celltrial.conduct.envelope import Actor, Event
from celltrial.core.errors import UserError, fault
from celltrial.core.progress import Progress, Silent
from celltrial.core.values import Identifier, at_most, message, one_of
from celltrial.datasets import DataCut, derive
from celltrial.report.content import OUTPUTS
from celltrial.report.content.absence import page_of
from celltrial.report.content.output import Cell, OutputSpec, Page, Table
from celltrial.report.content.values import Value
from celltrial.report.inputs import Inputs
from celltrial.report.tracing import Address, Place, cell_at, found_again, resting_on, with_subject

_SILENT: Final = Silent()


@dataclass(frozen=True, slots=True)
class SubjectFound:
    """A subject on whom the cell rests, what it would be without them, and records of theirs that are enough for it.

    without: None where the cell would be gone.
    records: with these alone the cell reads the same, and it does so without none of them; the earliest where several would
             do. None where they were not looked for.
    """

    subject: str
    without: Value | None
    records: tuple[Event[Any], ...] | None


@dataclass(frozen=True, slots=True)
class Trace:
    """An output with its page; where a cell was asked for, the cell and what it rests on."""

    trial: str
    spec: OutputSpec
    page: Page
    cell: Cell | None = None
    found: tuple[SubjectFound, ...] = ()
    subjects: int = 0


def trace(
    where: str,
    trial: str | None,
    number: str,
    address: Address | None,
    *,
    subject: str | None = None,
    as_known: str | None = None,
    as_occurred: str | None = None,
    reader: Actor | None = None,
    progress: Progress = _SILENT,
) -> Trace:
    """Return the cells of an output, or what one of them rests on.

    number:  permanent number of the output, such as "14.1.1".
    subject: only this subject's records are looked for; None looks for everybody's.
    Raises APP-310 for a number that no output has, APP-311 for a cell that the output does not have, APP-312 for a subject
    on whom the cell does not rest, APP-080 where nobody says who reads.
    """
    spec = next((item for item in OUTPUTS if item.number == number), None)
    if spec is None:
        raise UserError(
            fault("APP-310", "report", expected=one_of(*(Identifier(item.number) for item in OUTPUTS)), found=number)
        )
    whole = read_whole(where, trial)
    require_reader(whole.state, reader)
    cut = data_cut(as_known, as_occurred)
    inputs = inputs_of(whole, cut, reader=reader)
    page = page_of(inputs, spec)
    if address is None:
        return Trace(whole.name, spec, page)
    found = cell_at(page, address)
    if found is None:
        raise UserError(fault("APP-311", number, expected=_extent(page), found=f"{address.row}, {address.column}"))
    place, cell = found
    changed = resting_on(inputs, spec, address)
    if subject is not None and subject not in changed:
        raise UserError(fault("APP-312", number, expected=message("subject_of_the_cell"), found=Identifier(subject)))
    streams = _streams(whole.state)
    events = shown_to(whole, rests_on(whole, cut)[0], inputs.protocol, reader)
    look = _Look(events, cut, inputs, spec, place, cell.value)
    rows = []
    progress.start("cli.trace.progress", len(changed))
    for name, without in changed.items():
        progress.advance()
        records = look.records(name, streams.get(name, frozenset())) if subject in {None, name} else None
        rows.append(SubjectFound(name, without, records))
    progress.finish()
    return Trace(whole.name, spec, page, cell, tuple(rows), inputs.adsl.height)


def _extent(page: Page) -> Any:
    if not isinstance(page.body, Table):
        return message("output_with_cells")
    return message("cell_within", rows=at_most(len(page.body.rows)), columns=at_most(len(page.body.columns)))


def _streams(state: Any) -> Mapping[str, frozenset[str]]:
    """Return the streams that tell of each subject: their own and those of their batches."""
    made = {name: {f"subject/{name}"} for name in state.subjects}
    for name, batch in state.batches.items():
        made.setdefault(batch.subject, set()).add(f"batch/{name}")
    return {name: frozenset(streams) for name, streams in made.items()}


@dataclass(frozen=True)
class _Look:
    """What is needed to leave a record out and read the cell again."""

    events: list[Event[Any]]
    cut: DataCut
    inputs: Inputs
    spec: OutputSpec
    place: Place
    value: Value

    def records(self, subject: str, streams: frozenset[str]) -> tuple[Event[Any], ...]:
        """Return records of a subject that are enough for the cell and of which none can be missed, in order.

        Halves are left out first, then quarters, at last single ones, the latest first (delta debugging: Zeller and
        Hildebrandt, IEEE Trans Softw Eng 2002;28:183, without the search among complements).
        """
        kept = [event for event in self.events if event.stream in streams]
        own = set(map(id, kept))
        frame = [event for event in self.events if id(event) not in own and not _is_somebody_s(event)]
        if not self._reads(subject, frame, kept):
            frame = [event for event in self.events if id(event) not in own]
        size = max(1, len(kept) // 2)
        while True:
            before = len(kept)
            for end in range(len(kept), 0, -size):
                rest = kept[: max(0, end - size)] + kept[end:]
                if self._reads(subject, frame, rest):
                    kept = rest
            if size == 1 and len(kept) == before:
                return tuple(kept)
            size = max(1, size // 2)

    def _reads(self, subject: str, frame: list[Event[Any]], mine: list[Event[Any]]) -> bool:
        """Tell whether the cell reads the same with these records of the subject beside the frame."""
        events = sorted((*frame, *mine), key=lambda event: event.position)
        try:
            tables = derive(events, self.inputs.protocol, self.cut).tables()
            page = page_of(with_subject(self.inputs, subject, tables), self.spec)
        except (UserError, LookupError, ValueError):  # a record that others build on is missing
            return False
        return found_again(page, self.place) == self.value


def _is_somebody_s(event: Event[Any]) -> bool:
    return event.stream.startswith(("subject/", "batch/"))

"""The audit trail beside the data point: the history of every item of a subject, and what was asked about it.

An item is one field of one record: of an adverse event under its id, of every
other fact under its own position, so that two blood counts are two records. Its
history is the first entry, what later facts of the same record changed, and
every correction; each with who, when, why, the value before and after. Queries,
deviations and verifications against the source are beside the record that
they are about.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.account.blinding import HIDDEN
from celltrial.core.values import Value, as_written
from celltrial.ledger.audit import local_moment, payload_items, stored_value
from celltrial.ledger.record import Record, is_correction
from celltrial.ledger.record_names import record_names

_QUERY: Final = "safety.query_"
_VERIFIED: Final = "trial.value_verified"
_DEVIATION: Final = "trial.deviation_recorded"


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One value of an item.

    occurred: the site's local time as far as it is known, with offset and zone.   recorded: UTC, by `clock`.
    old:      None in the first entry.   corrects: whether it put an earlier entry right.
    signed_by: numbers of the signatures on the record of this change, superseded ones too.
    """

    position: int
    old: str | None
    new: str
    occurred: str
    recorded: str
    clock: str
    account: str
    printed_name: str
    role: str
    site: str
    reason: str
    request: str
    protocol_version: str
    corrects: bool
    signed_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class NoteStep:
    """One step of a query, or a deviation: the stored name of the fact, what it says, who and when."""

    position: int
    step: str
    text: Value
    account: str
    printed_name: str
    role: str
    recorded: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """A query with every step of its life, a deviation, or a value held against its source.

    about: the record, item or stream that it names.
    """

    note: str
    kind: str
    about: str
    steps: tuple[NoteStep, ...]


@dataclass(frozen=True, slots=True)
class ItemMark:
    """The last time that an item was held against its source, and what became of the mark.

    position: of the verification.   value: that was found the same.   source: the document.
    voided_by: position of the change after it; 0 while the verified value stands.
    """

    position: int
    value: str
    source: str
    account: str
    printed_name: str
    recorded: str
    voided_by: int = 0

    @property
    def stands(self) -> bool:
        """Whether the value that was verified is the one that stands."""
        return not self.voided_by


@dataclass(frozen=True, slots=True)
class ItemHistory:
    """One item: its record and the stored name of the fact, its field, every value it ever had, the notes about its record.

    mark: the last time it was held against its source; None where nobody did.
    """

    record: str
    fact: str
    field: str
    changes: tuple[ItemChange, ...]
    notes: tuple[str, ...] = ()
    mark: ItemMark | None = None


@dataclass(frozen=True, slots=True)
class ItemAudit:
    """The histories of a subject's items, and the notes about them in full."""

    subject: str
    items: tuple[ItemHistory, ...]
    notes: tuple[Note, ...]


@dataclass(slots=True)
class _Entry:
    """A record while it is read: its names, and its items and the facts that hold them by field."""

    names: tuple[str, ...]
    facts: dict[str, str] = field(default_factory=dict)
    items: dict[str, list[ItemChange]] = field(default_factory=dict)
    marks: dict[str, ItemMark] = field(default_factory=dict)


@dataclass(slots=True)
class _Reading:
    """Everything read so far: records by id, the record of each position, notes."""

    entries: dict[str, _Entry] = field(default_factory=dict)
    at: dict[int, _Entry] = field(default_factory=dict)
    notes: dict[str, tuple[str, str, list[NoteStep]]] = field(default_factory=dict)
    places: dict[str, tuple[_Entry, str]] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    zone: str = ""


def item_audit(
    records: Iterable[Record],
    subject: str,
    *,
    item: str = "",
    signed: Mapping[int, tuple[int, ...]] = MappingProxyType({}),
    closed: Callable[[Record], Collection[str]] = lambda _: (),
    named: Callable[[str, str, str], Collection[str]] = lambda _record, _fact, _field: (),
) -> ItemAudit:
    """Return the history of every item of a subject, or of those whose record or field, or what these are called, contains `item`.

    records: of the whole trial, in order; corrections and queries are outside the subject's stream.
    signed:  position to the numbers of its signatures.
    named:   what a record and a field of a fact are called where people read them.
    closed:  the fields of a record that the reader may not know; their values become `HIDDEN`.
    """
    reading, stream = _Reading(), f"subject/{subject}"
    for record in records:
        kind = record.type.rpartition("/")[0]
        if kind == "site.activated":
            reading.zones[record.payload["site"]] = record.payload["zone"]
        if kind == "subject.screened" and record.stream == stream:
            reading.zone = reading.zones.get(record.payload["site"], "")
        if kind == _VERIFIED:
            _read_verified(reading, record, kind, closed)
        elif kind.startswith(_QUERY) or kind == _DEVIATION:
            _read_note(reading, record, kind)
        elif is_correction(record):
            _read_correction(reading, record, signed, closed)
        elif record.stream == stream:
            _read_fact(reading, record, kind, signed, closed)
    notes = tuple(
        Note(key, kind, about, tuple(steps))
        for key, (kind, about, steps) in reading.notes.items()
        if key in reading.places
        or about == stream
        or any(_is_about(about, entry.names) for entry in reading.entries.values())
    )
    return ItemAudit(subject, tuple(_histories(reading, notes, item, named)), notes)


def _histories(reading: _Reading, notes: tuple[Note, ...], item: str, named: Any) -> Iterator[ItemHistory]:
    for entry in reading.entries.values():
        about = tuple(
            note.note for note in notes if note.note not in reading.places and _is_about(note.about, entry.names)
        )
        for name, changes in entry.items.items():
            own = tuple(key for key, (place, asked) in reading.places.items() if place is entry and asked == name)
            if any(
                item in shown for shown in (*entry.names, name, *named(entry.names[0], entry.facts.get(name, ""), name))
            ):
                yield ItemHistory(
                    entry.names[0],
                    entry.facts.get(name, ""),
                    name,
                    tuple(changes),
                    (*about, *own),
                    _mark(entry, name, changes),
                )


def _mark(entry: _Entry, name: str, changes: list[ItemChange]) -> ItemMark | None:
    """Return the last verification of an item, void where another value was put in its place afterwards."""
    mark = entry.marks.get(name)
    if mark is None:
        return None
    later = next((item.position for item in changes if item.position > mark.position), 0)
    return replace(mark, voided_by=later)


def _is_about(about: str, names: tuple[str, ...]) -> bool:
    return any(about == name or about.startswith((f"{name}.", f"{name} ")) for name in names)


def _read_fact(reading: _Reading, record: Record, kind: str, signed: Any, closed: Any) -> None:
    names = record_names(record)
    entry = reading.entries.setdefault(names[0], _Entry(names))
    reading.at[record.position] = entry
    source = record.payload.get("source", "") if kind == "safety.adverse_event_graded" else ""
    hidden = closed(record)
    for name, value in (("occurred", local_moment(record, reading.zone)), *payload_items(record.payload)):
        path = f"{source}.{name}" if source and source != "reported" else name
        new = HIDDEN if name in hidden else str(value)
        changes = entry.items.setdefault(path, [])
        entry.facts.setdefault(path, kind)
        if not changes or (changes[-1].new != new and name != "occurred"):
            changes.append(_change(reading, record, changes[-1].new if changes else None, new, signed))


def _read_correction(reading: _Reading, record: Record, signed: Any, closed: Any) -> None:
    payload = record.payload
    entry = reading.at.get(payload.get("position", 0))
    if entry is None:
        return
    name, hidden = _corrected_item(entry, record), closed(record)
    old, new = (HIDDEN, HIDDEN) if name in hidden else (str(payload["old"]), str(payload["new"]))
    entry.items.setdefault(name, []).append(_change(reading, record, old, new, signed))


def _corrected_item(entry: _Entry, record: Record) -> str:
    """Return the item that a correction is about: its field, or that field of the answer that its record names."""
    named, name = str(record.payload.get("record", "")), str(record.payload.get("field", "value"))
    for path, changes in entry.items.items():
        if path.endswith(".item") and any(named == f"{known}/{changes[-1].new}" for known in entry.names):
            return f"{path.removesuffix('item')}{name}"
    return name


def _change(reading: _Reading, record: Record, old: str | None, new: str, signed: Any) -> ItemChange:
    return ItemChange(
        record.position, old, new, local_moment(record, reading.zone), record.recorded, record.clock, record.actor,
        record.printed_name, record.role, record.site, record.reason, record.cause, record.protocol_version,
        is_correction(record), signed.get(record.position, ()),
    )  # fmt: skip


def _read_note(reading: _Reading, record: Record, kind: str) -> None:
    payload = record.payload
    is_query = kind.startswith(_QUERY)
    key = str(payload.get("query" if is_query else "deviation"))
    text = stored_value(payload.get("answer") or payload.get("detail") or "")
    word = "query" if is_query else "deviation"
    place = reading.at.get(payload.get("position") or 0)
    if is_query and place is not None:
        reading.places[f"{word}/{key}"] = (place, str(payload.get("field", "")))
    _, _, steps = reading.notes.setdefault(f"{word}/{key}", (word, str(payload.get("about", "")), []))
    step = NoteStep(
        record.position, kind, text, record.actor, record.printed_name, record.role, record.recorded, record.reason
    )
    steps.append(step)


def _read_verified(reading: _Reading, record: Record, kind: str, closed: Any) -> None:
    said = record.payload
    entry, name = reading.at.get(said["position"]), str(said["field"])
    if entry is None:
        return
    value = HIDDEN if name in closed(record) else str(said["value"])
    step = NoteStep(
        record.position, kind, as_written(f"{value} = {said['source']}"), record.actor, record.printed_name, record.role,
        record.recorded, record.reason,
    )  # fmt: skip
    path = _corrected_item(entry, record)
    entry.marks[path] = ItemMark(
        record.position, value, str(said["source"]), record.actor, record.printed_name, record.recorded
    )
    reading.notes[f"verified/{record.position}"] = ("verified", f"{said['record']}.{name}", [step])

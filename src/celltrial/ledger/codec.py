"""Facts to stored payloads and back, by stable names; older versions are lifted step by step.

The table of names is an argument: `celltrial.conduct.facts.events.EVENTS` for a trial.
A payload written years ago under `subject.cells_infused/1` is lifted by the
upcaster of that name to `/2`, and so on to the version that the table holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Draft, Event
from celltrial.core.errors import DefectError, UserError, fault
from celltrial.core.scalars import UnreadableError
from celltrial.core.shapes import shape_of, writer
from celltrial.ledger.port import Entry
from celltrial.ledger.record import Record, actor_of, instant_of, parse_utc, precision_of

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]
_STABLE_NAME: Final = re.compile(r"([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)/([1-9][0-9]*)")
_NO_UPCASTERS: Final[Mapping[str, Upcaster]] = MappingProxyType({})


class Codec:
    """Encodes and decodes the facts of one table of events.

    events:    stable name with version -> frozen dataclass; the newest version of each name.
    upcasters: stable name with an older version -> function from its payload to the payload of the
               next version.

    A table that contradicts itself is a defect: a name out of form, a class under two names, a step
    that leads nowhere. Payload forms are built on first use of a type.
    """

    def __init__(self, events: Mapping[str, type], upcasters: Mapping[str, Upcaster] = _NO_UPCASTERS) -> None:
        self._kinds = dict(events)
        self._names = {kind: name for name, kind in events.items()}
        self._upcasters = dict(upcasters)
        self._reads: dict[str, Callable[[dict[str, Any]], Any]] = {}
        self._writes: dict[type, tuple[str, Callable[[Any], Any]]] = {}
        wrong = [name for name in (*events, *upcasters) if not _STABLE_NAME.fullmatch(name)]
        wrong += [name for name in upcasters if _next_version(name) not in {*events, *upcasters} or name in events]
        if wrong or len(self._names) != len(self._kinds):
            raise DefectError(f"the table of events contradicts itself: {wrong or 'a class stands under two names'}")

    @property
    def types(self) -> tuple[str, ...]:
        """Every stored type that can be read, sorted; the older versions too."""
        return tuple(sorted({*self._kinds, *self._upcasters}))

    def encode(self, fact: object) -> tuple[str, dict[str, Any]]:
        """Return the stable name and the payload of plain JSON values.

        A fact whose class is not in the table, or that holds a value of another type than annotated,
        is a defect. LDG-023: a number that is not finite; COR-011: a time without offset.
        """
        kind: type = type(fact)
        if kind not in self._writes:
            if kind not in self._names:
                raise DefectError(f"{kind!r} has no stable name in the table of events")
            self._writes[kind] = (self._names[kind], writer(shape_of(kind)))
        name, write = self._writes[kind]
        return name, write(fact)

    def decode(self, name: str, payload: dict[str, Any], where: str = "") -> Any:
        """Return the fact of a stored payload, lifted to the newest version; `where` is named in an error.

        LDG-020: a type that this program does not know; LDG-022: a payload of another form.
        """
        read = self._reads.get(name)
        if read is None:
            read = self._reads[name] = self._reader(name, where)
        try:
            return read(payload)
        except UnreadableError as error:
            params = {"type": name, "field": error.path or "-", "expected": error.expected}
            raise UserError(fault("LDG-022", where=where, **params, found=ascii(error.found)[:120])) from None

    def _reader(self, name: str, where: str) -> Callable[[dict[str, Any]], Any]:
        steps: list[Upcaster] = []
        current = name
        while current in self._upcasters:
            steps.append(self._upcasters[current])
            current = _next_version(current)
        if current not in self._kinds:
            raise UserError(fault("LDG-020", where=where, expected=self._versions(name), found=name))
        read = shape_of(self._kinds[current]).read
        if not steps:
            return read

        def lift(payload: dict[str, Any]) -> Any:
            for step in steps:
                try:
                    payload = step(dict(payload))
                except (KeyError, TypeError, ValueError, AttributeError) as error:
                    raise UnreadableError(f"a payload of {name}", f"{type(error).__name__} {error}") from None
            return read(payload)

        return lift

    def _versions(self, name: str) -> str:
        stem = name.partition("/")[0]
        known = [other for other in self.types if other.partition("/")[0] == stem]
        return " ".join(known) or "a type of this program's table of events"

    def entry(self, draft: Draft[Any]) -> Entry:
        """Return what the ledger stores for a draft."""
        name, payload = self.encode(draft.fact)
        return Entry(draft.stream, name, payload, draft.occurred, draft.precision, draft.actor, draft.reason)

    def event(self, record: Record) -> Event[Any]:
        """Return the remembered fact of a record."""
        return event_of(record, self.decode(record.type, record.payload, f"{record.trial} {record.position}"))


def event_of(record: Record, fact: Any) -> Event[Any]:
    """Return a fact with what its record says around it; LDG-024 where that cannot be read."""
    # Unpacked by place: looking up each field by name would take as long as all the rest.
    _, trial, position, stream, version, recorded, _, _, occurred, zone, precision, *who, reason, cause, protocol, _, _ = record  # fmt: skip
    try:
        when, exact = instant_of(occurred, zone), precision_of(precision)
        known, actor = parse_utc(recorded), actor_of(*who)
    except ValueError:  # the properties name the field that cannot be read
        when, exact, known, actor = record.happened, record.exactness, record.known, record.who
    return Event(trial, position, stream, version, fact, when, exact, known, actor, reason, cause, protocol)


def _next_version(name: str) -> str:
    stem, _, version = name.partition("/")
    return f"{stem}/{int(version) + 1}" if version.isdecimal() else ""

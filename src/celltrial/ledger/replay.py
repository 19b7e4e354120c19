"""All events of a trial, straight from the stored lines: what a rebuild of the state reads.

Every line is checked against its hash and its place, as a reader of records does, but no record is built
on the way. Anything out of the ordinary is left to that reader, which names what is wrong; the two are held
against each other by test.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic_core import from_json

from celltrial.conduct.envelope import Event
from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.ledger.codec import Codec
from celltrial.ledger.port import Ledger
from celltrial.ledger.record import (
    FIELD_TYPES,
    LINE_FIELDS,
    actor_of,
    instant_of,
    parse_line,
    parse_utc,
    precision_of,
)

_FIELDS: Final = list(LINE_FIELDS)
_TYPES: Final = list(FIELD_TYPES)


def replay(
    ledger: Ledger, codec: Codec, trial: str, lines: Iterable[tuple[bytes, bytes]] | None = None
) -> Iterator[Event[Any]]:
    """Yield every event of a trial in order.

    lines: the stored lines of the trial with their hashes, where they were read already.

    LDG-025: a line that does not match its hash; LDG-004: a position left out or twice; LDG-024, LDG-020 and
    LDG-022: a record, a type or a payload that cannot be read.
    """
    for position, (line, stored) in enumerate(ledger.lines(trial) if lines is None else lines, start=1):
        try:
            event = _plain(codec, trial, position, line, stored)
        except (UserError, ValueError, TypeError):
            event = _with_care(ledger, codec, trial, position, (line, stored))
        yield event


def _plain(codec: Codec, trial: str, position: int, line: bytes, stored: bytes) -> Event[Any]:
    """Return the event of a line that is as it should be; ValueError for any other, without a word of why."""
    value = from_json(line, allow_inf_nan=False)
    if (
        hashlib.sha256(line).hexdigest().encode() != stored
        or [*value] != _FIELDS
        or [*map(type, value.values())] != _TYPES
    ):
        raise ValueError
    (
        _, chain, place, stream, version, recorded, _, name, occurred, zone, precision,
        account, role, site, printed_name, reason, cause, protocol, payload,
    ) = value.values()  # fmt: skip
    if place != position or chain != trial:
        raise ValueError
    return Event(
        trial, position, stream, version, codec.decode(name, payload), instant_of(occurred, zone), precision_of(precision),
        parse_utc(recorded), actor_of(account, role, site, printed_name), reason, cause, protocol,
    )  # fmt: skip


def _with_care(ledger: Ledger, codec: Codec, trial: str, position: int, row: tuple[bytes, bytes]) -> Event[Any]:
    line, stored = (part.decode("utf-8", "replace") if isinstance(part, bytes) else part for part in row)
    record = parse_line(line, stored)
    if (record.trial, record.position) != (trial, position):
        raise UserError(
            fault(
                "LDG-004",
                where=ledger.place,
                found=message("position_after", position=record.position, last=position - 1),
            )
        )
    return codec.event(record)

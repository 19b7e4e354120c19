"""One remembered record: its fields, its line of JSON, and the hash that chains it to the one before.

A record is kept as one line of JSON with its keys in the order of `Record`,
the payload last and canonical. Its hash is the SHA-256 of that line in UTF-8.
The line begins with `previous`, the hash of the record before it; for the first
record of a trial that is the trial's genesis hash. What is stored, what is
hashed and what is exported are the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final, NamedTuple

from pydantic_core import to_json

from celltrial.conduct.envelope import Actor, Precision, Role
from celltrial.core.canonical import canonical, canonical_flat, parse_object
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError, fault
from celltrial.core.values import message

_NUL: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_WHOLE_SECOND: Final = len('"2025-03-29T02:00:00Z"')
_GENESIS: Final = "celltrial-ledger/1"


class Record(NamedTuple):
    """What is stored.

    previous: hash of the record before.     position: 1, 2, ... within the trial, without gaps.
    stream:   what the fact is about.        version:  1, 2, ... within the stream.
    recorded: when the ledger took it, UTC, fixed width; never earlier than the record before.
    clock:    the source of `recorded`; ends in `+held` where it stood behind the record before.
    type:     stable name with version, such as `subject.cells_infused/1`.
    occurred: when it happened, UTC, fixed width; with `zone` (IANA) and `precision`.
    cause:    identifier of the request that led to it.
    payload:  the fact as plain JSON values.
    hash:     SHA-256 of the line, 64 hexadecimal digits; not part of the line.
    """

    previous: str
    trial: str
    position: int
    stream: str
    version: int
    recorded: str
    clock: str
    type: str
    occurred: str
    zone: str
    precision: str
    actor: str
    role: str
    site: str
    printed_name: str
    reason: str
    cause: str
    protocol_version: str
    payload: dict[str, Any]
    hash: str = ""

    @property
    def who(self) -> Actor:
        """The person, with role, site and printed name as they stood at the time."""
        try:
            return actor_of(self.actor, self.role, self.site, self.printed_name)
        except ValueError:
            raise self._unreadable("role") from None

    @property
    def happened(self) -> Instant:
        """When it happened, with the zone of the place."""
        try:
            return instant_of(self.occurred, self.zone)
        except ValueError:
            raise self._unreadable("occurred") from None

    @property
    def known(self) -> datetime:
        """When the ledger took it, UTC."""
        try:
            return parse_utc(self.recorded)
        except ValueError:
            raise self._unreadable("recorded") from None

    @property
    def exactness(self) -> Precision:
        """How exactly the time of occurrence is known."""
        try:
            return precision_of(self.precision)
        except ValueError:
            raise self._unreadable("precision") from None

    def _unreadable(self, field: str) -> UserError:
        found = ascii(getattr(self, field))[:80]
        return UserError(fault("LDG-024", where=f"{self.trial} {self.position}", expected=field, found=found))


#: The keys of a line, in their order.
LINE_FIELDS: Final = Record._fields[:-1]
FIELD_TYPES: Final = tuple({"position": int, "version": int, "payload": dict}.get(name, str) for name in LINE_FIELDS)


@lru_cache(maxsize=4096)
def actor_of(account: str, role: str, site: str, printed_name: str) -> Actor:
    """Return the person of a record; ValueError for a role that there is not."""
    return Actor(account, Role(role), site or None, printed_name)


@lru_cache(maxsize=1024)
def instant_of(utc: str, zone: str) -> Instant:
    """Return the time of a record; ValueError for text that is no time."""
    return Instant(parse_utc(utc), zone)


@cache
def precision_of(text: str) -> Precision:
    """Return the precision of a record; ValueError for another word."""
    return Precision(text)


def format_utc(moment: datetime) -> str:
    """Return an aware time as fixed-width UTC text, so that text order is time order.

    >>> format_utc(datetime(2025, 3, 29, 2, tzinfo=UTC))
    '2025-03-29T02:00:00.000000Z'
    """
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = to_json(moment).decode()  # a third of the time of `isoformat`; it leaves a whole second without fraction
    return text[1:-1] if len(text) > _WHOLE_SECOND else f"{text[1:20]}.000000Z"


def parse_utc(text: str) -> datetime:
    """Read what `format_utc` wrote."""
    return datetime.fromisoformat(text)


def genesis(trial: str) -> str:
    """Return the hash that is before the first record of a trial.

    >>> genesis("BC-1")[:16]
    'd38adda554ff86f2'
    """
    return hashlib.sha256(f"{_GENESIS}\n{trial}".encode()).hexdigest()


def line_hash(line: str) -> str:
    """Return the hash of a line (SHA-256, NIST FIPS 180-4; checked against `sha256sum`).

    A line that cannot be kept is refused (LDG-012): not every database keeps U+0000, and UTF-8 cannot
    write a lone surrogate.
    """
    if "\\u0000" in line and _NUL.search(line):
        raise UserError(fault("LDG-012", where="payload", expected=message("text_without_nul"), found="U+0000"))
    try:
        return hashlib.sha256(line.encode()).hexdigest()
    except UnicodeEncodeError as error:
        found = ascii(line[error.start])
        raise UserError(fault("LDG-012", where="payload", expected=message("unicode_text"), found=found)) from None


def line_of(envelope: tuple[str | int, ...], payload: dict[str, Any]) -> str:
    """Return the line of JSON of a record: its fields up to the payload, in their order, and the payload."""
    flat = canonical_flat(dict(zip(LINE_FIELDS, envelope, strict=False)))
    return f'{flat[:-1]},"payload":{canonical(payload)}}}'


def parse_line(line: str, stored_hash: str) -> Record:
    """Read a stored line; LDG-025 where it does not match its hash, LDG-024 where it is no record."""
    if type(line) is not str or hashlib.sha256(line.encode()).hexdigest() != stored_hash:
        raise UserError(fault("LDG-025", expected=str(stored_hash)[:64], found=ascii(line)[:120]))
    return parse_record(line, stored_hash)


def parse_record(line: str | bytes, stored_hash: str) -> Record:
    """Read a line without asking whether it matches its hash."""
    value = parse_object(line)
    values = (*value.values(),)
    if (*map(type, values),) != FIELD_TYPES or (*value,) != LINE_FIELDS:
        raise UserError(fault("LDG-024", expected=" ".join(LINE_FIELDS), found=" ".join(value)[:200]))
    return Record._make((*values, stored_hash))


def is_correction(record: Record) -> bool:
    """Tell whether the fact puts something right: it then holds `old` and `new`."""
    return "old" in record.payload and "new" in record.payload

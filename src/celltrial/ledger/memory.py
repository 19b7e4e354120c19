"""The ledger in memory: for notebooks, simulations and tests; it forgets when the process ends."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Self

from celltrial.core.errors import Fault
from celltrial.ledger.drafting import chain_entries, check_append, check_head, is_trial, repeated
from celltrial.ledger.port import SYSTEM_CLOCK, Clock, Context, Entry, Head
from celltrial.ledger.record import Record, format_utc, genesis, parse_record


class MemoryLedger:
    """Records in lists; safe to use from several threads."""

    def __init__(self, *, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._chains: dict[str, list[Record]] = {}
        self._lines: defaultdict[str, list[str]] = defaultdict(list)
        self._versions: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._causes: defaultdict[tuple[str, str], list[Record]] = defaultdict(list)

    @property
    def place(self) -> str:
        """Where it is."""
        return ":memory:"

    def append(
        self, trial: str, expected_position: int, entries: Sequence[Entry], context: Context
    ) -> tuple[Record, ...]:
        """Write all entries or none; see `port.Ledger.append`."""
        check_append(trial, entries, context)
        with self._lock:
            head = self.head(trial)
            before = self.caused_by(trial, context.cause)
            if before:
                return repeated(before, expected_position, head, entries, context)
            check_head(trial, expected_position, head)
            pairs = chain_entries(
                trial, head, lambda stream: self._versions[trial, stream], entries, context, self._clock
            )
            for record, line in pairs:
                self._keep(record, line)
            return tuple(record for record, _ in pairs)

    def _keep(self, record: Record, line: str) -> None:
        trial = record.trial
        self._chains.setdefault(trial, []).append(record)
        self._lines[trial].append(line)
        self._versions[trial, record.stream] = record.version
        if record.cause:
            self._causes[trial, record.cause].append(record)

    def read(
        self,
        trial: str,
        *,
        after: int = 0,
        streams: Sequence[str] = (),
        as_known: datetime | None = None,
        as_occurred: datetime | None = None,
    ) -> Iterator[Record]:
        """Yield records in order of position; see `port.Ledger.read`."""
        known = format_utc(as_known) if as_known else None
        occurred = format_utc(as_occurred) if as_occurred else None
        exact = {name for name in streams if not name.endswith("/")}
        below = tuple(name for name in streams if name.endswith("/"))
        for record in self._chains.get(trial, [])[max(after, 0) :]:
            if streams and record.stream not in exact and not record.stream.startswith(below):
                continue
            if (known is None or record.recorded <= known) and (occurred is None or record.occurred <= occurred):
                yield record

    def caused_by(self, trial: str, cause: str) -> tuple[Record, ...]:
        """Return what the request of this identifier wrote."""
        return tuple(self._causes.get((trial, cause), ())) if cause else ()

    def head(self, trial: str) -> Head:
        """Return the end of the trial's chain."""
        chain = self._chains.get(trial)
        return Head(chain[-1].position, chain[-1].hash, chain[-1].recorded) if chain else Head(0, genesis(trial))

    def trials(self) -> tuple[str, ...]:
        """Return every trial that has records, sorted."""
        return tuple(sorted(name for name in self._chains if is_trial(name)))

    def lines(self, chain: str) -> Iterator[tuple[bytes, bytes]]:
        """Yield line and hash of every record of a chain."""
        records = self._chains.get(chain, [])[:]
        for record, line in zip(records, self._lines[chain], strict=False):
            yield line.encode(), record.hash.encode()

    def examine(self) -> tuple[Fault, ...]:
        """Return nothing: lists have no tables and no triggers."""
        return ()

    def take(self, chain: str, lines: Iterable[tuple[bytes, bytes]]) -> int:  # noqa: ARG002 - the lines name it
        """Write a whole chain as it is stored elsewhere; see `port.Store.take`."""
        records = [(parse_record(line, stored.decode()), line.decode()) for line, stored in lines]
        with self._lock:
            for record, line in records:
                self._keep(record, line)
        return len(records)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

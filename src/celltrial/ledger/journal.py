"""A ledger together with a codec: drafts go in, events come out. This is what the handlers hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celltrial.conduct.envelope import Actor, Draft, Event
from celltrial.ledger.codec import Codec, event_of
from celltrial.ledger.port import Context, Ledger
from celltrial.ledger.replay import replay


@dataclass(frozen=True, slots=True)
class Journal:
    """Load events, decide, append drafts; on ConflictError load and decide again."""

    ledger: Ledger
    codec: Codec

    def append(
        self,
        trial: str,
        expected_position: int,
        drafts: Sequence[Draft[Any]],
        *,
        actor: Actor,
        reason: str = "",
        cause: str = "",
        protocol_version: str = "",
    ) -> tuple[Event[Any], ...]:
        """Remember all drafts or none and return them as events; the errors are those of `Ledger.append`.

        The events hold the facts of the drafts: what was written is not read again. A fact read back equals
        the one that was written, which `tests/unit/ledger/test_ledger_codec.py` holds for every shape.
        """
        entries = [self.codec.entry(draft) for draft in drafts]
        context = Context(actor, reason, cause, protocol_version)
        records = self.ledger.append(trial, expected_position, entries, context)
        return tuple([event_of(record, draft.fact) for record, draft in zip(records, drafts, strict=True)])

    def events(
        self,
        trial: str,
        *,
        after: int = 0,
        streams: Sequence[str] = (),
        as_known: datetime | None = None,
        as_occurred: datetime | None = None,
    ) -> Iterator[Event[Any]]:
        """Yield events in order; the arguments are those of `port.Selection`."""
        if after <= 0 and not streams and as_known is None and as_occurred is None:
            return replay(self.ledger, self.codec, trial)
        records = self.ledger.read(trial, after=after, streams=streams, as_known=as_known, as_occurred=as_occurred)
        return map(self.codec.event, records)

    def carried_out(self, trial: str, cause: str) -> tuple[Event[Any], ...]:
        """Return what the request of this identifier led to; empty where it was not carried out."""
        return tuple(map(self.codec.event, self.ledger.caused_by(trial, cause)))

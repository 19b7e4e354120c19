"""Two duties that never lie in one hand, whatever roles an account holds: a visible table.

Roles keep most duties apart (`conduct.roles`); a person may hold two roles.
What somebody did to a batch or a query is remembered by account, and the act that
must be another's is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from celltrial.conduct.batch import commands as batch
from celltrial.conduct.batch import events as batches
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Event, Request
from celltrial.conduct.folding import Evolver, put
from celltrial.conduct.gates.act import Conditions, fail
from celltrial.conduct.safety import commands as safety
from celltrial.conduct.safety import events as queries
from celltrial.conduct.state import TrialState
from celltrial.conduct.subject import commands as subject

__all__ = ["APART", "REMEMBERED", "Apart", "check_duties", "remembering"]


class Apart(NamedTuple):
    """What an act is about, and the earlier duty that its person must not have had there."""

    key: Callable[[Any], str]
    duty: str


def _batch(item: Any) -> str:
    return f"batch/{item.batch}"


def _query(item: Any) -> str:
    return f"query/{item.query}"


REMEMBERED: Final[Mapping[type[Any], Apart]] = MappingProxyType(
    {
        batches.ManufactureStarted: Apart(_batch, "made"),
        batches.ManufactureCompleted: Apart(_batch, "made"),
        batches.BatchReleased: Apart(_batch, "released"),
        batches.OutOfSpecificationUseApproved: Apart(_batch, "released"),
        queries.QueryAnswered: Apart(_query, "answered"),
    }
)
"""Fact to the duty that its person, and everybody who signed it, has had from then on."""

APART: Final[Mapping[type[Any], Apart]] = MappingProxyType(
    {
        batch.ReleaseBatch: Apart(_batch, "made"),
        batch.ApproveOutOfSpecificationUse: Apart(_batch, "made"),
        subject.RecordInfusion: Apart(_batch, "released"),
        safety.CloseQuery: Apart(lambda command: _query(command.fact), "answered"),
    }
)
"""Command to the duty that its person, and everybody who signs it, must not have had."""


def _people(actor: str, item: Any) -> Iterator[str]:
    yield actor
    for signature in getattr(item, "signatures", ()):
        yield signature.account


def remembering(kind: type[Any], evolver: Evolver) -> Evolver:
    """Return the evolver of a fact with its people remembered."""
    about, duty = REMEMBERED[kind]

    def changed(state: TrialState, event: Event[Any]) -> TrialState:
        known = frozenset(_people(event.actor.id, event.fact)) | state.duties.get(
            (duty, about(event.fact)), frozenset()
        )
        return evolver(state, event).changed(duties=put(state.duties, (duty, about(event.fact)), known))

    return changed


def check_duties(state: TrialState, request: Request[Any]) -> Conditions:
    """Yield everybody in a request who had the duty that must be another's."""
    row = APART.get(type(request.command))
    if row is None:
        return
    about = row.key(request.command)
    had = state.duties.get((row.duty, about), frozenset())
    for account in sorted(had.intersection(_people(request.actor.id, request.command))):
        yield fail(Code.DUTIES_NOT_SEPARATE, f"another than who {row.duty}", account, about)

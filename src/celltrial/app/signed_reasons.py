"""Which signatures of persons under a justification an installation has on record, and whether they still count.

They are in the ledger of accounts, since a protocol may be reviewed before any trial is registered.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from celltrial.app.approving import SIGNED_BEFORE
from celltrial.app.logging_in import CHAIN
from celltrial.app.reviewing import review_protocol
from celltrial.app.session_file import read_session
from celltrial.conduct.facts.log_in.events import LOG_IN_EVENTS
from celltrial.conduct.facts.log_in.state import NO_ACCOUNTS, JustifiedBy, evolve_log_in
from celltrial.conduct.vocabulary import ReasonSigned
from celltrial.core.errors import UserError, fault
from celltrial.ledger.chain import verify
from celltrial.ledger.codec import Codec
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celltrial.guideline.review import Review
    from celltrial.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that still counts: whose, and when."""

    account: str
    printed_name: str
    at: str

    @property
    def text(self) -> str:
        """Whose, and when."""
        return f"{self.printed_name} ({self.at})"


def justifications_on_record(accounts: str = "") -> tuple[JustifiedBy, ...]:
    """Return every signature under a justification in a ledger of accounts, this user's session's unless named.

    Nothing where there is no such ledger. APP-287: its chain is broken, so that no signature in it counts.
    """
    held = None if accounts else read_session()
    where = accounts or (held.accounts if held is not None else "")
    if not where or ("://" not in where and not Path(where).is_file()):
        return ()
    with open_ledger(where) as ledger:
        if not verify(ledger, CHAIN).holds:
            raise UserError(fault("APP-287", where))
        known = NO_ACCOUNTS
        for event in Journal(ledger, Codec(LOG_IN_EVENTS)).events(CHAIN):
            known = evolve_log_in(known, event)
    return known.justified


def signatures_for(
    protocol: Protocol, accounts: str = "", register: str = "", *, review: Review | None = None
) -> Mapping[str, tuple[Signed, ...]]:
    """Return the signatures that still count for a protocol, by clause; none where it justifies nothing."""
    if not protocol.justifications:
        return {}
    from celltrial.guideline.signed_reasons import standing

    rows = [item for item in justifications_on_record(accounts) if item.fact.protocol == protocol.identification.id]
    names = {(item.fact.account, item.fact.clause, item.fact.text, item.fact.read): item for item in reversed(rows)}
    held = standing(protocol, review or review_protocol(protocol, register), [item.fact for item in rows])
    return {
        clause: tuple(_shown(names[one.account, one.clause, one.text, one.read]) for one in by)
        for clause, by in held.items()
    }


def count_signatures() -> None:
    """Let approvals that follow count what persons signed on record."""
    SIGNED_BEFORE.set(_reasons)


def _reasons(protocol: Protocol) -> dict[str, tuple[ReasonSigned, ...]]:
    return {
        clause: tuple(ReasonSigned(clause, one.account, one.printed_name, one.at) for one in by)
        for clause, by in signatures_for(protocol).items()
    }


def signers_of(protocol: Protocol, accounts: str = "", register: str = "") -> Mapping[str, tuple[str, ...]]:
    """Return who signed for each clause, and when; also where it is not yet enough: `review` counts them."""
    return {
        clause: tuple(one.text for one in by) for clause, by in signatures_for(protocol, accounts, register).items()
    }


def closed_by_signatures(protocol: Protocol, register: str = "") -> tuple[str, ...]:
    """Return the clauses for which as many persons signed on record as each needs."""
    signers = signers_of(protocol, register=register)
    if not signers:
        return ()
    from celltrial.guideline.review import is_signed

    clauses = review_protocol(protocol, register).by_clause
    return tuple(clause for clause in signers if is_signed(clauses[clause].clause, signers))


def _shown(item: JustifiedBy) -> Signed:
    return Signed(item.fact.account, item.printed_name, item.at.isoformat())

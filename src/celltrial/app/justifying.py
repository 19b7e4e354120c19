"""Handlers of justifications: a logged-in person signs one; which signatures of an installation still count for a protocol.

The signatures are in the ledger of accounts, since a protocol may be reviewed before any trial is registered: in its
hash chain, by the system's clock, beside the proof that the person gave anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from celltrial.app.logging_in import CHAIN
from celltrial.app.persons import open_own_session
from celltrial.app.reviewing import review_protocol
from celltrial.app.session_file import read_session
from celltrial.conduct.facts.log_in.events import LOG_IN_EVENTS, JustificationSigned
from celltrial.conduct.facts.log_in.state import NO_ACCOUNTS, JustifiedBy, evolve_log_in
from celltrial.conduct.ruling import Accepted, Ruling
from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.ledger.chain import verify
from celltrial.ledger.codec import Codec
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celltrial.guideline.review import Review
    from celltrial.guideline.verdict import Finding, Verdict
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


@dataclass(frozen=True, slots=True)
class Justifying:
    """What came of the wish to sign: the answer, or the faults of the justification; who signed so far, how many are needed."""

    verdict: Verdict
    faults: tuple[Finding, ...]
    answer: Ruling | None
    signed: tuple[Signed, ...]
    needed: int

    @property
    def is_signed(self) -> bool:
        """Whether the person's signature was taken."""
        return isinstance(self.answer, Accepted)


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


def justify(protocol: Protocol, clause: str, password: str, code: str, register: str = "") -> Justifying:
    """Let the person of this user's session sign the justification of a clause that is in a protocol.

    APP-286: there is nothing to justify, or no justification in the protocol. Nothing is signed while the justification has a
    fault: no reason, no evidence that can be looked up, no answer of the agency where only that counts, or a danger.
    """
    from celltrial.guideline.signed_reasons import read_hash, text_hash
    from celltrial.guideline.verdict import Status

    review = review_protocol(protocol, register)
    verdict = review.verdict(clause)
    item = next((one for one in protocol.justifications if one.clause == clause), None)
    if item is None or verdict.status is not Status.FINDING:
        raise UserError(
            fault("APP-286", clause, found=message("no_finding" if item is not None else "no_justification"))
        )
    judged = review_protocol(protocol, register, signed=[clause]).verdict(clause)
    of_text = tuple(one for one in judged.findings if one.code.startswith("justification_"))
    faults = of_text or tuple(one for one in judged.findings if one.danger)
    needed = verdict.clause.signers_needed
    if judged.status is not Status.JUSTIFIED:
        return Justifying(judged, faults, None, (), needed)
    about = protocol.identification
    wanted = JustificationSigned(
        "", "", about.id, about.version, clause, text_hash(protocol, item), read_hash(protocol, verdict)
    )
    with open_own_session() as (book, held):
        answer = book.sign_justification(held.ticket, wanted, password, code)
        where = held.accounts
    by = signatures_for(protocol, where, register, review=review).get(clause, ())
    return Justifying(verdict, (), answer, by, needed)


def _shown(item: JustifiedBy) -> Signed:
    return Signed(item.fact.account, item.printed_name, item.at.isoformat())

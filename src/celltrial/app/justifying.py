"""Handlers of justifications: a logged-in person signs one; which signatures of an installation still count for a protocol.

The signatures are in the ledger of accounts, since a protocol may be reviewed before any trial is registered: in its
hash chain, by the system's clock, beside the proof that the person gave anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from celltrial.app.persons import open_own_session
from celltrial.app.reviewing import review_protocol
from celltrial.app.signed_reasons import Signed, signatures_for
from celltrial.conduct.facts.log_in.events import JustificationSigned
from celltrial.conduct.ruling import Accepted, Ruling
from celltrial.core.errors import UserError, fault
from celltrial.core.values import message

if TYPE_CHECKING:
    from celltrial.guideline.verdict import Finding, Verdict
    from celltrial.protocol import Protocol


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

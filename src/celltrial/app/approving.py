"""What an approval keeps of the review: worked out here, whatever the sender claims, with who signed for each departure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Final

from celltrial.app.reviewing import review_protocol
from celltrial.conduct.acts.trial.commands import AmendProtocol, ApproveProtocol
from celltrial.conduct.vocabulary import ReasonSigned, ReviewEvidence, Signature
from celltrial.protocol import Protocol, load_canonical

Before = Callable[[Protocol], Mapping[str, tuple[ReasonSigned, ...]]]


def _nobody(protocol: Protocol) -> Mapping[str, tuple[ReasonSigned, ...]]:  # noqa: ARG001
    return {}


#: What knows who signed for each justification before; an edge that can look it up sets it. Without it nobody signed, and the
#: approval needs a second person where it signs for what should be followed.
SIGNED_BEFORE: Final[ContextVar[Before]] = ContextVar("SIGNED_BEFORE", default=_nobody)


def review_evidence(protocol: Protocol, signed: Collection[str] = ()) -> ReviewEvidence:
    """Return what the review of a protocol found, as the record of its approval keeps it.

    signed: clauses whose justification those who sign the approval accept.
    """
    from celltrial.guideline.verdict import Status

    found = review_protocol(protocol, signed=signed)
    justified = found.of_status(Status.JUSTIFIED)
    before = SIGNED_BEFORE.get()(protocol) if justified else {}
    return ReviewEvidence(
        found.register_id,
        found.register_version,
        tuple(item.clause.id for item in found.blockers),
        tuple(item.clause.id for item in justified),
        tuple(
            item.clause.id for item in justified if len(before.get(item.clause.id, ())) < item.clause.signers_needed > 1
        ),
        tuple(one for item in justified for one in before.get(item.clause.id, ())),
    )


def reasons_signed(review: ReviewEvidence | None, signatures: Sequence[Signature]) -> dict[str, tuple[str, ...]]:
    """Return who signed for each justified clause of a version in force, and when: before the approval, or by it.

    signatures: those of the approval or amendment; they sign for what was not signed by enough persons before.
    """
    if review is None:
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for clause in review.justified:
        before = {one.account: f"{one.printed_name} ({one.at})" for one in review.signers if one.clause == clause}
        for one in signatures if clause in review.second or not before else ():
            before.setdefault(one.account, f"{one.printed_name} ({one.signed.utc.isoformat()})")
        found[clause] = tuple(before.values())
    return found


def with_review(command: Any) -> Any:
    """Return an approval or amendment with the review worked out here, whatever the sender claimed; others as given.

    A document that is no protocol gets no review: conduct refuses it for what it is.
    """
    if not isinstance(command, ApproveProtocol | AmendProtocol):
        return command
    try:
        protocol = load_canonical(command.document)
    except ValueError:
        return replace(command, review=None)
    return replace(command, review=review_evidence(protocol, command.accepted))

"""Handlers of the review: the register by name, the protocol against it, the evidence an approval keeps of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from celltrial.conduct.acts.follow_up.commands import ExtendFollowUp
from celltrial.conduct.acts.trial.commands import AmendProtocol, ApproveProtocol
from celltrial.conduct.facts.follow_up.events import ClassYears
from celltrial.conduct.vocabulary import ReasonSigned, ReviewEvidence, Signature
from celltrial.core.errors import UserError, fault
from celltrial.protocol import Protocol, load_canonical

if TYPE_CHECKING:
    from celltrial.guideline.comparison import VerdictChange
    from celltrial.guideline.register import Register
    from celltrial.guideline.review import Review


def the_register(name: str) -> Register:
    """Return a packaged register, the default one unless named (APP-030)."""
    from celltrial.guideline.register import DEFAULT_REGISTER, PACKAGED_REGISTERS, packaged_register

    name = name or DEFAULT_REGISTER
    if name not in PACKAGED_REGISTERS:
        raise UserError(fault("APP-030", expected=", ".join(PACKAGED_REGISTERS), found=name))
    return packaged_register(name)


def review_protocol(
    protocol: Protocol, register: str = "", *, signed: Collection[str] | Mapping[str, tuple[str, ...]] = ()
) -> Review:
    """Review a protocol against a packaged register, the default one unless named (APP-030).

    signed: clauses whose justification a person has signed for.
    """
    from celltrial.guideline.review import review

    return review(protocol, the_register(register), signed=signed)


def changed_verdicts(
    protocol: Protocol, register: str = "", *, compare: str = "", since: Protocol | None = None
) -> tuple[VerdictChange, ...]:
    """Return the verdicts that change from an earlier version, or from one register to a second, or both at once."""
    from celltrial.guideline.comparison import compare_reviews

    before = review_protocol(since or protocol, register)
    return compare_reviews(before, review_protocol(protocol, compare or register))


def review_evidence(protocol: Protocol, signed: Collection[str] = ()) -> ReviewEvidence:
    """Return what the review of a protocol found, as the record of its approval keeps it.

    signed: clauses whose justification those who sign the approval accept.
    """
    from celltrial.guideline.verdict import Status

    found = review_protocol(protocol, signed=signed)
    justified = found.of_status(Status.JUSTIFIED)
    before = _signed_before(protocol) if justified else {}
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


def _signed_before(protocol: Protocol) -> dict[str, tuple[ReasonSigned, ...]]:
    """Return the signatures of persons under each justification, as this user's installation has them on record."""
    from celltrial.app.justifying import signatures_for

    return {
        clause: tuple(ReasonSigned(clause, one.account, one.printed_name, one.at) for one in by)
        for clause, by in signatures_for(protocol).items()
    }


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


def with_minimum_years(command: Any) -> Any:
    """Return an extension of follow-up with the minimums that its register states; others as given (APP-030).

    Without a register it is the protocol in force that asks for more, and no minimums go with it.
    """
    if not isinstance(command, ExtendFollowUp):
        return command
    from celltrial.guideline.facts import minimum_years

    stated = minimum_years(the_register(command.register)) if command.register else {}
    asked = tuple(ClassYears(group.value, Decimal(str(years))) for group, years in stated.items())
    return replace(command, minimum_years=asked)

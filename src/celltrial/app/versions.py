"""Handlers of versions of a protocol: compare two, bring one into force, amend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from celltrial.app.approving import review_evidence
from celltrial.app.persons import Acting, act_in
from celltrial.app.reviewing import review_protocol
from celltrial.conduct.acts.trial.commands import AmendProtocol, ApproveProtocol, RegisterTrial
from celltrial.conduct.vocabulary import Signature
from celltrial.core.errors import UserError, fault
from celltrial.protocol import Protocol, canonical_json, fingerprint
from celltrial.protocol.differences import Difference, differences

if TYPE_CHECKING:
    from celltrial.app.session import TrialSession
    from celltrial.conduct.ruling import Ruling
    from celltrial.conduct.views.affected import AffectedSubject
    from celltrial.core.dates import Instant
    from celltrial.guideline.comparison import VerdictChange


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions of a protocol: the fields that differ, and the clauses whose verdict differs."""

    before: Protocol
    after: Protocol
    differences: tuple[Difference, ...]
    verdicts: tuple[VerdictChange, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What an amendment would change, and whom on study it would reach; nothing is written."""

    comparison: Comparison
    affected: tuple[AffectedSubject, ...]
    blockers: tuple[str, ...]


def compare_versions(before: Protocol, after: Protocol, register: str = "") -> Comparison:
    """Return what differs between two protocols, field by field and clause by clause."""
    from celltrial.guideline.comparison import compare_reviews

    verdicts = compare_reviews(review_protocol(before, register), review_protocol(after, register))
    return Comparison(before, after, differences(before, after), verdicts)


def registration(trial: str, protocol: Protocol, *, rehearsal: bool) -> RegisterTrial:
    """Return the registration of the trial that a protocol describes."""
    about = protocol.identification
    return RegisterTrial(trial, about.title.said("en"), about.sponsor or "", rehearsal=rehearsal)


def approve(
    session: TrialSession,
    trial: str,
    protocol: Protocol,
    acting: Acting,
    at: Instant,
    *,
    rehearsal: bool = False,
    accepted: tuple[str, ...] = (),
) -> Ruling:
    """Ask that the first version come into force, signed by a typed person who asks, else to be signed by the sponsor; the trial is registered where it is not yet.

    rehearsal: register it as one.
    accepted:  clauses whose justification in the protocol is signed for with the approval.
    """
    about = protocol.identification
    if not session.state.trial:
        answer = act_in(session, registration(trial, protocol, rehearsal=rehearsal), acting, at)
        if not answer.drafts:
            return answer
    command = ApproveProtocol(
        about.version, canonical_json(protocol), fingerprint(protocol), _signed(acting, at), accepted=accepted
    )
    return act_in(session, command, acting, at)


def preview_amendment(session: TrialSession, protocol: Protocol, accepted: tuple[str, ...] = ()) -> Preview:
    """Return what an amendment would change; APP-070 where no version is in force yet."""
    from celltrial.conduct.views.affected import affected_subjects

    held = session.state.protocol
    if held is None:
        raise UserError(fault("APP-070", session.state.trial or "-"))
    found = compare_versions(held, protocol)
    affected = affected_subjects(session.state, found.differences)
    return Preview(found, affected, review_evidence(protocol, accepted).open)


def amend(
    session: TrialSession,
    protocol: Protocol,
    acting: Acting,
    at: Instant,
    *,
    reconsent: bool,
    reason: str,
    accepted: tuple[str, ...] = (),
) -> Ruling:
    """Ask that a new version come into force, to be signed by the sponsor, with the decision on consent.

    accepted: clauses whose justification in the protocol is signed for with the amendment.
    """
    signed, document = _signed(acting, at), canonical_json(protocol)
    version = protocol.identification.version
    command = AmendProtocol(version, document, fingerprint(protocol), reconsent, signed, accepted=accepted)
    return act_in(session, command, acting, at, reason)


def _signed(acting: Acting, at: Instant) -> tuple[Signature, ...]:
    """Return the typed signature of a rehearsal's typed person; a logged-in one signs the act that waits."""
    who = acting.actor
    return () if acting.log_in is not None else (Signature(who.id, who.printed_name, who.role, "approval", at),)

"""What may be asked about accounts, copies and reviews of the audit trail."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.account.events import CopyMade
from celltrial.conduct.vocabulary import ArmAccess


@dataclass(frozen=True, slots=True)
class GrantAccess:
    """Let one person's account act in a role, at one site or (None) at all; the request's reason says why.

    arms: whether this person may know arms and closed reports, in a role that the protocol names as one that may.
    """

    account: str
    printed_name: str
    role: Role
    site: str | None = None
    arms: ArmAccess = ArmAccess.NOT_STATED


@dataclass(frozen=True, slots=True)
class RevokeAccess:
    """Take a role at a site back from an account; the request's reason says why."""

    account: str
    role: Role
    site: str | None = None


@dataclass(frozen=True, slots=True)
class RecordCopy:
    """Record that data left the system: a report, an export or a print."""

    fact: CopyMade


@dataclass(frozen=True, slots=True)
class ReviewAuditTrail:
    """Record a review of the audit trail: of what, up to which record, and what was found."""

    review: str
    about: str
    position: int
    outcome: str

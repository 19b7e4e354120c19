"""Facts about accounts: roles granted and revoked, copies made, audit trails reviewed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from celltrial.conduct.envelope import Role
from celltrial.conduct.vocabulary import ArmAccess


class CopyKind(StrEnum):
    """What left the system."""

    REPORT = "report"
    AUDIT_TRAIL = "audit_trail"
    ITEM_HISTORY = "item_history"
    DATA_SETS = "data_sets"
    PRINT = "print"
    CASE_REPORT = "case_report"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class AccessGranted:
    """An account may act in a role at a site (None: at every site); it belongs to the one person of this name.

    arms: whether this person may know arms; None in records of before a grant said so, where the role alone decides.
    """

    account: str
    printed_name: str
    role: Role
    site: str | None
    arms: ArmAccess | None = ArmAccess.NOT_STATED


@dataclass(frozen=True, slots=True)
class AccessRevoked:
    """An account may no longer act in a role at a site; what it did stays."""

    account: str
    role: Role
    site: str | None


@dataclass(frozen=True, slots=True)
class CopyMade:
    """A copy left the system, to the person who asked.

    about:      stream it is about, "trial" for the whole.
    position:   the last record it holds.
    sha256:     of the bytes that were handed out; of an audit trail, the hash of the chain at `position`.
    arms_shown: whether the arms of all subjects are in it.
    arms_of:    where they do not: the subjects whose code was broken to who took it, and whose arms are in it.
    cut:        the data cut, such as "as_known 2026-03-01T00:00:00+00:00"; "" for everything up to `position`.
    """

    kind: CopyKind
    about: str
    position: int
    sha256: str
    arms_shown: bool
    arms_of: tuple[str, ...] = ()
    cut: str = ""


@dataclass(frozen=True, slots=True)
class AuditTrailReviewed:
    """Somebody read the audit trail of a stream ("trial" for the whole) up to a record, and found `outcome`."""

    review: str
    about: str
    position: int
    outcome: str

"""What is known of accounts: whose they are and what they may do now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.vocabulary import ArmAccess

#: Of several grants in the same role, what the most closed one says holds.
_MOST_CLOSED_FIRST: Final = (ArmAccess.BLINDED, ArmAccess.NOT_STATED, None, ArmAccess.UNBLINDED)


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, at one site or (None) at all; `arms` as in `AccessGranted`."""

    role: Role
    site: str | None
    arms: ArmAccess | None = ArmAccess.NOT_STATED

    def covers(self, role: Role, site: str | None) -> bool:
        """Tell whether it allows acting in this role for this site; None asks for every site."""
        return self.role is role and self.site in {None, site}


@dataclass(frozen=True, slots=True)
class Account:
    """The account of one person, with the grants that stand; one without grants was revoked and is never reused.

    was_unblinded: whether a grant ever let this person know the arms; whoever did never becomes blinded again.
    """

    account: str
    printed_name: str
    grants: tuple[Grant, ...] = ()
    was_unblinded: bool = False

    def may(self, role: Role, site: str | None) -> bool:
        """Tell whether it may act in a role for a site."""
        return any(grant.covers(role, site) for grant in self.grants)

    def holds(self, role: Role, site: str | None) -> bool:
        """Tell whether exactly this was granted."""
        return any((grant.role, grant.site) == (role, site) for grant in self.grants)

    def arms(self, role: Role, site: str | None) -> ArmAccess | None:
        """Return what its grants say of arms to a person in this role for a site."""
        said = {grant.arms for grant in self.grants if grant.covers(role, site)} or {ArmAccess.NOT_STATED}
        return next(item for item in _MOST_CLOSED_FIRST if item in said)


def arm_access(accounts: Mapping[str, Account], actor: Actor) -> ArmAccess | None:
    """Return what the grant of an actor says of arms; None where a trial keeps no accesses and the role alone decides."""
    if not accounts:
        return None
    known = accounts.get(actor.id)
    return ArmAccess.NOT_STATED if known is None else known.arms(actor.role, actor.site)

"""What is known of accounts: whose they are and what they may do now."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.envelope import Role


@dataclass(frozen=True, slots=True)
class Grant:
    """A role, at one site or (None) at all."""

    role: Role
    site: str | None

    def covers(self, role: Role, site: str | None) -> bool:
        """Tell whether it allows acting in this role for this site; None asks for every site."""
        return self.role is role and self.site in {None, site}


@dataclass(frozen=True, slots=True)
class Account:
    """The account of one person, with the grants that stand; one without grants was revoked and is never reused."""

    account: str
    printed_name: str
    grants: tuple[Grant, ...] = ()

    def may(self, role: Role, site: str | None) -> bool:
        """Tell whether it may act in a role for a site."""
        return any(grant.covers(role, site) for grant in self.grants)

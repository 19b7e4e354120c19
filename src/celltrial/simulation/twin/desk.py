"""The one way into the trial: commands, handed in by people in their roles.

The virtual trial has no back door. It submits requests like everybody else,
is refused like everybody else, and sees only the public state.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, Precision, Request, Role
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.ruling import Accepted, Refused, Ruling
from celltrial.conduct.vocabulary import Signature
from celltrial.core.dates import Instant
from celltrial.core.errors import DefectError, UserError, fault

#: Printed names of virtual people are their offices.
TITLES: Final = {
    Role.INVESTIGATOR: "Investigator",
    Role.COORDINATOR: "Coordinator",
    Role.CELL_PROCESSING: "Cell processing",
    Role.QUALITY_ASSURANCE: "Quality assurance",
    Role.MEDICAL_MONITOR: "Medical monitor",
    Role.SPONSOR: "Sponsor",
    Role.STATISTICIAN: "Statistician",
    Role.DATA_MANAGER: "Data manager",
    Role.SAFETY_BOARD: "Safety board",
    Role.INDEPENDENT_REVIEWER: "Independent reviewer",
    Role.SYSTEM: "Randomisation system",
}


#: What a protocol lacks and the virtual trial cannot make up.
_GAPS: Final = frozenset({Code.PROTOCOL_SILENT, Code.NOT_A_DLT})


class Desk(Protocol):
    """Where requests go and where the public state is seen."""

    @property
    def state(self) -> TrialState:
        """The trial as it is."""
        ...

    @property
    def head(self) -> str:
        """The hash of the last record, which a data cut is taken by."""
        ...

    def submit(self, request: Request[Any]) -> Ruling:
        """Decide on a request and remember what was accepted."""
        ...

    def set_time(self, now: datetime) -> None:
        """Move the simulated clock forward."""
        ...


class People:
    """Accounts of the virtual staff, one per role and site."""

    @staticmethod
    def of(role: Role, site: str | None = None, account: str | None = None) -> Actor:
        """Return the account of a role; roles at a site have one each, and independent reviewers one for each reader."""
        if account is not None:
            return Actor(account, role, None, f"{TITLES[role]} {account.rpartition('.')[2]}")
        name = f"{role.value}.{site}" if site else role.value
        title = TITLES[role] if site is None else f"{TITLES[role]}, {site}"
        return Actor(name, role, site, title)


@dataclass(slots=True)
class Staff:
    """Submits requests for the staff, keeps the clock and counts refusals by code."""

    desk: Desk
    now: datetime
    refusals: Counter[str] = field(default_factory=Counter)
    submitted: int = 0

    def move_to(self, when: datetime) -> None:
        """Set the clock; it never goes back."""
        self.now = max(self.now, when.astimezone(UTC))
        self.desk.set_time(self.now)

    def ask(
        self,
        role: Role,
        command: Any,
        *,
        site: str | None = None,
        account: str | None = None,
        occurred: datetime | None = None,
        reason: str = "",
        precision: Precision = Precision.MINUTE,
    ) -> Ruling:
        """Submit one request at the present moment, on the clock of the site."""
        zone = self.desk.state.sites[site].zone if site and site in self.desk.state.sites else "Asia/Shanghai"
        moment = Instant((occurred or self.now).astimezone(UTC), zone)
        self.submitted += 1
        request = Request(command, People.of(role, site, account), moment, precision, reason, f"r{self.submitted:06d}")
        answer = self.desk.submit(request)
        if isinstance(answer, Refused):
            self.refusals.update(str(condition.code) for condition in answer.conditions)
        return answer

    def must(self, role: Role, command: Any, **about: Any) -> None:
        """Submit a request that the virtual trial knows to be allowed; a refusal is our defect, or a gap of the protocol.

        SIM-205: the protocol states nothing where every trial must, or no rule of it counts a toxicity that is simulated.
        """
        answer = self.ask(role, command, **about)
        if not isinstance(answer, Accepted):
            self.raise_gaps(answer)
            raise DefectError(f"refused in the virtual trial: {command!r}: {answer!r}")

    @staticmethod
    def raise_gaps(answer: Refused) -> None:
        """Raise what a protocol leaves open (SIM-205), where that is what a refusal says."""
        gaps = [item for item in answer.conditions if item.code in _GAPS and item.field]
        if gaps:
            raise UserError(
                *(fault("SIM-205", field=item.field, expected=item.needed, found=item.found) for item in gaps)
            )

    def witness(self, role: Role, site: str | None = None) -> Signature:
        """Return the signature of a second person at the present moment."""
        return self.signature(role, "witness", site)

    def signature(self, role: Role, meaning: str, site: str | None = None) -> Signature:
        """Return a signature of a role at the present moment."""
        who = People.of(role, site)
        return Signature(who.id, who.printed_name, role.value, meaning, Instant(self.now))

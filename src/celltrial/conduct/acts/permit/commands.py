"""What may be asked before it happens."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class PermitCollection:
    """Ask whether starting material may be collected now, and keep the answer for the day."""

    subject: str
    batch: str
    operator: str


@dataclass(frozen=True, slots=True)
class PermitLymphodepletion:
    """Ask whether lymphodepletion may begin today for a planned infusion, and keep the answer for the day."""

    subject: str
    batch: str
    infusion: Instant


@dataclass(frozen=True, slots=True)
class PermitInfusion:
    """Ask whether cells may be given now, and keep the answer for an hour."""

    subject: str
    batch: str
    operator: str
    route: str = "intravenous"

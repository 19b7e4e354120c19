"""What may be asked about acts that wait for signatures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GiveSignature:
    """Sign an act that waits, in one's own session, over exactly what was read.

    signing: identifier of the act.
    sha256:  hash of the content that was read.
    """

    signing: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DeclineSignature:
    """Refuse to sign an act that waits; it will not take place."""

    signing: str
    why: str


@dataclass(frozen=True, slots=True)
class WithdrawSignature:
    """Take back an act that one asked for and that still waits."""

    signing: str
    why: str

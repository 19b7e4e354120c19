"""What is known of an act that waits for signatures."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.envelope import Actor, Precision
from celltrial.conduct.facts.signing.events import NeededSignature, Part, SignatureRequested
from celltrial.conduct.vocabulary import Signature
from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class PendingAct:
    """An act asked for that has not taken effect; gone once it was carried out, declined or withdrawn."""

    asked: SignatureRequested
    initiator: Actor
    occurred: Instant
    precision: Precision
    reason: str
    given: tuple[tuple[Part, Signature], ...] = ()

    @property
    def open(self) -> tuple[NeededSignature, ...]:
        """The signatures still missing."""
        left = list(self.asked.needed)
        for part, signature in self.given:
            fitting = next((item for item in left if fits(item, part, signature.role)), None)
            if fitting is not None:
                left.remove(fitting)
        return tuple(left)

    def is_over(self, at: Instant) -> bool:
        """Tell whether it can no longer be signed."""
        return at.utc >= self.asked.expires.utc


def fits(needed: NeededSignature, part: Part, role: str) -> bool:
    """Tell whether a signature in a role is one that is needed."""
    return needed.part is part and (not needed.roles or role in needed.roles)

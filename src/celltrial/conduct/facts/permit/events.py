"""The fact that an act was permitted before it happened."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from celltrial.core.dates import Instant


class Permitted(StrEnum):
    """An act that is permitted before it happens."""

    COLLECTION = "collection"
    LYMPHODEPLETION = "lymphodepletion"
    INFUSION = "infusion"


@dataclass(frozen=True, slots=True)
class ActPermitted:
    """Every condition of an act was met at the moment in the envelope; it may happen from then until `until`.

    position: what the ledger held when it was judged.
    """

    act: Permitted
    subject: str
    batch: str
    until: Instant
    position: int

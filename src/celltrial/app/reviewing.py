"""Handler of the review: the register by name, the protocol against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrial.core.errors import UserError, fault
from celltrial.protocol import Protocol

if TYPE_CHECKING:
    from celltrial.guideline.comparison import VerdictChange
    from celltrial.guideline.review import Review

__all__ = ["changed_verdicts", "review_protocol"]


def review_protocol(protocol: Protocol, register: str = "") -> Review:
    """Review a protocol against a packaged register, the default one unless named (APP-030)."""
    from celltrial.guideline.register import DEFAULT_REGISTER, PACKAGED_REGISTERS, packaged_register
    from celltrial.guideline.review import review

    name = register or DEFAULT_REGISTER
    if name not in PACKAGED_REGISTERS:
        raise UserError(fault("APP-030", expected=", ".join(PACKAGED_REGISTERS), found=name))
    return review(protocol, packaged_register(name))


def changed_verdicts(
    protocol: Protocol, register: str = "", *, compare: str = "", since: Protocol | None = None
) -> tuple[VerdictChange, ...]:
    """Return the verdicts that change from an earlier version, or from one register to a second, or both at once."""
    from celltrial.guideline.comparison import compare_reviews

    before = review_protocol(since or protocol, register)
    return compare_reviews(before, review_protocol(protocol, compare or register))

"""Handlers of the review: the register by name, the protocol against it, the evidence an approval keeps of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from celltrial.conduct.acts.follow_up.commands import ExtendFollowUp
from celltrial.conduct.facts.follow_up.events import ClassYears
from celltrial.core.errors import UserError, fault
from celltrial.protocol import Protocol

if TYPE_CHECKING:
    from celltrial.guideline.comparison import VerdictChange
    from celltrial.guideline.register import Register
    from celltrial.guideline.review import Review


def the_register(name: str) -> Register:
    """Return a packaged register, the default one unless named (APP-030)."""
    from celltrial.guideline.register import DEFAULT_REGISTER, PACKAGED_REGISTERS, packaged_register

    name = name or DEFAULT_REGISTER
    if name not in PACKAGED_REGISTERS:
        raise UserError(fault("APP-030", expected=", ".join(PACKAGED_REGISTERS), found=name))
    return packaged_register(name)


def review_protocol(
    protocol: Protocol, register: str = "", *, signed: Collection[str] | Mapping[str, tuple[str, ...]] = ()
) -> Review:
    """Review a protocol against a packaged register, the default one unless named (APP-030).

    signed: clauses whose justification a person has signed for.
    """
    from celltrial.guideline.review import review

    return review(protocol, the_register(register), signed=signed)


def changed_verdicts(
    protocol: Protocol, register: str = "", *, compare: str = "", since: Protocol | None = None
) -> tuple[VerdictChange, ...]:
    """Return the verdicts that change from an earlier version, or from one register to a second, or both at once."""
    from celltrial.guideline.comparison import compare_reviews

    before = review_protocol(since or protocol, register)
    return compare_reviews(before, review_protocol(protocol, compare or register))


def with_minimum_years(command: Any) -> Any:
    """Return an extension of follow-up with the minimums that its register states; others as given (APP-030).

    Without a register it is the protocol in force that asks for more, and no minimums go with it.
    """
    if not isinstance(command, ExtendFollowUp):
        return command
    from celltrial.guideline.facts import minimum_years

    stated = minimum_years(the_register(command.register)) if command.register else {}
    asked = tuple(ClassYears(group.value, Decimal(str(years))) for group, years in stated.items())
    return replace(command, minimum_years=asked)

"""What a blinded role does not see: the fields that hold a subject's arm, taken out of facts before anything is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.envelope import Event, Role
from celltrial.conduct.roles import may_see_arm
from celltrial.conduct.subject.events import SubjectEnrolled, SubjectRandomised
from celltrial.conduct.trial.events import FactCorrected
from celltrial.protocol import Protocol

__all__ = ["ARM_FIELDS", "HIDDEN", "hides_arms", "shows_arm", "without_arms"]

#: What stands in place of an arm.
HIDDEN: Final = "***"

ARM_FIELDS: Final[Mapping[type[Any], str]] = MappingProxyType({SubjectEnrolled: "arm", SubjectRandomised: "arm"})
"""Fact to the field in which it holds an arm."""


def hides_arms(protocol: Protocol | None, role: Role | None) -> bool:
    """Tell whether this reader is blinded; None is whoever keeps the ledger itself and reads no less than it holds."""
    return protocol is not None and role is not None and not may_see_arm(protocol, role)


def shows_arm(fact: Any) -> bool:
    """Tell whether a fact holds an arm, or the correction of one."""
    if isinstance(fact, FactCorrected):
        return fact.field == "arm"
    name = ARM_FIELDS.get(type(fact))
    return name is not None and bool(getattr(fact, name))


def without_arms(events: Iterable[Event[Any]]) -> Iterator[Event[Any]]:
    """Yield the same events with every arm hidden.

    >>> HIDDEN
    '***'
    """
    for event in events:
        if not shows_arm(event.fact):
            yield event
        elif isinstance(event.fact, FactCorrected):
            yield event._replace(fact=replace(event.fact, old=HIDDEN, new=HIDDEN))
        else:
            yield event._replace(fact=replace(event.fact, **{ARM_FIELDS[type(event.fact)]: HIDDEN}))

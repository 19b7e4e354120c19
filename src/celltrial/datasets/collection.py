"""What was collected, and of whom: the one answer that every table asks before it prints a zero.

A trial under a protocol collects what the protocol schedules; records taken over from elsewhere collect what the
mapping of their import says. Where nobody said, only what the records hold is known to have been collected: of
everything else it is not known whether it was, and the absence of a record shows nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from celltrial.core.terms import resolve


class Domain(StrEnum):
    """What can be collected. Adverse events and kinetics are distinguished further, by category and by assay."""

    AGE = "age"
    SEX = "sex"
    WEIGHT = "weight"
    DOSE = "dose"
    CELL_COLLECTION = "cell_collection"
    LYMPHODEPLETION = "lymphodepletion"
    MANUFACTURE = "manufacture"
    ADVERSE_EVENTS = "adverse_events"
    SERIOUSNESS = "seriousness"
    DLT = "dlt"
    DEATHS = "deaths"
    SURVIVAL = "survival"
    WITHDRAWALS = "withdrawals"
    RESPONSE = "response"
    PROGRESSION = "progression"
    NEW_THERAPY = "new_therapy"
    KINETICS = "kinetics"
    LABORATORY = "laboratory"
    MEDICATION = "medication"


class State(StrEnum):
    """Whether something was collected."""

    COLLECTED = "collected"
    NOT_COLLECTED = "not_collected"
    NOT_KNOWN = "not_known"


def adverse_event(category: str) -> str:
    """Return the name of the adverse events of one category, under whichever of its names it comes.

    >>> adverse_event("CRS"), adverse_event("Cytokine release syndrome")
    ('adverse_events/crs', 'adverse_events/crs')
    """
    return f"{Domain.ADVERSE_EVENTS}/{resolve(category, 'adverse_event') or category.lower()}"


def kinetics_by(assay: str) -> str:
    """Return the name of the kinetics by one assay."""
    return f"{Domain.KINETICS}/{assay.lower()}"


@dataclass(frozen=True, slots=True)
class Collected:
    """What was collected.

    declared: names that were, `adverse_events` standing for every category of it; None where nobody said.
    found:    names of which there are records.
    missing:  name to the subjects of whom a source that collects it holds nothing.
    """

    declared: frozenset[str] | None = frozenset(Domain)
    found: frozenset[str] = frozenset()
    missing: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))

    def state(self, *names: str) -> State:
        """Return whether any of the names was collected.

        >>> Collected(frozenset({"adverse_events/crs"})).state("adverse_events/icans")
        <State.NOT_COLLECTED: 'not_collected'>
        """
        held = self.found | (self.declared or frozenset())
        if any(name in held or name.partition("/")[0] in held for name in names):
            return State.COLLECTED
        return State.NOT_KNOWN if self.declared is None else State.NOT_COLLECTED

    def has(self, *names: str) -> bool:
        """Tell whether any of the names was collected."""
        return self.state(*names) == State.COLLECTED

    def parts(self, domain: Domain) -> tuple[str, ...]:
        """Return the parts of a domain that were collected one by one, such as the categories of adverse events."""
        held = self.found | (self.declared or frozenset())
        return tuple(sorted(name.partition("/")[2] for name in held if name.startswith(f"{domain}/")))

    def missing_of(self, *names: str) -> frozenset[str]:
        """Return the subjects of whom nothing is recorded under any of the names that were collected."""
        lacking = [self.missing.get(name, frozenset()) for name in names if self.has(name)]
        return frozenset.intersection(*lacking) if lacking else frozenset()

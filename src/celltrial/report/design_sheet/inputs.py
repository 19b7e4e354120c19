"""What a design sheet is made from; everything is computed before, nothing here decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from celltrial.designs.policy import Message, Policy
from celltrial.designs.stopping.boundary import BoundaryRule
from celltrial.protocol.model import Protocol
from celltrial.simulation.characteristics import OperatingCharacteristics
from celltrial.simulation.monte_carlo_calendar import Calendar
from celltrial.simulation.pathways import PathwayStep


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault of the design found by its audit: kind, message key, how many states show it, dose's label, an example."""

    kind: str
    code: str
    states: int
    dose: str
    example: str


@dataclass(frozen=True, slots=True)
class Pathways:
    """The next cohorts from the start of the trial, under one scenario."""

    scenario: str
    steps: tuple[PathwayStep, ...]


@dataclass(frozen=True, slots=True)
class Rival:
    """A competing design on the protocol's ladder and scenarios: its key, its parameters in words, what it does."""

    kind: str
    params: str
    characteristics: tuple[OperatingCharacteristics, ...]
    calendar: Calendar | None


@dataclass(frozen=True, slots=True)
class RuleView:
    """A stopping rule: its id, its text by language, its boundary, and up to how many subjects it is shown."""

    id: str
    text: Mapping[str, str]
    boundary: BoundaryRule
    max_n: int


@dataclass(frozen=True, slots=True)
class SizeView:
    """A stated sample size and what was computed from its parameters.

    key, params, result, sentence: the design; seed: root seed where it is simulated, else None.
    stated:    stated numbers infused and enrolled.
    subjects:  computed numbers of subjects, by name.
    enrolment: (name, number, probability that enough are infused) of stated and computed enrolments.
    """

    key: str
    params: Any
    result: Any
    sentence: Message
    seed: int | None
    stated: tuple[int, int]
    subjects: Mapping[str, int]
    enrolment: tuple[tuple[str, int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class SheetInputs:
    """A protocol with everything that was computed from its design.

    decisions: rows {n, dlt, move} of the decision table at a middle dose; `counted` names a further count of each row.
    audited:   whether the page has the audit; audit: its findings, None where the design's states do not fit.
    calendar, durations: where the characteristics were simulated in calendar time: how, and the mean days with their
               standard error, per scenario.
    rivals:    competing designs.
    """

    protocol: Protocol
    policy: Policy | None = None
    characteristics: tuple[OperatingCharacteristics, ...] = ()
    decisions: Sequence[Mapping[str, Any]] = ()
    counted: str | None = None
    audited: bool = True
    audit: tuple[Finding, ...] | None = None
    pathways: Pathways | None = None
    rules: tuple[RuleView, ...] = ()
    size: SizeView | None = None
    calendar: Calendar | None = None
    durations: tuple[tuple[float, float], ...] = ()
    rivals: tuple[Rival, ...] = ()

"""Stopping: rules that act at once, subjects in flight, what resuming takes (2.1.2.4, 2.1.3-m)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from celltrial.protocol.model.base import DurationField, LocalText, Section


class EventFilter(Section):
    """Which events a rule counts, at most one per subject."""

    terms: tuple[str, ...] = ()
    scale: str | None = None
    grade_at_least: int = Field(ge=1, le=5)
    related_only: bool = False
    deaths: bool = True
    window: DurationField


class StoppingRule(Section):
    """One rule: what is counted, on whom, against which boundary.

    boundary:    key in `celltrial.designs.STOPPING_RULES`, with its parameters.
    denominator: `exposed_past_window` counts subjects past the window or with the event.
    scope:       what is suspended when it is crossed.
    """

    id: str = Field(pattern=r"^[A-Z0-9][A-Z0-9-]*$")
    text: LocalText
    event: EventFilter
    boundary: str
    params: dict[str, Any]
    denominator: Literal["exposed", "exposed_past_window"] = "exposed_past_window"
    scope: Literal["level", "trial"] = "trial"


class InFlightRule(Section):
    """What happens to a subject already lymphodepleted when the trial stops; absent means refuse."""

    lymphodepleted_may_be_infused: bool
    signatures: tuple[str, ...] = ()
    text: LocalText


class ResumeRequirements(Section):
    """What must be signed after a suspension before anything resumes (2.1.2.4-d to f)."""

    evaluation: bool = True
    benefit_risk_update: bool = True
    amendment_or_reason: bool = True
    ethics_approval: bool = True
    agency_approval: bool = True
    reconsent: bool = True
    site_acceptance: bool = True


class Halt(Section):
    """Trial-wide halt for a suspected product fault; resumes on validated measures (2.1.3-m, 2.1.3-n)."""

    causes: tuple[Literal["release", "quality_control", "transport", "storage", "pre_infusion"], ...] = ()
    minimum_validation_runs: int | None = Field(default=None, ge=1)


class Stopping(Section):
    """Everything that stops or pauses the trial."""

    rules: tuple[StoppingRule, ...] = ()
    in_flight: InFlightRule | None = None
    resume: ResumeRequirements = ResumeRequirements()
    suspension_refuses_collection: bool = True
    halt: Halt | None = None
    early_termination: LocalText | None = None
    longest_evaluation: DurationField | None = None

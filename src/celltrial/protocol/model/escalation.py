"""Dose finding: the design, what counts as a dose-limiting toxicity, staggering, transition."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from celltrial.protocol.model.base import (
    DurationField,
    Evidence,
    Given,
    Grown,
    GrownSection,
    LocalText,
    Probability,
    Section,
)


class Modifier(Section):
    """A brake that wraps the design, by its key in the table of modifiers."""

    kind: str
    params: dict[str, Any] = Field(default_factory=dict)


class DesignChoice(Section):
    """A design by its key in `celltrial.designs.DESIGNS`, with its own parameters (cohort and trial size too)."""

    kind: str
    params: dict[str, Any] = Field(default_factory=dict)
    modifiers: tuple[Modifier, ...] = ()
    rationale: LocalText | None = None


class DltRule(Section):
    """One class of event that is a dose-limiting toxicity.

    term: an AESI term, or `any`; grade_at_least holds on the named scale.
    longer_than: the grade counts only if it lasts longer than this.
    """

    id: Given
    term: Given = "any"
    scale: str = "CTCAE-5.0"
    grade_at_least: int = Field(ge=1, le=5)
    longer_than: DurationField | None = None
    related_only: bool = True
    excluded_terms: tuple[str, ...] = ()
    text: LocalText | None = None


class DltDefinition(GrownSection):
    """The window and the rules; death within the window always counts.

    counted_from: the window opens with the first administration of the first course, and closes so long after that one,
                  or after the last one of that course.
    each_course:  whether every further course opens a window of its own, in which events are suspected and adjudicated
                  alike; dose finding counts the first course alone.
    """

    window: DurationField
    counted_from: Annotated[Literal["first_administration", "last_administration"], Grown()] = "last_administration"
    each_course: Annotated[bool, Grown()] = False
    rules: tuple[DltRule, ...] = Field(min_length=1)
    evaluable_when: LocalText | None = None
    partial_dose_counts: Literal["assigned", "delivered", "not_evaluable"] | None = None


class SentinelAssessment(Section):
    """One observation that is due for the first subject of a level before the next may be infused (2.2.4-b).

    concept: a term of the evidence vocabulary, as in a criterion, or the name of a laboratory test.
    days:    days after the infusion on which it is due.
    early:   days by which it may come earlier; a later one counts too, once it is there.
    """

    concept: str = Field(min_length=1)
    days: tuple[int, ...] = Field(min_length=1)
    early: int = Field(default=0, ge=0)


class Staggering(Section):
    """Waiting between infusions (2.2.4): after the first of a level, between later ones, between levels."""

    after_first_of_level: DurationField
    between_later: DurationField
    between_levels: DurationField
    basis: tuple[Evidence, ...] = ()
    analogue_onset_p95: DurationField | None = None
    sentinel_monitoring: tuple[LocalText, ...] = ()
    sentinel_assessments: tuple[SentinelAssessment, ...] = ()


class ClosedLevel(Section):
    """What happens to a subject who waits for an infusion at a level that closes; absent means no infusion is allowed.

    rule: `not_infused`, or `lower_level`: reassigned to the highest level still open, under the signatures named.
    """

    rule: Literal["not_infused", "lower_level"]
    signatures: tuple[str, ...] = ()
    text: LocalText | None = None


class TransitionCriterion(Section):
    """One computable condition for going from escalation to expansion."""

    quantity: Literal[
        "dlt_evaluable_at_dose",
        "dlt_rate_at_dose",
        "responders_at_dose",
        "response_rate_at_dose",
        "posterior_dlt_above_target",
        "follow_up_days_last_subject",
    ]
    operator: Literal["<", "<=", ">=", ">"]
    value: float
    unit: str = ""


class Transition(Section):
    """From escalation to expansion (2.2.5-j): computable criteria and who decides."""

    text: LocalText | None = None
    criteria: tuple[TransitionCriterion, ...] = ()
    decision_body: str | None = None
    on_locked_data: bool = False
    expansion_size: int | None = Field(default=None, ge=1)


class Scenario(Section):
    """A truth under which the design's operating characteristics are computed, per dose level.

    odds_ratio:     association of response and DLT within a subject; 1 is independence.
    moderate_rates: probability of moderate toxicity without DLT, for designs that look at it; 0 unless stated.
    feasible_rates: probability that the dose can be made, for designs that look at it; 1 unless stated.
    """

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    name: LocalText
    dlt_rates: tuple[Probability, ...]
    response_rates: tuple[Probability, ...] = ()
    odds_ratio: float = Field(default=1.0, gt=0)
    moderate_rates: tuple[Probability, ...] = ()
    feasible_rates: tuple[Probability, ...] = ()


class Escalation(Section):
    """The dose-finding part."""

    design: DesignChoice
    dlt: DltDefinition
    staggering: Staggering
    objective: Literal["mtd", "optimal_biological_dose", "recommended_dose"] = "recommended_dose"
    mtd_needed: bool | None = None
    activity_measure: LocalText | None = None
    non_oncology_exclusion_rate: Probability | None = None
    transition: Transition | None = None
    closed_level: ClosedLevel | None = None
    scenarios: tuple[Scenario, ...] = Field(min_length=1)
    decision_body: str = "safety_board"

"""The kind of trial: phase, first in human, arms, blinding, setting."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.protocol.model.base import (
    Descriptive,
    DurationField,
    Evidence,
    Given,
    Grown,
    GrownSection,
    LocalText,
    Probability,
    Section,
)


class Objective(Section):
    """A question the trial asks."""

    id: Given
    rank: Literal["primary", "secondary", "exploratory"]
    text: LocalText


class Blinding(Section):
    """Who does not know the arm, why others do, and what else reduces bias (2.3.1-d, 2.3.1-e)."""

    level: Literal["double", "subject", "open"] = "open"
    unblinded_roles: dict[str, LocalText] = Field(default_factory=dict)
    bias_reduction_measures: tuple[LocalText, ...] = ()


class Interruption(Section):
    """What pausing a current treatment costs and what it buys (2.1.2.1-c).

    washout:             how long the subject goes without it.
    median_progression:  median time to progression off treatment; `low` is the pessimistic bound.
    benefit_probability: chance of the expected benefit, with the lower bound that the evidence supports.
    progression_weight:  how many such benefits one progression during washout is worth; 1 where they weigh the same.
    """

    washout: DurationField
    median_progression: DurationField
    median_progression_low: DurationField
    benefit_probability: Probability
    benefit_probability_low: Probability
    progression_weight: float = Field(default=1.0, gt=0)
    evidence: tuple[Evidence, ...] = ()


class Rationale(Section):
    """Why the trial is designed as it is, where no other field says so."""

    estimands: LocalText | None = None
    control: LocalText | None = None
    duration: LocalText | None = None
    adaptive: LocalText | None = None
    interim: LocalText | None = None


class PostTrialAccess(Section):
    """Whether participants get the product after the end of the trial."""

    offered: Annotated[bool, Descriptive()]
    text: LocalText


class Trial(GrownSection):
    """What kind of trial this is; None means not stated, which is never read as no.

    need:           the disease, what is given for it today, and what is missing.
    countries:      countries of the sites, as ISO 3166 codes.
    starts, ends:   the act or day that starts and ends the trial.
    conducted_with: `celltrial` where the trial runs in this system, so that the document may say what it refuses and records.
    """

    phase: Literal["exploratory", "confirmatory"]
    phase_label: Annotated[str, Descriptive()] = Field(examples=["I", "I/II", "II", "III"])
    first_in_human: bool
    seamless: bool = False
    design: Literal["dose_escalation", "SAT", "RCT"]
    indication: LocalText
    therapeutic_area_guideline: str | None = None
    malignancy: bool
    haematological: bool | None = None
    multicentre: bool = True
    healthy_volunteers: bool = False
    blinding: Blinding = Blinding()
    objectives: tuple[Objective, ...] = ()
    interrupts_therapy: bool = False
    washout_rationale: Evidence | None = None
    interruption: Interruption | None = None
    approved_product: bool = False
    need: Annotated[LocalText | None, Grown()] = None
    countries: Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Z]{2}$")], ...], Descriptive(), Grown()] = ()
    stakeholder_input: Annotated[LocalText | None, Grown()] = None
    rationale: Annotated[Rationale | None, Descriptive(), Grown()] = None
    starts: Annotated[
        Literal["first_consent", "first_site_open", "first_collection"] | None, Descriptive(), Grown()
    ] = None
    ends: Annotated[Literal["last_visit", "last_contact", "data_cut"] | None, Descriptive(), Grown()] = None
    post_trial_access: Annotated[PostTrialAccess | None, Descriptive(), Grown()] = None
    conducted_with: Annotated[Literal["celltrial", "other"] | None, Descriptive(), Grown()] = None

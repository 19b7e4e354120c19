"""The kind of trial: phase, first in human, arms, blinding, setting."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.protocol.model.base import Descriptive, DurationField, Evidence, LocalText, Probability, Section


class Objective(Section):
    """A question the trial asks."""

    id: str
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


class Trial(Section):
    """What kind of trial this is; None means not stated, which is never read as no."""

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

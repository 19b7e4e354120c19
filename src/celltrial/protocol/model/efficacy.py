"""Endpoints, estimands, response criteria, visits, and who reads them."""

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
    Section,
)
from celltrial.protocol.model.statistics import EndpointAnalysis


class IntercurrentEvent(Section):
    """Something after enrolment that changes what the endpoint means, and how it is handled (ICH E9(R1))."""

    event: Literal[
        "bridging_therapy",
        "transplant",
        "manufacturing_failure",
        "reinfusion",
        "new_anticancer_therapy",
        "death",
        "out_of_specification_product",
    ]
    strategy: Annotated[
        Literal["treatment_policy", "hypothetical", "composite", "while_on_treatment", "principal_stratum"],
        Descriptive(),
    ]


class Estimand(Section):
    """What exactly is estimated: the five attributes of ICH E9(R1), the variable being the endpoint itself.

    treatment: what is compared or described, with what belongs to it (bridging, lymphodepletion, cells, re-infusion).
    variable:  what is measured on each subject, where the endpoint's text does not say it whole.
    summary:   how it is summed up over subjects, such as `proportion` or `hazard_ratio`.
    """

    population: Literal["enrolled", "collected", "infused", "infused_conforming", "response_evaluable"]
    treatment: LocalText | None = None
    variable: LocalText | None = None
    summary: str
    intercurrent_events: tuple[IntercurrentEvent, ...] = ()


class Endpoint(GrownSection):
    """One endpoint."""

    id: Given
    rank: Literal["primary", "key_secondary", "secondary", "exploratory"]
    kind: Literal[
        "safety", "dlt", "response_rate", "sustained_response", "duration_of_response", "progression_free_survival",
        "overall_survival", "kinetics", "immune_function", "quality_of_life", "feasibility", "surrogate", "other"
    ]  # fmt: skip
    text: LocalText
    direct_clinical_benefit: bool | None = None
    validated: bool | None = None
    validation: Evidence | None = None
    agency_agreement: str | None = None
    origin: Literal["enrolment", "collection", "infusion", "randomisation"] | None = None
    estimand: Estimand | None = None
    analysis: Annotated[EndpointAnalysis | None, Grown()] = None


class ResponseVisit(Section):
    """A planned assessment of response: target infusion day and window in days."""

    name: Given
    day: int = Field(ge=0)
    window_before: int = Field(default=0, ge=0)
    window_after: int = Field(default=0, ge=0)


class IndependentReview(Section):
    """The independent review committee (2.3.1-f)."""

    role: Literal["primary", "sensitivity"] | None = None
    readers: int = Field(default=2, ge=1)
    adjudication: bool = True
    unreadable_rule: Literal["non_responder", "missing"] | None = None


class Efficacy(Section):
    """How benefit is measured.

    confirmation_interval:  least time from a response to the assessment that confirms it.
    minimum_stable_disease: least time from infusion for stable disease to count as best response.
    """

    criteria: str
    additional_criteria: tuple[str, ...] = ()
    endpoints: tuple[Endpoint, ...] = Field(min_length=1)
    visits: tuple[ResponseVisit, ...] = ()
    confirmation_required: bool = True
    confirmation_interval: DurationField | None = None
    minimum_stable_disease: DurationField | None = None
    sustained_response_day: int | None = Field(default=None, ge=1)
    sustained_response_window: int = Field(default=14, ge=0)
    independent_review: IndependentReview | None = None
    investigator_sensitivity_analysis: bool = False
    minimum_responder_follow_up: DurationField | None = None

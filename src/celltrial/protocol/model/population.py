"""Who may take part: criteria that can be computed, and why this population."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, model_validator

from celltrial.protocol.model.base import DurationField, Evidence, LocalText, Section

__all__ = ["CONCEPT_UNITS", "BenefitRisk", "Consents", "Criterion", "Paediatric", "Population"]

#: Units in which each concept may be stated; the first is the one evidence is compared in.
#: An empty unit is a code, a count, a score or a yes/no.
CONCEPT_UNITS: Final[dict[str, tuple[str, ...]]] = {
    "age": ("y",),
    "body_weight": ("kg",),
    "ecog": ("",),
    "karnofsky": ("",),
    "life_expectancy": ("wk", "mo"),
    "prior_lines": ("",),
    "diagnosis_confirmed": ("",),
    "measurable_disease": ("",),
    "disease_stage": ("",),
    "refractory_to": ("",),
    "target_antigen_positive_cells": ("%",),
    "hla_type": ("",),
    "creatinine_clearance": ("mL/min",),
    "serum_creatinine": ("umol/L", "mg/dL"),
    "alt": ("xULN",),
    "ast": ("xULN",),
    "total_bilirubin": ("xULN", "mg/dL"),
    "absolute_neutrophil_count": ("10^9/L",),
    "absolute_lymphocyte_count": ("10^9/L",),
    "platelet_count": ("10^9/L",),
    "haemoglobin": ("g/L",),
    "left_ventricular_ejection_fraction": ("%",),
    "oxygen_saturation": ("%",),
    "pregnancy_test": ("",),
    "pregnancy_intended": ("",),
    "contraception_agreed": ("",),
    "active_infection": ("",),
    "active_cns_disease": ("",),
    "active_autoimmune_disease": ("",),
    "prior_car_t": ("",),
    "prior_allogeneic_transplant": ("",),
    "hepatitis_b_dna_positive": ("",),
    "hiv_positive": ("",),
    "blood_or_marrow_involvement": ("",),
    "body_temperature": ("degC",),
    "other": ("",),
}


class Criterion(Section):
    """One computable criterion: concept, operator, value, unit, window, source (P2).

    A criterion that needs judgement is `manual` and then names its assessor.
    window: how old the evidence may be, in whole site-local days, both ends included.
    """

    id: str = Field(pattern=r"^[A-Z0-9][A-Z0-9-]*$")
    kind: Literal["inclusion", "exclusion"]
    concept: str
    operator: Literal["<", "<=", "==", "!=", ">=", ">", "in", "is"]
    value: float | bool | str | tuple[str, ...]
    unit: str = ""
    window: DurationField | None = None
    assessment: str
    source: Literal["laboratory", "imaging", "pathology", "history", "examination", "consent", "manual"]
    assessor: str | None = None
    text: LocalText
    recheck_before: tuple[Literal["collection", "lymphodepletion", "infusion"], ...] = ()

    @model_validator(mode="after")
    def _unit_fits_concept(self) -> Criterion:
        known = CONCEPT_UNITS.get(self.concept)
        if known is None:
            raise ValueError(f"concept|one of {', '.join(sorted(CONCEPT_UNITS))}|{self.concept}")
        if self.unit not in known:
            raise ValueError(
                f"unit|{self.concept} in {' or '.join(u or 'no unit' for u in known)}|{self.unit or 'no unit'}"
            )
        if self.source == "manual" and not self.assessor:
            raise ValueError("assessor|a named assessor role for a manual criterion|nothing")
        if (self.concept == "other") is not (self.source == "manual"):
            raise ValueError("source|manual for the concept `other`, and only for it|" + self.source)
        return self


class BenefitRisk(Section):
    """The weighing of benefit and risk at one point of development (2.1.1-a)."""

    version: str
    dated: str
    phase: Literal["exploratory", "confirmatory"]
    expected_benefit: tuple[Evidence, ...] = ()
    expected_risk: tuple[Evidence, ...] = ()
    conclusion: LocalText | None = None


class Paediatric(Section):
    """Children: adult data first, or a reason (2.1.1.3-a, 2.1.1.3-b)."""

    included: bool
    adult_data: tuple[Evidence, ...] = ()
    justification: LocalText | None = None
    cohort_opens_after_adult_review: bool = False


class Consents(Section):
    """Which consents are taken, and on which version."""

    main_version: str
    follow_up_version: str | None = None


class Population(Section):
    """The population and the reasons for it."""

    benefit_risk: tuple[BenefitRisk, ...] = ()
    stages_allowed: tuple[str, ...] = ()
    stage_scale: str | None = None
    stage_rationale: dict[Literal["product_action", "severity", "speed_of_progression"], LocalText] = Field(
        default_factory=dict
    )
    early_stage_reason: LocalText | None = None
    label_population: tuple[str, ...] = ()
    studied_population: tuple[str, ...] = ()
    bridging_plan: LocalText | None = None
    confounders_considered: LocalText | None = None
    no_alternative_required: bool = False
    contraception_required: DurationField | None = None
    pregnancy_test_window: DurationField | None = None
    minimum_life_expectancy: DurationField | None = None
    paediatric: Paediatric = Paediatric(included=False)
    consents: Consents
    criteria: tuple[Criterion, ...] = Field(min_length=1)

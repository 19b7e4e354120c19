"""Who may take part: criteria that can be computed, and why this population."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from celltrial.core.quantities import check_unit, observation, observations
from celltrial.core.values import ABSENT, Identifier, Term, Value, message, one_of
from celltrial.protocol.model.base import (
    Descriptive,
    DurationField,
    Evidence,
    Given,
    Grown,
    GrownSection,
    LocalText,
    Section,
    UnfitError,
)

#: What a criterion may look at, by code.
CONCEPTS: Final = tuple(item.code for item in observations())


def _unit(symbol: str) -> Value:
    return Identifier(symbol) if symbol else message("no_unit")


class Criterion(Section):
    """One computable criterion: concept, operator, value, unit in any spelling, window, source (P2).

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
        known = observation(self.concept)
        if known is None or known.code != self.concept:
            near = get_close_matches(self.concept, CONCEPTS, n=3) or CONCEPTS
            expected = one_of(*map(Identifier, near)) if known is None else Identifier(known.code)
            raise UnfitError(expected, Identifier(self.concept), "concept")
        if check_unit(self.concept, self.unit):
            units = one_of(*(_unit(symbol) for symbol in known.symbols or ("",)))
            asked = message("in_unit", concept=Term("concept", self.concept), unit=units)
            raise UnfitError(asked, _unit(self.unit), "unit")
        if self.source == "manual" and not self.assessor:
            raise UnfitError(message("named_assessor"), ABSENT, "assessor")
        if (self.concept == "other") is not (self.source == "manual"):
            raise UnfitError(message("manual_for_other"), Identifier(self.source), "source")
        return self


class BenefitRisk(Section):
    """The weighing of benefit and risk at one point of development (2.1.1-a)."""

    version: str
    dated: date
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


class Consents(GrownSection):
    """Which consents are taken, and on which version."""

    main_version: Given
    follow_up_version: Given | None = None
    process: Annotated[LocalText | None, Grown()] = None
    future_use: Annotated[bool | None, Descriptive(), Grown()] = None


class Restriction(Section):
    """Something that participants may not do, and until when after the infusion."""

    kind: Annotated[Literal["diet", "caffeine_alcohol_tobacco", "activity", "donation", "other"], Descriptive()]
    text: LocalText
    until: Annotated[DurationField | None, Descriptive()] = None


class Rescreening(Section):
    """Whether one who failed screening may be screened again, how often and how soon."""

    allowed: Annotated[bool, Descriptive()]
    times: Annotated[int | None, Field(default=None, ge=1), Descriptive()] = None
    after: Annotated[DurationField | None, Descriptive()] = None
    new_consent: Annotated[bool, Descriptive()] = True
    text: LocalText | None = None


class Contraception(Section):
    """Who uses contraception, and which."""

    methods: Annotated[Literal["highly_effective", "effective"], Descriptive()]
    females: Annotated[bool, Descriptive()] = True
    males: Annotated[bool, Descriptive()] = False
    gamete_donation_forbidden: Annotated[bool, Descriptive()] = False
    text: LocalText | None = None


class Population(GrownSection):
    """The population and the reasons for it.

    restrictions: what participants may not do; an empty list says that nothing is restricted.
    """

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
    rationale: Annotated[LocalText | None, Grown()] = None
    childbearing: Annotated[LocalText | None, Grown()] = None
    contraception: Annotated[Contraception | None, Descriptive(), Grown()] = None
    restrictions: Annotated[tuple[Restriction, ...] | None, Descriptive(), Grown()] = None
    rescreening: Annotated[Rescreening | None, Descriptive(), Grown()] = None
    paediatric: Paediatric = Paediatric(included=False)
    consents: Consents
    criteria: tuple[Criterion, ...] = Field(min_length=1)

"""What is done to the subject: bridging, lymphodepletion, infusion."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.protocol.model.base import Descriptive, DurationField, Given, Grown, GrownSection, LocalText, Section
from celltrial.protocol.model.population import Criterion
from celltrial.protocol.model.regimen import Course, DrugDose, DrugUnit, Route


class Bridging(Section):
    """Therapy between collection and lymphodepletion."""

    allowed: bool
    text: LocalText | None = None
    washout: DurationField | None = None


class LymphodepletionDrug(Section):
    """One drug: dose per square metre and day, on days counted from infusion."""

    drug: Given
    dose: float = Field(gt=0)
    unit: DrugUnit
    days: tuple[int, ...] = Field(min_length=1)


class OtherRegimen(Section):
    """Drugs that may be given in place of the regimen, where what is said of them holds."""

    id: str
    when: LocalText
    drugs: tuple[LymphodepletionDrug, ...] = Field(min_length=1)


class Lymphodepletion(GrownSection):
    """The regimen and how long before the first infusion of a course it may end (2.1.3-g, C4).

    skip_if: where all of this is known and met, a course may begin without it.
    """

    drugs: tuple[LymphodepletionDrug, ...] = Field(min_length=1)
    minimum_days_to_infusion: int = Field(ge=0)
    maximum_days_to_infusion: int = Field(ge=1)
    repeat_allowed: bool = False
    rationale: LocalText | None = None
    alternatives: Annotated[tuple[OtherRegimen, ...], Grown()] = ()
    skip_if: Annotated[tuple[Criterion, ...], Grown()] = ()


class Infusion(GrownSection):
    """The infusion and the conditions on the day."""

    route: Route
    conditions: tuple[Criterion, ...] = ()
    reference_day: Literal["infusion"] = "infusion"
    watch_period: DurationField | None = None
    premedication: Annotated[LocalText | None, Grown()] = None
    rate: Annotated[LocalText | None, Grown()] = None
    thaw: Annotated[LocalText | None, Grown()] = None
    concomitant_permitted: Annotated[LocalText | None, Grown()] = None
    concomitant_forbidden: Annotated[tuple[str, ...], Descriptive()] = ()


class Treatment(GrownSection):
    """The way from collection to the cells.

    courses: absent is one course of one infusion of the whole dose, given `dose.repeat.doses` times.
    drugs:   drugs beside the cells, before and after them.
    """

    background: Annotated[LocalText | None, Grown()] = None
    bridging: Bridging | None = None
    lymphodepletion: Lymphodepletion | None = None
    infusion: Infusion
    vein_to_vein_expected: DurationField | None = None
    courses: Annotated[tuple[Course, ...], Grown()] = ()
    drugs: Annotated[tuple[DrugDose, ...], Grown()] = ()

"""What is done to the subject: bridging, lymphodepletion, infusion."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.protocol.model.base import Descriptive, DurationField, LocalText, Section
from celltrial.protocol.model.population import Criterion


class Bridging(Section):
    """Therapy between collection and lymphodepletion."""

    allowed: bool
    text: LocalText | None = None
    washout: DurationField | None = None


class LymphodepletionDrug(Section):
    """One drug: dose per square metre and day, on days counted from infusion."""

    drug: str
    dose: float = Field(gt=0)
    unit: Literal["mg/m2", "mg/kg", "mg"]
    days: tuple[int, ...] = Field(min_length=1)


class Lymphodepletion(Section):
    """The regimen and how long before infusion it may end (2.1.3-g, C4)."""

    drugs: tuple[LymphodepletionDrug, ...] = Field(min_length=1)
    minimum_days_to_infusion: int = Field(ge=0)
    maximum_days_to_infusion: int = Field(ge=1)
    repeat_allowed: bool = False
    rationale: LocalText | None = None


class Infusion(Section):
    """The infusion and the conditions on the day."""

    route: Literal[
        "intravenous", "intratumoral", "intraperitoneal", "intrapleural", "intrathecal", "subcutaneous", "other"
    ]
    conditions: tuple[Criterion, ...] = ()
    reference_day: Literal["infusion"] = "infusion"
    watch_period: DurationField | None = None
    concomitant_forbidden: Annotated[tuple[str, ...], Descriptive()] = ()


class Treatment(Section):
    """The course from collection to infusion."""

    bridging: Bridging | None = None
    lymphodepletion: Lymphodepletion | None = None
    infusion: Infusion
    vein_to_vein_expected: DurationField | None = None

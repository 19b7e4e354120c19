"""Doses: what is counted, the ladder, the starting dose and its reasons, repeat doses, shortfall."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from celltrial.core.doses import CellDose, DoseBasis
from celltrial.protocol.model.base import DurationField, Evidence, LocalText, Section


def _exact(value: object) -> object:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


Cells = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, le=10**15)]


class DoseLevel(Section):
    """One step of the ladder."""

    label: str
    cells: Cells


class StartingDose(Section):
    """Why this first dose, and why this ladder (2.2.2.1, 2.2.2.3)."""

    rationale: LocalText | None = None
    evidence: tuple[Evidence, ...] = ()
    ladder_rationale: LocalText | None = None


class RepeatDosing(Section):
    """How many doses a subject may get; more than one in a first trial needs two kinds of evidence (2.2.2.2)."""

    doses: int = Field(default=1, ge=1)
    interval: DurationField | None = None
    low_risk_evidence: tuple[Evidence, ...] = ()
    activity_duration_evidence: tuple[Evidence, ...] = ()
    redose_criteria: LocalText | None = None


class Dose(Section):
    """The dose object (P4).

    band_low, band_high: share of the assigned dose below and above which it is not the planned dose.
    shortfall: what happens to a product below the band.
    """

    basis: DoseBasis
    per_kg: bool = False
    cap: Cells | None = None
    band_low: float = Field(default=0.2, ge=0, lt=1)
    band_high: float = Field(default=0.2, ge=0)
    levels: tuple[DoseLevel, ...] = Field(min_length=1)
    start_level: int = Field(default=1, ge=1)
    ladder: Literal["half_log", "other"] = "half_log"
    starting: StartingDose = StartingDose()
    repeat: RepeatDosing = RepeatDosing()
    shortfall: Literal["not_infused", "lower_level", "as_given"] | None = None
    minimum_dose: Cells | None = None
    maximum_volume_ml: float | None = Field(default=None, gt=0)
    product_attributes_recorded: tuple[str, ...] = ()

    def level(self, number: int) -> CellDose:
        """Return the dose of level 1, 2, ..."""
        return CellDose(self.levels[number - 1].cells, self.basis, self.per_kg)

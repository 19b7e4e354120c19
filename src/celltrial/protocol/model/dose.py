"""Doses: what is counted, the ladder, the starting dose and its reasons, repeat doses, shortfall."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from celltrial.core.doses import CellDose, DoseBasis
from celltrial.core.values import ABSENT, Formula, one_of
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


def _exact(value: object) -> object:
    return Decimal(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


Cells = Annotated[Decimal, BeforeValidator(_exact), Field(gt=0, le=10**15)]


#: The three ways to state how many cells a level is.
_RULES: Final = ("cells", "low and high", "bands")


class WeightBand(Section):
    """The dose of everybody up to a body weight; the first band that holds the weight counts.

    up_to_kg: the largest weight of the band, itself included; None for the last one, which holds all above.
    per:      whether the numbers are for the whole body or per kilogram.
    low, high: any number from one to the other is as planned.
    """

    up_to_kg: Decimal | None = Field(default=None, gt=0)
    per: Literal["flat", "kg"]
    low: Cells
    high: Cells


class DoseLevel(GrownSection):
    """One step of the ladder: one number of cells, a range of which any number is as planned, or a range by body weight.

    cells:     one number; `band_low` and `band_high` of the dose say how far from it a product may be.
    low, high: a range as products on the market state it; no tolerance is added to it.
    bands:     ranges by body weight, lowest weight first.
    """

    label: Given
    cells: Annotated[Cells | None, Grown()] = None
    low: Annotated[Cells | None, Grown()] = None
    high: Annotated[Cells | None, Grown()] = None
    bands: Annotated[tuple[WeightBand, ...], Grown()] = ()

    @model_validator(mode="after")
    def _one_rule(self) -> DoseLevel:
        ranged = (self.low is not None, self.high is not None)
        stated = [self.cells is not None, any(ranged), bool(self.bands)]
        if sum(stated) != 1 or (stated[1] and not all(ranged)):
            found = [name for name, here in zip(_RULES, stated, strict=True) if here]
            raise UnfitError(one_of(*map(Formula, _RULES)), Formula(", ".join(found)) if found else ABSENT, "cells")
        return self

    @property
    def stated(self) -> str:
        """The field that states the level."""
        return "cells" if self.cells is not None else "bands" if self.bands else "high"

    @property
    def most(self) -> Decimal:
        """The largest number of cells that is as planned, per kilogram where the dose is; a band per kilogram counts at
        its largest weight, the last one at 100 kg.
        """
        if self.cells is not None:
            return self.cells
        if self.high is not None:
            return self.high
        return max(band.high * (_kg(band) if band.per == "kg" else 1) for band in self.bands)

    @property
    def least(self) -> Decimal:
        """The smallest number of cells that is as planned, per kilogram where the dose is; a band per kilogram counts at
        the largest weight of the band before it, the first one at 3 kg.
        """
        if self.cells is not None:
            return self.cells
        if self.low is not None:
            return self.low
        from_kg = (Decimal(3), *(_kg(band) for band in self.bands))
        return min(band.low * (kg if band.per == "kg" else 1) for band, kg in zip(self.bands, from_kg, strict=False))


def _kg(band: WeightBand) -> Decimal:
    return Decimal(100) if band.up_to_kg is None else band.up_to_kg


class CandidateDose(Section):
    """A first dose that one way of reasoning leads to (2.2.2.1-a).

    method: the highest dose without adverse effect in animals, the least dose with a biological effect, a dose given of
            a similar product, or one from work with cells.
    cells:  what it comes to in people, in the basis of the trial's doses.
    margin: what it is divided by to be safe; the first dose is no higher than that.
    """

    method: Literal["NOAEL", "MABEL", "analogue", "in_vitro"]
    cells: Cells
    margin: float = Field(default=1.0, ge=1)
    evidence: Evidence | None = None


class StartingDose(GrownSection):
    """Why this first dose, and why this ladder (2.2.2.1, 2.2.2.3)."""

    rationale: LocalText | None = None
    candidates: Annotated[tuple[CandidateDose, ...], Grown()] = ()
    evidence: tuple[Evidence, ...] = ()
    ladder_rationale: LocalText | None = None


class RepeatDosing(Section):
    """How many doses a subject may get; more than one in a first trial needs two kinds of evidence (2.2.2.2)."""

    doses: int = Field(default=1, ge=1)
    interval: DurationField | None = None
    low_risk_evidence: tuple[Evidence, ...] = ()
    activity_duration_evidence: tuple[Evidence, ...] = ()
    redose_criteria: LocalText | None = None


class Overdose(Section):
    """What is done where more cells than planned were given.

    observe: how long such a participant is observed closely.
    """

    action: LocalText
    observe: Annotated[DurationField | None, Descriptive()] = None


class Dose(GrownSection):
    """The dose object (P4).

    band_low, band_high: share of the assigned dose below and above which it is not the planned dose.
    shortfall: what happens to a product below the band.
    maximum_in_all: the most cells a subject may get over all courses, per kilogram where the dose is; None: not limited.
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
    overdose: Annotated[Overdose | None, Descriptive(), Grown()] = None
    product_attributes_recorded: tuple[str, ...] = ()
    maximum_in_all: Annotated[Cells | None, Grown()] = None

    def level(self, number: int) -> CellDose:
        """Return the dose of level 1, 2, ...; the largest that is as planned where the level is a range."""
        return CellDose(self.levels[number - 1].most, self.basis, self.per_kg)

    @property
    def by_weight(self) -> bool:
        """Whether the cells to give depend on the body weight."""
        return self.per_kg or any(level.bands for level in self.levels)

    def planned(self, number: int, weight_kg: Decimal | None) -> tuple[Decimal, Decimal]:
        """Return the lowest and highest planned number of cells of level 1, 2, ... before any tolerance.

        weight_kg: where it is None and the dose is per kilogram, the numbers are per kilogram.

        >>> plan = Dose(basis="total", levels=({"label": "1", "low": 2e6, "high": 5e6},))
        >>> [f"{cells:.1e}" for cells in plan.planned(1, None)]
        ['2.0e+6', '5.0e+6']
        """
        level = self.levels[number - 1]
        low, high, per_kg = level.least, level.most, self.per_kg
        if level.bands and weight_kg is not None:
            band = next(
                (one for one in level.bands if one.up_to_kg is None or weight_kg <= one.up_to_kg), level.bands[-1]
            )
            low, high, per_kg = band.low, band.high, band.per == "kg"
        if weight_kg is None:
            return low, high
        cap = self.cap if per_kg else None
        low, high = (CellDose(one, self.basis, per_kg).for_weight(weight_kg, cap).cells for one in (low, high))
        return low, high

    def accepted(self, number: int, weight_kg: Decimal | None, share: Decimal = Decimal(1)) -> tuple[Decimal, Decimal]:
        """Return the lowest and highest number of cells that count as a share of the planned dose of a level.

        A single number has the tolerance of the dose around it, a range has none.
        """
        low, high = self.planned(number, weight_kg)
        if self.levels[number - 1].cells is not None:
            low, high = low * (1 - Decimal(str(self.band_low))), high * (1 + Decimal(str(self.band_high)))
        return low * share, high * share

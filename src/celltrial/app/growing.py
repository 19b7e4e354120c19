"""Z-scores of a child's growth from what was measured."""

from __future__ import annotations

from datetime import date

from celltrial.clinical.derivation import Derivation
from celltrial.clinical.growth import Child, Indicator, Sex, derive_growth
from celltrial.clinical.quantities import Number
from celltrial.core.errors import UserError, fault
from celltrial.exchange.growth_tables import read_growth_tables

__all__ = ["growth_scores"]


def growth_scores(
    sex: Sex,
    *,
    born: date,
    on: date,
    length_cm: Number | None,
    weight_kg: Number | None,
    lying: bool | None,
) -> dict[Indicator, Derivation]:
    """Return the z-score of every indicator; CLN-009 for a measurement before birth, EXC-030 without tables."""
    if on < born:
        raise UserError(fault("CLN-009", where="on", expected=f"a day from {born} on", found=str(on)))
    child = Child(sex, (on - born).days, length_cm, weight_kg, lying)
    tables = read_growth_tables()
    return {indicator: derive_growth(child, indicator, tables=tables) for indicator in Indicator}

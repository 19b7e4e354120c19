"""Dose gate: the delivered dose against the band of the assigned level, in the protocol's basis (P4)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from celltrial.conduct.codes import Code
from celltrial.conduct.decision import Condition, fail
from celltrial.conduct.envelope import batch_stream
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.core.doses import CellDose, DoseBasis
from celltrial.core.errors import UserError
from celltrial.core.measured import Measured
from celltrial.core.quantities import Quantity
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    Protected,
    Sayable,
    Term,
    Value,
    as_value,
    at_least,
    at_most,
    message,
    more_than,
    or_absent,
)
from celltrial.protocol.model.dose import Dose


@dataclass(frozen=True, slots=True)
class DoseVerdict:
    """What a delivered dose means.

    level_delivered: highest level whose band holds it; None where none does.
    in_band:         within the band of the assigned level.
    """

    level_delivered: int | None
    in_band: bool
    conditions: tuple[Condition, ...]


def band(dose: Dose, level: int, weight_kg: Decimal | None) -> tuple[Decimal, Decimal]:
    """Return the lowest and highest number of cells that count as a level's planned dose.

    >>> from celltrial.protocol.model.dose import Dose, DoseLevel
    >>> plan = Dose(basis="total", per_kg=True, cap=1e8, levels=(DoseLevel(label="1", cells=1e6),))
    >>> [f"{cells:.1e}" for cells in band(plan, 1, Decimal(55))]
    ['4.4e+7', '6.6e+7']
    """
    target = _target(dose, level, weight_kg).cells
    return target * (1 - Decimal(str(dose.band_low))), target * (1 + Decimal(str(dose.band_high)))


def _target(dose: Dose, level: int, weight_kg: Decimal | None) -> CellDose:
    planned = dose.level(level)
    return planned.for_weight(weight_kg, dose.cap) if planned.per_kg and weight_kg is not None else planned


def judge_dose(
    act: Act, delivered: Decimal, basis: DoseBasis, weight_kg: Decimal | None, about: str, *, of_batch: bool = False
) -> DoseVerdict:
    """Return what a delivered dose means under the protocol in force.

    Below the band the protocol's `shortfall` decides: not infused, counted at a lower level, or given as it is; a
    protocol that does not say refuses. Above the band is always refused.

    of_batch: dose and basis are what a batch holds, which is closed to blinded readers; else somebody said them.
    """

    def shown(value: Sayable) -> Value:
        return Protected("product", as_value(value)) if of_batch else as_value(value)

    dose, level = act.protocol.dose, act.subject.level
    if level is None:
        return DoseVerdict(
            None, in_band=False, conditions=(fail(Code.SUBJECT_STAGE, message("assigned_level"), ABSENT, act.about),)
        )
    if basis is not dose.basis:
        return DoseVerdict(
            None,
            in_band=False,
            conditions=(fail(Code.DOSE_BASIS, dose.basis, shown(basis), about, "2.2.2.2-c", "dose.basis"),),
        )
    if not (delivered.is_finite() and delivered > 0):
        unusable = fail(Code.VALUE_NOT_USABLE, more_than(0), delivered, about)
        return DoseVerdict(None, in_band=False, conditions=(unusable,))
    if dose.per_kg and (weight_kg is None or not weight_kg.is_finite() or weight_kg <= 0):
        wanted = fail(
            Code.WEIGHT_MISSING,
            message("body_weight", wanted=more_than(Quantity(Decimal(0), "kg"))),
            or_absent(weight_kg),
            act.about,
            "2.2.2.2-a",
            "dose.per_kg",
        )
        return DoseVerdict(None, in_band=False, conditions=(wanted,))
    held = _level_of(dose, level, delivered, weight_kg)
    low, high = band(dose, level, weight_kg)
    if low <= delivered <= high:
        return DoseVerdict(level, in_band=True, conditions=())
    if delivered > high:
        above = fail(Code.DOSE_ABOVE_BAND, at_most(high), shown(delivered), about, "2.2.2.2-a", "dose.band_high")
        return DoseVerdict(held, in_band=False, conditions=(above,))
    return DoseVerdict(
        held, in_band=False, conditions=_shortfall(dose, held, (delivered, shown(delivered)), low, weight_kg, about)
    )


def check_enough_cells(act: Act, batch: BatchState) -> Conditions:
    """Yield a batch that cannot give a dose the protocol accepts, so that nobody is depleted for it (2.1.3-g).

    Per-kilogram doses are judged with the last recorded body weight; without one the infusion gate judges alone.
    """
    level, dose = act.subject.level, act.protocol.dose
    if batch.cells is None or batch.basis is None or level is None:
        return
    seen = act.subject.evidence.get("body_weight")
    weight = None if seen is None else _weight(seen.value, seen.unit)
    if dose.per_kg and weight is None:
        return
    highest = band(dose, level, weight)[1]
    about = batch_stream(batch.batch)
    yield from judge_dose(act, min(batch.cells, highest), batch.basis, weight, about, of_batch=True).conditions


def _weight(text: str, unit: str) -> Decimal | None:
    """Return kilograms; None for what is no weight above zero."""
    found = Measured.read(text)
    if found.number is None or not found.is_exact or found.number <= 0:
        return None
    try:
        return Quantity(found.number, unit or found.unit).in_unit("kg")
    except UserError:
        return None


def _level_of(dose: Dose, highest: int, delivered: Decimal, weight_kg: Decimal | None) -> int | None:
    for level in range(highest, 0, -1):
        low, high = band(dose, level, weight_kg)
        if low <= delivered <= high:
            return level
    return None


def _shortfall(
    dose: Dose, held: int | None, given: tuple[Decimal, Value], low: Decimal, weight_kg: Decimal | None, about: str
) -> tuple[Condition, ...]:
    least, (delivered, shown) = dose.minimum_dose, given
    if least is not None and dose.per_kg and weight_kg is not None:
        least *= weight_kg
    enough = least is None or delivered >= least
    allowed = enough and (dose.shortfall == "as_given" or (dose.shortfall == "lower_level" and held is not None))
    if allowed:
        return ()
    rule = NOT_STATED if dose.shortfall is None else Term("shortfall", dose.shortfall)
    found = message("with_rule", dose=shown, rule=rule)
    return (fail(Code.DOSE_BELOW_BAND, at_least(low), found, about, "2.2.2.2-a", "dose.shortfall"),)

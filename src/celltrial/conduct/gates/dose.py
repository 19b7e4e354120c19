"""Dose gate: the delivered dose against the band of the assigned level, in the protocol's basis (P4)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import batch_stream
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.gates.course import due
from celltrial.conduct.ruling import Condition, fail
from celltrial.core.doses import DoseBasis
from celltrial.core.errors import UserError
from celltrial.core.measured import Measured
from celltrial.core.quantities import Quantity, check_value
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    UNKNOWN,
    Count,
    Protected,
    Sayable,
    Term,
    Value,
    as_value,
    at_least,
    at_most,
    between,
    from_fault,
    message,
    more_than,
    or_absent,
)
from celltrial.protocol.model.dose import Dose

#: Change of body weight from which doses by weight are worked out anew; it is the usual limit in chemotherapy.
WEIGHT_CHANGE: Final = Decimal("0.1")


@dataclass(frozen=True, slots=True)
class DoseVerdict:
    """What a delivered dose means.

    level_delivered: highest level whose band holds it; None where none does.
    in_band:         within the band of the assigned level.
    """

    level_delivered: int | None
    in_band: bool
    conditions: tuple[Condition, ...]


def band(dose: Dose, level: int, weight_kg: Decimal | None, share: Decimal = Decimal(1)) -> tuple[Decimal, Decimal]:
    """Return the lowest and highest number of cells that count as a share of a level's planned dose.

    >>> from celltrial.protocol.model.dose import Dose, DoseLevel
    >>> plan = Dose(basis="total", per_kg=True, cap=1e8, levels=(DoseLevel(label="1", cells=1e6),))
    >>> [f"{cells:.1e}" for cells in band(plan, 1, Decimal(55))]
    ['4.4e+7', '6.6e+7']
    """
    return dose.accepted(level, weight_kg, share)


def judge_dose(
    act: Act, delivered: Decimal, basis: DoseBasis, weight_kg: Decimal | None, about: str, *, of_batch: bool = False
) -> DoseVerdict:
    """Return what a delivered dose means under the protocol in force.

    Below the band the protocol's `shortfall` decides: not infused, counted at a lower level, or given as it is; a
    protocol that does not say refuses. Above the band is always refused.

    delivered: what is given now, or what a batch can give of the whole course. The band is that of the share of the level
           that is due; the level delivered is that of all cells of the course so far.
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
    if dose.by_weight and (weight_kg is None or not weight_kg.is_finite() or weight_kg <= 0):
        wanted = fail(
            Code.WEIGHT_MISSING,
            message("body_weight", wanted=more_than(Quantity(Decimal(0), "kg"))),
            or_absent(weight_kg),
            act.about,
            "2.2.2.2-a",
            "dose.per_kg",
        )
        return DoseVerdict(None, in_band=False, conditions=(wanted,))
    share, before = (Decimal(1), Decimal(0)) if of_batch else _place(act)
    held = _level_of(dose, level, before + delivered, weight_kg)
    low, high = band(dose, level, weight_kg, share)
    if low <= delivered <= high:
        return DoseVerdict(level if share == 1 else held, in_band=True, conditions=())
    if delivered > high:
        above = fail(Code.DOSE_ABOVE_BAND, at_most(high), shown(delivered), about, "2.2.2.2-a", "dose.band_high")
        return DoseVerdict(held, in_band=False, conditions=(above,))
    least = dose.minimum_dose
    if least is not None:
        least *= share * (weight_kg if dose.per_kg and weight_kg is not None else 1)
    return DoseVerdict(
        held,
        in_band=False,
        conditions=_shortfall(
            dose, _level_of(dose, level, delivered, weight_kg, share), (delivered, shown(delivered)), low, least, about
        ),
    )


def _place(act: Act) -> tuple[Decimal, Decimal]:
    """Return the share of the level's dose that is due, and the cells that its course gave before."""
    here = due(act)
    if here is None or here.step.course.level_is == "administration":
        return Decimal(1), Decimal(0)
    earlier = act.subject.infusions_of(here.round.number)
    return here.step.share, sum((item.delivered_cells or Decimal(0) for item in earlier), Decimal(0))


def check_weight(act: Act, weight_kg: Decimal | None) -> Conditions:
    """Yield a body weight that nobody has, or that is not the subject's: a dose by weight is only as right as its weight.

    It is held against the last one on record; a difference of more than `WEIGHT_CHANGE` is a slip, or has to be recorded as
    what was weighed before cells are given by it.
    """
    if not act.protocol.dose.by_weight or weight_kg is None or not weight_kg.is_finite() or weight_kg <= 0:
        return
    wrong = check_value("body_weight", str(weight_kg), "kg")
    if wrong:
        needed, found = from_fault(wrong[0].params.get("expected", "kg")), Quantity(weight_kg, "kg")
        yield fail(Code.VALUE_NOT_USABLE, needed, found, act.about, "2.2.2.2-a", "dose.per_kg", input="weight_kg")
        return
    known = recorded_weight(act.subject)
    if known is not None and abs(weight_kg - known) > known * WEIGHT_CHANGE:
        low, high = (Quantity((known * (1 + sign * WEIGHT_CHANGE)).normalize(), "kg") for sign in (-1, 1))
        found = Quantity(weight_kg, "kg")
        yield fail(
            Code.WEIGHT_DIFFERS, between(low, high), found, act.about, "2.2.2.2-a", "dose.per_kg", input="weight_kg"
        )


def check_enough_cells(act: Act, batch: BatchState) -> Conditions:
    """Yield a batch that cannot give what is left of the course as the protocol accepts it, so that nobody is depleted
    for it (2.1.3-g): every administration of one course, and a bag for each.

    Doses by weight are judged with the last recorded body weight; without one the infusion gate judges alone.
    """
    level, dose, here = act.subject.level, act.protocol.dose, due(act)
    held = batch.cells_left
    if held is None or batch.basis is None or level is None or here is None:
        return
    course, about = here.step.course, batch_stream(batch.batch)
    parts = len(course.administrations) if course.level_is == "course" else 1
    if parts > max(len(batch.left), 1):
        needed = message("bags_for", bags=Count(parts))
        yield fail(Code.BAGS_SHORT, needed, Count(len(batch.left)), about, "2.1.3-g", here.step.path)
    weight = recorded_weight(act.subject)
    if dose.by_weight and weight is None:
        return
    highest = band(dose, level, weight)[1]
    yield from judge_dose(act, min(held, highest), batch.basis, weight, about, of_batch=True).conditions


def check_exposure(act: Act, delivered: Decimal, weight_kg: Decimal | None) -> Conditions:
    """Yield cells that, with all given before, are more than the protocol lets a subject get."""
    limit, field = act.protocol.dose.maximum_in_all, "dose.maximum_in_all"
    if limit is None or not delivered.is_finite():
        return
    if act.protocol.dose.per_kg:
        if weight_kg is None:
            return
        limit *= weight_kg
    earlier = [item.delivered_cells for item in act.subject.infusions]
    if None in earlier:
        yield fail(Code.EXPOSURE_LIMIT, at_most(limit), UNKNOWN, act.about, "2.2.2.2-a", field)
        return
    total = sum((cells for cells in earlier if cells is not None), delivered)
    if total > limit:
        yield fail(Code.EXPOSURE_LIMIT, at_most(limit), total, act.about, "2.2.2.2-a", field)


def recorded_weight(subject: SubjectState) -> Decimal | None:
    """Return the last body weight on record in kilograms; None where there is none that can be used."""
    seen = subject.evidence.get("body_weight")
    return None if seen is None else _weight(seen.value, seen.unit)


def _weight(text: str, unit: str) -> Decimal | None:
    """Return kilograms; None for what is no weight above zero."""
    found = Measured.read(text)
    if found.number is None or not found.is_exact or found.number <= 0:
        return None
    try:
        return Quantity(found.number, unit or found.unit).in_unit("kg")
    except UserError:
        return None


def _level_of(
    dose: Dose, highest: int, delivered: Decimal, weight_kg: Decimal | None, share: Decimal = Decimal(1)
) -> int | None:
    for level in range(highest, 0, -1):
        low, high = band(dose, level, weight_kg, share)
        if low <= delivered <= high:
            return level
    return None


def _shortfall(
    dose: Dose, held: int | None, given: tuple[Decimal, Value], low: Decimal, least: Decimal | None, about: str
) -> tuple[Condition, ...]:
    delivered, shown = given
    enough = least is None or delivered >= least
    allowed = enough and (dose.shortfall == "as_given" or (dose.shortfall == "lower_level" and held is not None))
    if allowed:
        return ()
    rule = NOT_STATED if dose.shortfall is None else Term("shortfall", dose.shortfall)
    found = message("with_rule", dose=shown, rule=rule)
    return (fail(Code.DOSE_BELOW_BAND, at_least(low), found, about, "2.2.2.2-a", "dose.shortfall"),)

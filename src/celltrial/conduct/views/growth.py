"""Growth as recorded: heights and weights with their units, and the curves of z-scores that they and others make."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.growth import Indicator
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.follow_up.events import GrowthMeasured
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.ruling import fail
from celltrial.core.errors import UserError
from celltrial.core.quantities import Quantity
from celltrial.core.values import Identifier, as_written, at_least, between

#: What is measured to its unit and the range that a child can have.
MEASURED: Final[Mapping[str, tuple[str, Decimal, Decimal]]] = MappingProxyType(
    {"height": ("cm", Decimal(20), Decimal(250)), "weight": ("kg", Decimal("0.5"), Decimal(300))}
)
_CURVES: Final = {"height_z": "height_z", "weight_z": "weight_z"} | {
    Indicator.HEIGHT_FOR_AGE.value: "height_z",
    Indicator.WEIGHT_FOR_AGE.value: "weight_z",
}


def check_growth(act: Act, fact: GrowthMeasured) -> Conditions:
    """Yield a height or weight in a unit of something else or that no child has, and a day before birth."""
    born = act.subject.born
    if born is not None and fact.on < born:
        yield fail(Code.ORDER_WRONG, at_least(born), fact.on, act.about, input="fact.on")
    if fact.measure not in MEASURED:
        return
    unit, low, high = MEASURED[fact.measure]
    value = in_its_unit(fact)
    if value is None:
        yield fail(Code.UNIT_MISMATCH, Identifier(unit), as_written(fact.unit), act.about, "3.1-m", input="fact.unit")
    elif not low <= value <= high:
        wanted, found = between(Quantity(low, unit), Quantity(high, unit)), Quantity(fact.value, fact.unit)
        yield fail(Code.VALUE_NOT_USABLE, wanted, found, act.about, "3.1-m", input="value")


def in_its_unit(fact: GrowthMeasured) -> Decimal | None:
    """Return a height in centimetres or a weight in kilograms; None where its unit measures something else."""
    try:
        return Quantity(fact.value, fact.unit).in_unit(MEASURED[fact.measure][0])
    except UserError:
        return None


def z_scores(fact: GrowthMeasured) -> Iterator[tuple[str, Decimal]]:
    """Yield curve ("height_z" or "weight_z") and z-score, as told or as worked out; what is not evaluable is no point."""
    if fact.measure in _CURVES:
        yield _CURVES[fact.measure], fact.value
    for score in fact.scores:
        if score.indicator in _CURVES and score.z is not None:
            yield _CURVES[score.indicator], score.z

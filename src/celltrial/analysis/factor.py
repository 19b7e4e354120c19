"""How a factor of the batch or of its handling goes with an outcome: transduction efficiency, operator, site.

Subjects are grouped by a factor stated beforehand: a number at its median or
at a given cut, a name by itself. Each group has its rate with the exact
interval; two groups have the difference of their rates with the score
interval. With few events nothing is contrasted, the groups are only described
(AC-A5.1). A factor was not assigned at random, so that no difference shows
what caused it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from celltrial.analysis import comparability, proportion
from celltrial.analysis.manufacturing import FEWEST_EVENTS_FOR_MODEL
from celltrial.analysis.terms import Caveat, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.results import Estimate, NotEstimable
from celltrial.core.values import message


@dataclass(frozen=True, slots=True)
class FactorOutcome:
    """One factor beside one outcome.

    cut:      where a number was cut; None for names.
    groups:   `below` and `at_or_above`, or each name, to the rate in that group.
    contrast: rate of the second group minus the first; not estimable with few events or with other than two groups.
    unknown:  subjects without a value of the factor; they are in no group.
    """

    factor: str
    cut: float | None
    groups: Mapping[str, Estimate | NotEstimable]
    contrast: Estimate | NotEstimable
    unknown: int


def estimate(
    factor: str,
    values: Sequence[float | str | None],
    outcomes: Sequence[bool],
    *,
    cut: float | None = None,
    level: float = 0.95,
) -> FactorOutcome:
    """Return the rate of an outcome in the groups of a factor, one value and one outcome per subject.

    cut: for a number; the median of the known values unless given.
    Raises ANL-014 for lists of different length, values of both kinds, or a number that is not finite.
    Rates are those of `proportion`, the contrast that of `comparability`; checked against both and AC-A5.1.

    >>> found = estimate("positivity", [20, 25, 40, 60, 70, 80], [False, False, True, True, True, True], cut=50)
    >>> [(name, round(rate.value, 2)) for name, rate in found.groups.items()]
    [('below', 0.33), ('at_or_above', 1.0)]
    >>> found.contrast.reason
    <Reason.FEW_EVENTS: 'few_events'>
    """
    _check(factor, values, outcomes)
    pairs = [(value, outcome) for value, outcome in zip(values, outcomes, strict=True) if value is not None]
    numbers = [value for value, _ in pairs if not isinstance(value, str)]
    at = cut if cut is not None else statistics.median(numbers) if numbers else None
    grouped: dict[str, list[bool]] = {"below": [], "at_or_above": []} if numbers else {}
    for value, outcome in sorted(pairs, key=lambda pair: str(pair[0])):
        grouped.setdefault(_group(value, at), []).append(outcome)
    events = sum(outcome for _, outcome in pairs)
    few = min(events, len(pairs) - events) < FEWEST_EVENTS_FOR_MODEL
    caveats = (Caveat.DESCRIPTIVE_FEW,) if few else ()
    rates = {
        name: proportion.estimate(sum(found), len(found), population=Population.INFUSED, level=level, caveats=caveats)
        for name, found in grouped.items()
    }
    contrast: Estimate | NotEstimable
    if few:
        params = {"events": min(events, len(pairs) - events), "needed": FEWEST_EVENTS_FOR_MODEL}
        contrast = NotEstimable(Reason.FEW_EVENTS, Population.INFUSED, len(pairs), MappingProxyType(params))
    elif len(grouped) != 2 or not all(grouped.values()):
        contrast = NotEstimable(Reason.NO_PAIRS, Population.INFUSED, len(pairs))
    else:
        first, second = ((sum(found), len(found)) for found in grouped.values())
        contrast = comparability.estimate_difference(factor, second, first, margin=None, level=level).contrast
    return FactorOutcome(factor, at, MappingProxyType(rates), contrast, len(values) - len(pairs))


def _group(value: float | str, cut: float | None) -> str:
    if isinstance(value, str) or cut is None:
        return str(value)
    return "below" if value < cut else "at_or_above"


def _check(factor: str, values: Sequence[float | str | None], outcomes: Sequence[bool]) -> None:
    if len(values) != len(outcomes):
        found = f"{len(values)}, {len(outcomes)}"
        raise UserError(fault("ANL-014", factor, expected=message("one_outcome_per_value"), found=found))
    known = [value for value in values if value is not None]
    if len({isinstance(value, str) for value in known}) > 1:
        raise UserError(fault("ANL-014", factor, expected=message("numbers_or_names_not_both"), found=factor))
    if not all(isinstance(value, str) or math.isfinite(value) for value in known):
        raise UserError(fault("ANL-014", factor, expected=message("finite_numbers"), found=factor))

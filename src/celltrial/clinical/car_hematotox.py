"""CAR-HEMATOTOX: risk of prolonged cytopenia, from values before lymphodepletion.

HIGH from two points on. Reference: Rejeski et al. (2021), doi:10.1182/blood.2020010543.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from celltrial.clinical.derivation import Comparator, Comparison, Derivation, Evidence, Rule, inputs_of
from celltrial.clinical.exact import Number, exact_in
from celltrial.clinical.points import Item, total

RULE: Final = Rule("car_hematotox_2021", "1", Evidence.TRANSCRIBED, "doi:10.1182/blood.2020010543")
HIGH_FROM: Final = 2
_Step = tuple[Comparator, str, int]
_STEPS: Final[Sequence[tuple[str, str, Sequence[_Step]]]] = (
    ("anc_per_ul", "/uL", (("<", "1200", 1),)),
    ("haemoglobin_g_dl", "g/dL", (("<", "9.0", 1),)),
    ("crp_mg_dl", "mg/dL", ((">=", "3.0", 1),)),
    ("platelets_1e9_l", "1e9/L", (("<", "75", 2), ("<=", "175", 1))),
    ("ferritin_ng_ml", "ng/mL", ((">", "2000", 2), (">=", "650", 1))),
)


@dataclass(frozen=True, slots=True)
class HematotoxValues:
    """Values before lymphodepletion; None means not known. Mind the unit of CRP: mg/dL.

    The paper cuts CRP at 3.0 mg/dL and haemoglobin at 9.0 g/dL; ferritin is in ng/mL.
    """

    anc_per_ul: Number | None = None
    haemoglobin_g_dl: Number | None = None
    crp_mg_dl: Number | None = None
    platelets_1e9_l: Number | None = None
    ferritin_ng_ml: Number | None = None


def _item(name: str, unit: str, value: Number | None, steps: Sequence[_Step]) -> Item:
    most = max(points for _, _, points in steps)
    if value is None:
        return Item(name, None, most)
    found = exact_in(value, 0, 10_000_000, name)
    rows = tuple(Comparison(name, found, comparator, Decimal(limit), unit) for comparator, limit, _ in steps)
    points = max((step[2] for step, row in zip(steps, rows, strict=True) if row.holds), default=0)
    return Item(name, points, most, rows)


def derive_car_hematotox(values: HematotoxValues) -> Derivation:
    """Return the points (`score`, 0 to 7) and HIGH from 2 on, LOW below, NE where missing values leave it open.

    >>> derive_car_hematotox(HematotoxValues(2500, "11.2", "0.4", 210, 300)).category
    'LOW'
    """
    items = (_item(name, unit, getattr(values, name), steps) for name, unit, steps in _STEPS)
    return total(RULE, items, high_from=HIGH_FROM, inputs=inputs_of(values, *HematotoxValues.__dataclass_fields__))

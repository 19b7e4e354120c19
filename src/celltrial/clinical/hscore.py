"""HScore: points for reactive haemophagocytic syndrome; 169 is the usual cut-off.

Made for adults with suspected haemophagocytic syndrome; after CAR-T treatment its
specificity is poor, which every result says. Reference: Fardet et al. (2014),
doi:10.1002/art.38690.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from celltrial.clinical.derivation import Comparator, Comparison, Derivation, Evidence, Rule, inputs_of
from celltrial.clinical.exact import Number, exact_in
from celltrial.clinical.points import Item, total
from celltrial.clinical.queries import Caveat
from celltrial.core.errors import UserError, fault
from celltrial.core.values import between

RULE: Final = Rule("hscore_2014", "1", Evidence.CHECKED, "doi:10.1002/art.38690")
CUT_OFF: Final = 169


@dataclass(frozen=True, slots=True)
class HScoreFindings:
    """The findings; None means not known.

    immunosuppressed:       known underlying immunosuppression.
    temperature_c:          degC.
    enlarged_organs:        0 none, 1 liver or spleen, 2 both.
    cytopenic_lineages:     0 to 3.
    ferritin_ng_ml, triglycerides_mmol_l, fibrinogen_g_l, ast_u_l: laboratory values.
    haemophagocytosis:      seen in the marrow aspirate.
    """

    immunosuppressed: bool | None = None
    temperature_c: Number | None = None
    enlarged_organs: int | None = None
    cytopenic_lineages: int | None = None
    ferritin_ng_ml: Number | None = None
    triglycerides_mmol_l: Number | None = None
    fibrinogen_g_l: Number | None = None
    ast_u_l: Number | None = None
    haemophagocytosis: bool | None = None

    def __post_init__(self) -> None:
        """Refuse counts that cannot be (CLN-002)."""
        for name, top in (("enlarged_organs", 2), ("cytopenic_lineages", 3)):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= top:
                raise UserError(fault("CLN-002", where=name, expected=between(0, top), found=str(value)))


_Step = tuple[Comparator, str, int]
_STEPS: Final[Sequence[tuple[str, str, Sequence[_Step]]]] = (
    ("temperature_c", "degC", ((">", "39.4", 49), (">=", "38.4", 33))),
    ("ferritin_ng_ml", "ng/mL", ((">", "6000", 50), (">=", "2000", 35))),
    ("triglycerides_mmol_l", "mmol/L", ((">", "4", 64), (">=", "1.5", 44))),
    ("fibrinogen_g_l", "g/L", (("<=", "2.5", 30),)),
    ("ast_u_l", "U/L", ((">=", "30", 19),)),
)


def _measured(name: str, unit: str, value: Number | None, steps: Sequence[_Step]) -> Item:
    most = max(points for _, _, points in steps)
    if value is None:
        return Item(name, None, most)
    found = exact_in(value, 0, 10_000_000, name)
    rows = []
    for comparator, limit, points in steps:
        rows.append(Comparison(name, found, comparator, Decimal(limit), unit))
        if rows[-1].holds:
            return Item(name, points, most, tuple(rows))
    return Item(name, 0, most, tuple(rows))


def _listed(name: str, value: int | None, points: Sequence[int]) -> Item:
    return Item(name, None if value is None else points[value], max(points))


def derive_hscore(findings: HScoreFindings) -> Derivation:
    """Return the HScore (`score`, 0 to 337) and HIGH from 169 on, LOW below, NE where missing items leave it open.

    >>> derive_hscore(HScoreFindings(False, "39.5", 2, 3, 7000, 5, 2, 40, True)).score
    319
    """
    items = [
        _listed("immunosuppressed", findings.immunosuppressed, (0, 18)),
        _listed("enlarged_organs", findings.enlarged_organs, (0, 23, 38)),
        _listed("cytopenic_lineages", findings.cytopenic_lineages, (0, 0, 24, 34)),
        _listed("haemophagocytosis", findings.haemophagocytosis, (0, 35)),
        *(_measured(name, unit, getattr(findings, name), steps) for name, unit, steps in _STEPS),
    ]
    return total(
        RULE,
        items,
        high_from=CUT_OFF,
        inputs=inputs_of(findings, *HScoreFindings.__dataclass_fields__),
        caveats=(Caveat.POOR_SPECIFICITY_AFTER_CAR_T,),
    )

"""Leukaemia in the central nervous system: CNS-1, CNS-2 or CNS-3 from the cerebrospinal fluid.

No blasts: CNS-1. Blasts with fewer than 5 white cells per microlitre: CNS-2; with 5 or more, or
clinical signs: CNS-3. A traumatic puncture carries blood into the fluid: its sub-rules differ
between protocols, so blasts found there are classed as they are and the caveat says so.
References: NCI consensus workshop (PMC7272718); adult consensus 2024 (ash view-large/12204026).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from celltrial.clinical.derivation import NE, Comparison, Derivation, Evidence, Rule, inputs_of
from celltrial.clinical.exact import Number, exact_in
from celltrial.clinical.queries import Caveat

RULE: Final = Rule("all_cns", "1", Evidence.CHECKED, "PMC7272718; ash view-large/12204026")


@dataclass(frozen=True, slots=True)
class CnsFindings:
    """The fluid and the signs at one assessment; None means not known.

    white_cells_per_ul: white cells in the fluid, per microlitre.
    blasts:             blasts are seen in the fluid.
    clinical_signs:     signs of leukaemia in the nervous system, such as a cranial nerve palsy.
    traumatic:          blood was carried into the fluid by the puncture.
    """

    white_cells_per_ul: Number | None = None
    blasts: bool | None = None
    clinical_signs: bool | None = None
    traumatic: bool = False


def _class_of(found: CnsFindings, rows: list[Comparison]) -> tuple[str, str]:
    if found.clinical_signs:
        return "CNS-3", "clinical_signs"
    if found.white_cells_per_ul is not None and found.blasts is not False:
        cells = exact_in(found.white_cells_per_ul, 0, 1_000_000, "white_cells_per_ul")
        rows.append(Comparison("white cells", cells, ">=", Decimal(5), "/uL"))
    if found.blasts and rows and rows[0].holds:
        return "CNS-3", "white_cells"
    if found.blasts is None or (found.blasts and not rows):
        return NE, "blasts" if found.blasts is None else "white_cells"
    if found.clinical_signs is None:
        return NE, "clinical_signs"
    return ("CNS-2" if found.blasts else "CNS-1"), "blasts"


def derive_cns_status(found: CnsFindings) -> Derivation:
    """Return CNS-1, CNS-2, CNS-3 or NE; CLN-002 for a cell count that cannot be meant.

    >>> derive_cns_status(CnsFindings(white_cells_per_ul=4, blasts=True, clinical_signs=False)).category
    'CNS-2'
    """
    rows: list[Comparison] = []
    category, by = _class_of(found, rows)
    return Derivation(
        RULE,
        category=category,
        deciding=(by,),
        inputs=inputs_of(found, *CnsFindings.__dataclass_fields__),
        trace=tuple(rows),
        incomplete=category == NE,
        caveats=(Caveat.TRAUMATIC_PUNCTURE,) if found.traumatic and found.blasts else (),
    )

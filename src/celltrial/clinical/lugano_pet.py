"""Metabolic response of lymphoma on PET-CT by Lugano 2014: CMR, PMR, NMR, PMD.

Deauville 1-3 without avid marrow is complete whatever mass remains; 4-5 is judged by
its change from baseline; new avid foci of lymphoma are progression. Uptake unlikely to
be lymphoma (X) is entered as no new focus. Reference: Cheson et al. (2014),
doi:10.1200/JCO.2013.54.8800.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from celltrial.clinical.derivation import NE, Derivation, Evidence, Rule, inputs_of
from celltrial.clinical.queries import Query
from celltrial.core.errors import UserError, fault
from celltrial.core.values import between

RULE: Final = Rule("lugano_2014_pet", "1", Evidence.CHECKED, "doi:10.1200/JCO.2013.54.8800")


class Uptake(StrEnum):
    """Uptake compared with baseline."""

    DECREASED = "decreased"
    UNCHANGED = "unchanged"
    INCREASED = "increased"


_BY_CHANGE: Final = {Uptake.DECREASED: "PMR", Uptake.UNCHANGED: "NMR", Uptake.INCREASED: "PMD"}


@dataclass(frozen=True, slots=True)
class PetFindings:
    """The scan; None means not known.

    deauville:     five-point score, 1 to 5.
    change:        uptake compared with baseline, needed for 4 and 5 or avid marrow.
    new_avid_foci: new foci of lymphoma.
    marrow_avid:   focal uptake in the marrow.
    """

    deauville: int | None = None
    change: Uptake | None = None
    new_avid_foci: bool | None = None
    marrow_avid: bool | None = None

    def __post_init__(self) -> None:
        """Refuse scores outside 1 to 5 (CLN-002)."""
        if self.deauville is not None and not 1 <= self.deauville <= 5:
            raise UserError(fault("CLN-002", where="deauville", expected=between(1, 5), found=str(self.deauville)))


def _category(scan: PetFindings) -> tuple[str, str]:
    if scan.new_avid_foci:
        return "PMD", "new_avid_foci"
    if scan.deauville is None:
        return NE, "deauville"
    if scan.deauville <= 3 and scan.marrow_avid is False:
        return (NE, "new_avid_foci") if scan.new_avid_foci is None else ("CMR", "deauville")
    if scan.deauville <= 3 and scan.marrow_avid is None:
        return NE, "marrow_avid"
    if scan.change is Uptake.INCREASED:
        return "PMD", "change"
    if scan.change is None or scan.new_avid_foci is None:
        return NE, "change" if scan.change is None else "new_avid_foci"
    return _BY_CHANGE[scan.change], "change"


def derive_lugano_pet(scan: PetFindings) -> Derivation:
    """Return the metabolic response: CMR, PMR, NMR, PMD or NE.

    >>> derive_lugano_pet(PetFindings(4, Uptake.DECREASED, False, False)).category
    'PMR'
    """
    category, by = _category(scan)
    lacks_change = category == NE and by == "change"
    return Derivation(
        RULE,
        category=category,
        deciding=(by,),
        inputs=inputs_of(scan, "deauville", "change", "new_avid_foci", "marrow_avid"),
        incomplete=category == NE,
        queries=(Query.LUGANO_PET_WITHOUT_COMPARISON,) if lacks_change else (),
    )

"""Overall lymphoma response by Lugano 2014 from its PET and CT parts.

Where the histology is FDG-avid and PET was done, PET governs; otherwise CT. Anatomic
codes (CAR, PAR, SAD, PAD) and metabolic ones (CMR, PMR, NMR or SMD, PMD) are read; ND is
not done. Where PET was done but could not be evaluated, CT is used;
`pet_not_evaluable="at_most_stable"` reads such a CT response as stable disease instead,
as one published derivation does. Reference: Cheson et al. (2014),
doi:10.1200/JCO.2013.54.8800.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, Literal

from celltrial.clinical.derivation import NE, Derivation, Evidence, Rule
from celltrial.core.errors import UserError, fault

RULE: Final = Rule("lugano_2014", "1", Evidence.CHECKED, "doi:10.1200/JCO.2013.54.8800")
NOT_DONE: Final = "ND"
_PLAIN: Final = {
    "CR": "CR",
    "CAR": "CR",
    "CMR": "CR",
    "PR": "PR",
    "PAR": "PR",
    "PMR": "PR",
    "SD": "SD",
    "SAD": "SD",
    "NMR": "SD",
    "SMD": "SD",
    "PD": "PD",
    "PAD": "PD",
    "PMD": "PD",
    NE: NE,
    NOT_DONE: NOT_DONE,
    "": NOT_DONE,
}


def _plain(code: str | None, where: str) -> str:
    found = _PLAIN.get(code or "")
    if found is None:
        raise UserError(fault("CLN-006", where=where, expected=", ".join(filter(None, _PLAIN)), found=str(code)))
    return found


def combine_lugano(
    *,
    pet: str | None,
    ct: str | None,
    fdg_avid: bool = True,
    pet_not_evaluable: Literal["use_ct", "at_most_stable"] = "use_ct",
) -> Derivation:
    """Return CR, PR, SD, PD or NE, decided by "pet" or "ct"; CLN-006 for a code of another scale.

    >>> combine_lugano(pet="CMR", ct="PAR").category
    'CR'
    """
    metabolic, anatomic = _plain(pet, "pet"), _plain(ct, "ct")
    if anatomic == NOT_DONE:
        anatomic = NE
    category, by = anatomic, "ct"
    if fdg_avid and metabolic not in {NOT_DONE, NE}:
        category, by = metabolic, "pet"
    elif fdg_avid and metabolic == NE and pet_not_evaluable == "at_most_stable" and anatomic in {"CR", "PR"}:
        category, by = "SD", "pet"
    given = {"pet": pet or NOT_DONE, "ct": ct or NOT_DONE, "fdg_avid": str(fdg_avid)}
    return Derivation(
        RULE,
        category=category,
        deciding=(by,),
        parts=MappingProxyType({"pet": metabolic, "ct": anatomic}),
        inputs=MappingProxyType(given | {"pet_not_evaluable": pet_not_evaluable}),
        incomplete=category == NE,
    )

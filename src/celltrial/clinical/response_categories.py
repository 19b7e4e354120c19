"""Response categories of the usual criteria: which are responses, which are progression, which is better.

IMWG 2016: sCR CR VGPR PR MR SD PD. Lugano 2014: CMR PMR NMR PMD (metabolic), CR PR SD PD (CT).
RECIST 1.1: CR PR SD NON-CR/NON-PD PD; iRECIST: the same with i. Acute leukaemia: CR CRh CRi.
Case is not significant; "NE" is not an assessment of the disease.

>>> is_response("VGPR"), is_response("sd"), is_progression("PMD")
(True, False, True)
"""

from __future__ import annotations

from typing import Final

__all__ = ["COMPLETE", "ORDER", "PROGRESSION", "RESPONSES", "is_progression", "is_response"]

#: Best first, in capitals.
ORDER: Final = (
    "SCR", "CR", "ICR", "CMR", "CRH", "CRI", "VGPR", "PR", "IPR", "PMR", "MR", "SD", "ISD", "NMR",
    "NON-CR/NON-PD", "IUPD", "PD", "ICPD", "PMD", "RELAPSE", "NE",
)  # fmt: skip
#: Complete response of any kind.
COMPLETE: Final = frozenset({"SCR", "CR", "ICR", "CMR", "CRH", "CRI"})
#: Partial response or better.
RESPONSES: Final = COMPLETE | {"VGPR", "PR", "IPR", "PMR"}
PROGRESSION: Final = frozenset({"PD", "ICPD", "PMD", "RELAPSE"})


def is_response(category: str) -> bool:
    """Tell whether a category is a partial response or better."""
    return category.upper() in RESPONSES


def is_progression(category: str) -> bool:
    """Tell whether a category says that the disease progressed."""
    return category.upper() in PROGRESSION

"""Response categories of the usual criteria, best first, and which of them are responses.

IMWG 2016: sCR CR VGPR PR MR SD PD. Lugano 2014: CMR PMR NMR PMD (metabolic), CR PR SD PD (CT).
RECIST 1.1: CR PR SD NON-CR/NON-PD PD. Acute leukaemia: CR CRh CRi. Case is not significant.
"""

from __future__ import annotations

from typing import Final

__all__ = ["COMPLETE", "ORDER", "PROGRESSION", "RESPONSES"]

#: Best first; "NE" is not an assessment of the disease.
ORDER: Final = (
    "SCR",
    "CR",
    "CMR",
    "CRH",
    "CRI",
    "VGPR",
    "PR",
    "PMR",
    "MR",
    "SD",
    "NMR",
    "NON-CR/NON-PD",
    "PD",
    "PMD",
    "NE",
)
#: Partial response or better.
RESPONSES: Final = frozenset({"SCR", "CR", "CMR", "CRH", "CRI", "VGPR", "PR", "PMR"})
#: Complete response of any kind.
COMPLETE: Final = frozenset({"SCR", "CR", "CMR", "CRH", "CRI"})
PROGRESSION: Final = frozenset({"PD", "PMD"})

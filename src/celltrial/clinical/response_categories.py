"""Response categories of the usual criteria: which are responses, which are progression, which is better.

IMWG 2016: sCR CR VGPR PR MR SD PD. Lugano 2014: CMR PMR NMR PMD (metabolic), CR PR SD PD (CT).
RECIST 1.1: CR PR SD NON-CR/NON-PD NED PD; iRECIST: the same with i. Acute leukaemia: CR CRh CRi NR RELAPSE.
Case is not significant; "NE" is not an assessment of the disease.

>>> is_response("VGPR"), is_response("sd"), is_progression("PMD")
(True, False, True)
"""

from __future__ import annotations

from typing import Final

__all__ = ["COMPLETE", "NOT_ASSESSED", "ORDER", "PROGRESSION", "RESPONSES", "is_progression", "is_response", "rank"]

#: Not evaluable, or not assessed at all.
NOT_ASSESSED: Final = "NE"
#: Best first, in capitals.
ORDER: Final = (
    "SCR", "CR", "ICR", "CMR", "CRH", "CRI", "VGPR", "PR", "IPR", "PMR", "MR", "SD", "ISD", "NMR", "NR",
    "NON-CR/NON-PD", "NON-ICR/NON-IUPD", "NED", "IUPD", "PD", "ICPD", "PMD", "RELAPSE", NOT_ASSESSED,
)  # fmt: skip
#: Complete response of any kind.
COMPLETE: Final = frozenset({"SCR", "CR", "ICR", "CMR", "CRH", "CRI"})
#: Partial response or better.
RESPONSES: Final = COMPLETE | {"VGPR", "PR", "IPR", "PMR"}
PROGRESSION: Final = frozenset({"PD", "ICPD", "PMD", "RELAPSE"})
_RANKS: Final = {category: number for number, category in enumerate(ORDER)}


def rank(category: str) -> int:
    """Return the place of a category, 0 for the best; KeyError for one of no known criteria."""
    return _RANKS[category.upper()]


def is_response(category: str) -> bool:
    """Tell whether a category is a partial response or better."""
    return category.upper() in RESPONSES


def is_progression(category: str) -> bool:
    """Tell whether a category says that the disease progressed."""
    return category.upper() in PROGRESSION

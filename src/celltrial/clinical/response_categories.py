"""Response categories of the usual criteria: which are responses, which are progression, which is better.

IMWG 2016: sCR CR VGPR PR MR SD PD. Lugano 2014: CMR PMR NMR PMD (metabolic), CR PR SD PD (CT).
RECIST 1.1: CR PR SD NON-CR/NON-PD NED PD; iRECIST: the same with i. Acute leukaemia: CR CRh CRi NR RELAPSE.
Case is not significant; "NE" is not an assessment of the disease.

>>> is_response("VGPR"), is_response("sd"), is_progression("PMD")
(True, False, True)
"""

from __future__ import annotations

from typing import Final

from celltrial.core.terms import resolve

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


#: Criteria of solid tumours, which measure and confirm alike.
_RECIST: Final = frozenset({"recist_1_1", "irecist", "mrecist"})


def is_recist(criteria: str) -> bool:
    """Tell whether response is judged by RECIST or a version of it, under any of its names.

    >>> is_recist("RECIST-1.1"), is_recist("iRECIST"), is_recist("not RECIST"), is_recist("IMWG 2016")
    (True, True, False, False)
    """
    return resolve(criteria, "response_criteria") in _RECIST


def rank(category: str) -> int:
    """Return the place of a category, 0 for the best; KeyError for one of no known criteria."""
    return _RANKS[category.upper()]


def is_response(category: str) -> bool:
    """Tell whether a category is a partial response or better."""
    return category.upper() in RESPONSES


def is_progression(category: str) -> bool:
    """Tell whether a category says that the disease progressed."""
    return category.upper() in PROGRESSION

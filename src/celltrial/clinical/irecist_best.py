"""Best overall response by iRECIST from the responses of a course.

The best of iCR, iPR, iSD seen before confirmed progression counts, also where an
unconfirmed progression came first; otherwise iCPD where progression was confirmed and
iUPD where it was not. Reference: Seymour et al. (2017),
doi:10.1016/S1470-2045(17)30074-8, table 3.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Derivation, Evidence, Rule
from celltrial.core.errors import UserError, fault

RULE: Final = Rule("irecist_2017_best", "1", Evidence.CHECKED, "doi:10.1016/S1470-2045(17)30074-8")
_ORDER: Final = ("iCR", "iPR", "iSD", "NON-iCR/NON-iUPD")
_KNOWN: Final = frozenset({*_ORDER, "iUPD", "iCPD", NE})


def derive_irecist_best(categories: Sequence[str]) -> Derivation:
    """Return iBOR from the visit responses in order of date; CLN-006 for a word of another scale.

    The deciding entry is the first visit that showed it.

    >>> found = derive_irecist_best(["iUPD", "iSD", "iPR"])
    >>> found.category, found.deciding_domain
    ('iPR', 'visit 3')
    """
    for category in categories:
        if category not in _KNOWN:
            raise UserError(fault("CLN-006", expected=", ".join(sorted(_KNOWN)), found=category))
    end = categories.index("iCPD") if "iCPD" in categories else len(categories)
    last = "iCPD" if end < len(categories) else "iUPD"
    category = next((best for best in (*_ORDER, last) if best in categories[: end + 1]), NE)
    return Derivation(
        RULE,
        category=category,
        deciding=(f"visit {categories.index(category) + 1}",) if category != NE else (),
        inputs=MappingProxyType({f"visit {number}": seen for number, seen in enumerate(categories, start=1)}),
        incomplete=category == NE,
    )

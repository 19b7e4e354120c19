"""The ICE score: ten points for orientation, naming, a command, writing and counting.

Used from 12 years on. CARTOX-10 asks for the head of state where ICE asks for a
command: the two totals are not interchangeable, so both are added up from their
items here. Reference: Lee et al. (2019), doi:10.1016/j.bbmt.2018.12.758.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from celltrial.core.errors import UserError, fault
from celltrial.core.values import between


@dataclass(frozen=True, slots=True)
class CognitionItems:
    """The items as tested; None means not asked.

    named_objects: how many of three objects were named, 0 to 3.
    head_of_state: CARTOX-10 only. command: ICE only.
    """

    year: bool | None = None
    month: bool | None = None
    city: bool | None = None
    hospital: bool | None = None
    named_objects: int | None = None
    sentence: bool | None = None
    counts_back: bool | None = None
    command: bool | None = None
    head_of_state: bool | None = None

    def __post_init__(self) -> None:
        """Refuse more than three named objects (CLN-002)."""
        if self.named_objects is not None and not 0 <= self.named_objects <= 3:
            raise UserError(
                fault("CLN-002", where="named_objects", expected=between(0, 3), found=str(self.named_objects))
            )


def _total(items: CognitionItems, left_out: str) -> int | None:
    values = [getattr(items, field.name) for field in fields(items) if field.name != left_out]
    return None if None in values else sum(int(value) for value in values)


def ice_score(items: CognitionItems) -> int | None:
    """Return the ICE score, 0 to 10; None where an item was not asked.

    >>> ice_score(CognitionItems(True, True, True, True, 3, True, True, command=False))
    9
    """
    return _total(items, "head_of_state")


def cartox_10(items: CognitionItems) -> int | None:
    """Return the CARTOX-10 score, 0 to 10; None where an item was not asked."""
    return _total(items, "command")

"""Target lesions, non-target disease and new lesions, as RECIST 1.1 and iRECIST read them.

Sum of diameters: longest diameter of non-nodal lesions plus short axis of nodes, in
millimetres. Visible but too small to measure counts 5 mm, vanished 0; a node back
below 10 mm keeps its value. A lesion that split is the sum of its parts; lesions that
merged are the longest diameter of the mass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from celltrial.clinical.exact import Number, exact_in
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.quantities import Quantity
from celltrial.core.values import Count, Identifier, at_least, at_most, message, names, one_of

TOO_SMALL_MM: Final = Decimal(5)
NORMAL_NODE_BELOW_MM: Final = Decimal(10)
_LONGEST_MM: Final = 1000


class NonTarget(StrEnum):
    """The state of one non-target lesion; a node below 10 mm short axis is absent."""

    ABSENT = "absent"
    PRESENT = "present"
    UNEQUIVOCAL_PROGRESSION = "unequivocal_progression"
    NOT_ASSESSED = "not_assessed"


class NewLesion(StrEnum):
    """Whether a new lesion was seen; an equivocal one is followed and does not count yet."""

    NO = "no"
    EQUIVOCAL = "equivocal"
    UNEQUIVOCAL = "unequivocal"


@dataclass(frozen=True, slots=True)
class BaselineLesion:
    """A target lesion at baseline: longest diameter, or short axis of a node, in mm."""

    id: str
    diameter_mm: Number
    is_node: bool = False
    organ: str = ""


@dataclass(frozen=True, slots=True)
class TargetMeasure:
    """A target lesion at a visit; diameter None where it was not assessed.

    too_small: visible but too small to measure: counts 5 mm.
    """

    id: str
    diameter_mm: Number | None
    too_small: bool = False

    @property
    def counted_mm(self) -> Decimal | None:
        """What enters the sum."""
        if self.too_small:
            return TOO_SMALL_MM
        return None if self.diameter_mm is None else exact_in(self.diameter_mm, 0, _LONGEST_MM, self.id)


@dataclass(frozen=True, slots=True)
class TumourBaseline:
    """The disease at baseline: target lesions, number of non-target lesions, a tumour marker above normal."""

    targets: tuple[BaselineLesion, ...] = ()
    non_targets: int = 0
    marker_elevated: bool = False

    def __post_init__(self) -> None:
        """Refuse lesions without their own identifier (CLN-009)."""
        _require_distinct(item.id for item in self.targets)

    @property
    def sum_mm(self) -> Decimal:
        """Sum of diameters."""
        return sum((exact_in(item.diameter_mm, 0, _LONGEST_MM, item.id) for item in self.targets), Decimal(0))


@dataclass(frozen=True, slots=True)
class TumourVisit:
    """The disease at one visit.

    targets:       one measure per target lesion; a lesion left out was not assessed.
    non_targets:   one state per non-target lesion; those left out were not assessed.
    new_lesion:    None where it was not looked for.
    marker_normal: the tumour marker is normal; counts only where it was elevated at baseline.
    """

    targets: tuple[TargetMeasure, ...] = ()
    non_targets: tuple[NonTarget, ...] = ()
    new_lesion: NewLesion | None = None
    marker_normal: bool | None = None

    def __post_init__(self) -> None:
        """Refuse one lesion measured twice (CLN-009)."""
        _require_distinct(item.id for item in self.targets)

    def measures(self, baseline: TumourBaseline) -> dict[str, Decimal | None]:
        """Return what counts for each baseline target; CLN-009 where a lesion is not among them."""
        known = {item.id for item in baseline.targets}
        stray = sorted({item.id for item in self.targets} - known)
        if stray:
            expected = one_of(*map(Identifier, sorted(known))) if known else message("no_target_lesion")
            raise UserError(fault("CLN-009", expected=expected, found=names(stray)))
        given = {item.id: item.counted_mm for item in self.targets}
        return {item.id: given.get(item.id) for item in baseline.targets}


def _require_distinct(ids: Iterable[str]) -> None:
    listed = list(ids)
    twice = sorted({item for item in listed if listed.count(item) > 1})
    if twice:
        raise UserError(fault("CLN-009", expected=message("each_lesion_once"), found=names(twice)))


def new_lesion_since(scans: Sequence[tuple[date, NewLesion | None]]) -> date | None:
    """Return since when a new lesion is certain: the first scan that showed it, equivocal or not; None without one.

    scans: (date, what was seen) in any order. An equivocal lesion that a later scan confirms is dated back; one that
    was gone in between is not. A scan that was not looked at for new lesions (None) is passed over.

    >>> new_lesion_since([(date(2025, 3, 1), NewLesion.EQUIVOCAL), (date(2025, 5, 1), NewLesion.UNEQUIVOCAL)])
    datetime.date(2025, 3, 1)
    """
    since: date | None = None
    for on, seen in sorted(scans, key=lambda item: item[0]):
        if seen is NewLesion.UNEQUIVOCAL:
            return since or on
        if seen is NewLesion.EQUIVOCAL:
            since = since or on
        elif seen is NewLesion.NO:
            since = None
    return None


def split_diameter(parts_mm: Iterable[Number]) -> Decimal:
    """Return what a lesion counts after it split: the sum of its parts.

    >>> split_diameter([12, "8.5"])
    Decimal('20.5')
    """
    return sum((exact_in(item, 0, _LONGEST_MM, "part") for item in parts_mm), Decimal(0))


def merged_diameter(baseline: TumourBaseline, merged: Iterable[str], longest_mm: Number) -> tuple[TargetMeasure, ...]:
    """Return the measures of lesions that merged: the mass under the first id, 0 for the others.

    >>> lesions = TumourBaseline((BaselineLesion("T1", 20), BaselineLesion("T2", 15)))
    >>> [str(item.diameter_mm) for item in merged_diameter(lesions, ["T2", "T1"], 40)]
    ['40', '0']
    """
    wanted = set(merged)
    ids = [item.id for item in baseline.targets if item.id in wanted]
    return tuple(TargetMeasure(item, longest_mm if index == 0 else 0) for index, item in enumerate(ids))


def check_recist_baseline(baseline: TumourBaseline) -> tuple[Fault, ...]:
    """Return what RECIST 1.1 does not allow at baseline (CLN-008), empty where all is well.

    At most five target lesions, two per organ; non-nodal at least 10 mm, nodes at least 15 mm in short axis.
    """
    found: list[Fault] = []
    if len(baseline.targets) > 5:
        found.append(
            fault(
                "CLN-008",
                where="targets",
                expected=at_most(Count(5, "target_lesion")),
                found=Count(len(baseline.targets)),
            )
        )
    organs = [item.organ for item in baseline.targets if item.organ]
    found.extend(
        fault("CLN-008", where=organ, expected=at_most(Count(2, "target_lesion")), found=Count(organs.count(organ)))
        for organ in sorted(set(organs))
        if organs.count(organ) > 2
    )
    for item in baseline.targets:
        least = 15 if item.is_node else 10
        if exact_in(item.diameter_mm, 0, _LONGEST_MM, item.id) < least:
            found.append(
                fault(
                    "CLN-008",
                    where=item.id,
                    expected=at_least(Quantity(Decimal(least), "mm")),
                    found=Quantity.of(item.diameter_mm, "mm"),
                )
            )
    return tuple(found)

"""RECIST 1.1 response at one visit, from lesions.

Targets: CR where every non-nodal lesion is gone and every node is below 10 mm; PD
where the sum is at least 1.20 x the nadir and at least 5 mm above it; PR where it is
at most 0.70 x baseline; SD otherwise, in this order. Where a target was not assessed
the result is NE, unless the measured ones alone already meet PD (rule T-7). The nadir
is the smallest complete sum before this visit, baseline included. After a complete response a
lesion that had disappeared and is visible again is PD whatever its size (rule T-10); a node is
judged by its growth, because it never disappears. Before one it is added to the sum.

References: Eisenhauer et al. (2009), doi:10.1016/j.ejca.2008.10.026; for lesions that reappear, Schwartz
et al. (2016), doi:10.1016/j.ejca.2016.03.081. Checked against the
66 investigator and reader visits of the pharmaversesdtm oncology example: 65 agree; in the other
a lesion is back at 4.95 mm after a complete response, which the reader called a partial response.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Comparison, Derivation, Evidence, Rule
from celltrial.clinical.queries import Caveat, Query
from celltrial.clinical.recist_lesions import (
    NORMAL_NODE_BELOW_MM,
    NewLesion,
    NonTarget,
    TumourBaseline,
    TumourVisit,
)

RULE: Final = Rule("recist_1_1", "2", Evidence.CHECKED_AND_EXECUTED, "doi:10.1016/j.ejca.2008.10.026")
NON_CR_NON_PD: Final = "NON-CR/NON-PD"
#: No disease at baseline and none now.
NED: Final = "NED"
#: No lesion of this kind at baseline.
ABSENT: Final = "NONE"


@dataclass(frozen=True, slots=True)
class TargetResponse:
    """The response of the target lesions: category, row of the rule, sum of what was measured, nadir."""

    category: str
    row: str
    sum_mm: Decimal
    nadir_mm: Decimal
    trace: tuple[Comparison, ...] = ()


def _total(measures: Iterable[Decimal | None]) -> Decimal:
    return sum((item for item in measures if item is not None), Decimal(0))


def _nadir(baseline: TumourBaseline, earlier: Iterable[TumourVisit]) -> Decimal:
    sums = [baseline.sum_mm]
    for visit in earlier:
        measures = visit.measures(baseline).values()
        if None not in measures:
            sums.append(_total(measures))
    return min(sums)


def _is_complete_response(baseline: TumourBaseline, measures: dict[str, Decimal | None]) -> bool:
    for lesion in baseline.targets:
        found = measures[lesion.id]
        limit = NORMAL_NODE_BELOW_MM if lesion.is_node else None
        if found is None or (found >= limit if limit is not None else found > 0):
            return False
    return True


def _complete_before(baseline: TumourBaseline, earlier: Iterable[TumourVisit]) -> bool:
    """Return whether all disease, target and other, had gone at a visit before."""
    return any(
        _is_complete_response(baseline, visit.measures(baseline))
        and _non_target_state(visit, baseline) in {"CR", ABSENT}
        and visit.new_lesion is not NewLesion.UNEQUIVOCAL
        for visit in earlier
    )


def _reappeared(baseline: TumourBaseline, measures: dict[str, Decimal | None]) -> tuple[Comparison, ...]:
    """Return one comparison for each non-nodal target that is visible; after a complete response each is back."""
    seen = [(item.id, measures[item.id]) for item in baseline.targets if not item.is_node]
    return tuple(Comparison(f"{name} after CR", found, ">", Decimal(0), "mm") for name, found in seen if found)


def derive_target_response(
    visit: TumourVisit, *, baseline: TumourBaseline, earlier: Iterable[TumourVisit] = ()
) -> TargetResponse:
    """Return the response of the target lesions: CR, PR, SD, PD, NE, or NONE without targets at baseline."""
    if not baseline.targets:
        return TargetResponse(ABSENT, "", Decimal(0), Decimal(0))
    before = tuple(earlier)
    measures = visit.measures(baseline)
    found, nadir = _total(measures.values()), _nadir(baseline, before)
    back = _reappeared(baseline, measures)
    if back and _complete_before(baseline, before):
        return TargetResponse("PD", "T-10", found, nadir, back)
    grown = (
        Comparison("sum / nadir", found, ">=", nadir * Decimal("1.20"), "mm"),
        Comparison("sum - nadir", found - nadir, ">=", Decimal(5), "mm"),
    )
    shrunk = Comparison("sum / baseline", found, "<=", baseline.sum_mm * Decimal("0.70"), "mm")
    is_progression = all(row.holds for row in grown)
    if None in measures.values():
        category, row = ("PD", "T-7") if is_progression else (NE, "T-6")
        return TargetResponse(category, row, found, nadir, grown)
    if _is_complete_response(baseline, measures):
        return TargetResponse("CR", "T-1", found, nadir)
    if is_progression:
        return TargetResponse("PD", "T-2", found, nadir, grown)
    category, row = ("PR", "T-3") if shrunk.holds else ("SD", "T-4")
    return TargetResponse(category, row, found, nadir, (*grown, shrunk))


def derive_non_target_response(
    visit: TumourVisit, *, baseline: TumourBaseline, earlier: Iterable[TumourVisit] = ()
) -> str:
    """Return the response of non-target disease: CR, NON-CR/NON-PD, PD, NE, or NONE without any at baseline.

    A lesion that is present again after a complete response is progression.
    """
    if NonTarget.PRESENT in visit.non_targets and _complete_before(baseline, earlier):
        return "PD"
    return _non_target_state(visit, baseline)


def _non_target_state(visit: TumourVisit, baseline: TumourBaseline) -> str:
    if not baseline.non_targets and not baseline.marker_elevated:
        return ABSENT
    states = set(visit.non_targets)
    if NonTarget.UNEQUIVOCAL_PROGRESSION in states:
        return "PD"
    if NonTarget.NOT_ASSESSED in states or len(visit.non_targets) < baseline.non_targets:
        return NE
    if NonTarget.PRESENT in states or (baseline.marker_elevated and visit.marker_normal is False):
        return NON_CR_NON_PD
    return NE if baseline.marker_elevated and visit.marker_normal is None else "CR"


def overall_response(target: str, non_target: str, new_lesion: NewLesion | None) -> str:
    """Return the overall response of one visit from its three parts.

    >>> overall_response("CR", "NON-CR/NON-PD", NewLesion.NO)
    'PR'
    """
    if "PD" in {target, non_target} or new_lesion is NewLesion.UNEQUIVOCAL:
        return "PD"
    if new_lesion is None:
        return NE
    if target == ABSENT:
        return NED if non_target == ABSENT else non_target
    if target == "CR":
        return "CR" if non_target in {"CR", ABSENT} else "PR"
    return target


def derive_recist_response(
    visit: TumourVisit, *, baseline: TumourBaseline, earlier: Iterable[TumourVisit] = ()
) -> Derivation:
    """Return the overall response of one visit: CR, PR, SD, NON-CR/NON-PD, PD, NED or NE.

    earlier: the visits between baseline and this one, in any order; they give the nadir.
    Raises CLN-001, CLN-002 or CLN-009 for measures that cannot be meant or lesions not at baseline.

    >>> from celltrial.clinical.recist_lesions import BaselineLesion, TargetMeasure
    >>> lesions = TumourBaseline((BaselineLesion("T1", 50),))
    >>> derive_recist_response(
    ...     TumourVisit((TargetMeasure("T1", 35),), new_lesion=NewLesion.NO), baseline=lesions).category
    'PR'
    """
    before = tuple(earlier)
    target = derive_target_response(visit, baseline=baseline, earlier=before)
    non_target = derive_non_target_response(visit, baseline=baseline, earlier=before)
    non_target_back = non_target == "PD" != _non_target_state(visit, baseline)
    category = overall_response(target.category, non_target, visit.new_lesion)
    queries = []
    if target.row in {"T-6", "T-7"}:
        queries.append(Query.RECIST_TARGET_NOT_ASSESSED)
    if target.row == "T-10" or non_target_back:
        queries.append(Query.RECIST_REAPPEARED_AFTER_CR)
    if visit.new_lesion is NewLesion.EQUIVOCAL:
        queries.append(Query.RECIST_NEW_LESION_EQUIVOCAL)
    new = "not_assessed" if visit.new_lesion is None else visit.new_lesion.value
    deciding = [target.row] if target.row else []
    if category == "PD":
        said = {"target": target.category == "PD", "non_target": non_target == "PD", "new_lesion": new == "unequivocal"}
        deciding = [name for name, holds in said.items() if holds] + deciding
    measures = {name: str(value) for name, value in visit.measures(baseline).items() if value is not None}
    sums = {"sum_mm": str(target.sum_mm), "nadir_mm": str(target.nadir_mm), "baseline_sum_mm": str(baseline.sum_mm)}
    return Derivation(
        RULE,
        category=category,
        deciding=tuple(deciding) or ("non_target",),
        parts=MappingProxyType({"target": target.category, "non_target": non_target, "new_lesion": new}),
        inputs=MappingProxyType({**measures, **sums}),
        trace=target.trace,
        incomplete=category == NE or NE in {target.category, non_target},
        queries=tuple(queries),
        caveats=(Caveat.PARTIAL_SUM_PROGRESSION,) if target.row == "T-7" else (),
    )

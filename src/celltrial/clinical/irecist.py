"""iRECIST: responses over a whole course, with progression that must be confirmed.

Thresholds, nadir and categories are those of RECIST 1.1. The first progression is iUPD.
At the next assessment, 4 to 8 weeks later, it is iCPD where it went on: targets grew by
another 5 mm, non-target disease increased at all, new lesions grew by 5 mm or became
more, or another category newly progressed. Progressed still but unchanged stays iUPD.
Shrunk again relative to baseline, it is that response, and a later progression must be
confirmed anew. Measured new lesions have a sum of their own that never enters the
baseline sum. A visit at which nothing was assessed is NE and leaves iUPD pending.

RECIST 1.1 is derived in parallel from the same lesions: its progression date does not
move. Reference: Seymour et al. (2017), doi:10.1016/S1470-2045(17)30074-8.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Derivation, Evidence, Rule, inputs_of, require_distinct_days
from celltrial.clinical.exact import Number, exact_in
from celltrial.clinical.queries import Caveat, Query
from celltrial.clinical.recist11 import ABSENT, derive_recist_response
from celltrial.clinical.recist_lesions import TumourBaseline, TumourVisit

RULE: Final = Rule("irecist_2017", "1", Evidence.CHECKED, "doi:10.1016/S1470-2045(17)30074-8")
FURTHER_GROWTH_MM: Final = Decimal(5)
_OWN: Final = ("on", "new_target_sum_mm", "new_non_target_grew", "more_new_lesions", "non_target_increased")
_RANK: Final = {"PD": 0, "SD": 1, "PR": 2, "CR": 3}


@dataclass(frozen=True, slots=True)
class IrecistRule:
    """Days within which an unconfirmed progression is to be reassessed."""

    confirm_from_days: int = 28
    confirm_to_days: int = 56


@dataclass(frozen=True, slots=True)
class IrecistVisit:
    """One visit with what only iRECIST asks.

    disease:              target, non-target and new lesions as for RECIST 1.1; `new_lesion` says
                          whether any new lesion is present at this visit.
    new_target_sum_mm:    sum of up to five measured new lesions (two per organ).
    new_non_target_grew:  another new lesion grew.
    more_new_lesions:     further new lesions since the visit before.
    non_target_increased: non-target disease increased, unequivocally or not.
    """

    on: date
    disease: TumourVisit
    new_target_sum_mm: Number | None = None
    new_non_target_grew: bool = False
    more_new_lesions: bool = False
    non_target_increased: bool = False

    @property
    def new_sum(self) -> Decimal | None:
        """The sum of the measured new lesions as a Decimal."""
        return (
            None if self.new_target_sum_mm is None else exact_in(self.new_target_sum_mm, 0, 5000, "new_target_sum_mm")
        )


@dataclass(frozen=True, slots=True)
class IrecistCourse:
    """The course of one subject.

    responses:           one derivation per visit, in order of date.
    confirmed_on:        visit of iCPD.
    progressed_on:       first visit of the iUPD that was confirmed: the event date of iPFS.
    pending_since:       first visit of an iUPD that is still unconfirmed at the end.
    recist_progressed_on: first PD by RECIST 1.1 on the same lesions.
    """

    dates: tuple[date, ...]
    responses: tuple[Derivation, ...]
    confirmed_on: date | None
    progressed_on: date | None
    pending_since: date | None
    recist_progressed_on: date | None

    def ipfs_event_on(self, *, never_reassessed: bool) -> date | None:
        """Return the event date of iPFS: confirmed, or pending where treatment stopped or death prevented reassessment."""
        if self.progressed_on is not None:
            return self.progressed_on
        return self.pending_since if never_reassessed else None


@dataclass(frozen=True, slots=True)
class _Pending:
    """An unconfirmed progression: since when, from what, and how things stood."""

    since: date
    last: date
    sources: frozenset[str]
    sum_mm: Decimal
    new_sum: Decimal | None
    target: str


@dataclass(slots=True)
class _Walk:
    baseline: TumourBaseline
    rule: IrecistRule
    earlier: list[TumourVisit] = field(default_factory=list)
    pending: _Pending | None = None
    confirmed_on: date | None = None
    progressed_on: date | None = None
    tolerated: bool = False
    tolerated_sum: Decimal | None = None

    def sources(self, visit: IrecistVisit, recist: Derivation) -> frozenset[str]:
        """Return which categories show progression; new lesions outlived by a response count only if they went on."""
        found = {name for name in ("target", "non_target") if recist.parts[name] == "PD"}
        if recist.parts["new_lesion"] == "unequivocal":
            went_on = _grew(self.tolerated_sum, visit)
            if not self.tolerated or went_on:
                found.add("new_lesion")
        return frozenset(found)


def _grew(before: Decimal | None, visit: IrecistVisit) -> bool:
    now = visit.new_sum
    larger = before is not None and now is not None and now - before >= FURTHER_GROWTH_MM
    return larger or visit.new_non_target_grew or visit.more_new_lesions


def irecist_overall(target: str, non_target: str, *, new_lesion: bool) -> str:
    """Return the overall iRECIST response from component responses with their i- prefix.

    >>> irecist_overall("iPR", "NON-iCR/NON-iUPD", new_lesion=False)
    'iPR'
    """
    for worst in ("iCPD", "iUPD"):
        if worst in {target, non_target}:
            return worst
    if new_lesion:
        return "iUPD"
    if target == ABSENT:
        return non_target
    if target == "iCR":
        return "iCR" if non_target in {"iCR", ABSENT} else "iPR"
    return target


def _immune(category: str) -> str:
    if category in {NE, ABSENT}:
        return category
    return "NON-iCR/NON-iUPD" if category == "NON-CR/NON-PD" else f"i{category}"


def _further(pending: _Pending, visit: IrecistVisit, recist: Derivation, now: frozenset[str]) -> frozenset[str]:
    """Return what confirms the pending progression at this visit; empty where nothing does."""
    found = set(now - pending.sources)
    measured = recist.parts["target"] not in {NE, ABSENT}
    grown = Decimal(recist.inputs["sum_mm"]) - pending.sum_mm >= FURTHER_GROWTH_MM
    if "target" in pending.sources and measured and grown:
        found.add("target")
    if "non_target" in pending.sources and visit.non_target_increased:
        found.add("non_target")
    if "new_lesion" in pending.sources and _grew(pending.new_sum, visit):
        found.add("new_lesion")
    return frozenset(found)


def _persists(pending: _Pending, recist: Derivation, now: frozenset[str]) -> bool:
    """Return whether the pending progression is still there, neither further nor better."""
    still = pending.sources & now
    if still & {"target", "non_target"}:
        return True
    better = _RANK.get(recist.parts["target"], -1) > _RANK.get(pending.target, -1)
    return "new_lesion" in still and not better


def _unassessed(recist: Derivation) -> bool:
    parts = recist.parts
    return {parts["target"], parts["non_target"]} <= {NE, ABSENT} and parts["new_lesion"] == "not_assessed"


def _without_pending(walk: _Walk, visit: IrecistVisit, recist: Derivation) -> str:
    """Return the response where no progression is pending; a new one becomes pending."""
    now = walk.sources(visit, recist)
    target, non_target = recist.parts["target"], recist.parts["non_target"]
    if now:
        walk.pending = _Pending(visit.on, visit.on, now, Decimal(recist.inputs["sum_mm"]), visit.new_sum, target)
        return "iUPD"
    if recist.category == NE:
        return NE
    category = irecist_overall(_immune(target), _immune(non_target), new_lesion=False)
    return "iPR" if walk.tolerated and category == "iCR" else category


def _with_pending(
    walk: _Walk, pending: _Pending, visit: IrecistVisit, recist: Derivation
) -> tuple[str, frozenset[str], tuple[Query, ...]]:
    """Return category, what decided and queries while a progression is pending."""
    days = (visit.on - pending.last).days
    in_time = walk.rule.confirm_from_days <= days <= walk.rule.confirm_to_days
    queries = () if in_time else (Query.IRECIST_CONFIRMATION_OUTSIDE_WINDOW,)
    now = walk.sources(visit, recist)
    further = _further(pending, visit, recist, now)
    if further and days >= walk.rule.confirm_from_days:
        walk.confirmed_on, walk.progressed_on, walk.pending = visit.on, pending.since, None
        return "iCPD", further, queries
    if further:
        return "iUPD", pending.sources, queries
    if _persists(pending, recist, now):
        walk.pending = replace(pending, last=visit.on)
        return "iUPD", pending.sources, queries
    if recist.category == NE:
        return NE, frozenset(), ()
    walk.pending = None
    walk.tolerated, walk.tolerated_sum = "new_lesion" in now, visit.new_sum
    return _without_pending(walk, visit, recist), frozenset(), ()


def _step(walk: _Walk, visit: IrecistVisit) -> Derivation:
    recist = derive_recist_response(visit.disease, baseline=walk.baseline, earlier=walk.earlier)
    queries: tuple[Query, ...] = recist.queries
    caveats: tuple[Caveat, ...] = recist.caveats
    if recist.parts["new_lesion"] == "no":
        walk.tolerated = False
    deciding: tuple[str, ...] = tuple(sorted(walk.sources(visit, recist))) or recist.deciding
    if walk.confirmed_on is not None:
        category = "iCPD"
    elif walk.pending is None:
        category = _without_pending(walk, visit, recist)
    elif _unassessed(recist):
        category, caveats = NE, (*caveats, Caveat.CARRIED_NOT_ASSESSED)
    else:
        category, by, more = _with_pending(walk, walk.pending, visit, recist)
        deciding, queries = tuple(sorted(by)) or deciding, (*queries, *more)
    walk.earlier.append(visit.disease)
    parts = {name: _immune(recist.parts[name]) for name in ("target", "non_target")}
    return replace(
        recist,
        rule=RULE,
        category=category,
        deciding=deciding,
        parts=MappingProxyType(parts | {"new_lesion": recist.parts["new_lesion"], "recist_1_1": str(recist.category)}),
        inputs=MappingProxyType({**recist.inputs, **inputs_of(visit, *_OWN)}),
        incomplete=category == NE or recist.incomplete,
        queries=queries,
        caveats=caveats,
    )


def derive_irecist_course(
    visits: Sequence[IrecistVisit], *, baseline: TumourBaseline, rule: IrecistRule | None = None
) -> IrecistCourse:
    """Return the iRECIST response of every visit, with RECIST 1.1 beside it.

    visits may come in any order. After iCPD every later visit stays iCPD. Raises CLN-009 for two visits on one day.

    >>> from datetime import timedelta
    >>> from celltrial.clinical.recist_lesions import BaselineLesion, NewLesion, TargetMeasure
    >>> lesions = TumourBaseline((BaselineLesion("T1", 40),))
    >>> seen = [IrecistVisit(date(2025, 3, 1) + timedelta(35 * i),
    ...                      TumourVisit((TargetMeasure("T1", size),), new_lesion=NewLesion.NO))
    ...         for i, size in enumerate([50, 24])]
    >>> [item.category for item in derive_irecist_course(seen, baseline=lesions).responses]
    ['iUPD', 'iPR']
    """
    require_distinct_days(item.on for item in visits)
    walk = _Walk(baseline, rule or IrecistRule())
    ordered = sorted(visits, key=lambda item: item.on)
    responses = tuple(_step(walk, visit) for visit in ordered)
    dated = list(zip(ordered, responses, strict=True))
    return IrecistCourse(
        dates=tuple(visit.on for visit in ordered),
        responses=responses,
        confirmed_on=walk.confirmed_on,
        progressed_on=walk.progressed_on,
        pending_since=walk.pending.since if walk.pending else None,
        recist_progressed_on=next((visit.on for visit, item in dated if item.parts["recist_1_1"] == "PD"), None),
    )

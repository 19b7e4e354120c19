"""Stagger gate: intervals between infusions of escalation cohorts, across all sites (2.2.4-a, 2.2.4-c).

All infusions and reserved moments form one sequence. Between two of the same
level the interval is `after_first_of_level` if the earlier one is the first of
that level, else `between_later`; between neighbours of different levels it is
`between_levels`, in either direction. An interval is exact in hours; it is open
at the moment it ends. It lies between subjects: nobody waits for an infusion of their own. Where the dose of a course is
given in several administrations, the intervals after the first subject of a level and between levels run from the last
one that was given or is planned.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.cohort.state import Slot
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.gates.sentinel import check_sentinel
from celltrial.conduct.ruling import fail
from celltrial.conduct.timing import after
from celltrial.conduct.vocabulary import CohortKind
from celltrial.core.dates import Instant
from celltrial.core.values import Duration, at_least, message
from celltrial.protocol.model.escalation import Staggering


def _is_staggered(state: TrialState, slot: Slot) -> bool:
    cohort = state.cohorts.get(slot.cohort)
    return cohort is None or cohort.kind is CohortKind.ESCALATION


def _sequence(state: TrialState, without: str = "") -> list[Slot]:
    """Return the staggered moments in order of time; a subject's own reservation is left out on request."""
    kept = (s for s in state.slots if _is_staggered(state, s) and (s.infused or s.subject != without))
    return sorted(kept, key=lambda slot: slot.infusion.utc)


def _opening(rule: Staggering, earlier: Slot, later: Slot, firsts: dict[int, Slot]) -> tuple[datetime, str]:
    """Return when the interval after `earlier` opens for `later`, and the field that says so."""
    whole = earlier.ends or earlier.infusion
    if earlier.level != later.level:
        return after(whole, rule.between_levels), "escalation.staggering.between_levels"
    if firsts[earlier.level] is earlier:
        return after(whole, rule.after_first_of_level), "escalation.staggering.after_first_of_level"
    return after(earlier.infusion, rule.between_later), "escalation.staggering.between_later"


def violations(rule: Staggering, sequence: list[Slot]) -> Iterator[tuple[Slot, Slot, datetime, str]]:
    """Yield (earlier, later, opens, field) for each pair that is too close.

    Looked at: neighbours in the whole sequence and neighbours within each level.
    """
    firsts: dict[int, Slot] = {}
    by_level: dict[int, list[Slot]] = {}
    for slot in sequence:
        firsts.setdefault(slot.level, slot)
        by_level.setdefault(slot.level, []).append(slot)
    pairs = [(a, b) for a, b in pairwise(sequence) if a.level != b.level]
    pairs += [pair for slots in by_level.values() for pair in pairwise(slots)]
    for earlier, later in pairs:
        if earlier.subject == later.subject:
            continue
        opens, field = _opening(rule, earlier, later, firsts)
        if later.infusion.utc < opens:
            yield earlier, later, opens, field


def _broken(act: Act, infusion: Instant, *, against_reserved: bool) -> list[tuple[Slot, Slot, datetime, str]]:
    """Return the pairs that an infusion of this subject at this moment would break."""
    escalation, level = act.protocol.escalation, act.subject.level
    if escalation is None or level is None:
        return []
    mine = Slot(act.subject.subject, act.site.site, level, act.subject.cohort, infusion)
    if not _is_staggered(act.state, mine):
        return []
    others = _sequence(act.state, act.subject.subject)
    if not against_reserved:
        others = [slot for slot in others if slot.infused]
    sequence = sorted([*others, mine], key=lambda slot: slot.infusion.utc)
    return [found for found in violations(escalation.staggering, sequence) if mine in found[:2]]


def check_stagger(act: Act, infusion: Instant, *, against_reserved: bool = True) -> Conditions:
    """Yield what is still due for the sentinel, and every interval that an infusion at this moment would break.

    against_reserved: whether moments reserved by others count, as they do for a plan; at the bedside only what was
                      infused counts, and reservations that come too close afterwards are given back.
    """
    mine = Slot(act.subject.subject, act.site.site, act.subject.level or 0, act.subject.cohort, infusion)
    if act.protocol.escalation is not None and _is_staggered(act.state, mine):
        others = _sequence(act.state, act.subject.subject)
        yield from check_sentinel(act, [s for s in others if s.infused and s.subject != act.subject.subject])
    for earlier, later, opens, field in _broken(act, infusion, against_reserved=against_reserved):
        wait = math.ceil((opens - later.infusion.utc).total_seconds())
        found = message("opens_in", moment=later.infusion, wait=Duration(wait, "s"))
        about = f"subject/{earlier.subject if later.subject == act.subject.subject else later.subject}"
        yield fail(Code.STAGGER, at_least(opens), found, about, "2.2.4-a", field)


def displaced(state: TrialState, rule: Staggering) -> tuple[Slot, ...]:
    """Return reserved moments that now come too close to an infusion before them."""
    found = violations(rule, _sequence(state))
    return tuple(dict.fromkeys(later for earlier, later, _, _ in found if earlier.infused and not later.infused))


def earliest_infusion(act: Act, not_before: Instant) -> Instant:
    """Return the earliest moment, from `not_before` on, at which the stagger gate is open."""
    moment = not_before
    while broken := _broken(act, moment, against_reserved=True):
        mine_later = [opens for _, later, opens, _ in broken if later.subject == act.subject.subject]
        past = [later.infusion.utc for _, later, _, _ in broken if later.subject != act.subject.subject]
        moment = Instant(max([*mine_later, *past]), moment.zone)
        if past and not mine_later:
            moment = Instant(max(past) + timedelta(microseconds=1), moment.zone)
    return moment

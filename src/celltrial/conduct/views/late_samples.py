"""Which tests for late effects are still due for a subject: the samples on record read by the rules of `clinical.late_tests`.

A test that the protocol lets stop after so many consecutive negative samples (`follow_up.assays.stop_after_negatives`,
3.1-c) is due no longer once they are on record, and again after a later positive one. Where the protocol states no
number the test runs to the end of follow-up. Samples from before the last infusion say nothing about its cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from celltrial.clinical.late_tests import LateResult, derive_persistence
from celltrial.conduct.facts.follow_up.events import LateSafetyTested
from celltrial.conduct.facts.follow_up.state import FollowUpState
from celltrial.conduct.vocabulary import Answer, PlannedVisit
from celltrial.protocol.model.follow_up import FollowUp

#: Replication-competent virus: of a lentiviral vector and of a gamma-retroviral one.
VIRUS_TESTS: Final = frozenset({"rcl", "rcr"})
#: Tests for late effects that any trial may record; a protocol's assays may add others.
LATE_TESTS: Final = VIRUS_TESTS | {"persistence", "clonality", "integration", "transgene_in_tumour"}
_DETECTED: Final = {Answer.YES: True, Answer.NO: False, Answer.UNKNOWN: None}


def negatives_to_stop(plan: FollowUp | None, test: str) -> int | None:
    """Return after how many consecutive negatives every assay of a kind may stop; None where one never does."""
    stated = [item.stop_after_negatives for item in plan.assays if item.kind == test] if plan is not None else []
    known = [item for item in stated if item is not None]
    return max(known) if known and len(known) == len(stated) else None


def has_stopped(known: FollowUpState, tests: Iterable[LateSafetyTested], negatives: int) -> bool:
    """Tell whether so many consecutive negatives, among the samples since the last infusion, let a test stop."""
    samples = [LateResult(item.on, _DETECTED[item.answer]) for item in tests if item.on >= known.starts]
    found = derive_persistence(samples, infused_on=known.starts, ends_on=known.ends, negatives_to_stop=negatives)
    return found.category == "STOPPED"


def _stopped(known: FollowUpState, plan: FollowUp | None, kind: str) -> bool:
    negatives = negatives_to_stop(plan, kind)
    return negatives is not None and has_stopped(known, [i for i in known.tests if i.test == kind], negatives)


def kind_of(test: str) -> str:
    """Return the kind of assay that a planned test is, such as `rcr` of `rcr: replication-competent lentivirus`."""
    return test.partition(":")[0]


def _same_test(done: LateSafetyTested, kind: str) -> bool:
    return done.test == kind or {done.test, kind} <= VIRUS_TESTS


def is_due(known: FollowUpState, plan: FollowUp | None, visit: PlannedVisit) -> bool:
    """Tell whether a visit has still something to do: one made only for tests has not once all of them stopped."""
    return bool(visit.items) or not visit.tests or not all(_stopped(known, plan, kind_of(item)) for item in visit.tests)


def results_due(known: FollowUpState, plan: FollowUp | None) -> Iterator[tuple[str, PlannedVisit]]:
    """Yield each test that has no result although its visit took place, with the first such visit.

    A sample counts for the visits whose window had opened by its day; the baseline sample, taken with the infusion,
    may lie before it by as much as a visit may. Tests that stopped are not due.
    """
    found: dict[str, PlannedVisit] = {}
    for visit in known.visits:
        opens = visit.due - (visit.closes - visit.due) if visit.due == known.starts else visit.opens
        for test in visit.tests if visit.visit in known.done else ():
            if not any(item.on >= opens and _same_test(item, kind_of(test)) for item in known.tests):
                found.setdefault(test, visit)
    for test, visit in found.items():
        if not _stopped(known, plan, kind_of(test)):
            yield test, visit

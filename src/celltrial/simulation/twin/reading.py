"""The independent committee: readers are assigned, read every assessment on their own, lock, and an adjudicator settles.

Who reads, how many and whether they adjudicate is what the protocol states. A reader differs from another now and then on
what is no progression, by a stream of chance of its own, so that no other number of the trial depends on it.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Final

from celltrial.conduct.acts.assessment import commands as measure
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.assessment import events as fact
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.vocabulary import AssessmentSource
from celltrial.core.random_streams import stream
from celltrial.simulation.twin.world import Seen, Virtual, World

#: Days from an assessment at the site to its central reading.
_DAYS_TO_READ: Final = 7
#: How often one reader sees the neighbouring category, and how often the whole committee does where the site saw another.
#: Planning values, not findings: published comparisons of central and local reading differ widely.
DISAGREEMENT: Final = 0.06
OTHERWISE: Final = 0.04
_ADJUDICATOR: Final = "adjudicator"


def readers(world: World) -> tuple[str, ...]:
    """Return the accounts of the readers, the adjudicator aside; none where no committee reads."""
    efficacy = world.protocol.efficacy
    review = efficacy.independent_review if efficacy is not None else None
    return tuple(f"{Role.INDEPENDENT_REVIEWER}.R{number + 1}" for number in range(review.readers if review else 0))


def adjudicator() -> str:
    """Return the account of the adjudicator."""
    return f"{Role.INDEPENDENT_REVIEWER}.A1"


def assign(world: World, subject: Virtual) -> None:
    """Assign the readers to a subject, before anything is read of it."""
    slots = [(account, f"reader_{number}") for number, account in enumerate(readers(world), 1)]
    efficacy = world.protocol.efficacy
    review = efficacy.independent_review if efficacy is not None else None
    if review is not None and review.adjudication and len(slots) > 1:
        slots.append((adjudicator(), _ADJUDICATOR))
    for account, slot in slots:
        assigned = fact.ReaderAssigned(subject.id, account, Role.INDEPENDENT_REVIEWER.value, slot)
        world.staff.must(Role.DATA_MANAGER, measure.AssignReader(assigned))


def send(world: World, subject: Virtual, visit: str, category: str, other: str) -> None:
    """Send an assessment of today to the committee. other: what a reader who differs sees; the same where none can."""
    today = world.today(subject.site)
    if not readers(world):
        return
    if stream(world.seed, "twin", "committee", subject.number, visit).random() < OTHERWISE:
        category, other = other, category
    reads = {}
    for number, account in enumerate(readers(world), 1):
        differs = stream(world.seed, "twin", "reader", number, subject.number, visit).random() < DISAGREEMENT
        reads[account] = other if differs else category
    subject.seen[visit] = Seen(today, category, reads)
    world.later(subject, _DAYS_TO_READ, partial(read, visit=visit), 9)


def read(world: World, subject: Virtual, *, visit: str) -> None:
    """Have a visit read by each reader who has neither read it nor locked."""
    seen, person = subject.seen[visit], _person(world, subject)
    done = {reader for reader, _, name in person.reads if name == visit}
    for account, category in seen.reads.items():
        if account not in done and account not in person.locked_readers:
            record(world, subject, account, visit, seen.on, category)


def record(
    world: World,
    subject: Virtual,
    account: str,
    visit: str,
    on: date,
    category: str,
    source: AssessmentSource = AssessmentSource.INDEPENDENT_READER,
) -> None:
    """Record what one reader saw."""
    efficacy = world.protocol.efficacy
    assert efficacy is not None
    seen = fact.ResponseAssessed(subject.id, efficacy.criteria, visit, category, source, on, account)
    world.staff.must(Role.INDEPENDENT_REVIEWER, measure.RecordResponse(seen), account=account)


def lock(world: World, subject: Virtual) -> None:
    """Read what is left, lock every read; where the readers differ, the adjudicator reads those visits and locks too."""
    for visit in subject.seen:
        read(world, subject, visit=visit)
    for account in readers(world):
        person = _person(world, subject)
        if account not in person.locked_readers and any(reader == account for reader, _, _ in person.reads):
            _lock(world, subject, account)
    person = _person(world, subject)
    if not person.needs_adjudication:
        return
    found: dict[str, set[str]] = {}
    for (_, _, visit), category in person.reads.items():
        found.setdefault(visit, set()).add(category)
    for visit, seen in subject.seen.items():
        if len(found.get(visit, ())) > 1:
            record(world, subject, adjudicator(), visit, seen.on, seen.category, AssessmentSource.ADJUDICATED)
    _lock(world, subject, adjudicator())


def _person(world: World, subject: Virtual) -> SubjectState:
    """Return a subject as it is on record now."""
    return world.staff.desk.state.subjects[subject.id]


def _lock(world: World, subject: Virtual, account: str) -> None:
    locked = measure.LockRead(fact.ReadLocked(subject.id, account))
    world.staff.must(Role.INDEPENDENT_REVIEWER, locked, account=account)

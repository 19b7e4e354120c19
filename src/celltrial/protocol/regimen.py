"""The treatment of a protocol as every reader sees it: rounds of courses, each a list of planned administrations.

The simple form (one infusion, given `dose.repeat.doses` times) is lifted here, in one place, into the same model: one
course of one administration. A round is one course given once; a course with `at_most: 3` takes three rounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from celltrial.protocol.model import Duration, Protocol
from celltrial.protocol.model.base import DAYS_PER
from celltrial.protocol.model.regimen import Administration, Course, DrugDose

#: Names in the course of a protocol that states none.
ONLY_COURSE: Final = "C1"
ONLY_ADMINISTRATION: Final = "A1"


class Given(NamedTuple):
    """One administration that was given, or that will not be given: its round, its course, its name.

    administration is "" where a record of the past does not name it: the whole of its course.
    """

    round: int
    course: str
    administration: str


@dataclass(frozen=True, slots=True)
class Step:
    """One administration in its course.

    number:  its place in the course, 1 for the first.
    share:   part of the level's dose.
    is_first, is_last: of its course.
    path:    the field that plans it, `dose.repeat` in the simple form.
    """

    course: Course
    planned: Administration
    number: int
    share: Decimal
    is_first: bool
    is_last: bool
    path: str


@dataclass(frozen=True, slots=True)
class Round:
    """One course given once: the course, and those that may come in its place; `number` counts rounds from 1."""

    number: int
    cycle: int
    courses: tuple[Course, ...]


@dataclass(frozen=True)
class Regimen:
    """The rounds of a protocol.

    is_stated: whether the protocol states courses; else they are lifted from `dose.repeat`.
    """

    rounds: tuple[Round, ...]
    is_stated: bool
    paths: dict[str, str]

    @property
    def is_simple(self) -> bool:
        """Whether one infusion is all there is."""
        return not self.is_stated and len(self.rounds) == 1

    def steps(self, course: Course) -> tuple[Step, ...]:
        """Return the administrations of a course in their order."""
        last = len(course.administrations)
        path = self.paths[course.id]
        return tuple(
            Step(
                course,
                one,
                number,
                share_of(course, one),
                number == 1,
                number == last,
                f"{path}.administrations.{number - 1}" if self.is_stated else path,
            )
            for number, one in enumerate(course.administrations, 1)
        )

    def course(self, name: str) -> Course | None:
        """Return a course by its name; None where this version of the protocol has none of it."""
        return next((one for item in self.rounds for one in item.courses if one.id == name), None)

    def following(self, given: Sequence[Given]) -> tuple[Round, tuple[Step, ...]] | None:
        """Return the round and what may be given next: one step, or at the start of a round the first step of each
        course that may be the one; None where nothing is left.

        given: what was given or left out, in order.
        """
        number = 1
        if given:
            last = given[-1]
            course = self.course(last.course)
            names = [one.id for one in course.administrations] if course is not None else []
            place = names.index(last.administration) + 1 if last.administration in names else len(names)
            if course is not None and place < len(names) and last.round <= len(self.rounds):
                return self.rounds[last.round - 1], (self.steps(course)[place],)
            number = last.round + 1
        if number > len(self.rounds):
            return None
        here = self.rounds[number - 1]
        return here, tuple(self.steps(course)[0] for course in here.courses)


def share_of(course: Course, one: Administration) -> Decimal:
    """Return the part of the level's dose that an administration gives; 1 where the level is each administration's dose.

    >>> whole = Course(id="C1", administrations=(Administration(id="A1"),))
    >>> share_of(whole, whole.administrations[0])
    Decimal('1')
    """
    if course.level_is == "administration" or one.share is None:
        return Decimal(1)
    return one.share


def regimen_of(protocol: Protocol) -> Regimen:
    """Return the rounds of a protocol, those of the simple form lifted.

    >>> from celltrial.protocol import read_protocol
    >>> from celltrial.protocol.templates import template_text
    >>> found = regimen_of(read_protocol(template_text("car-t-escalation"), "p.yaml"))
    >>> [(item.number, item.courses[0].id) for item in found.rounds], found.is_simple
    ([(1, 'C1')], True)
    """
    repeat = protocol.dose.repeat
    return _regimen(protocol.treatment.courses, repeat.doses, repeat.interval)


@lru_cache(maxsize=64)
def _regimen(stated: tuple[Course, ...], doses: int, interval: Duration | None) -> Regimen:
    if not stated:
        only = Course(
            id=ONLY_COURSE,
            at_most=doses,
            every=interval,
            administrations=(Administration(id=ONLY_ADMINISTRATION),),
        )
        rounds = tuple(Round(number, number, (only,)) for number in range(1, doses + 1))
        return Regimen(rounds, is_stated=False, paths={only.id: "dose.repeat"})
    found: list[Round] = []
    for course in stated:
        if course.instead_of is None:
            others = tuple(one for one in stated if one.instead_of == course.id)
            for cycle in range(1, course.at_most + 1):
                found.append(Round(len(found) + 1, cycle, (*others, course)))
    return Regimen(
        tuple(found),
        is_stated=True,
        paths={course.id: f"treatment.courses.{index}" for index, course in enumerate(stated)},
    )


def is_depleted(protocol: Protocol, course: Course) -> bool:
    """Return whether lymphodepletion comes before a course: as it says, else wherever the protocol states a regimen."""
    stated = protocol.treatment.lymphodepletion is not None
    return stated if course.lymphodepletion is None else stated and course.lymphodepletion


def lead_days(protocol: Protocol, course: Course) -> int:
    """Return the days from the first drug of the lymphodepletion before a course to its first administration; 0 without."""
    plan = protocol.treatment.lymphodepletion
    if plan is None or not is_depleted(protocol, course):
        return 0
    return -min(day for drug in plan.drugs for day in drug.days)


def most_doses(protocol: Protocol) -> int:
    """Return how many doses a subject may get: rounds, each administration for itself where that is the level's dose.

    Fractions of one course are one dose (2.2.2.3-f).
    """
    return sum(
        max(len(one.administrations) if one.level_is == "administration" else 1 for one in item.courses)
        for item in regimen_of(protocol).rounds
    )


def bag_shares(protocol: Protocol) -> tuple[tuple[str, Decimal], ...]:
    """Return component and share of the batch of each bag that the longest course needs; none where one bag is enough.

    >>> from celltrial.protocol import read_protocol
    >>> from celltrial.protocol.templates import template_text
    >>> bag_shares(read_protocol(template_text("car-t-escalation"), "p.yaml"))
    ()
    """
    courses = [course for item in regimen_of(protocol).rounds for course in item.courses]
    longest = max(courses, key=lambda one: len(one.administrations))
    return bags_of_course(longest) if len(longest.administrations) > 1 else ()


def bags_of_course(course: Course) -> tuple[tuple[str, Decimal], ...]:
    """Return component and share of the batch of each bag that a course needs, one for each administration."""
    whole = sum(share_of(course, one) for one in course.administrations)
    return tuple((one.component or "", share_of(course, one) / whole) for one in course.administrations)


class PlannedAdministration(NamedTuple):
    """One administration of the longest way through the plan, on the earliest planned day after the first of all."""

    round: int
    course: str
    administration: str
    day: float
    share: Decimal
    route: str


def planned_administrations(protocol: Protocol) -> tuple[PlannedAdministration, ...]:
    """Return every administration of the plan with its day, as the schedule of activities shows them.

    Each round begins at the earliest day its `every` allows; alternatives are left to the course they stand in for.
    """
    regimen, route = regimen_of(protocol), protocol.treatment.infusion.route
    found: list[PlannedAdministration] = []
    begins = 0.0
    for item in regimen.rounds:
        course = item.courses[-1]
        if item.number > 1:
            begins += course.every.days if course.every is not None else 0.0
        found += [
            PlannedAdministration(
                item.number,
                course.id,
                step.planned.id,
                begins + step.planned.day,
                step.share,
                step.planned.route or route,
            )
            for step in regimen.steps(course)
        ]
    return tuple(found)


def drug_days(drug: DrugDose, administrations: Sequence[int]) -> tuple[float, ...]:
    """Return the days, from day 0, on which a drug beside the cells is given for administrations on these days.

    A drug that comes so long `after` the cells and then `every` so often is counted to `at_most`; without it, once.
    """
    anchors = administrations if drug.each == "administration" else administrations[:1]
    if drug.days:
        return tuple(float(anchor + day) for anchor in anchors for day in drug.days)
    start = drug.after.days if drug.after is not None else 0.0
    step = drug.every.days if drug.every is not None else 0.0
    times = drug.at_most or 1 if step else 1
    return tuple(anchor + start + step * count for anchor in anchors for count in range(times))


def hours(duration: Duration) -> float:
    """Return the nominal length in hours."""
    return duration.amount * DAYS_PER[duration.unit] * 24

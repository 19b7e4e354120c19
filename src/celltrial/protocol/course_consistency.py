"""Contradictions in what a protocol says of its courses, drugs, arms and cohorts, and in doses stated as ranges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from celltrial.core import values
from celltrial.core.errors import Fault, fault
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    Count,
    Formula,
    Identifier,
    Sayable,
    Value,
    all_of,
    as_value,
    as_written,
    at_least,
    at_most,
    less_than,
    message,
    more_than,
    one_of,
)
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.regimen import Administration, Course
from celltrial.protocol.regimen import lead_days

#: Thirds and the like are written with three decimals.
_ROUNDING: Final = Decimal("0.001")


def _contradicts(place: str, expected: Value, found: Sayable) -> Fault:
    return fault("PRT-022", place, field=place, expected=expected, found=as_value(found))


def check_levels(protocol: Protocol) -> Iterator[Fault]:
    """A range has its ends in order; bands by weight rise, end open and are no doses per kilogram besides."""
    dose = protocol.dose
    for index, level in enumerate(dose.levels):
        place = f"dose.levels.{index}"
        if level.low is not None and level.high is not None and level.low >= level.high:
            yield _contradicts(f"{place}.low", less_than(level.high), level.low)
        if not level.bands:
            continue
        if dose.per_kg:
            yield _contradicts("dose.per_kg", message("false_where", rule=Formula("bands")), Identifier("true"))
        *closed, last = level.bands
        limits = [band.up_to_kg for band in closed]
        rising = all(one is not None for one in limits) and all(
            one is not None and other is not None and one < other for one, other in pairwise(limits)
        )
        if not rising or last.up_to_kg is not None:
            shown = all_of(*(ABSENT if one is None else one for one in (*limits, last.up_to_kg)))
            yield _contradicts(f"{place}.bands", message("rising_weights_the_last_open"), shown)
        for number, band in enumerate(level.bands):
            if band.low >= band.high:
                yield _contradicts(f"{place}.bands.{number}.low", less_than(band.high), band.low)
    limit = dose.maximum_in_all
    if limit is not None and limit < dose.levels[-1].most:
        expected = message("by_field", value=at_least(dose.levels[-1].most), field=Identifier("dose.levels"))
        yield _contradicts("dose.maximum_in_all", expected, limit)


def check_courses(protocol: Protocol) -> Iterator[Fault]:
    """What makes courses a plan that can be carried out, administration by administration."""
    courses = protocol.treatment.courses
    if not courses:
        return
    if protocol.dose.repeat.doses > 1 or protocol.dose.repeat.interval is not None:
        place = "dose.repeat"
        yield _contradicts(
            place, message("not_stated_beside", field=Identifier("treatment.courses")), protocol.dose.repeat.doses
        )
    yield from _once("treatment.courses.{}.id", [one.id for one in courses])
    first = True
    for index, course in enumerate(courses):
        place = f"treatment.courses.{index}"
        yield from _days(course, place)
        yield from _shares(course, place)
        yield from _components(protocol, course, place)
        yield from _holds(course, place)
        if course.lymphodepletion and protocol.treatment.lymphodepletion is None:
            yield _contradicts(f"{place}.lymphodepletion", message("lymphodepletion_regimen"), NOT_STATED)
        if course.instead_of is not None:
            yield from _instead(courses, course, place)
            continue
        yield from _times(protocol, course, place, first=first)
        first = False


def _once(path: str, names: Sequence[str]) -> Iterator[Fault]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield fault("PRT-012", path.format(index), expected=message("each_id_once"), found=name)


def _known(place: str, name: str, known: Iterable[str]) -> Iterator[Fault]:
    names = sorted(known)
    if name not in names:
        yield _contradicts(place, one_of(*map(Identifier, names)) if names else NOT_STATED, as_written(name))


def _days(course: Course, place: str) -> Iterator[Fault]:
    yield from _once(f"{place}.administrations.{{}}.id", [one.id for one in course.administrations])
    first = course.administrations[0]
    if (first.day, first.early, first.late) != (0, 0, 0):
        found = all_of(first.day, first.early, first.late)
        yield _contradicts(f"{place}.administrations.0.day", message("day_0_without_a_window"), found)
    for index, (before, after) in enumerate(pairwise(course.administrations), 1):
        here = f"{place}.administrations.{index}"
        if after.day < before.day:
            yield _contradicts(f"{here}.day", at_least(values.Duration(before.day)), values.Duration(after.day))
        elif after.day - after.early < before.day:
            yield _contradicts(f"{here}.early", at_most(Count(after.day - before.day)), after.early)


def _shares(course: Course, place: str) -> Iterator[Fault]:
    stated = [one.share for one in course.administrations]
    if course.level_is == "administration":
        for index, share in enumerate(stated):
            if share is not None:
                here = f"{place}.administrations.{index}.share"
                expected = message("not_stated_beside", field=Formula("level_is: administration"))
                yield _contradicts(here, expected, share)
        return
    if len(stated) == 1 and stated[0] is None:
        return
    total = sum((share for share in stated if share is not None), Decimal(0))
    if None in stated or abs(total - 1) > _ROUNDING:
        found = all_of(*(NOT_STATED if share is None else share for share in stated))
        yield fault("PRT-025", f"{place}.administrations", found=found, total=as_value(total))


def _components(protocol: Protocol, course: Course, place: str) -> Iterator[Fault]:
    known = [one.id for one in protocol.product.components]
    named = [one.component for one in course.administrations]
    for index, name in enumerate(named):
        if name is not None:
            yield from _known(f"{place}.administrations.{index}.component", name, known)
    absent = [name for name in known if name not in named]
    if any(named) and absent:
        yield _contradicts(
            f"{place}.administrations",
            message("each_component", names=Identifier(", ".join(known))),
            as_written(", ".join(filter(None, named))),
        )


def _holds(course: Course, place: str) -> Iterator[Fault]:
    later = {one.id: one for one in course.administrations[1:]}
    for index, rule in enumerate(course.hold):
        here = f"{place}.hold.{index}"
        if rule.before != "next" or not later:
            yield from _known(f"{here}.before", rule.before, ["next", *later] if later else [])
        if rule.until_grade is not None and rule.until_grade >= rule.grade_at_least:
            yield _contradicts(f"{here}.until_grade", less_than(rule.grade_at_least), rule.until_grade)
        if rule.latest_day is not None:
            yield from _latest(here, rule.latest_day, [later[rule.before]] if rule.before in later else [])
            if rule.until_grade is None:
                expected = message("not_stated_beside", field=Formula("until_grade"))
                yield _contradicts(f"{here}.latest_day", expected, rule.latest_day)


def _latest(here: str, latest: int, held: list[Administration]) -> Iterator[Fault]:
    for one in held:
        if latest < one.day + one.late:
            yield _contradicts(f"{here}.latest_day", at_least(Count(one.day + one.late)), latest)


def _instead(courses: Sequence[Course], course: Course, place: str) -> Iterator[Fault]:
    bases = [one.id for one in courses if one.instead_of is None]
    yield from _known(f"{place}.instead_of", course.instead_of or "", bases)
    if not course.when:
        yield fault("PRT-003", place, field=f"{place}.when", expected="when", found=ABSENT)
    if course.at_most > 1:
        expected = message("by_field", value=at_most(1), field=Identifier(f"{place}.instead_of"))
        yield _contradicts(f"{place}.at_most", expected, course.at_most)


def _times(protocol: Protocol, course: Course, place: str, *, first: bool) -> Iterator[Fault]:
    """Yield courses that come again, or after another one, with no time between, or with too little."""
    if first and course.at_most == 1:
        if course.every is not None:
            yield _contradicts(
                f"{place}.every", message("not_stated_beside", field=Formula("at_most: 1")), course.every.as_value()
            )
        return
    if course.every is None:
        yield _contradicts(f"{place}.every", message("an_interval_between_doses"), NOT_STATED)
        return
    final = course.administrations[-1]
    needed = final.day + final.late + lead_days(protocol, course)
    if course.every.days < needed or (course.every.days == needed and len(course.administrations) > 1):
        limit = more_than if len(course.administrations) > 1 else at_least
        yield _contradicts(f"{place}.every", limit(values.Duration(needed)), course.every.as_value())
    if course.latest is not None and course.latest.days < course.every.days:
        yield _contradicts(f"{place}.latest", at_least(course.every.as_value()), course.latest.as_value())


def check_drugs(protocol: Protocol) -> Iterator[Fault]:
    """A drug beside the cells has days, or a time after them; what comes again and again has an end."""
    drugs = {f"treatment.drugs.{index}": drug for index, drug in enumerate(protocol.treatment.drugs)}
    for number, arm in enumerate(protocol.arms):
        drugs |= {f"arms.{number}.drugs.{index}": drug for index, drug in enumerate(arm.drugs)}
    for place, drug in drugs.items():
        timed = drug.after is not None or drug.every is not None
        if bool(drug.days) is timed:
            expected = one_of(Formula("days"), Formula("after, every"))
            yield _contradicts(f"{place}.days", expected, Formula("days, after") if timed else NOT_STATED)
        if drug.every is not None and drug.at_most is None:
            yield fault("PRT-003", place, field=f"{place}.at_most", expected="at_most", found=ABSENT)
        if drug.role == "comparator" and place.startswith("treatment"):
            yield _contradicts(f"{place}.role", message("in_an_arm_only"), Identifier("comparator"))
    regimen = protocol.treatment.lymphodepletion
    for index, other in enumerate(regimen.alternatives if regimen is not None else ()):
        last = max(day for drug in other.drugs for day in drug.days)
        if last >= 0:
            place = f"treatment.lymphodepletion.alternatives.{index}.drugs"
            yield fault("PRT-015", place, expected=message("days_before_0"), found=Count(last))


def check_arms(protocol: Protocol) -> Iterator[Fault]:
    """Arms are distinguished, are as many as the ratio has parts, and hold the comparator that the protocol names."""
    arms, plan = protocol.arms, protocol.confirmatory
    yield from _once("arms.{}.id", [one.id for one in arms])
    yield from _once("cohorts.{}.id", [one.id for one in protocol.cohorts])
    yield from _once("product.components.{}.id", [one.id for one in protocol.product.components])
    if not arms:
        return
    kinds = [one.kind for one in arms]
    if "experimental" not in kinds:
        yield _contradicts("arms", message("one_arm_that_gets_the_product"), all_of(*map(Identifier, kinds)))
    for index, arm in enumerate(arms):
        if arm.crossover_to is not None:
            others = [one.id for one in arms if one.id != arm.id]
            yield from _known(f"arms.{index}.crossover_to", arm.crossover_to, others)
            if arm.crossover_when is None:
                place = f"arms.{index}"
                yield fault("PRT-003", place, field=f"{place}.crossover_when", expected="crossover_when", found=ABSENT)
        if arm.choice == "one" and len(arm.drugs) < 2:
            yield _contradicts(f"arms.{index}.drugs", at_least(Count(2, "item")), Count(len(arm.drugs), "item"))
    if plan is None:
        return
    ratio = plan.randomisation.ratio if plan.randomisation is not None else None
    if ratio is not None and len(ratio) != len(arms):
        expected = message(
            "by_field", value=Count(len(ratio), "item"), field=Identifier("confirmatory.randomisation.ratio")
        )
        yield _contradicts("arms", expected, Count(len(arms), "item"))
    controls = [kind for kind in kinds if kind != "experimental"]
    if controls and plan.comparator not in controls:
        yield _contradicts(
            "confirmatory.comparator", one_of(*map(Identifier, sorted(set(controls)))), Identifier(plan.comparator)
        )

"""The course of the disease under one set of criteria: best response, its onset, its confirmation, progression.

The one engine behind best response, response rate, duration of response, progression-free survival and response at
a landmark. Counting ends with the first progression and before new anti-cancer therapy. Where confirmation is
required, a response counts when a later assessment is at least as good, at least `confirm_days` later, with nothing
worse between and at most `max_not_evaluable` assessments that were not evaluable; the pair counts with the lesser of
its two categories, dated on its first. An unconfirmed response is stable disease, and stable disease counts from
`stable_from_days` after the start. Under RECIST any lesser response after a CR is progression.

With the rules of RECIST 1.1 the answers are those of admiralonco (see `recist11_best`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from celltrial.clinical.response_categories import (
    COMPLETE,
    NOT_ASSESSED,
    ORDER,
    PROGRESSION,
    RESPONSES,
    is_progression,
    is_recist,
    is_response,
    rank,
)
from celltrial.core.errors import UserError, fault

#: Infusion day (or any day number) and category as assessed.
Visit = tuple[int, str]
#: What an unconfirmed response is read as, where the criteria have their own word for stable disease.
_STABLE: Final[Mapping[str, str]] = MappingProxyType({"ICR": "iSD", "IPR": "iSD", "CMR": "NMR", "PMR": "NMR"})
#: Categories that are stable disease.
_STABLE_WORDS: Final = frozenset({"SD", "ISD", "NMR"})
_WORST_RESPONSE: Final = max(map(rank, RESPONSES))
#: What no confirmation and no interval is asked of.
_ANY_DAY: Final = frozenset({"NR", "IUPD"})
_OTHERS: Final = tuple(
    name for name in ORDER if name not in RESPONSES | _STABLE_WORDS | PROGRESSION | {"MR", NOT_ASSESSED}
)
_LESSER_AFTER_COMPLETE: Final = frozenset({"PR", "SD", "NON-CR/NON-PD"})


@dataclass(frozen=True, slots=True)
class CourseRule:
    """What the protocol must state.

    confirm_days:      least days to the confirming assessment, 0 for the next one whenever it is; None where no
                       confirmation is required.
    stable_from_days:  least days from the start for stable disease to count.
    max_not_evaluable: NE assessments allowed between a response and its confirmation.
    accept_sd:         one SD between two partial responses does not break the confirmation.
    cr_overcalled:     a CR followed by PR was a PR from the start (RECIST).
    """

    confirm_days: int | None = 28
    stable_from_days: int = 42
    max_not_evaluable: int = 1
    accept_sd: bool = False
    cr_overcalled: bool = False

    def __post_init__(self) -> None:
        """Refuse negative numbers (CLN-007)."""
        for name in ("confirm_days", "stable_from_days", "max_not_evaluable"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise UserError(fault("CLN-007", where=name, expected=">= 0", found=str(value)))


@dataclass(frozen=True, slots=True)
class Course:
    """What the assessments of one subject come to.

    category:      best response, as it was spelled; "NE" without an evaluable assessment.
    on:            day of the assessment that earned it.
    confirmed_on:  day of the confirming assessment, where confirmation is required.
    responded_on:  day of the first response, confirmed where that is required.
    progressed_on: day of the first progression.
    read:          the visits that count, up to the first progression.
    after_cr:      a lesser response followed a CR (RECIST).
    """

    category: str
    on: int | None
    confirmed_on: int | None
    responded_on: int | None
    progressed_on: int | None
    read: tuple[Visit, ...]
    after_cr: bool = False


def tells_depth(category: str, criteria: str) -> bool:
    """Tell whether an assessment says how deep a response is.

    NON-CR/NON-PD is a category of RECIST; under other criteria it records only that no progression was seen.
    """
    return category.upper() != NOT_ASSESSED and (category.upper() != "NON-CR/NON-PD" or is_recist(criteria))


def read_course(
    visits: Sequence[Visit], *, criteria: str, rule: CourseRule, start: int = 0, new_therapy_day: int | None = None
) -> Course:
    """Return the course that assessments come to; those of one day stay in the order given.

    criteria: as recorded, such as "RECIST 1.1" or "IMWG 2016"; what is peculiar to RECIST applies only there.
    start:    the day that the interval of stable disease counts from.
    Raises CLN-006 for a category of no known criteria.

    >>> course = read_course([(28, "PR"), (90, "CR"), (180, "PD")], criteria="IMWG 2016", rule=CourseRule(0, 0))
    >>> course.category, course.responded_on, course.confirmed_on, course.progressed_on
    ('PR', 28, 90, 180)
    """
    for _, category in visits:
        if category.upper() not in ORDER:
            raise UserError(fault("CLN-006", expected=", ".join(ORDER), found=category))
    ordered = sorted(visits, key=lambda visit: visit[0])
    counted = [visit for visit in ordered if new_therapy_day is None or visit[0] < new_therapy_day]
    read, after_cr = _read(counted, rule, recist=is_recist(criteria))
    deep = [visit for visit in read if visit[1].upper() == NOT_ASSESSED or tells_depth(visit[1], criteria)]
    found = _best(deep, start, rule) or next(((seen, day, None) for day, seen in read if (day, seen) not in deep), None)
    category, on, confirmed_on = found or (NOT_ASSESSED, read[0][0] if read else None, None)
    responded = (day for i, (day, _) in enumerate(deep) if _confirmed_by(deep, i, _WORST_RESPONSE, rule) is not None)
    progressed = next((day for day, seen in read if is_progression(seen)), None)
    return Course(category, on, confirmed_on, next(responded, None), progressed, tuple(read), after_cr)


def _read(visits: Sequence[Visit], rule: CourseRule, *, recist: bool) -> tuple[list[Visit], bool]:
    """Return the visits up to the first progression; under RECIST lesser responses after a CR as the rule says."""
    read: list[Visit] = []
    after_cr = False
    for day, category in visits:
        seen = category
        if recist and category.upper() in _LESSER_AFTER_COMPLETE and any(item.upper() == "CR" for _, item in read):
            after_cr = True
            if category.upper() == "PR" and rule.cr_overcalled:
                read = [(on, "PR" if item.upper() == "CR" else item) for on, item in read]
            else:
                seen = "PD"
        read.append((day, seen))
        if is_progression(seen):
            break
    return read, after_cr


def _confirmed_by(visits: Sequence[Visit], index: int, wanted: int, rule: CourseRule) -> int | None:
    """Return the day that confirms the assessment at `index` as one of rank `wanted` or better; None where none does."""
    first, category = visits[index]
    if rank(category) > wanted:
        return None
    if rule.confirm_days is None:
        return first
    not_evaluable = stable = 0
    for day, later in visits[index + 1 :]:
        if rank(later) <= wanted:
            if day >= first + rule.confirm_days:
                return day
        elif later.upper() == NOT_ASSESSED:
            not_evaluable += 1
        elif later.upper() in _STABLE_WORDS and category.upper() not in COMPLETE and rule.accept_sd:
            stable += 1
        else:
            return None
        if not_evaluable > rule.max_not_evaluable or stable > 1:
            return None
    return None


def _best(visits: Sequence[Visit], start: int, rule: CourseRule) -> tuple[str, int, int | None] | None:
    for wanted in (*(name for name in ORDER if name in RESPONSES), "MR"):
        for index, (day, _) in enumerate(visits):
            confirmed = _confirmed_by(visits, index, rank(wanted), rule)
            if confirmed is not None:
                spelled = next(seen for _, seen in visits[index:] if seen.upper() == wanted)
                return spelled, day, confirmed if rule.confirm_days is not None else None
    for day, category in visits:
        is_stable = category.upper() in _STABLE_WORDS or is_response(category) or category.upper() == "MR"
        if is_stable and day >= start + rule.stable_from_days:
            return _STABLE.get(category.upper(), category if category.upper() in _STABLE_WORDS else "SD"), day, None
    for wanted in _OTHERS:
        for day, category in visits:
            if category.upper() == wanted and (wanted in _ANY_DAY or day >= start + rule.stable_from_days):
                return category, day, None
    return next(((category, day, None) for day, category in visits if is_progression(category)), None)

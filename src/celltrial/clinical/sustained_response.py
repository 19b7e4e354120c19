"""Response kept to a landmark, such as month 3, with a named strategy for new therapy.

Sustained: a response before the landmark, still one at the assessment inside the landmark window, and one at every
assessment between (in response continuously since its onset); no progression and, by strategy, no new therapy before.
The last assessment in the window counts. New anti-cancer therapy (a transplant
in remission, for instance) is an intercurrent event, and the protocol names what it means:

- treatment policy: the assessment in the window counts whatever was given;
- composite: new therapy before the window's assessment is a failure;
- while on treatment: the response counts up to the new therapy, and no further.

Without an assessment in the window a subject is not due while the window is open, missing once it has closed, and
not collected where nobody assessed the disease at all: three answers that never stand for one another.
Source of the strategies: ICH E9(R1) (2019).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from celltrial.clinical.response_categories import RESPONSES
from celltrial.clinical.response_course import Course, CourseRule, Visit, read_course, tells_depth
from celltrial.core.dates import Window

_UNCONFIRMED_COUNTS: Final = CourseRule(confirm_days=None, stable_from_days=0)


class Strategy(StrEnum):
    """How new therapy is handled (ICH E9(R1))."""

    TREATMENT_POLICY = "treatment_policy"
    COMPOSITE = "composite"
    WHILE_ON_TREATMENT = "while_on_treatment"


class Status(StrEnum):
    """The status of a subject at the landmark."""

    SUSTAINED = "sustained"
    SUSTAINED_UNTIL_THERAPY = "sustained_until_therapy"
    PROGRESSED = "progressed"
    LOST_RESPONSE = "lost_response"
    UNCONFIRMED = "unconfirmed"
    FIRST_RESPONSE_AT_LANDMARK = "first_response_at_landmark"
    NO_RESPONSE = "no_response"
    NEW_THERAPY = "new_therapy"
    DIED = "died"
    MISSING = "missing"
    NOT_DUE = "not_due"
    NOT_COLLECTED = "not_collected"


@dataclass(frozen=True, slots=True)
class SustainedResponse:
    """Whether the response was kept, and why.

    responded_on: infusion day of the first response.
    assessed_on:  infusion day of the assessment used in the window.
    """

    status: Status
    strategy: Strategy
    responded_on: int | None = None
    assessed_on: int | None = None

    @property
    def sustained(self) -> bool:
        """Whether it counts as sustained."""
        return self.status in {Status.SUSTAINED, Status.SUSTAINED_UNTIL_THERAPY}


def sustained_response(
    visits: Sequence[Visit],
    *,
    window: Window,
    criteria: str = "",
    rule: CourseRule = _UNCONFIRMED_COUNTS,
    new_therapy_day: int | None = None,
    died_day: int | None = None,
    followed_to: int | None = None,
    strategy: Strategy = Strategy.COMPOSITE,
    responses: Collection[str] = RESPONSES,
) -> SustainedResponse:
    """Return whether a response was kept to the landmark.

    visits:      (infusion day, category) in any order; window in infusion days.
    criteria, rule: as in `response_course.read_course`: what is progression, and whether a response needs confirmation.
    followed_to: infusion day of the data cut or of the end of this person's follow-up; None takes the window as closed.
    responses:   the categories that count, in capitals, where the protocol wants fewer (CR only, say).

    >>> sustained_response([(28, "CR"), (70, "PD"), (91, "PD")], window=Window(76, 104)).status
    <Status.PROGRESSED: 'progressed'>
    >>> sustained_response([(28, "CR"), (60, "SD"), (90, "CR")], window=Window(76, 104)).status
    <Status.LOST_RESPONSE: 'lost_response'>
    """
    course = read_course(visits, criteria=criteria, rule=rule)
    deep = [(day, seen.upper()) for day, seen in sorted(visits, key=_day) if tells_depth(seen, criteria)]
    chosen = next((visit for visit in reversed(deep) if visit[0] in window), None)
    last = chosen[0] if chosen else window.high
    before = [visit for visit in deep if visit[0] < last]
    onset = next((day for day, seen in [*before, *([chosen] if chosen else [])] if seen in responses), None)

    def answer(status: Status) -> SustainedResponse:
        return SustainedResponse(status, strategy, onset, chosen[0] if chosen else None)

    therapy = None if strategy is Strategy.TREATMENT_POLICY else new_therapy_day
    ends = {Status.PROGRESSED: course.progressed_on, Status.NEW_THERAPY: therapy, Status.DIED: died_day}
    reached = [(day, status) for status, day in ends.items() if day is not None and day <= last]
    if reached:
        first = min(reached, key=lambda end: end[0])[1]
        if first is Status.NEW_THERAPY and strategy is Strategy.WHILE_ON_TREATMENT and therapy is not None:
            held = [seen for day, seen in deep if day <= therapy]
            first = Status.SUSTAINED_UNTIL_THERAPY if held and held[-1] in responses else Status.NEW_THERAPY
        return answer(first)
    if chosen is None:
        return answer(_unobserved(visits, window, followed_to))
    return answer(_at_visit(chosen, before, course, rule, responses))


def _day(visit: Visit) -> int:
    return visit[0]


def _unobserved(visits: Sequence[Visit], window: Window, followed_to: int | None) -> Status:
    if followed_to is not None and followed_to < window.high:
        return Status.NOT_DUE
    return Status.MISSING if visits else Status.NOT_COLLECTED


def _at_visit(
    chosen: Visit, before: Sequence[Visit], course: Course, rule: CourseRule, responses: Collection[str]
) -> Status:
    held = [seen in responses for _, seen in before]
    if chosen[1] not in responses:
        return Status.LOST_RESPONSE if any(held) else Status.NO_RESPONSE
    if not any(held):
        return Status.FIRST_RESPONSE_AT_LANDMARK
    if not all(held[held.index(True) :]):
        return Status.LOST_RESPONSE
    if rule.confirm_days is not None and (course.responded_on is None or course.responded_on >= chosen[0]):
        return Status.UNCONFIRMED
    return Status.SUSTAINED

"""What is known of an adverse event: every grade that was given, side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from celltrial.conduct.envelope import Actor, Precision
from celltrial.conduct.facts.safety.events import AdverseEventGraded, QueryOpened
from celltrial.conduct.vocabulary import Finding, GradeSource, Outcome, QualityCause, Relatedness, Seriousness
from celltrial.core.dates import Instant, add_months
from celltrial.core.values import Value

WORST_GRADE: Final = 5
#: No place on earth is further ahead of UTC: by then a site has written the day of the moment.
_FURTHEST_AHEAD: Final = timedelta(hours=14)


@dataclass(frozen=True, slots=True)
class ExpeditedReport:
    """An expedited report due to agencies: its clock, and whether it was sent."""

    event: str
    rule: str
    due: Instant
    submitted: bool = False


@dataclass(frozen=True, slots=True)
class QueryStep:
    """One step of a query: what it became, what was said, by whom and when.

    text:       the question, the answer or the reason; "" where a step says nothing.
    correction: of an answer, the position of the correction that it rests on.
    """

    status: str
    text: Value | str
    by: Actor
    at: Instant
    correction: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A question about a record or a value: open, answered or closed, with every step of its life; nothing closes it by itself."""

    query: str
    about: str
    status: str
    fact: QueryOpened
    steps: tuple[QueryStep, ...]

    @property
    def opened(self) -> Instant:
        """When it was asked first."""
        return self.steps[0].at


@dataclass(frozen=True, slots=True)
class AdverseEvent:
    """An adverse event as it is known now.

    precision:     how much of the onset is known. What is known to the month began on any day of it; rules count it where
                   it may have (`began_within`).
    earliest, latest: first and last day on which it may have begun; no later than it was known or had ended.
    counted_grade: the grade that rules count, whatever its scale; see `counted`. Worked out once, because a stopping
                   rule asks every event of the trial for it.
    """

    event: str
    subject: str
    term: str
    category: str
    onset: date
    seriousness: tuple[Seriousness, ...]
    relatedness: Relatedness
    expected: bool | None
    aware: Instant
    grades: Mapping[GradeSource, AdverseEventGraded] = field(default_factory=lambda: MappingProxyType({}))
    quality_cause: QualityCause | None = None
    ended_on: date | None = None
    outcome: Outcome | None = None
    findings: tuple[Finding, ...] = ()
    precision: Precision = Precision.DAY
    earliest: date = field(init=False, compare=False)
    latest: date = field(init=False, compare=False)
    counted_grade: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Work out the counted grade and the days between which it began."""
        object.__setattr__(self, "counted_grade", counted(self.grades.values()))
        earliest, latest = onset_between(self.onset, self.precision)
        if earliest != latest:
            known = (self.aware.utc + _FURTHEST_AHEAD).date()
            latest = max(self.onset, min(latest, known, self.ended_on or known))
        object.__setattr__(self, "earliest", earliest)
        object.__setattr__(self, "latest", latest)

    def began_within(self, opens: date, closes: date) -> bool:
        """Tell whether it may have begun on one of these days."""
        return self.earliest <= closes and self.latest >= opens

    @property
    def is_related(self) -> bool:
        """Whether it counts as related: anything not judged unrelated or unlikely."""
        return self.relatedness not in {Relatedness.UNRELATED, Relatedness.UNLIKELY}

    @property
    def is_fatal(self) -> bool:
        """Whether it ended in death, by outcome, seriousness or a known grade 5."""
        known = self.grades.get(GradeSource.ADJUDICATED) or self.grades.get(GradeSource.REPORTED)
        graded = known is not None and known.grade == WORST_GRADE
        return graded or self.outcome is Outcome.FATAL or Seriousness.DEATH in self.seriousness


def onset_between(onset: date, precision: Precision) -> tuple[date, date]:
    """Return the first and the last day that a written onset can mean.

    >>> [day.isoformat() for day in onset_between(date(2025, 2, 1), Precision.MONTH)]
    ['2025-02-01', '2025-02-28']
    """
    months = {Precision.MONTH: 1, Precision.YEAR: 12}.get(precision)
    if months is not None:
        first = onset.replace(day=1) if months == 1 else onset.replace(month=1, day=1)
        return first, add_months(first, months) - timedelta(days=1)
    return (date.min, date.max) if precision is Precision.UNKNOWN else (onset, onset)


def counted(grades: Iterable[AdverseEventGraded]) -> int:
    """Return the grade that rules count among grades of one event.

    The adjudicated one where there is one; else the worse of reported and derived, of which a derived lower bound
    never lowers what was reported; where nothing settles it, the worst grade consistent with what is known.
    """
    by_source = {item.source: item for item in grades}
    settled = by_source.get(GradeSource.ADJUDICATED)
    if settled is not None and settled.grade is not None:
        return settled.grade
    reported, derived = by_source.get(GradeSource.REPORTED), by_source.get(GradeSource.DERIVED)
    known = [item.grade for item in (reported, derived) if item is not None and item.grade is not None]
    is_settled = (reported is not None and reported.grade is not None) or (
        derived is not None and derived.grade is not None and not derived.at_least
    )
    if is_settled:
        return max(known)
    return WORST_GRADE if derived is None or derived.at_most is None else derived.at_most

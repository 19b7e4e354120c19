"""One syndrome episode out of many graded assessments: worst grade, onset, end, duration, treatment.

An episode begins with the first assessment of grade 1 or more and ends with the
first later one that is graded 0 with nothing left open. An assessment that is not
evaluable neither begins nor ends it. All grades must be of one scale in one version.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from celltrial.clinical.derivation import Derivation, require_one_scale
from celltrial.core.dates import Instant, infusion_day, study_day
from celltrial.core.errors import UserError, fault


@dataclass(frozen=True, slots=True)
class GradedAssessment:
    """One assessment: when, what was derived, and what was given for the syndrome since the one before."""

    at: Instant
    derivation: Derivation
    treatments: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of a syndrome.

    max_grade:    the worst grade; `at_least` tells that it may have been worse.
    worst_at:     the first assessment that reached it; `deciding` its deciding domains.
    onset, end:   first assessment of grade >= 1; first later one of grade 0, None while it goes on.
    last_seen:    the last assessment that still showed it.
    treatments:   what was given for it up to its end, each once, in alphabetical order.
    """

    scale: str
    max_grade: int
    at_least: bool
    deciding: tuple[str, ...]
    worst_at: Instant
    onset: Instant
    last_seen: Instant
    end: Instant | None
    assessments: int
    treatments: tuple[str, ...] = ()

    @property
    def is_ongoing(self) -> bool:
        """Whether no assessment has shown its end."""
        return self.end is None

    @property
    def duration(self) -> timedelta | None:
        """Time from onset to end; None while it goes on."""
        return None if self.end is None else self.end.utc - self.onset.utc

    @property
    def duration_days(self) -> int | None:
        """Calendar days from onset to end, both counted, in the site's dates; None while it goes on."""
        return None if self.end is None else (self.end.local_date - self.onset.local_date).days + 1

    def onset_infusion_day(self, infused_on: date) -> int:
        """Return the day of onset after infusion; the day of infusion is 0."""
        return infusion_day(self.onset.local_date, infused_on)

    def onset_study_day(self, reference: date) -> int:
        """Return the CDISC study day of onset, which has no 0."""
        return study_day(self.onset.local_date, reference)


def _episode(scale: str, seen: Sequence[GradedAssessment], closing: GradedAssessment | None) -> Episode:
    grades = [item.derivation.grade or 0 for item in seen]
    worst = max(grades)
    first_worst = seen[grades.index(worst)]
    return Episode(
        scale=scale,
        max_grade=worst,
        at_least=any(item.derivation.incomplete for item in seen),
        deciding=first_worst.derivation.deciding,
        worst_at=first_worst.at,
        onset=seen[0].at,
        last_seen=next(item for item in reversed(seen) if item.derivation.grade).at,
        end=None if closing is None else closing.at,
        assessments=len(seen),
        treatments=tuple(sorted({drug for item in (*seen, closing) if item is not None for drug in item.treatments})),
    )


def derive_episodes(
    assessments: Iterable[GradedAssessment], *, merge_within: timedelta = timedelta(0)
) -> tuple[Episode, ...]:
    """Return the episodes in order of onset; the assessments may come in any order.

    merge_within: an episode that begins this soon after the end of the one before is the same episode.
    Raises CLN-004 for a mixture of scales or versions and CLN-009 for a negative merge_within.
    """
    if merge_within < timedelta(0):
        raise UserError(fault("CLN-009", expected="merge_within >= 0", found=str(merge_within)))
    ordered = sorted(assessments, key=lambda item: item.at.utc)
    if not ordered:
        return ()
    require_one_scale(item.derivation for item in ordered)
    scale = ordered[0].derivation.scale
    seen: list[GradedAssessment] = []
    closed: list[tuple[list[GradedAssessment], GradedAssessment]] = []
    for item in ordered:
        if seen and item.derivation.grade == 0:
            closed.append((seen, item))
            seen = []
        elif seen:
            seen.append(item)
        elif item.derivation.grade:
            again = closed and timedelta(0) <= item.at.utc - closed[-1][1].at.utc <= merge_within
            before, end = closed.pop() if again and merge_within else ([], None)
            seen = [*before, *([end] if end is not None else []), item]
    done = [_episode(scale, items, end) for items, end in closed]
    return (*done, _episode(scale, seen, None)) if seen else tuple(done)

"""What a dose meeting looks at: the counts by level, what the design says of them now, and whether a recommendation still holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from celltrial.app.planning import compute_characteristics, scenarios_of
from celltrial.conduct.acts.cohort.dose import check_fresh, check_ready, engine_answer
from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.cohort.state import CohortState, RecommendationState
from celltrial.conduct.facts.evolve import evolve
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.conduct.gates.enrolment import places_taken
from celltrial.conduct.ruling import Condition
from celltrial.conduct.views.counting import count_levels
from celltrial.conduct.vocabulary import DoseMove, LevelCount
from celltrial.core.dates import Instant
from celltrial.protocol.policies import dose_policy

if TYPE_CHECKING:
    from celltrial.protocol import Protocol
    from celltrial.simulation.characteristics import OperatingCharacteristics


@dataclass(frozen=True, slots=True)
class LevelRow:
    """One dose level: its counts, who was counted, the cohorts at it with the places taken.

    is_closed: closed for toxicity.   seen: the counts that the recommendation saw, where there is one.
    """

    label: str
    counts: LevelCount
    subjects: tuple[str, ...]
    cohorts: tuple[tuple[CohortState, int], ...]
    is_closed: bool
    seen: LevelCount | None


@dataclass(frozen=True, slots=True)
class DesignSays:
    """The design's answer to the counts as they are: the same that a recommendation would record."""

    move: DoseMove
    level: int | None
    size: int
    reason: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """The state of the dose decision.

    hindered: why no recommendation can be asked for now; empty where it can.
    last:     the latest recommendation; stale: why no decision can rest on it any more.
    """

    rows: tuple[LevelRow, ...]
    hindered: tuple[Condition, ...]
    says: DesignSays | None
    last: RecommendationState | None
    stale: tuple[Condition, ...]


def dose_meeting(state: TrialState, at: Instant) -> Meeting:
    """Return what a dose meeting looks at."""
    hindered = tuple(check_ready(state, at))
    last = max(state.recommendations.values(), key=lambda item: item.position, default=None)
    stale = (
        () if last is None else tuple(check_fresh(state, last.fact, at, f"recommendation/{last.fact.recommendation}"))
    )
    says = None
    if not hindered:
        move, level, decision = engine_answer(state, at)
        says = DesignSays(move, level, decision.cohort_size, decision.reason.code)
    return Meeting(_rows(state, last), hindered, says, last, stale)


def _rows(state: TrialState, last: RecommendationState | None) -> tuple[LevelRow, ...]:
    seen = {item.level: item for item in last.fact.counts} if last is not None else {}
    labels = [item.label for item in state.protocol.dose.levels] if state.protocol is not None else []
    rows = []
    for counts, label in zip(count_levels(state), labels, strict=True):
        counted = tuple(
            name for name, item in state.subjects.items() if item.dlt_window is not None and item.dlt_window.level == counts.level
        )  # fmt: skip
        cohorts = tuple(
            (item, places_taken(state, item)) for item in state.cohorts.values() if item.level == counts.level
        )
        rows.append(
            LevelRow(label, counts, counted, cohorts, counts.level in state.closed_levels, seen.get(counts.level))
        )
    return tuple(rows)


def changed_since(events: Iterable[Event[Any]], position: int) -> tuple[int, ...]:
    """Return the positions above one of the records that changed what the design looks at: the counts by level, or the protocol."""
    state, found = EMPTY, []
    before: Any = None
    for event in events:
        state = evolve(state, event)
        if event.position < position:
            continue
        now = (count_levels(state), state.version)
        if event.position > position and now != before:
            found.append(event.position)
        before = now
    return tuple(found)


#: By the fingerprint of the protocol: the same one is computed once in a process.
_computed: dict[str, tuple[OperatingCharacteristics, ...] | None] = {}


def characteristics_of(sha256: str, protocol: Protocol) -> tuple[OperatingCharacteristics, ...] | None:
    """Return what the design does under the scenarios of the protocol, where that is exact; None where it is not, or is unknown.

    sha256: of the protocol.
    """
    if sha256 not in _computed:
        _computed[sha256] = _characteristics(protocol)
    return _computed[sha256]


def _characteristics(protocol: Protocol) -> tuple[OperatingCharacteristics, ...] | None:
    policy = dose_policy(protocol)
    if policy is None or policy.costly or policy.uses_pending or not scenarios_of(protocol):
        return None
    found = compute_characteristics(policy, protocol, scenarios_of(protocol), trials=1).characteristics
    return found if all(item.exact for item in found) else None

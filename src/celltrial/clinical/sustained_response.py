"""Response kept to a landmark, such as month 3, with a named strategy for new therapy.

Sustained: a response, and still (or first) one at the assessment inside the landmark
window, with no progression before it. New anti-cancer therapy (a transplant in remission, for
instance) is an intercurrent event, and the protocol names what it means:

- treatment policy: the assessment in the window counts whatever was given;
- composite: new therapy before the window's assessment is a failure;
- while on treatment: the response counts up to the new therapy, and no further.

No assessment in the window is a non-response in the primary analysis, and is listed.
Source of the strategies: ICH E9(R1) (2019).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from celltrial.clinical.codes import Caveat
from celltrial.clinical.derivation import NE
from celltrial.core.dates import Window

__all__ = ["RESPONSES", "Strategy", "SustainedResponse", "sustained_by_strategy", "sustained_response"]

#: Categories that are responses in the criteria of this room.
RESPONSES: Final = frozenset({"CR", "PR", "sCR", "VGPR", "CRh", "CRi", "iCR", "iPR", "CMR", "PMR"})
PROGRESSIONS: Final = frozenset({"PD", "RELAPSE", "iCPD", "PMD"})


class Strategy(StrEnum):
    """How new therapy is handled (ICH E9(R1))."""

    TREATMENT_POLICY = "treatment_policy"
    COMPOSITE = "composite"
    WHILE_ON_TREATMENT = "while_on_treatment"


@dataclass(frozen=True, slots=True)
class SustainedResponse:
    """Whether the response was kept, and why.

    sustained:    counts as sustained in the primary analysis.
    reason:       kept, no_response, progressed, lost_in_window, not_assessed, new_therapy, kept_until_new_therapy.
    responded_on: infusion day of the first response.
    assessed_on:  infusion day of the assessment used in the window.
    listed:       belongs on the list of unobserved outcomes.
    """

    sustained: bool
    reason: str
    strategy: Strategy
    responded_on: int | None = None
    assessed_on: int | None = None
    listed: bool = False
    caveats: tuple[Caveat, ...] = ()


def _in_window(days: Sequence[tuple[int, str]], window: Window, target_day: int) -> tuple[int, str] | None:
    """Return the evaluable assessment in the window nearest to the target day; the later of two equally near."""
    inside = [item for item in days if item[0] in window and item[1] != NE]
    return min(inside, key=lambda item: (abs(item[0] - target_day), -item[0]), default=None)


def sustained_response(
    visits: Sequence[tuple[int, str]],
    *,
    window: Window,
    target_day: int,
    new_therapy_day: int | None = None,
    strategy: Strategy = Strategy.COMPOSITE,
    responses: Collection[str] = RESPONSES,
) -> SustainedResponse:
    """Return whether a response was kept to the landmark.

    visits:     (infusion day, category) in any order; window and target_day in infusion days.
    responses:  the categories that count, where the protocol wants fewer (CR only, say).

    >>> sustained_response([(28, "CR"), (70, "PD"), (91, "PD")], window=Window(76, 104), target_day=90).reason
    'progressed'
    """
    ordered = sorted(visits)
    first = next((day for day, category in ordered if category in responses), None)
    chosen = _in_window(ordered, window, target_day)
    last = chosen[0] if chosen else window.high
    progressed = next((day for day, category in ordered if category in PROGRESSIONS and day <= last), None)
    interrupted = new_therapy_day is not None and new_therapy_day <= last and strategy != Strategy.TREATMENT_POLICY

    def answer(reason: str, *, sustained: bool = False, listed: bool = False) -> SustainedResponse:
        caveats = (Caveat.SUSTAINED_UNOBSERVED,) if listed else ()
        assessed = chosen[0] if chosen else None
        return SustainedResponse(sustained, reason, strategy, first, assessed, listed, caveats)

    if first is None or first > last:
        unobserved = chosen is None and progressed is None
        return answer("not_assessed" if unobserved else "no_response", listed=unobserved)
    if progressed is not None and not (interrupted and new_therapy_day is not None and new_therapy_day < progressed):
        return answer("progressed")
    if interrupted and new_therapy_day is not None:
        kept = strategy is Strategy.WHILE_ON_TREATMENT and _holds_at(ordered, new_therapy_day, responses)
        return answer("kept_until_new_therapy" if kept else "new_therapy", sustained=kept)
    if chosen is None:
        return answer("not_assessed", listed=True)
    kept = chosen[1] in responses
    return answer("kept" if kept else "lost_in_window", sustained=kept)


def _holds_at(ordered: Sequence[tuple[int, str]], day: int, responses: Collection[str]) -> bool:
    """Return whether the last evaluable assessment up to this day was a response."""
    before = [category for on, category in ordered if on <= day and category != NE]
    return bool(before) and before[-1] in responses


def sustained_by_strategy(
    visits: Sequence[tuple[int, str]],
    *,
    window: Window,
    target_day: int,
    new_therapy_day: int | None = None,
    responses: Collection[str] = RESPONSES,
) -> Mapping[Strategy, SustainedResponse]:
    """Return the answer under each strategy, side by side.

    >>> seen = sustained_by_strategy([(28, "CR"), (90, "CR")], window=Window(76, 104), target_day=90,
    ...                              new_therapy_day=60)
    >>> [item.sustained for item in seen.values()]
    [True, False, True]
    """
    return {
        strategy: sustained_response(
            visits,
            window=window,
            target_day=target_day,
            new_therapy_day=new_therapy_day,
            strategy=strategy,
            responses=responses,
        )
        for strategy in Strategy
    }

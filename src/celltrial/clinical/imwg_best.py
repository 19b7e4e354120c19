"""Confirmed myeloma response: two consecutive assessments before new therapy.

Every category needs a second assessment, one after the other; the pair counts
with the lesser of its two categories, dated on the first of the pair. A CR
followed by a VGPR is a confirmed VGPR, dated on the CR. Progression needs its
second assessment too, unless imaging showed it or it was the cause of death:
imaging and marrow need not be repeated. Reference: Kumar et al. (2016),
doi:10.1016/S1470-2045(16)30206-6. Checked against the rule table that admiralonco
prints for the same scale, on its 65 example assessments (simulated), with two
differences: a category seen only once stays NE here and is SD there, and a second
assessment after new therapy confirms progression there and not here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Derivation, Evidence, Rule, require_distinct_days
from celltrial.clinical.imwg import RANK
from celltrial.core.errors import UserError, fault

RULE: Final = Rule("imwg_2016_confirmed", "1", Evidence.TRANSCRIBED, "doi:10.1016/S1470-2045(16)30206-6")


@dataclass(frozen=True, slots=True)
class MyelomaVisit:
    """One dated assessment with its category (sCR to PD, or NE).

    by_imaging: progression was shown by a new or growing lesion, which needs no second assessment.
    """

    on: date
    category: str
    by_imaging: bool = False

    def __post_init__(self) -> None:
        """Refuse words that are no category of this scale (CLN-006)."""
        if self.category != NE and self.category not in RANK:
            raise UserError(fault("CLN-006", expected=", ".join((*RANK, NE)), found=self.category))


@dataclass(frozen=True, slots=True)
class ConfirmedResponse:
    """The best confirmed category and the first of the pair that showed it.

    best:           the best confirmed category; NE where none was confirmed.
    on:             date of the first assessment of that pair.
    progressed_on:  date of confirmed progression, if any.
    unconfirmed:    the last assessment showed something better or worse that nothing has confirmed yet.
    inputs:         the assessments that counted, as text.
    """

    rule: Rule
    best: str
    on: date | None
    progressed_on: date | None
    unconfirmed: str | None
    inputs: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def derivation(self) -> Derivation:
        """The same as a derivation; the deciding entry is the first of the pair."""
        return Derivation(
            self.rule,
            category=self.best,
            deciding=(str(self.on),) if self.on is not None else (),
            inputs=self.inputs,
            incomplete=self.best == NE or self.unconfirmed is not None,
        )


def _in_time(visits: Sequence[MyelomaVisit], new_therapy_on: date | None) -> list[MyelomaVisit]:
    return [
        visit
        for visit in sorted(visits, key=lambda item: item.on)
        if visit.category != NE and (new_therapy_on is None or visit.on < new_therapy_on)
    ]


def _progression(judged: Sequence[MyelomaVisit], *, died_of_progression: bool) -> int | None:
    for index, visit in enumerate(judged):
        if visit.category != "PD":
            continue
        last = index + 1 == len(judged)
        again = not last and judged[index + 1].category == "PD"
        if again or visit.by_imaging or (died_of_progression and last):
            return index
    return None


def derive_imwg_best(
    visits: Sequence[MyelomaVisit],
    *,
    new_therapy_on: date | None = None,
    died_of_progression: bool = False,
) -> ConfirmedResponse:
    """Return the best confirmed response up to confirmed progression or new therapy.

    visits may come in any order; assessments that were not evaluable are passed over.
    Raises CLN-006 for a category of another scale, CLN-009 for two assessments on one day.

    >>> visits = [MyelomaVisit(date(2025, 2, 1), "CR"), MyelomaVisit(date(2025, 3, 1), "VGPR")]
    >>> derive_imwg_best(visits).best
    'VGPR'
    """
    require_distinct_days(item.on for item in visits)
    judged = _in_time(visits, new_therapy_on)
    ended = _progression(judged, died_of_progression=died_of_progression)
    counted = judged if ended is None else judged[:ended]
    best, on = NE, None
    for first, second in pairwise(counted):
        pair = min(first.category, second.category, key=RANK.__getitem__)
        if pair != "PD" and (best == NE or RANK[pair] > RANK[best]):
            best, on = pair, first.on
    if best == NE and ended is not None:
        best, on = "PD", judged[ended].on
    last = counted[-1].category if counted else None
    waiting = last if ended is None and last is not None and last != best else None
    inputs = MappingProxyType({str(item.on): item.category for item in judged})
    return ConfirmedResponse(RULE, best, on, None if ended is None else judged[ended].on, waiting, inputs)

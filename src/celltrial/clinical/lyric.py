"""LYRIC: an indeterminate response in place of progression, for lymphoma under immune therapy.

IR1: SPD at least 50 % up within the first 12 weeks without clinical decline. IR2: a new
lesion, or one lesion's product at least 50 % up, while SPD is up by less than 50 %. IR3:
more FDG uptake without growth. Imaging is repeated within 12 weeks; a confirmed
progression dates from the indeterminate response (`lyric_progressed_on`). Anything else
that is progression stays so. Reference: Cheson et al. (2016), doi:10.1182/blood-2016-05-718528.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Comparison, Derivation, Evidence, Rule, inputs_of, require_distinct_days
from celltrial.clinical.exact import Number, exact, exact_in
from celltrial.clinical.queries import Caveat

RULE: Final = Rule("lyric_2016", "1", Evidence.TRANSCRIBED, "doi:10.1182/blood-2016-05-718528")
FIRST_WEEKS: Final = Decimal(12)
INDETERMINATE: Final = frozenset({"IR1", "IR2", "IR3"})
PROGRESSIONS: Final = frozenset({"PD", "PMD"})
_SINGLE: Final = frozenset({"lesion", "new_lesion"})
_PET_ONLY: Final = frozenset({"change", "deauville"})


@dataclass(frozen=True, slots=True)
class LyricFindings:
    """What decides between progression and an indeterminate response; None means not known.

    spd_rise_percent: rise of SPD over its nadir, in %; negative where it fell.
    weeks:            weeks since the start of treatment.
    clinical_decline: clinical deterioration.
    """

    spd_rise_percent: Number | None
    weeks: Number | None
    clinical_decline: bool | None


def _kind(lugano: Derivation, seen: LyricFindings, trace: list[Comparison]) -> str:
    by = set(lugano.deciding)
    if seen.clinical_decline is not False:
        return "PD"
    if by and by <= _PET_ONLY:
        return "IR3"
    if seen.spd_rise_percent is None or not by or not by <= _SINGLE:
        return "PD"
    trace.append(Comparison("SPD rise", exact(seen.spd_rise_percent), ">=", Decimal(50), "%"))
    if not trace[-1].holds:
        return "IR2"
    if seen.weeks is None:
        return "PD"
    trace.append(Comparison("time", exact_in(seen.weeks, 0, 10_000, "weeks"), "<=", FIRST_WEEKS, "weeks"))
    return "IR1" if trace[-1].holds else "PD"


def derive_lyric_response(lugano: Derivation, seen: LyricFindings) -> Derivation:
    """Return IR1, IR2 or IR3 in place of a Lugano progression that qualifies, else the Lugano category.

    lugano: the derivation of `derive_lugano_ct` or `derive_lugano_pet` for the same visit.
    What is not known never turns progression into an indeterminate response.
    """
    trace: list[Comparison] = []
    category = lugano.category
    if category in PROGRESSIONS:
        kind = _kind(lugano, seen, trace)
        category = category if kind == "PD" else kind
    changed = category != lugano.category
    return Derivation(
        RULE,
        category=category,
        deciding=lugano.deciding,
        parts=MappingProxyType({"lugano": str(lugano.category)}),
        inputs=MappingProxyType({**lugano.inputs, **inputs_of(seen, *LyricFindings.__dataclass_fields__)}),
        trace=(*lugano.trace, *trace),
        incomplete=lugano.incomplete,
        queries=lugano.queries,
        caveats=(*lugano.caveats, Caveat.INDETERMINATE_REIMAGE_12_WEEKS) if changed else lugano.caveats,
    )


def lyric_progressed_on(visits: Sequence[tuple[date, str]]) -> date | None:
    """Return the date of progression: the first progression, or the indeterminate response that led to it.

    visits: (date, category) in any order; "NE" is passed over. An indeterminate response followed by another
    one stays open; one followed by CR, PR or SD was no progression. CLN-009 for two visits on one day.

    >>> lyric_progressed_on([(date(2025, 3, 1), "IR2"), (date(2025, 5, 1), "PD")])
    datetime.date(2025, 3, 1)
    """
    require_distinct_days(on for on, _ in visits)
    since: date | None = None
    for on, category in sorted(visits):
        if category in PROGRESSIONS:
            return since or on
        if category in INDETERMINATE:
            since = since or on
        elif category != NE:
            since = None
    return None

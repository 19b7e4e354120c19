"""What becomes of somebody who was treated: who sees them, when, and until when."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from celltrial.conduct.codes import Code
from celltrial.guideline.checks.shared import MONTH_SLACK, MONTHS_PER_YEAR
from celltrial.guideline.experiments.outcome import Answer, NotTriedError
from celltrial.guideline.experiments.trying import FIRST, FIRST_BATCH, Trying, cited, codes
from celltrial.protocol.regimen import planned_administrations

_DAYS_PER_MONTH: Final = 365.25 / 12


def follow_up_visits(trial: Trying) -> Iterator[Answer]:
    """One subject is treated, and the visits that the trial plans for them are laid out (3.1-a)."""
    trial.go_to("treated")
    known = trial.state.subjects[FIRST].follow_up
    if known is None:
        raise NotTriedError("no_follow_up")
    starts, ends = trial.local(FIRST).local_date, known.ends
    seen = sorted({visit.due for visit in known.visits if visit.items})
    marks = [starts, *seen, ends] if seen and seen[-1] < ends else [starts, *seen]
    gaps = [((later - earlier).days / _DAYS_PER_MONTH, earlier) for earlier, later in pairwise(marks)]
    longest, begins = max(gaps, default=(0.0, starts), key=lambda pair: pair[0])
    months = round((ends - starts).days / _DAYS_PER_MONTH)
    between = sum(1 < (day - starts).days / _DAYS_PER_MONTH < months - 0.5 for day in seen)
    shown: dict[str, object] = {
        "count": len(seen),
        "first": seen[0] if seen else "-",
        "end": ends,
        "months": months,
        "between": between,
        "gap": f"{longest:.1f}",
        "begins": begins,
    }
    trial.note("visits", **shown)
    holds = bool(seen) and longest <= MONTHS_PER_YEAR + MONTH_SLACK
    yield Answer(
        ("3.1-a",),
        "follow_up_visits",
        "follow_up.visits_months",
        f"{longest:.1f} mo",
        f"<= {MONTHS_PER_YEAR} mo",
        shown,
        holds=holds,
    )


def second_dose(trial: Trying) -> Iterator[Answer]:
    """Somebody who had all doses of the plan is to have one more (2.2.2.3-f)."""
    doses = len(planned_administrations(trial.protocol))
    if doses != 1:
        trial.note("several_doses", doses=doses)
        return
    trial.go_to("treated")
    trial.wait(days=60)
    asked = trial.send("one_dose_more", trial.infusion(FIRST, FIRST_BATCH))
    holds = Code.DOSES_EXHAUSTED in codes(asked)
    yield Answer(
        ("2.2.2.3-f",),
        "one_dose_more",
        "dose.repeat.doses",
        f"refused ({cited(asked)})" if holds else "given",
        "refused",
        {"by": cited(asked)},
        holds=holds,
    )

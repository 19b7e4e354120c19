"""Adverse events by phase and by term: subjects and events, any grade and grade 3 or higher.

What begins during collection or lymphodepletion is not emergent from the product and is in its own
phase (AC-A7.2). Each phase has its own denominator: those who entered it,
the late one those followed into it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from celltrial.analysis import proportion
from celltrial.analysis.terms import Population
from celltrial.core.results import Estimate, NotEstimable
from celltrial.datasets.adae import LATE_FROM_DAY

#: The grade of an event that ended in death.
WORST_GRADE: Final = 5
#: Phases of events that began on or after the infusion.
PRODUCT_EMERGENT: Final = ("infusion", "late")
_ENTERED: Final = {
    "screening": Population.CONSENTED,
    "collection": Population.COLLECTED,
    "lymphodepletion": Population.LYMPHODEPLETED,
    "infusion": Population.INFUSED,
    "late": Population.INFUSED_LATE,
}


@dataclass(frozen=True, slots=True)
class TermRow:
    """One term. subjects, severe: proportion with any grade and with grade 3-5; events: number of events.

    related: subjects with an event that nobody called unrelated; serious: of whom one was recorded as serious.
    fatal:   subjects with an event of fatal outcome or of grade 5; None where of some event neither grade nor outcome is known.
    """

    term: str
    events: int
    subjects: Estimate | NotEstimable
    severe: Estimate | NotEstimable
    serious: int
    related: int
    fatal: int | None


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One phase: those who entered it, and of them those with an event in it."""

    phase: str
    population: str
    entered: int
    events: int
    subjects: Estimate | NotEstimable
    severe: Estimate | NotEstimable
    serious: int


def estimate(
    adae: pl.DataFrame,
    adsl: pl.DataFrame,
    *,
    population: str = Population.SAFETY,
    phases: tuple[str, ...] = PRODUCT_EMERGENT,
    level: float = 0.95,
) -> tuple[TermRow, ...]:
    """Return one row per term among events that began in `phases`, most frequent first, ties by term."""
    subjects = adsl.filter(population).select("usubjid")
    events = adae.filter(pl.col("phase").is_in(phases)).join(subjects, on="usubjid", how="semi")
    rows = []
    for (term,), part in events.partition_by("term", as_dict=True).items():
        total, severe = _subjects(part)
        rows.append(
            TermRow(
                term=str(term),
                events=part.height,
                subjects=proportion.estimate(total, subjects.height, population=population, level=level),
                severe=proportion.estimate(severe, subjects.height, population=population, level=level),
                serious=part.filter("serious")["usubjid"].n_unique(),
                related=part.filter(pl.col("related").fill_null("unknown") != "not_related")["usubjid"].n_unique(),
                fatal=_fatal(part),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-_count(row.subjects), row.term)))


def by_phase(adae: pl.DataFrame, adsl: pl.DataFrame, *, level: float = 0.95) -> tuple[PhaseRow, ...]:
    """Return one row per phase in order, each on the subjects who entered it."""
    rows = []
    for phase, flag in _ENTERED.items():
        entered = _entered(adae, adsl, phase, flag)
        events = adae.filter(pl.col("phase") == phase).join(entered, on="usubjid", how="semi")
        total, severe = _subjects(events)
        rows.append(
            PhaseRow(
                phase=phase,
                population=str(flag),
                entered=entered.height,
                events=events.height,
                subjects=proportion.estimate(total, entered.height, population=str(flag), level=level),
                severe=proportion.estimate(severe, entered.height, population=str(flag), level=level),
                serious=events.filter("serious")["usubjid"].n_unique(),
            )
        )
    return tuple(rows)


def _entered(adae: pl.DataFrame, adsl: pl.DataFrame, phase: str, flag: str) -> pl.DataFrame:
    """Return those who entered a phase; the late one is entered by who was seen in it, not by who was infused."""
    if phase != "late":
        return adsl.filter(flag).select("usubjid")
    infused = adsl.filter("infused")
    until = pl.coalesce("death_date", "last_alive_date", "infused_date")
    seen = (until - pl.col("infused_date")).dt.total_days() >= LATE_FROM_DAY
    had = pl.col("usubjid").is_in(adae.filter(pl.col("phase") == phase)["usubjid"].to_list())
    return infused.filter(seen.fill_null(value=False) | had).select("usubjid")


def _fatal(part: pl.DataFrame) -> int | None:
    died = (pl.col("outcome") == "fatal") | (pl.col("grade") == WORST_GRADE)
    fatal = part.filter(died.fill_null(value=False))["usubjid"].n_unique()
    unsettled = part.filter(pl.col("grade").is_null() & (pl.col("outcome") == "unknown")).height
    return None if unsettled and not fatal else fatal


def _subjects(events: pl.DataFrame) -> tuple[int, int]:
    return events["usubjid"].n_unique(), events.filter(pl.col("grade") >= 3)["usubjid"].n_unique()


def _count(rate: Estimate | NotEstimable) -> float:
    return rate.detail["x"] if isinstance(rate, Estimate) else 0.0

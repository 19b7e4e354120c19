"""The figures on which clauses without a finding rest, in the order of the guideline's parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from celltrial.guideline.figures import (
    confirmatory,
    exploratory,
    follow_up,
    making,
    pharmacology,
    population,
    protection,
)
from celltrial.guideline.verdict import Case, Ground

__all__ = ["FIGURES", "Figures"]

#: What was worked out for a clause, each figure with its limit and the source of the limit.
Figures = Callable[[Case], Iterator[Ground]]

#: Clause to what its checks computed.
FIGURES: Final[Mapping[str, tuple[Figures, ...]]] = MappingProxyType(
    {
        "1.3-e": (population.risk_points,),
        "1.3-g": (population.review_interval,),
        "2.1.1.2-a": (population.stages,),
        "2.1.1.2-b": (population.evaluable,),
        "2.1.1.2-e": (population.washouts,),
        "2.1.1.2-f": (population.label_gap,),
        "2.1.1.4-a": (population.antigen,),
        "2.1.1.4-b": (population.antibodies,),
        "2.1.1.4-c": (population.pregnancy_window,),
        "2.1.1.4-d": (population.contraception,),
        "2.1.2.1-b": (population.ages_of_evidence,),
        "2.1.2.1-c": (protection.washout_balance,),
        "2.1.2.1-d": (protection.rescue_of_waiting,),
        "2.1.2.2-b": (protection.risks_planned, protection.looked_for),
        "2.1.2.2-c": (protection.scales,),
        "2.1.2.3-a": (protection.stock,),
        "2.1.2.4-a": (protection.stopping,),
        "2.1.3-c": (making.life_expectancy,),
        "2.1.3-d": (making.day_limits,),
        "2.1.3-f": (making.rescue,),
        "2.1.3-g": (making.shelf_life,),
        "2.1.3-h": (making.attempts,),
        "2.1.3-i": (making.enrolment,),
        "2.1.3-k": (making.other_reasons,),
        "2.1.3-n": (making.validation_runs,),
        "2.2.1.1-c": (pharmacology.clonality,),
        "2.2.1.1-d": (exploratory.dlt_window, exploratory.design),
        "2.2.1.1-e": (exploratory.inactive,),
        "2.2.1.1-g": (exploratory.tested_range,),
        "2.2.1.3-a": (confirmatory.criteria,),
        "2.2.2.1-a": (exploratory.published_doses, exploratory.candidates),
        "2.2.2.2-a": (exploratory.attributes, exploratory.release_limits),
        "2.2.2.2-d": (exploratory.positive_share,),
        "2.2.2.3-b": (exploratory.steps,),
        "2.2.2.3-c": (exploratory.steps, exploratory.bands, exploratory.band_width),
        "2.2.2.3-d": (exploratory.cohort,),
        "2.2.2.3-f": (exploratory.doses,),
        "2.2.4-a": (exploratory.staggering,),
        "2.2.4-b": (exploratory.sentinel,),
        "2.2.4-c": (exploratory.onset,),
        "2.2.5-a": (pharmacology.peak,),
        "2.2.5-b": (pharmacology.methods,),
        "2.2.5-c": (pharmacology.agreement,),
        "2.2.5-f": (pharmacology.targets,),
        "2.2.5-g": (pharmacology.payloads,),
        "2.2.5-j": (pharmacology.transition,),
        "2.3-a": (confirmatory.estimate,),
        "2.3-b": (confirmatory.size,),
        "2.3.1-a": (confirmatory.ratio,),
        "2.3.1-c": (confirmatory.null_rate,),
        "2.3.1-f": (confirmatory.readers,),
        "2.3.2-a": (confirmatory.benefit,),
        "2.3.2-b": (confirmatory.criteria,),
        "2.3.2-d": (confirmatory.beside,),
        "2.3.2-f": (confirmatory.immune,),
        "2.3.2-g": (confirmatory.duration,),
        "2.3.2-h": (confirmatory.month_3,),
        "2.3.2-i": (confirmatory.long_term,),
        "2.3.2-j": (confirmatory.alarms,),
        "2.3.2-l": (confirmatory.safety_set,),
        "2.3.2-n": (confirmatory.margins,),
        "3.1-a": (follow_up.visits,),
        "3.1-b": (follow_up.items,),
        "3.1-c": (follow_up.assays,),
        "3.1-d": (follow_up.years,),
        "3.1-f": (follow_up.years,),
        "3.1-g": (follow_up.years,),
        "3.1-h": (follow_up.years,),
        "3.1-m": (follow_up.growth,),
        "3.1-n": (follow_up.overdue,),
        "3.2-b": (follow_up.registry,),
        "3.2-c": (follow_up.reports,),
    }
)

"""The sections of ICH M11 (CeSHarP template, Step 4 of 19 November 2025) in order, each with what fills it.

Numbers and titles are those of the template; texts are in the catalogue as `m11.<number>`. Sections 12.4 and on are the
additional appendices that the template allows. A section that nothing fills says that nothing is stated; one that the
template lets a protocol drop (`optional`) is left out then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from celltrial.report.document import (
    analyses,
    appendices,
    assessments,
    handling,
    intervention,
    introduction,
    objectives,
    oversight,
    population,
    safety,
    schedule,
    stopping,
    summary,
    trial_design,
    withdrawal,
)
from celltrial.report.document.blocks import Block
from celltrial.report.document.inputs import DocumentInputs

Builder = Callable[[DocumentInputs], Iterator[Block]]


@dataclass(frozen=True, slots=True)
class M11Section:
    """One section: its number, what fills it (None for a heading only), and whether it may be left out."""

    number: str
    build: Builder | None = None
    optional: bool = False


def _method(inputs: DocumentInputs, rank: str) -> Iterator[Block]:
    yield from analyses.primary_method(inputs) if rank == "primary" else analyses.method(inputs, rank)


def _of_objective(number: str, rank: str) -> tuple[M11Section, ...]:
    parts = (_method, analyses.handling, analyses.missing, analyses.sensitivity, analyses.supplementary)
    return tuple(
        M11Section(f"{number}.1.{position}", partial(_ranked, make=make, rank=rank), optional=position > 3)
        for position, make in enumerate(parts, 1)
    )


def _ranked(
    inputs: DocumentInputs, make: Callable[[DocumentInputs, str], Iterator[Block]], rank: str
) -> Iterator[Block]:
    yield from make(inputs, rank)


def _restricted(*kinds: str) -> Builder:
    return lambda inputs: population.restrictions(inputs, *kinds)


def _procedures(kind: str) -> Builder:
    return lambda inputs: assessments.procedures(inputs, kind)


SECTIONS: Final = (
    M11Section("1"),
    M11Section("1.1"),
    M11Section("1.1.1", summary.synopsis_objectives),
    M11Section("1.1.2", summary.overall_design),
    M11Section("1.2", summary.schema),
    M11Section("1.3", schedule.schedule),
    M11Section("2"),
    M11Section("2.1", introduction.purpose),
    M11Section("2.2"),
    M11Section("2.2.1", introduction.risks),
    M11Section("2.2.2", introduction.benefits),
    M11Section("2.2.3", introduction.overall),
    M11Section("3"),
    M11Section("3.1", objectives.primary),
    M11Section("3.2", objectives.secondary),
    M11Section("3.3", objectives.exploratory),
    M11Section("4"),
    M11Section("4.1", trial_design.description),
    M11Section("4.1.1", trial_design.stakeholders, optional=True),
    M11Section("4.2"),
    M11Section("4.2.1", trial_design.estimand_rationale, optional=True),
    M11Section("4.2.2", trial_design.model_rationale, optional=True),
    M11Section("4.2.3", trial_design.control_rationale, optional=True),
    M11Section("4.2.4", trial_design.duration_rationale, optional=True),
    M11Section("4.2.5", trial_design.adaptive_rationale, optional=True),
    M11Section("4.2.6", trial_design.interim_rationale, optional=True),
    M11Section("4.2.7", trial_design.other_rationale, optional=True),
    M11Section("4.3", stopping.stopping_rules),
    M11Section("4.4", trial_design.end_of_trial),
    M11Section("4.5", trial_design.access_afterwards),
    M11Section("5"),
    M11Section("5.1", population.description),
    M11Section("5.2", population.inclusion),
    M11Section("5.3", population.exclusion),
    M11Section("5.4"),
    M11Section("5.4.1", population.childbearing),
    M11Section("5.4.2", population.contraception),
    M11Section("5.5"),
    M11Section("5.5.1", _restricted("diet")),
    M11Section("5.5.2", _restricted("caffeine_alcohol_tobacco")),
    M11Section("5.5.3", _restricted("activity")),
    M11Section("5.5.4", _restricted("donation", "other")),
    M11Section("5.6", population.screen_failure),
    M11Section("6", intervention.overview),
    M11Section("6.1", intervention.product),
    M11Section("6.2", intervention.dose_rationale),
    M11Section("6.3", intervention.administration),
    M11Section("6.4", intervention.dose_changes),
    M11Section("6.5", intervention.overdose),
    M11Section("6.6"),
    M11Section("6.6.1", handling.preparation),
    M11Section("6.6.2", handling.storage),
    M11Section("6.6.3", handling.accountability),
    M11Section("6.7"),
    M11Section("6.7.1", intervention.assignment),
    M11Section("6.7.2", intervention.randomisation, optional=True),
    M11Section("6.7.3", intervention.blinding, optional=True),
    M11Section("6.7.4", intervention.emergency, optional=True),
    M11Section("6.8", handling.adherence),
    M11Section("6.9"),
    M11Section("6.9.1", intervention.background, optional=True),
    M11Section("6.9.2", intervention.rescue, optional=True),
    M11Section("6.9.3", intervention.lymphodepletion, optional=True),
    M11Section("6.10"),
    M11Section("6.10.1", intervention.prohibited, optional=True),
    M11Section("6.10.2", intervention.permitted, optional=True),
    M11Section("7"),
    M11Section("7.1"),
    M11Section("7.1.1", withdrawal.permanent),
    M11Section("7.1.2", withdrawal.temporary),
    M11Section("7.1.3", withdrawal.rechallenge),
    M11Section("7.2", withdrawal.withdrawal),
    M11Section("7.3", withdrawal.lost),
    M11Section("8"),
    M11Section("8.1", assessments.considerations),
    M11Section("8.2", assessments.screening),
    M11Section("8.3", assessments.efficacy),
    M11Section("8.4", assessments.safety),
    M11Section("8.4.1", _procedures("physical_examination"), optional=True),
    M11Section("8.4.2", _procedures("vital_signs"), optional=True),
    M11Section("8.4.3", _procedures("ecg"), optional=True),
    M11Section("8.4.4", assessments.tests, optional=True),
    M11Section("8.4.5", assessments.pregnancy_testing, optional=True),
    M11Section("8.4.6", assessments.suicidality, optional=True),
    M11Section("8.5", assessments.kinetics),
    M11Section("8.6"),
    M11Section("8.6.1", assessments.genetics),
    M11Section("8.6.2", assessments.dynamics),
    M11Section("8.6.3", assessments.other_biomarkers, optional=True),
    M11Section("8.7", assessments.immunogenicity),
    M11Section("8.8", assessments.economics),
    M11Section("9"),
    M11Section("9.1"),
    M11Section("9.1.1", safety.definitions),
    M11Section("9.1.2", safety.serious),
    M11Section("9.1.3", safety.complaints),
    M11Section("9.2"),
    M11Section("9.2.1", safety.timing),
    M11Section("9.2.2", safety.collection),
    M11Section("9.2.3", safety.reporting),
    M11Section("9.2.3.1", safety.regulators),
    M11Section("9.2.4", safety.special_interest),
    M11Section("9.2.5", safety.disease_events),
    M11Section("9.3"),
    M11Section("9.3.1", safety.pregnancy),
    M11Section("9.3.2", safety.partner_pregnancy),
    M11Section("9.4", safety.special),
    M11Section("10"),
    M11Section("10.1", analyses.general),
    M11Section("10.2", analyses.sets),
    M11Section("10.3", analyses.baseline),
    M11Section("10.4"),
    M11Section("10.4.1"),
    *_of_objective("10.4", "primary"),
    M11Section("10.5"),
    M11Section("10.5.1"),
    *_of_objective("10.5", "secondary"),
    M11Section("10.6", analyses.exploratory),
    M11Section("10.7", analyses.safety),
    M11Section("10.8", analyses.other),
    M11Section("10.9", analyses.interim),
    M11Section("10.10", analyses.multiplicity),
    M11Section("10.11", analyses.sample_size),
    M11Section("11"),
    M11Section("11.1", oversight.ethics),
    M11Section("11.2"),
    M11Section("11.2.1", oversight.investigator),
    M11Section("11.2.2", oversight.sponsor),
    M11Section("11.3", oversight.consent),
    M11Section("11.3.1", oversight.rescreened_consent, optional=True),
    M11Section("11.3.2", oversight.samples_kept, optional=True),
    M11Section("11.4", oversight.committees),
    M11Section("11.5", oversight.insurance),
    M11Section("11.6", oversight.quality),
    M11Section("11.7", oversight.data_governance),
    M11Section("11.8", oversight.data_protection),
    M11Section("11.9", oversight.source),
    M11Section("11.10", oversight.deviations),
    M11Section("11.11", oversight.closure),
    M11Section("11.12", oversight.registration),
    M11Section("12"),
    M11Section("12.1", appendices.laboratory),
    M11Section("12.2", appendices.countries),
    M11Section("12.3", appendices.amendments),
    M11Section("12.4", appendices.follow_up),
    M11Section("12.5", appendices.post_market),
    M11Section("12.6", appendices.assumptions),
    M11Section("12.7", appendices.departures),
    M11Section("12.8", appendices.sources),
    M11Section("12.9"),
    M11Section("13"),
    M11Section("14", appendices.references),
)

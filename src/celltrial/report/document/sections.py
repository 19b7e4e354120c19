"""The sections of ICH M11 (CeSHarP template, Step 4 of 19 November 2025) in order, each with what fills it.

Numbers and titles are those of the template; texts stand in the catalogue as `m11.<number>`. Sections 12.4 and on are the
additional appendices that the template allows. A section that nothing fills says that nothing is stated; one that the
template marks as optional (`optional`) is left out then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from celltrial.report.document import (
    analyses,
    appendices,
    assessments,
    dose_finding,
    intervention,
    introduction,
    objectives,
    oversight,
    population,
    safety,
    schedule,
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


SECTIONS: Final = tuple(
    M11Section(*row)
    for row in (
        ("1",),
        ("1.1",),
        ("1.1.1", summary.synopsis_objectives),
        ("1.1.2", summary.overall_design),
        ("1.2", summary.schema),
        ("1.3", schedule.schedule),
        ("2",),
        ("2.1", introduction.purpose),
        ("2.2",),
        ("2.2.1", introduction.risks),
        ("2.2.2", introduction.benefits),
        ("2.2.3", introduction.overall),
        ("3",),
        ("3.1", objectives.primary),
        ("3.2", objectives.secondary),
        ("3.3", objectives.exploratory),
        ("4",),
        ("4.1", trial_design.description),
        ("4.1.1",),
        ("4.2",),
        ("4.2.1",),
        ("4.2.2", trial_design.model_rationale),
        ("4.2.3", trial_design.control_rationale),
        ("4.2.4", trial_design.duration_rationale),
        ("4.2.5", trial_design.adaptive_rationale),
        ("4.2.6",),
        ("4.2.7", trial_design.other_rationale),
        ("4.3", trial_design.stopping_rules),
        ("4.4", trial_design.end_of_trial),
        ("4.5",),
        ("5",),
        ("5.1", population.description),
        ("5.2", population.inclusion),
        ("5.3", population.exclusion),
        ("5.4", population.contraception),
        ("5.5",),
        ("5.6", population.screen_failure),
        ("6", intervention.overview),
        ("6.1", intervention.product),
        ("6.2", intervention.dose_rationale),
        ("6.3", intervention.administration),
        ("6.4", dose_finding.dose_modification),
        ("6.5",),
        ("6.6",),
        ("6.6.1", intervention.preparation),
        ("6.6.2", intervention.storage),
        ("6.6.3", intervention.accountability),
        ("6.7",),
        ("6.7.1", intervention.assignment),
        ("6.7.2", intervention.randomisation, True),
        ("6.7.3", intervention.blinding, True),
        ("6.8",),
        ("6.9",),
        ("6.9.1", intervention.background, True),
        ("6.9.2", intervention.rescue, True),
        ("6.9.3", intervention.lymphodepletion, True),
        ("6.10",),
        ("6.10.1", intervention.prohibited, True),
        ("7",),
        ("7.1",),
        ("7.1.1", withdrawal.permanent),
        ("7.1.2", withdrawal.temporary),
        ("7.1.3", withdrawal.rechallenge),
        ("7.2", withdrawal.withdrawal),
        ("7.3", withdrawal.lost),
        ("8",),
        ("8.1", assessments.considerations),
        ("8.2", assessments.screening),
        ("8.3", assessments.efficacy),
        ("8.4", assessments.safety),
        ("8.4.5", assessments.pregnancy_testing, True),
        ("8.5", assessments.kinetics),
        ("8.6",),
        ("8.6.1",),
        ("8.6.2", assessments.dynamics),
        ("8.6.3", assessments.other_biomarkers, True),
        ("8.7", assessments.immunogenicity),
        ("8.8",),
        ("9",),
        ("9.1", safety.definitions),
        ("9.2",),
        ("9.2.1", safety.timing),
        ("9.2.2",),
        ("9.2.3",),
        ("9.2.4", safety.special_interest),
        ("9.2.5",),
        ("9.3", safety.pregnancy),
        ("9.4",),
        ("10",),
        ("10.1",),
        ("10.2", analyses.sets),
        ("10.3",),
        ("10.4", analyses.primary),
        ("10.5", analyses.secondary),
        ("10.6", analyses.exploratory),
        ("10.7", analyses.safety),
        ("10.8", analyses.other),
        ("10.9", analyses.interim),
        ("10.10",),
        ("10.11", analyses.sample_size),
        ("11",),
        ("11.1", oversight.regulatory),
        ("11.2", oversight.sites),
        ("11.3", oversight.consent),
        ("11.4", oversight.committees),
        ("11.5",),
        ("11.6", oversight.quality),
        ("11.7",),
        ("11.8",),
        ("11.9",),
        ("11.10",),
        ("11.11",),
        ("11.12", oversight.registration),
        ("12",),
        ("12.1", appendices.laboratory),
        ("12.2",),
        ("12.3",),
        ("12.4", appendices.follow_up),
        ("12.5", appendices.post_market),
        ("12.6", appendices.assumptions),
        ("12.7", appendices.departures),
        ("12.8", appendices.sources),
        ("13",),
        ("14", appendices.references),
    )
)

"""Tables, figures and listings as content, one output per file, in one visible table.

Numbers are permanent: an output that is dropped takes its number with it.
"""

from __future__ import annotations

from typing import Final

from celltrial.datasets.collection import Domain, adverse_event
from celltrial.report.content import (
    adverse_events,
    agreement,
    assay_agreement,
    best_response,
    comparability,
    comparisons,
    competing,
    consequences,
    demographics,
    disposition,
    dlt,
    dose_decisions,
    dose_path_figure,
    event_course,
    event_listing,
    exposure,
    feasibility,
    first_events,
    follow_up,
    graded_events,
    group_curves_figure,
    guideline_review,
    kinetics,
    kinetics_figure,
    kinetics_listing,
    manufacturing,
    not_treated,
    not_treated_listing,
    plan_and_trial,
    primary_comparison,
    product_factors,
    response,
    safety_tables,
    subgroup_figure,
    subject_listing,
    survival_figure,
    suspensions,
    swimlane_figure,
    swimmer_figure,
    time_to_event,
    vein_to_vein,
)
from celltrial.report.content.output import Kind, OutputSpec, Section

__all__ = ["OUTPUTS"]

_T, _F, _L = Kind.TABLE, Kind.FIGURE, Kind.LISTING
_S = Section

#: What an output needs to have been collected.
_CRS: Final = ((adverse_event("crs"),),)
_NEUROTOXICITY: Final = (tuple(adverse_event(category) for category in graded_events.NEUROTOXICITY),)
_EVENTS: Final = ((Domain.ADVERSE_EVENTS,),)
_RESPONSE: Final = ((Domain.RESPONSE,),)
_PROGRESSION: Final = ((Domain.PROGRESSION, Domain.RESPONSE),)
_SURVIVAL: Final = ((Domain.DEATHS,), (Domain.SURVIVAL,))
_KINETICS: Final = ((Domain.KINETICS,),)
_CELLS: Final = ((Domain.CELL_COLLECTION,),)

#: number, name (title key `report.title.<name>`), kind, section, analysis, builder, what it needs.
OUTPUTS: Final = tuple(
    OutputSpec(*row)
    for row in (
        ("14.1.1", "disposition", _T, _S.PARTICIPANTS, "analysis.disposition", disposition.build),
        ("14.1.2", "not_treated", _T, _S.PARTICIPANTS, "analysis.disposition", not_treated.build),
        ("14.1.3", "swimlane", _F, _S.PARTICIPANTS, "datasets.adlt", swimlane_figure.build),
        ("14.1.4", "demographics", _T, _S.PARTICIPANTS, "datasets.adsl", demographics.build),
        ("14.1.5", "consequences", _T, _S.PARTICIPANTS, "analysis.consequences", consequences.build),
        ("14.3.1", "dlt", _T, _S.DOSE, "analysis.dlt", dlt.build),
        ("14.3.2", "dose_decisions", _T, _S.DOSE, "datasets.dose_decisions", dose_decisions.build),
        ("14.3.3", "dose_path", _F, _S.DOSE, "datasets.adsl", dose_path_figure.build),
        ("14.3.4", "crs", _T, _S.SAFETY, "analysis.graded_events", graded_events.build_crs, _CRS),
        (
            "14.3.5",
            "neurotoxicity",
            _T,
            _S.SAFETY,
            "analysis.graded_events",
            graded_events.build_neurotoxicity,
            _NEUROTOXICITY,
        ),
        ("14.3.6", "adverse_events", _T, _S.SAFETY, "datasets.adae", adverse_events.build, _EVENTS),
        ("14.3.7", "before_infusion", _T, _S.SAFETY, "datasets.adae", adverse_events.build_before_infusion, _EVENTS),
        ("14.3.8", "phases", _T, _S.SAFETY, "analysis.adverse_events", safety_tables.build_phases, _EVENTS),
        ("14.3.9", "terms", _T, _S.SAFETY, "analysis.adverse_events", safety_tables.build_terms, _EVENTS),
        ("14.3.10", "event_course", _T, _S.SAFETY, "analysis.event_course", event_course.build, _EVENTS),
        ("14.3.11", "first_events", _T, _S.SAFETY, "analysis.first_event", first_events.build, _EVENTS),
        ("14.3.12", "exposure", _T, _S.SAFETY, "datasets.adex", exposure.build),
        ("14.2.1", "response", _T, _S.EFFICACY, "analysis.response", response.build, _RESPONSE),
        ("14.2.2", "best_response", _T, _S.EFFICACY, "analysis.sustained_response", best_response.build, _RESPONSE),
        ("14.2.3", "swimmer", _F, _S.EFFICACY, "analysis.response", swimmer_figure.build, _RESPONSE),
        ("14.2.4", "time_to_event", _T, _S.EFFICACY, "analysis.time_to_event", time_to_event.build),
        ("14.2.5", "pfs", _F, _S.EFFICACY, "analysis.kaplan_meier", survival_figure.build_pfs, _PROGRESSION),
        ("14.2.6", "os", _F, _S.EFFICACY, "analysis.kaplan_meier", survival_figure.build_os, _SURVIVAL),
        ("14.2.7", "agreement", _T, _S.EFFICACY, "analysis.agreement", agreement.build, _RESPONSE),
        (
            "14.2.8",
            "primary_comparison",
            _T,
            _S.EFFICACY,
            "analysis.primary_comparison",
            primary_comparison.build,
        ),
        ("14.2.9", "comparisons", _T, _S.EFFICACY, "analysis.comparison", comparisons.build),
        ("14.2.10", "comparison_tests", _T, _S.EFFICACY, "analysis.comparison", comparisons.build_tests),
        (
            "14.2.11",
            "pfs_by_group",
            _F,
            _S.EFFICACY,
            "analysis.comparison",
            group_curves_figure.build_pfs,
            _PROGRESSION,
        ),
        ("14.2.12", "os_by_group", _F, _S.EFFICACY, "analysis.comparison", group_curves_figure.build_os, _SURVIVAL),
        ("14.2.13", "competing", _T, _S.EFFICACY, "analysis.competing_comparison", competing.build, _PROGRESSION),
        ("14.2.14", "subgroups", _F, _S.EFFICACY, "analysis.subgroups", subgroup_figure.build),
        ("14.4.1", "kinetics", _T, _S.KINETICS, "analysis.kinetics", kinetics.build, _KINETICS),
        ("14.4.2", "kinetics_figure", _F, _S.KINETICS, "datasets.adpc", kinetics_figure.build, _KINETICS),
        ("14.4.3", "assay_agreement", _T, _S.KINETICS, "analysis.assay_agreement", assay_agreement.build, _KINETICS),
        ("14.5.1", "manufacturing", _T, _S.MANUFACTURE, "analysis.manufacturing", manufacturing.build),
        ("14.5.2", "vein_to_vein", _T, _S.MANUFACTURE, "analysis.vein_to_vein", vein_to_vein.build, _CELLS),
        ("14.5.3", "feasibility", _T, _S.MANUFACTURE, "analysis.feasibility", feasibility.build),
        ("14.5.4", "comparability", _T, _S.MANUFACTURE, "analysis.comparability", comparability.build),
        ("14.5.5", "product_factors", _T, _S.MANUFACTURE, "analysis.factor", product_factors.build),
        ("14.6.1", "suspensions", _T, _S.CONDUCT, "datasets.suspensions", suspensions.build),
        ("14.6.2", "boundaries", _T, _S.CONDUCT, "designs.stopping", suspensions.build_boundaries),
        ("14.6.3", "follow_up", _T, _S.CONDUCT, "analysis.time_to_event", follow_up.build),
        ("14.7.1", "plan_and_trial", _T, _S.CONDUCT, "protocol.model.assumptions", plan_and_trial.build),
        ("14.7.2", "guideline_review", _T, _S.CONDUCT, "guideline.review", guideline_review.build),
        ("16.2.1", "subjects", _L, _S.LISTINGS, "datasets.adsl", subject_listing.build),
        ("16.2.2", "not_treated_listing", _L, _S.LISTINGS, "datasets.adsl", not_treated_listing.build),
        ("16.2.3", "kinetics_listing", _L, _S.LISTINGS, "analysis.kinetics", kinetics_listing.build, _KINETICS),
        ("16.2.4", "event_listing", _L, _S.LISTINGS, "datasets.adae", event_listing.build, _EVENTS),
    )
)

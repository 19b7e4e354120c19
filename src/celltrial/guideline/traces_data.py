"""Where in the product each clause acts besides its checks on the plan: clause id to modules of celltrial."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

ACTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "1.1-a": (
            "ledger.chain",
            "ledger.signatures",
            "ledger.audit",
            "conduct.acts.trial.corrections",
        ),
        "1.1-b": ("protocol.consistency",),
        "1.2-b": (
            "protocol.consistency",
            "guideline.facts",
        ),
        "1.2-c": ("guideline.review",),
        "1.2-d": (
            "guideline.register",
            "guideline.comparison",
        ),
        "1.2-e": ("guideline.agency",),
        "1.3-b": (
            "designs.sizing.enrolment",
            "simulation.twin.making",
        ),
        "1.3-c": (
            "designs.sizing.event_detection",
            "core.intervals",
        ),
        "1.3-d": ("conduct.views.scheduling",),
        "1.3-g": ("conduct.acts.trial.deciders", "conduct.views.worklist"),
        "1.3-e": ("guideline.risk_tier",),
        "1.3-f": (
            "guideline.risk_tier",
            "clinical.crs_astct",
            "clinical.icans_astct",
            "clinical.iec_hs",
        ),
        "2.1.1-a": ("conduct.acts.scope.suspension",),
        "2.1.1.1-a": ("conduct.gates.eligibility",),
        "2.1.1.2-c": ("simulation.twin.making",),
        "2.1.1.2-e": (
            "datasets.adae",
            "analysis.disposition",
        ),
        "2.1.1.3-a": ("conduct.gates.enrolment",),
        "2.1.1.4-a": ("conduct.gates.eligibility",),
        "2.1.1.4-c": ("conduct.gates.eligibility",),
        "2.1.1.4-d": ("conduct.gates.eligibility",),
        "2.1.1.4-e": ("conduct.gates.eligibility",),
        "2.1.1.4-b": ("analysis.factor",),
        "2.1.2.1-b": ("conduct.gates.eligibility",),
        "2.1.2.1-d": ("conduct.monitors.waiting", "conduct.views.worklist"),
        "2.1.2.2-a": ("analysis.factor",),
        "2.1.2.2-b": ("conduct.gates.site",),
        "2.1.2.2-c": (
            "clinical.crs_lee2014",
            "clinical.cres_cartox",
        ),
        "2.1.2.2-d": (
            "clinical.crs_astct",
            "clinical.icans_astct",
            "clinical.iec_hs",
        ),
        "2.1.2.3-a": ("conduct.gates.site",),
        "2.1.2.3-b": ("conduct.gates.site",),
        "2.1.2.3-c": ("conduct.gates.site",),
        "2.1.2.3-d": (
            "conduct.gates.infusion",
            "conduct.acts.subject.infusion",
        ),
        "2.1.2.3-e": ("analysis.factor",),
        "2.1.2.4-a": ("designs.stopping.beta_binomial",),
        "2.1.2.4-b": (
            "designs.stopping.boundary",
            "designs.stopping.beta_binomial",
        ),
        "2.1.2.4-c": (
            "conduct.gates.suspension",
            "conduct.acts.scope.suspension",
        ),
        "2.1.2.4-d": (
            "protocol.differences",
            "conduct.acts.scope.suspension",
        ),
        "2.1.2.4-e": ("conduct.acts.scope.suspension",),
        "2.1.2.4-f": ("conduct.acts.scope.suspension",),
        "2.1.3-a": (
            "conduct.gates.identity",
            "conduct.acts.batch.custody",
            "analysis.vein_to_vein",
        ),
        "2.1.3-b": (
            "conduct.gates.lymphodepletion",
            "conduct.gates.eligibility",
        ),
        "2.1.3-c": ("designs.sizing.enrolment",),
        "2.1.3-d": ("conduct.gates.infusion",),
        "2.1.3-e": ("analysis.manufacturing",),
        "2.1.3-f": ("conduct.acts.batch.making",),
        "2.1.3-g": (
            "conduct.gates.lymphodepletion",
            "conduct.gates.release",
        ),
        "2.1.3-h": ("conduct.acts.batch.making", "conduct.gates.collection"),
        "2.1.3-i": ("designs.sizing.enrolment", "conduct.gates.enrolment"),
        "2.1.3-j": (
            "analysis.disposition",
            "report.content.disposition",
        ),
        "2.1.3-k": (
            "analysis.disposition",
            "report.content.not_treated",
        ),
        "2.1.3-l": ("report.content.not_treated_listing",),
        "2.1.3-m": ("conduct.acts.scope.quality_halt",),
        "2.1.3-n": ("conduct.acts.scope.quality_halt",),
        "2.2.1.1-b": (
            "analysis.dlt",
            "report.content.adverse_events",
        ),
        "2.2.1.1-e": ("designs.optimisation.boin12", "designs.optimisation.uboin"),
        "2.2.1.1-d": (
            "conduct.acts.cohort.dlt",
            "designs.escalation.boin",
            "designs.escalation.three_plus_three",
        ),
        "2.2.1.1-f": (
            "analysis.dlt",
            "report.content.dlt",
        ),
        "2.2.1.2-a": (
            "analysis.manufacturing",
            "analysis.vein_to_vein",
        ),
        "2.2.1.3-a": (
            "analysis.response",
            "analysis.kinetics",
        ),
        "2.2.2.2-a": (
            "core.doses",
            "conduct.gates.dose",
        ),
        "2.2.2.2-b": ("analysis.factor",),
        "2.2.2.2-c": ("conduct.gates.dose",),
        "2.2.2.2-d": (
            "conduct.gates.release",
            "conduct.acts.batch.making",
        ),
        "2.2.2.2-e": ("analysis.factor",),
        "2.2.2.3-a": (
            "designs.escalation.three_plus_three",
            "simulation.exact",
            "conduct.acts.cohort.dose",
        ),
        "2.2.2.3-d": ("designs.sizing.rate_exclusion",),
        "2.2.2.3-f": ("conduct.gates.infusion",),
        "2.2.4-a": ("conduct.gates.stagger",),
        "2.2.4-b": ("conduct.gates.sentinel", "conduct.views.worklist"),
        "2.2.5-b": ("analysis.assay_agreement",),
        "2.2.5-c": ("analysis.assay_agreement",),
        "2.2.5-d": ("analysis.kinetics",),
        "2.2.5-e": ("analysis.profile",),
        "2.2.5-i": ("conduct.acts.cohort.opening",),
        "2.2.5-j": ("conduct.acts.trial.process",),
        "2.3-b": (
            "designs.single_arm.one_stage",
            "designs.randomised.survival_size",
            "designs.randomised.rates_size",
        ),
        "2.3.1-a": (
            "designs.randomised.allocation",
            "designs.randomised.permuted_blocks",
        ),
        "2.3.1-d": ("conduct.acts.subject.commands",),
        "2.3.1-f": ("conduct.acts.assessment.commands",),
        "2.3.1-g": ("analysis.agreement",),
        "2.3.2-b": ("analysis.response",),
        "2.3.2-h": ("analysis.sustained_response",),
        "2.3.2-i": (
            "analysis.kaplan_meier",
            "report.content.survival_figure",
        ),
        "2.3.2-j": ("conduct.acts.safety.commands",),
        "2.3.2-k": (
            "analysis.cumulative_incidence",
            "analysis.event_rate",
        ),
        "2.3.2-l": ("designs.sizing.safety_set",),
        "2.3.2-m": ("conduct.acts.trial.process",),
        "2.3.2-n": ("analysis.comparability",),
        "3.1-a": (
            "conduct.views.scheduling",
            "report.content.follow_up",
        ),
        "3.1-b": (
            "conduct.facts.follow_up.events",
            "conduct.views.worklist",
            "conduct.views.contacts",
            "clinical.annual_contact",
        ),
        "3.1-c": (
            "conduct.views.scheduling",
            "conduct.views.late_samples",
            "conduct.monitors.late_effects",
            "clinical.late_tests",
        ),
        "3.1-d": ("clinical.follow_up",),
        "3.1-e": ("clinical.follow_up",),
        "3.1-f": ("clinical.follow_up",),
        "3.1-g": ("clinical.follow_up",),
        "3.1-h": ("clinical.follow_up",),
        "3.1-i": ("clinical.follow_up",),
        "3.1-j": ("conduct.facts.follow_up.events",),
        "3.1-k": ("conduct.gates.consent",),
        "3.1-m": (
            "conduct.facts.follow_up.events",
            "clinical.growth",
        ),
        "3.1-n": ("conduct.acts.follow_up.commands", "conduct.views.adult_care", "conduct.views.readiness"),
        "3.2-a": ("designs.sizing.event_detection",),
    }
)

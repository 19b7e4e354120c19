"""The statistical plan: general rules, analysis sets, baseline, subgroups, interim analyses, multiplicity."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from celltrial.protocol.model.base import Descriptive, Given, LocalText, Section


class AnalysisSet(Section):
    """One set of participants and what it is used for; the population is one that celltrial computes."""

    id: Given
    population: Annotated[
        Literal["enrolled", "collected", "infused", "infused_conforming", "response_evaluable", "dlt_evaluable"],
        Descriptive(),
    ]
    used_for: LocalText


class EndpointAnalysis(Section):
    """How one endpoint is analysed.

    null, alternative: the values compared, on the scale of the endpoint's summary; alpha: the error allowed; sides: 1 or 2.
    missing:           what a value that is not there counts as.
    """

    method: Annotated[
        Literal[
            "exact_interval", "exact_binomial_test", "kaplan_meier", "stratified_log_rank", "cox", "two_proportions",
            "descriptive", "exposure_adjusted_rate", "noncompartmental",
        ],
        Descriptive(),
    ]  # fmt: skip
    null: Annotated[float | None, Descriptive()] = None
    alternative: Annotated[float | None, Descriptive()] = None
    alpha: float | None = Field(default=None, gt=0, lt=0.5)
    sides: Annotated[Literal[1, 2] | None, Descriptive()] = None
    covariates: Annotated[tuple[str, ...], Descriptive()] = ()
    missing: Annotated[
        Literal["non_responder", "censored_at_last_assessment", "observed_only", "multiple_imputation"] | None,
        Descriptive(),
    ] = None
    sensitivity: tuple[LocalText, ...] = ()
    supplementary: tuple[LocalText, ...] = ()


class InterimAnalysis(Section):
    """One planned look at the data while the trial runs: when, what for, who sees it."""

    id: str
    purpose: Annotated[Literal["safety", "futility", "efficacy", "sample_size", "dose_selection"], Descriptive()]
    when: LocalText
    seen_by: Annotated[tuple[str, ...], Descriptive()] = ()
    text: LocalText | None = None


class Multiplicity(Section):
    """How the error over several endpoints is kept; `order` names the endpoints in the order of their tests."""

    method: Annotated[Literal["none", "fixed_sequence", "bonferroni", "holm", "hochberg", "graphical"], Descriptive()]
    order: tuple[str, ...] = ()
    text: LocalText | None = None


class Statistics(Section):
    """What ICH M11, section 10, asks beyond endpoints and sizes.

    plan:    where the details of the analysis stand.
    level:   confidence level of intervals, between 0.5 and 1.
    success: when the trial is called positive.
    """

    plan: Annotated[Literal["separate", "in_protocol"] | None, Descriptive()] = None
    level: Annotated[float | None, Field(default=None, gt=0.5, lt=1), Descriptive()] = None
    cuts: tuple[LocalText, ...] = ()
    sets: Annotated[tuple[AnalysisSet, ...], Descriptive()] = ()
    baseline: Annotated[tuple[str, ...], Descriptive()] = ()
    safety_text: LocalText | None = None
    subgroups: tuple[LocalText, ...] = ()
    interim: Annotated[tuple[InterimAnalysis, ...], Descriptive()] = ()
    multiplicity: Multiplicity | None = None
    success: LocalText | None = None

"""Checks of 2.2.1, 2.2.3 and 2.2.4: purpose, dose exploration, control, staggering."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final

from celltrial.clinical.late_tests import CLONE_RETEST_MONTHS
from celltrial.conduct.views.schedule import assay_months
from celltrial.core.lazy_scipy import special
from celltrial.guideline.checks.shared import (
    DAYS_PER_MONTH,
    MONTH_SLACK,
    MONTHS_PER_YEAR,
    longest_gap,
)
from celltrial.guideline.facts import rate_name, target_rate
from celltrial.guideline.knowledge import stagger_row
from celltrial.guideline.references import any_resolves, says_something
from celltrial.guideline.texts import hollow
from celltrial.guideline.verdict import Case, Finding, Severity, danger, finding, unstated
from celltrial.guideline.vocabulary import denied, named_in, plain

_SAFETY: Final = frozenset({"safety", "dlt"})
_ACTIVITY: Final = frozenset(
    {"response_rate", "sustained_response", "duration_of_response", "progression_free_survival", "overall_survival"}
    | {"kinetics", "immune_function", "quality_of_life", "surrogate"}
)
_CLONAL: Final = frozenset({"integration_site", "clonality"})
#: Years in which clones of engineered cells are looked for.
_CLONAL_YEARS: Final = 5
#: The highest target rate of dose-limiting toxicity in use: designs in oncology aim at 20 to 33 %.
_MOST_TARGET: Final = 0.4
#: The grade of events that end in death (CTCAE, ASTCT).
_FATAL: Final = 5
#: The first subject of a level leaves on the day of infusion.
_SENT_HOME: Final = re.compile(
    r"(?:goes|go|sent|returns?|discharged|leaves?)(?: home| hospital| the hospital)?[^.;]{0,20}(?:same day|day of (?:the )?(?:infusion|dosing))"
    r"|outpatient|(?:当日|当天)(?:即可)?(?:离院|出院|回家)|门诊(?:观察|随访|输注)"
)
_STAYS: Final = re.compile(
    r"(?:stay|remain|kept|admitted|watched|observed)\w*[^.;]{0,20}(?:hospital|ward|unit)|inpatient|hospitali[sz]ed|住院|留院"
)
#: The quantile of onset that the protocol states.
_STATED_QUANTILE: Final = 0.95
_INTERVALS: Final = ("after_first_of_level", "between_later", "between_levels")
_HISTORY: Final = frozenset({"clinical", "literature", "registry", "analogue"})


def check_primary_safety(case: Case) -> Iterator[Finding]:
    """2.2.1.1-a: a first-in-human trial has a primary endpoint of safety or tolerability."""
    efficacy = case.protocol.efficacy
    if not case.protocol.trial.first_in_human:
        return
    if efficacy is None or not any(item.rank == "primary" and item.kind in _SAFETY for item in efficacy.endpoints):
        yield finding("no_primary_safety_endpoint", "efficacy.endpoints", Severity.MINOR)


def check_clonality_plan(case: Case) -> Iterator[Finding]:
    """2.2.1.1-c: an integrating vector comes with integration sites or clonality looked at while clones can arise.

    A plan counts with a sample within a year of infusion; samples more than a year apart, or none after five years, are
    asked about: malignant clones of engineered cells were found within the first two years (FDA, boxed warning of 2024),
    and the yearly interval is that of long-term follow-up (FDA 2020). A clone that dominates is sampled again as soon as the
    register asks; the conduct does so after `CLONE_RETEST_MONTHS`.
    """
    if case.facts["vector_integration"] in {"none", "low"}:
        return
    gap = clonality_gap(case)
    if gap is None and case.protocol.follow_up is None:
        yield unstated("follow_up", "3.1-a")
    elif gap is None:
        yield finding("no_clonality_plan", "follow_up.assays")
    elif gap > MONTHS_PER_YEAR + MONTH_SLACK:
        shown = {"gap": f"{gap:.0f}", "limit": f"{MONTHS_PER_YEAR}", "years": f"{_CLONAL_YEARS}"}
        yield finding("clonality_too_rare", "follow_up.assays", Severity.NOTE, **shown)
    again = case.clause.params.get("clone_resampling_months", 3)
    if again < CLONE_RETEST_MONTHS:
        shown = {"found": f"{CLONE_RETEST_MONTHS}", "limit": f"{again:g}"}
        yield finding("clone_sampled_late", "follow_up.assays", Severity.NOTE, **shown)


def clonality_gap(case: Case) -> float | None:
    """Return the longest months in which nobody looks for clones while they can arise; None where no plan looks for them."""
    protocol, plan = case.protocol, case.protocol.follow_up
    if case.facts["vector_integration"] in {"none", "low"}:
        return None
    rows = protocol.pharmacology.measurements if protocol.pharmacology else ()
    taken = [
        day / DAYS_PER_MONTH for row in rows if row.attribute in _CLONAL and not hollow(row.analyte) for day in row.days
    ]
    assays = [row for row in plan.assays if row.kind == "integration" and not hollow(row.analyte)] if plan else []
    if not taken and not assays:
        return None
    last = round(12 * plan.years) if plan else 0
    months = {0.0, *(month for month in taken if month > 0)}
    months |= {month for row in assays for month in assay_months(row, last)}
    return longest_gap(sorted(months), min(last, _CLONAL_YEARS * 12))


def check_dose_exploration(case: Case) -> Iterator[Finding]:
    """2.2.1.1-d: DLT definition, window, evaluability and the reason for the algorithm are stated, and hold together.

    The target rate of toxicity is held against the usual 20 to 33 % (above 40 % more subjects than two in five are meant to
    be harmed); the window against the onset that the protocol states, and where it states none, or one that is less than
    half of what is known of the class, against the days in which reactions of the class begin.
    """
    plan = case.protocol.escalation
    if plan is None:
        yield finding("no_dose_exploration", "escalation")
        return
    if plan.design.rationale is None:
        yield finding("dose_algorithm_not_argued", "escalation.design.rationale")
    if plan.dlt.evaluable_when is None or plan.dlt.partial_dose_counts is None:
        yield finding("dlt_evaluability_not_stated", "escalation.dlt")
    if plan.dlt.rules and all(item.grade_at_least >= _FATAL for item in plan.dlt.rules):
        yield finding("dlt_only_fatal", "escalation.dlt.rules")
    target = target_rate(plan)
    if target is not None and target > _MOST_TARGET:
        path = f"escalation.design.params.{rate_name(plan)}"
        yield finding("target_rate_too_high", path, found=f"{100 * target:g}", limit=f"{100 * _MOST_TARGET:g}")
    onset, row = plan.staggering.analogue_onset_p95, stagger_row(case.protocol)
    if onset is not None and plan.dlt.window.days < onset.days:
        yield finding("dlt_window_too_short", "escalation.dlt.window", found=str(plan.dlt.window), needed=str(onset))
    elif plan.dlt.window.days < row.strong_days and (onset is None or 2 * onset.days < row.strong_days):
        shown = {"found": str(plan.dlt.window), "needed_days": f"{row.strong_days:g}", "group": row.name}
        severity = Severity.MAJOR if row.checked else Severity.MINOR
        yield finding("dlt_window_below_class", "escalation.dlt.window", severity, source=row.cited, **shown)


def check_later_trials(case: Case) -> Iterator[Finding]:
    """2.2.1.1-f: where no highest tolerated dose is reached, some text says what that means for later trials."""
    plan = case.protocol.escalation
    if plan is None or plan.mtd_needed is not False:
        return
    texts = [plan.design.rationale, plan.activity_measure, plan.transition.text if plan.transition else None]
    texts += [item.text for item in case.protocol.trial.objectives]
    if "later_trials" not in named_in((said for item in texts if item for said in (item.en, item.zh)), "effect"):
        yield finding("no_word_on_later_trials", "escalation.transition.text", Severity.MINOR)


def check_activity_measure(case: Case) -> Iterator[Finding]:
    """2.2.1.1-e: a dose sought by activity, or without a highest tolerated one, names the measure of activity."""
    plan = case.protocol.escalation
    if plan is None:
        yield unstated("escalation", "2.2.1.1-d")
    elif (plan.objective == "optimal_biological_dose" or plan.mtd_needed is False) and plan.activity_measure is None:
        yield finding("activity_measure_not_stated", "escalation.activity_measure")


def check_feasibility_endpoint(case: Case) -> Iterator[Finding]:
    """2.2.1.2-a: whether the product can be made, moved and given is an endpoint."""
    efficacy = case.protocol.efficacy
    if efficacy is None or not any(item.kind == "feasibility" for item in efficacy.endpoints):
        yield finding("no_feasibility_endpoint", "efficacy.endpoints", Severity.MINOR)


def check_activity_endpoint(case: Case) -> Iterator[Finding]:
    """2.2.1.3-a: some endpoint tells of activity."""
    efficacy = case.protocol.efficacy
    if efficacy is None or not any(item.kind in _ACTIVITY for item in efficacy.endpoints):
        yield finding("no_activity_endpoint", "efficacy.endpoints")


def check_masking_drugs(case: Case) -> Iterator[Finding]:
    """2.2.3-a: without a control, drugs that hide reactions of the cells are not given to everybody, or it is argued.

    Corticosteroids hide fever and cytokine release and harm the cells; the protocol forbids them outside treatment of a
    reaction, gives them to nobody as prevention, or says in the confounders what they do to what is seen.
    """
    protocol = case.protocol
    if protocol.trial.design == "RCT":
        return
    argued = protocol.population.confounders_considered
    if argued is not None and "steroid" in named_in((argued.en, argued.zh), "resource"):
        return
    for index, risk in enumerate(protocol.risk_plan.risks if protocol.risk_plan else ()):
        if risk.prevention is not None and "steroid" in named_in((risk.prevention.en, risk.prevention.zh), "resource"):
            yield finding(
                "prevention_masks_reactions", f"risk_plan.risks.{index}.prevention", Severity.NOTE, risk=risk.term
            )
    if "steroid" not in named_in(protocol.treatment.infusion.concomitant_forbidden, "resource"):
        yield finding("masking_drugs_not_forbidden", "treatment.infusion.concomitant_forbidden", Severity.NOTE)


def check_comparison_evidence(case: Case) -> Iterator[Finding]:
    """2.2.3-b: without a parallel control, what is known of people not given the product is cited: a line that speaks of
    the course of disease or of outcomes.
    """
    protocol = case.protocol
    if protocol.trial.design == "RCT":
        return
    benefits = [item for version in protocol.population.benefit_risk for item in version.expected_benefit]
    known = [item for item in benefits if item.kind in _HISTORY and says_something(item)]
    if not any(named_in((item.statement.en, item.statement.zh), "history") for item in known):
        yield finding("no_control_and_no_history", "population.benefit_risk")


def check_staggering(case: Case) -> Iterator[Finding]:
    """2.2.4-a: the next subject waits until reactions of the first would have begun, the next level until they are seen.

    The wait after the first subject is held against the class of product, the wait between levels against the window of
    dose-limiting toxicity. Intervals in which reactions of the class have not yet begun are a danger.
    """
    plan = case.protocol.escalation
    if plan is None:
        yield finding("no_staggering", "escalation.staggering")
        return
    row, window = stagger_row(case.protocol), plan.dlt.window
    first, later, levels = (getattr(plan.staggering, name) for name in _INTERVALS)
    shown = {"group": row.name, "source": row.cited}
    path = "escalation.staggering"
    if first.days < row.strong_days:
        yield danger(
            "stagger_below_onset",
            f"{path}.{_INTERVALS[0]}",
            interval=_INTERVALS[0],
            found=str(first),
            needed_days=f"{row.strong_days:g}",
            **shown,
        )
    elif first.days < row.ask_days:
        yield finding(
            "stagger_short_of_class",
            f"{path}.{_INTERVALS[0]}",
            Severity.MINOR,
            found=str(first),
            needed_days=f"{row.ask_days:g}",
            **shown,
        )
    if later.days < row.later_days:
        yield danger(
            "stagger_below_onset",
            f"{path}.{_INTERVALS[1]}",
            interval=_INTERVALS[1],
            found=str(later),
            needed_days=f"{row.later_days:g}",
            **shown,
        )
    if levels.days < window.days - 0.5:
        yield finding("levels_before_window", f"{path}.{_INTERVALS[2]}", found=str(levels), needed=str(window))


def check_sentinel(case: Case) -> Iterator[Finding]:
    """2.2.4-b: the first subject is watched more closely, by listed measures, while reactions of the class begin."""
    plan = case.protocol.escalation
    if plan is None:
        yield unstated("escalation", "2.2.4-a")
        return
    if not plan.staggering.sentinel_monitoring:
        yield finding("no_sentinel_monitoring", "escalation.staggering.sentinel_monitoring")
    for index, item in enumerate(plan.staggering.sentinel_monitoring):
        said = [text for text in (plain(item.en), plain(item.zh)) if text and not _STAYS.search(text)]
        if said and all(any(not denied(text, *hit.span()) for hit in _SENT_HOME.finditer(text)) for text in said):
            yield finding("sentinel_sent_home", f"escalation.staggering.sentinel_monitoring.{index}", Severity.MINOR)
    row, watched = stagger_row(case.protocol), case.protocol.treatment.infusion.watch_period
    if watched is None:
        yield finding("sentinel_watch_not_stated", "treatment.infusion.watch_period", Severity.MINOR)
    elif watched.days < row.strong_days:
        shown = {"found": str(watched), "needed_days": f"{row.strong_days:g}", "group": row.name, "source": row.cited}
        yield finding("sentinel_watch_short", "treatment.infusion.watch_period", Severity.MINOR, **shown)


def check_staggering_basis(case: Case) -> Iterator[Finding]:
    """2.2.4-c: intervals rest on a source that can be looked up, and cover the onset quantile of similar products (AC-P6.2).

    A stated onset of less than half the days in which reactions of the class begin is asked about.
    """
    plan = case.protocol.escalation
    if plan is None:
        yield unstated("escalation", "2.2.4-a")
        return
    staggering = plan.staggering
    if not staggering.basis:
        yield finding("staggering_without_basis", "escalation.staggering.basis")
    elif not any_resolves(staggering.basis, case.protocol):
        yield finding("staggering_basis_not_looked_up", "escalation.staggering.basis", Severity.NOTE)
    onset = staggering.analogue_onset_p95
    if onset is None:
        yield finding("onset_quantile_not_stated", "escalation.staggering.analogue_onset_p95")
        return
    row = stagger_row(case.protocol)
    if 2 * onset.days < row.strong_days:
        shown = {"found": str(onset), "needed_days": f"{row.strong_days:g}", "group": row.name, "source": row.cited}
        yield finding("onset_below_class", "escalation.staggering.analogue_onset_p95", Severity.NOTE, **shown)
    intervals = {
        "after_first_of_level": staggering.after_first_of_level,
        "between_later": staggering.between_later,
        "between_levels": staggering.between_levels,
    }
    needed = onset_at(case)
    if needed is None:
        quantile = f"{100 * case.clause.params.get('onset_quantile', _STATED_QUANTILE):g}"
        yield finding("onset_median_not_stated", "assumptions.dlt_onset_median", Severity.NOTE, quantile=quantile)
        needed = onset.days
    for name, interval in intervals.items():
        if 0 < interval.days < needed - 1e-9:
            path = f"escalation.staggering.{name}"
            yield finding("staggering_too_short", path, found=str(interval), needed=f"{needed:.3g} d")


def onset_at(case: Case) -> float | None:
    """Return the days within which reactions have begun in as many as the register asks for.

    The protocol states the 95th percentile; another quantile takes the median too, and a log-normal time to onset as in
    `designs.sizing.stagger`. None where a needed figure is not stated.
    """
    plan = case.protocol.escalation
    late = plan.staggering.analogue_onset_p95.days if plan and plan.staggering.analogue_onset_p95 else None
    quantile = case.clause.params.get("onset_quantile", _STATED_QUANTILE)
    if late is None or abs(quantile - _STATED_QUANTILE) < 1e-9:
        return late
    stated = case.protocol.assumptions.dlt_onset_median if case.protocol.assumptions else None
    if stated is None or not 0 < stated.days < late:
        return None
    spread = math.log(late / stated.days) / float(special.ndtri(_STATED_QUANTILE))
    return stated.days * math.exp(spread * float(special.ndtri(quantile)))

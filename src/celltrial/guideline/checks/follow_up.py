"""Checks of part 3: how long, how and with what consent treated subjects are followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Final, get_args

from celltrial.clinical.follow_up import Driver, FollowUpClass
from celltrial.conduct.views.schedule import assay_months, planned_visits
from celltrial.core.dates import add_months
from celltrial.designs.sizing.safety_set import detectable_rate
from celltrial.guideline.checks.shared import MONTH_SLACK, MONTHS_PER_YEAR, contradicted_vector, longest_gap
from celltrial.guideline.facts import MINIMUM_CLAUSES, youngest_age
from celltrial.guideline.texts import hollow
from celltrial.guideline.verdict import Case, Finding, Severity, danger, finding, unstated
from celltrial.guideline.vocabulary import named_in
from celltrial.protocol.model.follow_up import DelayedEventClass, FollowUp

#: Days of a year, and a week of slack.
REPORT_DAYS: Final = 372
#: Years in which assays of the product are at most a year apart.
_ASSAY_YEARS: Final = 5
#: The days of the register after which an overdue visit is handed on.
OVERDUE: Final = ("overdue_first_days", "overdue_second_days", "overdue_third_days")
#: What each follow-up visit asks about: concepts of the vocabulary.
ITEMS: Final = ("survival", "new_malignancy", "infection", "immune_function", "delayed_reaction")


def check_follow_up_exists(case: Case) -> Iterator[Finding]:
    """3.1-a: treated subjects are followed long term, and somebody sees them all along.

    The visits are laid out as the conduct lays them out; nobody is out of sight for more than a year (FDA 2020: at least
    yearly contact). More than two years unseen, or nobody seen within the first year, is grave.
    """
    plan = case.protocol.follow_up
    if plan is None:
        yield finding("no_follow_up", "follow_up")
        return
    if not plan.items:
        return  # visits that ask nothing are found by 3.1-b
    months = visit_months(plan)
    end = 12 * plan.years
    gap, first = longest_gap([0, *months], end), months[0] if months else end
    if gap > MONTHS_PER_YEAR + MONTH_SLACK:
        severity = (
            Severity.MAJOR if gap > 2 * MONTHS_PER_YEAR or first > MONTHS_PER_YEAR + MONTH_SLACK else Severity.MINOR
        )
        begins = _gap_begins([0, *months], end, gap)
        shown = {"gap": f"{gap:g}", "begins": f"{begins:g}", "ends": f"{begins + gap:g}", "limit": f"{MONTHS_PER_YEAR}"}
        yield finding("nobody_seen_for_long", "follow_up.visits_months", severity, **shown)


def visit_months(plan: FollowUp) -> list[int]:
    """Return the months of the visits that ask something, as the conduct plans them."""
    starts = date(2001, 1, 1)
    ends = add_months(starts, round(12 * plan.years))
    return [int(visit.visit[1:]) for visit in planned_visits(plan, starts, ends) if visit.items]


def _gap_begins(months: Sequence[float], end: float, gap: float) -> float:
    marks = [*(month for month in months if month < end), end]
    return next(earlier for earlier, later in pairwise(marks) if later - earlier >= gap)


def check_follow_up_items(case: Case) -> Iterator[Finding]:
    """3.1-b: each visit asks for survival, malignancy, infection, immune function and late reactions, and every class of
    delayed events has an item that asks for it.
    """
    plan = case.protocol.follow_up
    if plan is None:
        yield unstated("follow_up", "3.1-a")
        return
    asked = named_in(plan.items, "follow_up")
    absent = [name for name in ITEMS if name not in asked]
    if absent:
        yield finding("follow_up_items_absent", "follow_up.items", items=", ".join(absent))
    unasked = [name for name in get_args(DelayedEventClass) if name not in plan.item_classes.values()]
    if unasked:
        yield finding("delayed_classes_absent", "follow_up.item_classes", Severity.NOTE, classes=", ".join(unasked))


def check_product_assays(case: Case) -> Iterator[Finding]:
    """3.1-c: persistence, immunogenicity and, with a foreign gene, its expression are measured, while there is something
    to measure.

    An assay with no sample within the first two years after infusion is none; one with more than a year between infusion
    and its first sample, or between samples within the first five years, is asked about.
    """
    plan = case.protocol.follow_up
    if plan is None:
        yield unstated("follow_up", "3.1-a")
        return
    absent = []
    for name in assays_wanted(case):
        months = assay_times(case, name)
        early = [month for month in months if 0 < month <= 2 * MONTHS_PER_YEAR]
        if not early:
            absent.append(name)
            continue
        gap = longest_gap(months, min(months[-1], _ASSAY_YEARS * MONTHS_PER_YEAR))
        if gap > MONTHS_PER_YEAR + MONTH_SLACK:
            shown = {"assay": name, "gap": f"{gap:g}", "limit": f"{MONTHS_PER_YEAR}"}
            yield finding("follow_up_assay_too_rare", "follow_up.assays", Severity.MINOR, **shown)
    if absent:
        yield finding("follow_up_assays_absent", "follow_up.assays", assays=", ".join(absent))


def assays_wanted(case: Case) -> tuple[str, ...]:
    """Return the assays of the product that follow-up needs."""
    expressed = ("transgene_expression",) if case.facts["exogenous_gene"] is not False else ()
    return ("persistence", "immunogenicity", *expressed)


def assay_times(case: Case, name: str) -> list[float]:
    """Return the months at which one assay is sampled, as the conduct plans them."""
    plan = case.protocol.follow_up
    last = round(12 * plan.years) if plan else 0
    rows = [row for row in plan.assays if row.kind == name and not hollow(row.analyte)] if plan else []
    return sorted({month for row in rows for month in assay_months(row, last)})


def check_duration(case: Case) -> Iterator[Finding]:
    """3.1-d: as long as the driver that binds asks for, where that is not the class minimum of 3.1-f to h; what drives it is
    stated: onset of late events and persistence of a foreign gene, survival of other cells, unless the class is argued.
    """
    plan = case.protocol.follow_up
    need = case.follow_up
    if plan is None:
        yield unstated("follow_up", "3.1-a")
        return
    left_to_class = need.driver is Driver.CLASS_MINIMUM and need.follow_up_class in MINIMUM_CLAUSES
    left_to_class |= need.driver is Driver.NATURAL_SURVIVAL and need.follow_up_class is FollowUpClass.NO_FOREIGN_GENE
    if plan.years < need.years - 1e-9 and not left_to_class:
        shown = {"found": f"{plan.years:g}", "needed": f"{need.years:g}", "driver": need.driver.value}
        yield finding("follow_up_too_short", "follow_up.years", **shown)
    yield from _not_bounded(case, plan)


def _not_bounded(case: Case, plan: FollowUp) -> Iterator[Finding]:
    """Yield the finding of bounds that are not stated, without which the length of follow-up rests on the class alone."""
    product = case.protocol.product
    bounds = {"persistence_bound": product.persistence_bound or product.natural_survival}
    if product.exogenous_gene is not False:
        bounds = {
            "delayed_event_onset_bound": product.delayed_event_onset_bound,
            "persistence_bound": product.persistence_bound,
        }
    unknown = [f"product.{name}" for name, value in bounds.items() if value is None]
    if unknown and plan.class_justification is None:
        yield finding("late_events_not_bounded", unknown[0], Severity.MINOR, fields=", ".join(unknown))


def check_class_minimum(case: Case) -> Iterator[Finding]:
    """3.1-f, 3.1-g, 3.1-h: not shorter than the minimum of the product's class (AC-F1.1)."""
    plan = case.protocol.follow_up
    if plan is None:
        yield unstated("follow_up", "3.1-a")
        return
    needed = case.clause.params["years"]
    if case.follow_up.follow_up_class is FollowUpClass.NO_FOREIGN_GENE:
        needed = max(needed, case.follow_up.contributions.get(Driver.NATURAL_SURVIVAL, 0.0))
    if plan.years < needed - 1e-9:
        group = case.follow_up.follow_up_class.value
        shown = {"found": f"{plan.years:g}", "needed": f"{needed:g}", "group": group}
        yield finding("follow_up_below_class_minimum", "follow_up.years", **shown)


def check_vector_kind(case: Case) -> Iterator[Finding]:
    """3.1-g, 3.1-h: what is declared of integration fits the kind of vector."""
    yield from contradicted_vector(case.protocol.product, spoken=False)


def check_class_is_settled(case: Case) -> Iterator[Finding]:
    """3.1-e: a product the text does not classify is not guessed (AC-P1.4)."""
    need = case.follow_up
    if need.follow_up_class is FollowUpClass.UNCLASSIFIED:
        plan = case.protocol.follow_up
        if plan is None or plan.class_justification is None:
            path = "follow_up.class_justification"
            yield finding("follow_up_unclassified", path, Severity.MINOR, reason=need.reason, years=f"{need.years:g}")
    elif need.reason == "low_integration_without_evidence":
        yield finding("low_integration_without_evidence", "product.vector.integration_evidence", Severity.MINOR)


def check_separate_protocol(case: Case) -> Iterator[Finding]:
    """3.1-j: a separate follow-up study is named, so that identities and days can be joined; it blocks: the consent to it
    and the hand-over of every subject rest on this name.
    """
    plan = case.protocol.follow_up
    if plan is None:
        yield unstated("follow_up", "3.1-a")
    elif plan.arrangement == "separate" and (plan.separate_protocol_id is None or hollow(plan.separate_protocol_id)):
        yield replace(danger("separate_study_not_named", "follow_up.separate_protocol_id"), severity=Severity.MINOR)


def check_follow_up_consent(case: Case) -> Iterator[Finding]:
    """3.1-k: with a separate study, consent to it is planned beside the main consent."""
    if case.protocol.population.consents.follow_up_version is None:
        yield finding("no_follow_up_consent", "population.consents.follow_up_version")


def check_milestones(case: Case) -> Iterator[Finding]:
    """3.1-l: later trials and the application do not wait for follow-up to end."""
    plan = case.protocol.follow_up
    if plan is not None and plan.later_trials_wait:
        yield finding("milestones_wait", "follow_up.later_trials_wait")


def check_growth(case: Case) -> Iterator[Finding]:
    """3.1-m: children are followed for growth and development until they are grown."""
    plan, adult = case.protocol.follow_up, case.clause.params.get("adult_age", 18)
    if plan is None or plan.paediatric is None or not plan.paediatric.growth_monitoring:
        yield finding("no_growth_monitoring", "follow_up.paediatric.growth_monitoring", age=adult)
        return
    if plan.paediatric.adult_care_age < adult:
        path, found = "follow_up.paediatric.adult_care_age", plan.paediatric.adult_care_age
        yield finding("growth_ends_early", path, Severity.NOTE, found=found, age=f"{adult:g}")
    youngest = youngest_age(case.protocol)
    if youngest is not None and youngest + plan.years < adult - 1e-9:
        shown = {"found": f"{youngest + plan.years:g}", "age": f"{adult:g}"}
        yield finding("growth_ends_early", "follow_up.years", Severity.NOTE, **shown)


def check_retention(case: Case) -> Iterator[Finding]:
    """3.1-n: a plan to keep children in follow-up, and to hand those who grow up over to adult care; an overdue visit is handed
    on within the days of the register (`conduct.views.worklist.ESCALATION`).
    """
    plan = case.protocol.follow_up
    child = plan.paediatric if plan is not None else None
    if child is None or child.retention_plan is None:
        yield finding("no_retention_plan", "follow_up.paediatric.retention_plan")
    if child is None or child.transition_plan is None:
        yield finding("no_transition_plan", "follow_up.paediatric.transition_plan", Severity.MINOR)
    acts = handed_on()
    late = [
        f"{days} > {limit:g}"
        for days, name in zip(acts, OVERDUE, strict=True)
        if days > (limit := case.clause.params.get(name, days))
    ]
    if late:
        yield finding("overdue_handed_on_late", "follow_up.window", Severity.MINOR, days=", ".join(late))


def handed_on() -> list[int]:
    """Return the days after which the conduct hands an overdue visit on, earliest first."""
    from celltrial.conduct.views.worklist import ESCALATION

    return sorted(days for days, _ in ESCALATION if days > 0)


def check_registry(case: Case) -> Iterator[Finding]:
    """3.2-b: the registry or study after approval has a size, large enough for an event in 1,000 (AC-F5.1)."""
    plan = case.protocol.follow_up
    size = plan.post_market.registry_size if plan and plan.post_market else None
    if size is None:
        yield finding("registry_not_sized", "follow_up.post_market.registry_size")
        return
    rate, chance = case.clause.params.get("detectable_rate", 0.001), case.clause.params.get("confidence", 0.95)
    seen = detectable_rate(size, chance)
    if seen > rate + 1e-9:
        path = "follow_up.post_market.registry_size"
        yield finding("registry_reach", path, n=size, rate=f"{100 * seen:.2f}", wanted=f"{100 * rate:g}")


def check_periodic_reports(case: Case) -> Iterator[Finding]:
    """3.2-c: safety is reported at a stated interval after approval, at least yearly at first (ICH E2C)."""
    plan = case.protocol.follow_up
    if plan is None or plan.post_market is None or plan.post_market.periodic_report_interval is None:
        yield finding("no_periodic_reports", "follow_up.post_market.periodic_report_interval")
    elif (stated := plan.post_market.periodic_report_interval).days > REPORT_DAYS:
        path = "follow_up.post_market.periodic_report_interval"
        yield finding("reports_too_rare", path, Severity.NOTE, found=str(stated), limit=f"{MONTHS_PER_YEAR}")


def check_post_market_plan(case: Case) -> Iterator[Finding]:
    """3.2-a: what the trials could not see is mapped to a study after approval."""
    plan = case.protocol.follow_up
    if plan is None or plan.post_market is None or not plan.post_market.gaps:
        yield finding("no_post_market_plan", "follow_up.post_market")

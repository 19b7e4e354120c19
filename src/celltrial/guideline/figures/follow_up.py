"""Figures of part 3: how long treated subjects are followed, and how long nobody sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from celltrial.designs.sizing.safety_set import detectable_rate
from celltrial.guideline.checks.follow_up import (
    ITEMS,
    OVERDUE,
    REPORT_DAYS,
    assay_times,
    assays_wanted,
    handed_on,
    visit_months,
)
from celltrial.guideline.checks.shared import MONTHS_PER_YEAR, longest_gap
from celltrial.guideline.facts import youngest_age
from celltrial.guideline.knowledge import known_limit
from celltrial.guideline.verdict import Case, Ground, figure
from celltrial.guideline.vocabulary import named_in
from celltrial.protocol.model.follow_up import DelayedEventClass


def visits(case: Case) -> Iterator[Ground]:
    """3.1-a: the longest time in which nobody sees a subject."""
    plan = case.protocol.follow_up
    if plan is not None and plan.items:
        gap = longest_gap([0, *visit_months(plan)], 12 * plan.years)
        source = known_limit("months_unseen").cited
        yield figure("unseen", "follow_up.visits_months", f"{gap:g} mo", f"<= {MONTHS_PER_YEAR} mo", source)


def items(case: Case) -> Iterator[Ground]:
    """3.1-b: how many of the things to watch, and of the classes of delayed events, visits ask about."""
    plan = case.protocol.follow_up
    if plan is not None:
        asked, classes = named_in(plan.items, "follow_up") & set(ITEMS), get_args(DelayedEventClass)
        yield figure(
            "items_asked", "follow_up.items", len(asked), f"= {len(ITEMS)}", known_limit("things_to_watch").cited
        )
        found, source = len(set(plan.item_classes.values())), known_limit("classes_of_delayed_events").cited
        yield figure("delayed_classes", "follow_up.item_classes", found, f"= {len(classes)}", source)


def assays(case: Case) -> Iterator[Ground]:
    """3.1-c: the first sample of each assay of the product."""
    plan = case.protocol.follow_up
    for name in assays_wanted(case) if plan is not None else ():
        first = min((month for month in assay_times(case, name) if month > 0), default=None)
        if first is not None:
            shown, limit = f"{name}: {first:g} mo", f"<= {2 * MONTHS_PER_YEAR} mo"
            yield figure("first_assay", "follow_up.assays", shown, limit, "ours")


def years(case: Case) -> Iterator[Ground]:
    """3.1-d, 3.1-f to 3.1-h: the years of follow-up against those that bind."""
    if case.protocol.follow_up is not None:
        found, limit = f"{case.protocol.follow_up.years:g} y", f">= {case.follow_up.years:g} y"
        yield figure("years_of_follow_up", "follow_up.years", found, limit, "register")


def growth(case: Case) -> Iterator[Ground]:
    """3.1-m: the age until which a child is followed for growth, and the one that the youngest reaches within follow-up."""
    plan = case.protocol.follow_up
    if plan is not None and plan.paediatric is not None:
        adult = case.clause.params.get("adult_age", 18)
        path = "follow_up.paediatric.adult_care_age"
        yield figure("adult_care_age", path, f"{plan.paediatric.adult_care_age} y", f">= {adult:g} y", "register")
        age = youngest_age(case.protocol)
        if age is not None:
            yield figure("age_at_end", "follow_up.years", f"{age + plan.years:g} y", f">= {adult:g} y", "register")


def overdue(case: Case) -> Iterator[Ground]:
    """3.1-n: the days after which the conduct hands an overdue visit on."""
    for days, name in zip(handed_on(), OVERDUE, strict=True):
        limit = f"<= {case.clause.params.get(name, days):g} d"
        yield figure("overdue_handed_on", "follow_up.window", f"{days} d", limit, "register")


def registry(case: Case) -> Iterator[Ground]:
    """3.2-b: the rate of an event that a registry after approval would show."""
    plan = case.protocol.follow_up
    size = plan.post_market.registry_size if plan and plan.post_market else None
    if size is not None:
        rate, chance = case.clause.params.get("detectable_rate", 0.001), case.clause.params.get("confidence", 0.95)
        path, shown = "follow_up.post_market.registry_size", f"{100 * detectable_rate(size, chance):.2f} %"
        yield figure("safety_reach", path, shown, f"<= {100 * rate:g} %", "ours")


def reports(case: Case) -> Iterator[Ground]:
    """3.2-c: how often safety is reported after approval."""
    plan = case.protocol.follow_up
    stated = plan.post_market.periodic_report_interval if plan and plan.post_market else None
    if stated is not None:
        path = "follow_up.post_market.periodic_report_interval"
        yield figure(
            "report_interval", path, stated, f"<= {REPORT_DAYS} d", known_limit("months_between_safety_reports").cited
        )

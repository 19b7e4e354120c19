"""Which follow-up facts belong to an infusion, or to a schedule counted again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Final

from celltrial.clinical.follow_up import (
    MINIMUM_YEARS,
    Driver,
    FollowUpClass,
    FollowUpNeed,
    ProductFacts,
    extended_end,
    follow_up_end,
    required_follow_up,
)
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.follow_up.events import FollowUpRescheduled, FollowUpScheduled
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.trial.events import TaskOpened
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.gates.consent import MAJORITY_YEARS
from celltrial.conduct.ruling import fail
from celltrial.conduct.views.schedule import growth_visits, planned_visits
from celltrial.conduct.vocabulary import Origin, PlannedVisit
from celltrial.core.dates import add_years
from celltrial.core.values import ABSENT, message
from celltrial.protocol import Protocol
from celltrial.protocol.model import Duration
from celltrial.protocol.model.follow_up import FollowUp

_NOTHING: Final[Mapping[str, Decimal]] = MappingProxyType({})
_PROTOCOL: Final = "protocol"


def _years(duration: Duration | None) -> float | None:
    return None if duration is None else duration.years


def needed_follow_up(protocol: Protocol, minimum: Mapping[str, Decimal] = _NOTHING) -> FollowUpNeed:
    """Return the class of the product and the years that class and its late effects ask for.

    minimum: years per class that a later register asks for; they only ever add to `clinical.follow_up.MINIMUM_YEARS`.
    """
    product = protocol.product
    vector = product.vector
    facts = ProductFacts(
        exogenous_gene=product.exogenous_gene,
        alters_survival_or_differentiation=product.alters_survival_or_differentiation,
        gene_knockout=product.gene_knockout,
        vector_integration=None if vector is None else vector.integration,
        low_integration_evidence=vector is not None and bool(vector.integration_evidence),
        natural_survival_years=_years(product.natural_survival),
        persistence_years=_years(product.persistence_bound),
        delayed_event_onset_years=_years(product.delayed_event_onset_bound),
    )
    least = {group: max(years, float(minimum.get(group, 0))) for group, years in MINIMUM_YEARS.items()}
    return required_follow_up(facts, minimum_years=least)


def years_due(protocol: Protocol, minimum: Mapping[str, Decimal] = _NOTHING) -> tuple[FollowUpClass, float, str]:
    """Return class, years and what binds: the longer of the protocol's years and those the product asks for.

    For an unclassified product that it justifies the protocol's own years are in place of the class minimum, and of
    nothing else: late events, survival and persistence of the cells bind as for any other product.
    """
    need = needed_follow_up(protocol, minimum)
    plan = protocol.follow_up
    asked = {str(driver): years for driver, years in need.contributions.items()}
    if plan is None:
        return need.follow_up_class, need.years, need.driver
    if need.follow_up_class is FollowUpClass.UNCLASSIFIED and plan.class_justification is not None:
        del asked[Driver.CLASS_MINIMUM]
    asked = {_PROTOCOL: plan.years} | asked
    driver = max(asked, key=lambda item: asked[item])
    return need.follow_up_class, asked[driver], driver


def schedule_facts(act: Act) -> list[Any]:
    """Return the schedule that an infusion today brings: a new one, or one counted again from this infusion."""
    plan = act.protocol.follow_up
    if plan is None:
        return []
    if act.subject.follow_up is not None:
        return [reschedule_fact(act, "re-infusion", act.today)]
    found, years, driver = years_due(act.protocol, act.state.minimum_years)
    ends = follow_up_end(act.today, years)
    visits = _visits(act, plan, act.today, ends)
    ends = max(ends, *(item.due for item in visits))
    return [
        FollowUpScheduled(act.subject.subject, str(found), Decimal(str(years)), str(driver), act.today, ends, visits)
    ]


def _visits(act: Act, plan: FollowUp, starts: date, ends: date) -> tuple[PlannedVisit, ...]:
    """Return the visits; a child's growth and development is followed to the 18th birthday, whatever the class."""
    visits = planned_visits(plan, starts, ends)
    born, child = act.subject.born, plan.paediatric
    if born is None or child is None or not child.growth_monitoring:
        return visits
    adult_on = add_years(born, MAJORITY_YEARS)
    return visits if adult_on <= starts else (*visits, *growth_visits(plan, starts, adult_on))


def reschedule_fact(act: Act, cause: str, starts: date) -> FollowUpRescheduled:
    """Return the schedule counted again from `starts`; it never ends earlier than the one before."""
    plan, known = act.protocol.follow_up, act.subject.follow_up
    assert plan is not None
    assert known is not None
    ends = extended_end(known.ends, starts, years_due(act.protocol, act.state.minimum_years)[1])
    visits = _visits(act, plan, starts, ends)
    ends = max(ends, *(item.due for item in visits))
    return FollowUpRescheduled(act.subject.subject, cause, known.ends, starts, ends, visits)


def reconsent_to(fact: FollowUpRescheduled) -> TaskOpened:
    """Return the task that a longer schedule brings: the subject agrees to be followed that long (AC-F1.5)."""
    key, about = f"reconsent/{fact.subject}/{fact.ends}", f"subject/{fact.subject}"
    return TaskOpened(key, Code.TASK_RECONSENT, about, Role.INVESTIGATOR, None)


def check_reconciled(state: TrialState) -> Conditions:
    """Yield every treated subject without a schedule; there must be none (AC-F2.1)."""
    if state.origin is Origin.RETROSPECTIVE:
        return
    for subject in state.subjects.values():
        if subject.infusions and subject.follow_up is None:
            yield fail(
                Code.FOLLOW_UP_MISSING, message("schedule"), ABSENT, f"subject/{subject.subject}", "3.1-a", "follow_up"
            )

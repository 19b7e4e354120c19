"""Checks of 2.1.2.4: whether the stopping rules would stop the trial that they are written for.

Each rule is tried on the number of subjects that the protocol plans to treat, with its own boundary: on a product that
harms everybody, and on one that harms six in ten subjects (exact recursion, `BoundaryRule.characteristics`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.core.errors import UserError
from celltrial.core.terms import resolve
from celltrial.designs.stopping.boundary import BoundaryRule
from celltrial.guideline.verdict import Case, Finding, Severity, danger, finding, unstated
from celltrial.guideline.vocabulary import concepts_of
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.stopping import StoppingRule
from celltrial.protocol.policies import boundary_of

#: A trial in which this share of subjects has a severe event or dies must stop, with at least this probability.
HARM: Final = 0.6
CHANCE: Final = 0.8
#: Subjects on whom a rule is tried at most: one that cannot stop within them protects nobody.
MOST_TRIED: Final = 1000
#: A trial smaller than this shows too little for that probability to be asked of it.
SMALL: Final = 12
#: A rule that waits to be surer than this waits while subjects are harmed; published rules take 0.8 to 0.99.
MOST_CERTAIN: Final = 0.999
#: Concepts that stand for events of any kind.
_ANY_EVENT: Final = frozenset({"serious_event", "death"})
#: Subjects that may be harmed one after another before a rule stops; more than this only in a larger trial.
FIRST_STOP: Final = 10


def _sizes_apart(protocol: Protocol) -> Iterator[Finding]:
    """Yield dose finding and expansion that together treat others than the planning assumptions say."""
    plan, assumed = protocol.escalation, protocol.assumptions
    if plan is None or plan.transition is None or assumed is None or "target_infused" not in assumed.model_fields_set:
        return
    most, expansion = plan.design.params.get("max_subjects"), plan.transition.expansion_size
    if not isinstance(most, int) or isinstance(most, bool) or expansion is None:
        return
    if most + expansion != assumed.target_infused:
        shown = {"most": most, "expansion": expansion, "together": most + expansion, "found": assumed.target_infused}
        yield finding("sizes_do_not_meet", "assumptions.target_infused", Severity.NOTE, **shown)


def planned_exposure(protocol: Protocol) -> int | None:
    """Return the least number of subjects that any part of the protocol plans to treat; None where none says it."""
    plans: list[int] = []
    if protocol.confirmatory is not None and protocol.confirmatory.sample_size is not None:
        plans.append(protocol.confirmatory.sample_size.infused)
    if protocol.escalation is not None:
        most = protocol.escalation.design.params.get("max_subjects")
        expansion = protocol.escalation.transition.expansion_size if protocol.escalation.transition else None
        if isinstance(most, int) and not isinstance(most, bool):
            plans.append(most + (expansion or 0))
    if protocol.assumptions is not None and "target_infused" in protocol.assumptions.model_fields_set:
        plans.append(protocol.assumptions.target_infused)
    return min(plans, default=None)


def check_stopping_rules(case: Case) -> Iterator[Finding]:
    """2.1.2.4-a: at least one stopping rule, and each can and would stop (AC-P2.1).

    A rule is at fault that no outcome of the planned trial meets, that lets six in ten subjects be harmed, that looks
    for the first time when many are, or that counts terms which no event has. Together the rules count deaths, and
    severe events before somebody dies.
    """
    rules = case.protocol.stopping.rules if case.protocol.stopping else ()
    if not rules:
        yield finding("no_stopping_rule", "stopping.rules")
        return
    n = planned_exposure(case.protocol)
    if n is None:
        yield finding("planned_exposure_not_stated", "assumptions.target_infused", Severity.MINOR)
    yield from _sizes_apart(case.protocol)
    for index, rule in enumerate(rules):
        path = f"stopping.rules.{index}"
        if n is not None:
            yield from _tried(rule, path, n)
        yield from _terms(rule, path, case.protocol)
        yield from _window(rule, path, case.protocol)
    if not any(rule.event.deaths for rule in rules):
        yield finding("stopping_ignores_deaths", "stopping.rules")
    if all(rule.event.grade_at_least == 5 for rule in rules):
        yield finding("stopping_only_fatal", "stopping.rules")


def _tried(rule: StoppingRule, path: str, n: int) -> Iterator[Finding]:
    try:
        boundary = boundary_of(rule)
    except (UserError, TypeError, ValueError):
        return  # a fault of the protocol, said when it is read
    if boundary.denominator == "exposure":
        yield from _tried_over_time(rule, boundary, path, n)
        return
    certainty = rule.params.get("certainty")
    if isinstance(certainty, int | float) and certainty > MOST_CERTAIN:
        held = {"rule": rule.id, "found": f"{certainty:g}", "limit": f"{MOST_CERTAIN:g}"}
        yield finding("stopping_too_certain", f"{path}.params.certainty", **held)
    n = min(n, MOST_TRIED)
    limits = [boundary.boundary(size) for size in range(1, n + 1)]
    first = next((size for size, limit in enumerate(limits, 1) if limit is not None and limit <= size), None)
    shown: dict[str, object] = {"rule": rule.id, "n": n}
    if first is None:
        yield finding("stopping_cannot_fire", f"{path}.params", **shown)
        return
    if first > max(FIRST_STOP, n // 2):
        yield finding("stopping_looks_late", f"{path}.params", first=first, **shown)
        return
    chance = boundary.characteristics([HARM], n)[0].prob_stop
    if chance < CHANCE and n >= SMALL:
        yield finding(
            "stopping_too_weak", f"{path}.params", rate=f"{100 * HARM:.0f}", chance=f"{100 * chance:.0f}", **shown
        )
    elif first > FIRST_STOP:
        yield finding("stopping_looks_late", f"{path}.params", Severity.MINOR, first=first, **shown)


def _tried_over_time(rule: StoppingRule, boundary: BoundaryRule, path: str, n: int) -> Iterator[Finding]:
    """Try a rule over person-time on every planned subject followed through the window of its events."""
    exposure = n * rule.event.window.years
    limit = boundary.boundary(exposure)  # type: ignore[arg-type]  # exposure is a real number there
    if limit is None or limit > n:
        yield finding("stopping_cannot_fire", f"{path}.params", rule=rule.id, n=n)


def _known_terms(protocol: Protocol) -> list[str]:
    plan = [risk.term for risk in protocol.risk_plan.risks] if protocol.risk_plan else []
    limiting = [rule.term for rule in protocol.escalation.dlt.rules] if protocol.escalation else []
    return [term.casefold() for term in (*plan, *limiting)]


def unknown_terms(rule: StoppingRule, protocol: Protocol) -> list[str]:
    """Return the terms of a rule that no event has: neither in the vocabulary nor a risk or dose-limiting event of the protocol."""
    known = _known_terms(protocol)
    return [
        term
        for term in rule.event.terms
        if term.casefold() not in known
        and not resolve(term, "adverse_event")
        and not concepts_of(term, "adverse_event")
    ]


def _terms(rule: StoppingRule, path: str, protocol: Protocol) -> Iterator[Finding]:
    """Find terms that are neither in the vocabulary nor a risk or dose-limiting event of the protocol, and a rule that counts
    only events that the protocol does not expect.
    """
    unknown, known = unknown_terms(rule, protocol), _known_terms(protocol)
    planned = _planned_concepts(protocol)
    elsewhere = [
        term
        for term in rule.event.terms
        if term not in unknown
        and term.casefold() not in known
        and not concepts_of(term, "adverse_event") & (planned | _ANY_EVENT)
    ]
    if elsewhere and len(elsewhere) + len(unknown) == len(rule.event.terms) and planned:
        yield finding("stopping_terms_unplanned", f"{path}.event.terms", rule=rule.id, terms=", ".join(elsewhere))
    if unknown:
        severity = Severity.MAJOR if len(unknown) == len(rule.event.terms) else Severity.MINOR
        yield finding("stopping_unknown_terms", f"{path}.event.terms", severity, rule=rule.id, terms=", ".join(unknown))


def _planned_concepts(protocol: Protocol) -> frozenset[str]:
    """Return the reactions that the risk plan and the dose-limiting events name, as concepts of the vocabulary."""
    return frozenset().union(*(concepts_of(term, "adverse_event") for term in _known_terms(protocol)))


def _window(rule: StoppingRule, path: str, protocol: Protocol) -> Iterator[Finding]:
    """Hold the window in which events count against the window of dose-limiting toxicity, or a week without one."""
    needed = protocol.escalation.dlt.window.days if protocol.escalation else 7.0
    window = rule.event.window
    if window.days < needed:
        severity = Severity.MAJOR if window.days < 1 else Severity.MINOR
        shown = {"rule": rule.id, "found": str(window), "needed_days": f"{needed:g}"}
        yield finding("stopping_window_short", f"{path}.event.window", severity, **shown)


def check_in_flight_rule(case: Case) -> Iterator[Finding]:
    """2.1.2.4-c: a pause says what becomes of people already lymphodepleted; silence refuses them the infusion."""
    stopping = case.protocol.stopping
    if stopping is None:
        yield unstated("stopping", "2.1.2.4-a")
    elif case.protocol.treatment.lymphodepletion is not None and stopping.in_flight is None:
        yield finding("no_in_flight_rule", "stopping.in_flight", Severity.MINOR)


def check_resume(case: Case) -> Iterator[Finding]:
    """2.1.2.4-e: a suspended trial resumes on an evaluation that found it safe; one that asks for none is a danger."""
    stopping = case.protocol.stopping
    if stopping is None:
        return
    waived = [name for name in type(stopping.resume).model_fields if getattr(stopping.resume, name) is False]
    if "evaluation" in waived:
        yield danger(
            "resume_without_evaluation",
            "stopping.resume.evaluation",
            items=", ".join(f"resume_{name}" for name in waived),
        )
    elif waived:
        yield finding(
            "resume_items_waived",
            "stopping.resume",
            Severity.NOTE,
            items=", ".join(f"resume_{name}" for name in waived),
        )

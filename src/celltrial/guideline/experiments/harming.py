"""Harm, subject by subject, through each stopping rule: everybody is harmed, or twice as many as the rule accepts.

The first subject is treated by the protocol's own acts. The others enter the record as treated the same day (their facts
are copied; no gate is asked for them), because the question is the rule's: each of their reactions is reported through
the command for it, and the monitor of the running trial decides. The chance to stop is exact (`BoundaryRule.characteristics`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.envelope import Draft, Precision, subject_stream
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.scope.events import ScopeSuspended, StoppingBoundaryCrossed
from celltrial.conduct.facts.subject import events as subject
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import Relatedness, Seriousness
from celltrial.core.dates import Instant
from celltrial.guideline.checks.stopping import MOST_TRIED, planned_exposure, unknown_terms
from celltrial.guideline.experiments.outcome import Answer, NotTriedError
from celltrial.guideline.experiments.trying import FIRST, Trying
from celltrial.guideline.verdict import Severity
from celltrial.protocol.model.stopping import StoppingRule
from celltrial.protocol.policies import boundary_of

#: Subjects who are harmed one after another at most.
_MOST_HARMED: Final = 100
#: Facts of a treated subject that are set down for each further one.
_COPIED: Final = (subject.SubjectScreened, subject.SubjectEnrolled, subject.CellsInfused)
#: Probability that a rule should have of stopping a trial with twice the harm that it accepts; a trial smaller than this shows too little.
_CHANCE: Final = 0.5
_SMALL: Final = 12
_ROUNDING: Final = 1e-9
#: What happens where a rule counts every event.
_SEVERE: Final = "Sepsis"


def harm_to_all(trial: Trying) -> Iterator[Answer]:
    """Everybody who is treated has the event that a rule counts: after how many does each rule suspend the trial (2.1.2.4-a)?"""
    rules, planned = _rules(trial), _planned(trial)
    trial.go_to("treated")
    for index, rule in rules:
        fired = _harmed(trial.fork(), trial, rule, every=1.0, most=min(planned, _MOST_HARMED))
        path = f"stopping.rules.{index}"
        if fired is None:
            yield Answer(
                ("2.1.2.4-a",),
                "never_stops",
                path,
                f"0/{planned}",
                f"n = {planned}",
                {"rule": rule.id, "n": planned},
                holds=False,
            )
        else:
            yield Answer(
                ("2.1.2.4-a",),
                "stops",
                path,
                f"{fired}/{fired}",
                f"n = {planned}",
                {"rule": rule.id, "after": fired, "n": planned},
            )


def harm_to_twice_the_limit(trial: Trying) -> Iterator[Answer]:
    """Twice as many are harmed as a rule accepts: when does it suspend, and how likely does it by the planned size (2.1.2.4-a, 2.1.2.4-b)?"""
    rules, planned = _rules(trial), _planned(trial)
    trial.go_to("treated")
    for index, rule in rules:
        boundary, limit = boundary_of(rule), accepted_rate(rule.params)
        if limit is None or boundary.denominator == "exposure":
            trial.note("no_accepted_rate", rule=rule.id)
            continue
        rate = min(1.0, 2 * limit)
        fired = _harmed(trial.fork(), trial, rule, every=rate, most=min(planned, _MOST_HARMED))
        shown: dict[str, object] = {"rule": rule.id, "rate": f"{100 * rate:g}", "n": planned, "after": fired or "-"}
        path = f"stopping.rules.{index}"
        chance = boundary.characteristics([rate], min(planned, MOST_TRIED))[0]
        shown |= {"chance": f"{100 * chance.prob_stop:.1f}", "expected": f"{chance.expected_n:.1f}"}
        trial.note("chance_to_stop", **shown)
        weak = chance.prob_stop < _CHANCE and planned >= _SMALL
        yield Answer(
            ("2.1.2.4-a",),
            "twice_the_limit",
            f"{path}.params",
            f"P = {chance.prob_stop:.3f}",
            f">= {_CHANCE:g}",
            shown,
            severity=Severity.MINOR,
            holds=not weak,
        )
        if not weak:
            yield Answer(
                ("2.1.2.4-b",),
                "subjects_exposed",
                f"{path}.params",
                f"E(n) = {chance.expected_n:.1f}",
                f"n = {planned}",
                shown,
            )


def accepted_rate(params: Mapping[str, Any]) -> float | None:
    """Return the rate of events that a rule of the protocol accepts; None where it names none, as a list of numbers does not.

    Of several parts, the lowest that any names; a hazard per time is no rate.

    >>> accepted_rate({"threshold": 0.3, "certainty": 0.95}), accepted_rate({"looks": [3, 6], "limits": [2, 3]})
    (0.3, None)
    """
    for name in ("threshold", "acceptable_rate"):
        value = params.get(name)
        if isinstance(value, float | int) and not isinstance(value, bool):
            return float(value)
    parts = [accepted_rate(part.get("params", {})) for part in params.get("parts", ())]
    return min((rate for rate in parts if rate is not None), default=None)


def _rules(trial: Trying) -> list[tuple[int, StoppingRule]]:
    rules = trial.protocol.stopping.rules if trial.protocol.stopping is not None else ()
    if not rules:
        raise NotTriedError("no_stopping_rule")
    return [*enumerate(rules)]


def _planned(trial: Trying) -> int:
    planned = planned_exposure(trial.protocol)
    if planned is None:
        raise NotTriedError("no_planned_size")
    return planned


def _harmed(trial: Trying, shown: Trying, rule: StoppingRule, *, every: float, most: int) -> int | None:
    """Harm every share of subjects until the rule suspends; return after how many treated, None where it never does."""
    past = timedelta(days=math.ceil(rule.event.window.days) + 2)
    if every < 1:
        trial.now += past
    for number in range(1, most + 1):
        quiet = int(number * every + _ROUNDING) == int((number - 1) * every + _ROUNDING)
        infused = Instant(trial.now - past if quiet else trial.now, trial.zone)
        name = FIRST if number == 1 else _treated_alike(trial, number, infused)
        if quiet:
            continue
        position = len(trial.events)
        asked = trial.ask(ReportAdverseEvent(_event(trial, rule, name)))
        if isinstance(asked, Refused):
            raise NotTriedError("refused_before", asked.conditions, command="ReportAdverseEvent")
        new = [event.fact for event in trial.events[position:]]
        crossed = next((one for one in new if isinstance(one, StoppingBoundaryCrossed) and one.rule == rule.id), None)
        if crossed is not None and any(isinstance(one, ScopeSuspended) for one in new):
            shown.note(
                "rule_fired", rule=rule.id, rate=f"{100 * every:g}", events=crossed.events, n=number, scope=rule.scope
            )
            return number
    shown.note("rule_silent", rule=rule.id, rate=f"{100 * every:g}", n=most)
    return None


def _treated_alike(trial: Trying, number: int, infused: Instant) -> str:
    """Set down a further subject as treated like the first one, at a moment, and return its name."""
    name = f"S-4{number:02d}"
    for event in [item for item in trial.events if isinstance(item.fact, _COPIED) and item.fact.subject == FIRST]:
        fact = replace(event.fact, subject=name)
        if isinstance(fact, subject.SubjectScreened):
            fact = replace(fact, identity=f"ID-{name}")
        trial.set_down(Draft(subject_stream(name), fact, infused))
    return name


def _event(trial: Trying, rule: StoppingRule, name: str) -> AdverseEventReported:
    """Return an event of today that the rule should count: its first term that events have, at its grade, on its scale.

    Where events have none of its terms, the first risk of the protocol happens.
    """
    counted, protocol = rule.event, trial.protocol
    unknown = unknown_terms(rule, protocol)
    risks = [item.term for item in protocol.risk_plan.risks] if protocol.risk_plan is not None else []
    known = [term for term in counted.terms if term not in unknown]
    term = next(iter(known or risks), _SEVERE) if counted.terms else _SEVERE
    return AdverseEventReported(
        name,
        f"AE-{name}",
        term,
        "",
        term,
        counted.grade_at_least,
        counted.scale or "CTCAE 5.0",
        trial.local(name).local_date,
        Precision.DAY,
        (Seriousness.LIFE_THREATENING,),
        Relatedness.PROBABLE,
        None,
        trial.moment,
    )

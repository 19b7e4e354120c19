"""Figures of part 2.1.2: reactions looked for and treated in time, scales in force, stock, stopping rules."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.core.errors import UserError
from celltrial.guideline.checks.protection import (
    LATEST_FIRST_GRADE,
    LOOKED_FOR_DAYS,
    progression_chance,
    tocilizumab_stock,
)
from celltrial.guideline.checks.shared import RESCUE_DAYS
from celltrial.guideline.checks.stopping import CHANCE, FIRST_STOP, HARM, MOST_TRIED, SMALL, planned_exposure
from celltrial.guideline.knowledge import absent_risks, known_limit, required_risks, scale_rows
from celltrial.guideline.texts import stated_interval
from celltrial.guideline.verdict import Case, Ground, figure
from celltrial.guideline.vocabulary import concepts_of
from celltrial.protocol.policies import boundary_of


def washout_balance(case: Case) -> Iterator[Ground]:
    """2.1.2.1-c: the least benefit expected, against the most risk of progression while treatment pauses."""
    costs = case.protocol.trial.interruption
    if costs is not None:
        risk = costs.progression_weight * progression_chance(costs.washout, costs.median_progression_low)
        benefit = f"{100 * costs.benefit_probability_low:.1f} %"
        yield figure("interruption_balance", "trial.interruption", benefit, f"> {100 * risk:.1f} %", "protocol")


def rescue_of_waiting(case: Case) -> Iterator[Ground]:
    """2.1.2.1-d: how soon a rescue begins."""
    plan = case.protocol.risk_plan
    if plan is not None and plan.rescue_deadline is not None:
        yield figure(
            "rescue_deadline", "risk_plan.rescue_deadline", plan.rescue_deadline, f"<= {RESCUE_DAYS} d", "ours"
        )


def risks_planned(case: Case) -> Iterator[Ground]:
    """2.1.2.2-b: how many of the risks that the class of product brings are planned for."""
    required = required_risks(case.protocol)
    if required and case.protocol.risk_plan is not None:
        planned = len(required) - len(absent_risks(case.protocol))
        source = "; ".join(dict.fromkeys(row.cited for _, _, row in required))
        yield figure("risks_planned", "risk_plan.risks", planned, f"= {len(required)}", source)


def looked_for(case: Case) -> Iterator[Ground]:
    """2.1.2.2-b: how often each acute reaction is looked for, and from which grade on it is treated."""
    for index, risk in enumerate(case.protocol.risk_plan.risks if case.protocol.risk_plan else ()):
        path, concepts = f"risk_plan.risks.{index}", concepts_of(risk.term, "adverse_event")
        most = min((LOOKED_FOR_DAYS[name] for name in concepts & set(LOOKED_FOR_DAYS)), default=None)
        if most is not None and risk.recognition is not None:
            stated = [stated_interval(text) for text in (risk.recognition.en, risk.recognition.zh)]
            known = [one for one in stated if one is not None]
            if known:
                yield figure("looked_for", f"{path}.recognition", f"{max(known):.3g} d", f"<= {most:g} d", "ours")
        first = min((step.grade_at_least for step in risk.management), default=None)
        if first is not None:
            yield figure("treated_from_grade", f"{path}.management", first, f"<= {LATEST_FIRST_GRADE}", "ours")


def scales(case: Case) -> Iterator[Ground]:
    """2.1.2.2-c: the scale of each reaction beside the one in force."""
    plan = case.protocol.risk_plan
    for index, risk in enumerate(plan.risks if plan else ()):
        for event in sorted(concepts_of(risk.term, "adverse_event") & set(scale_rows())):
            row = scale_rows()[event]
            if concepts_of(risk.grading_scale or "", "scale") & set(row.current):
                path, current = (
                    f"risk_plan.risks.{index}.grading_scale",
                    ", ".join(row.current).upper().replace("_", " "),
                )
                yield figure("scale_in_force", path, risk.grading_scale, f"= {current}", row.cited)


def stock(case: Case) -> Iterator[Ground]:
    """2.1.2.3-a: doses of tocilizumab held before an infusion."""
    found = tocilizumab_stock(case.protocol)
    if found is not None:
        path, row = f"sites.resources.{found[0]}.minimum", known_limit("tocilizumab_doses")
        yield figure("tocilizumab_stock", path, found[1], f">= {row.value:g}", row.cited)


def stopping(case: Case) -> Iterator[Ground]:
    """2.1.2.4-a: after how many harmed subjects each rule stops, and how often at twice the rate that it tolerates."""
    n = planned_exposure(case.protocol)
    for index, rule in enumerate(case.protocol.stopping.rules if case.protocol.stopping else ()):
        try:
            boundary = boundary_of(rule)
        except (UserError, TypeError, ValueError):
            continue
        if n is None or boundary.denominator == "exposure":
            continue
        limits = ((size, boundary.boundary(size)) for size in range(1, min(n, MOST_TRIED) + 1))
        first = next((size for size, events in limits if events is not None and events <= size), None)
        if first is not None:
            yield figure(
                "harmed_before_stop",
                f"stopping.rules.{index}",
                f"{first} / {first}",
                f"<= {max(FIRST_STOP, n // 2)} (n = {n})",
                "ours",
            )
        if n >= SMALL:
            stops = 100 * boundary.characteristics([HARM], min(n, MOST_TRIED))[0].prob_stop
            shown, least = f"{stops:.0f} % ({100 * HARM:g} %)", f">= {100 * CHANCE:g} %"
            yield figure("stops_if_harmful", f"stopping.rules.{index}", shown, least, "ours")

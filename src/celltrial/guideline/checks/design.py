"""Checks that try the plan: the design under truths, and who of the enrolled will be there to be judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.guideline.characteristics import SLACK, Tried, tried
from celltrial.guideline.verdict import Case, Finding, Severity, finding
from celltrial.protocol.model import Protocol

#: Where the register states no limit: a dose that harms six in ten is too toxic; the design stops in eight of ten trials.
TOO_TOXIC: Final = 0.6
STOP_CHANCE: Final = 0.8
#: The most often that a dose too toxic, or one without activity, may be recommended.
OVERDOSE_CHANCE: Final = 0.3
INACTIVE_CHANCE: Final = 0.3
EVALUABLE: Final = 0.6


def design_tried(case: Case) -> Tried | None:
    """Return what the design of a protocol does; None where it finds no dose."""
    clause = case.register.clauses.get("2.2.1.1-d")
    rate = clause.params.get("too_toxic_rate", TOO_TOXIC) if clause is not None else TOO_TOXIC
    return tried(case.protocol, too_toxic_rate=rate)


def check_design_characteristics(case: Case) -> Iterator[Finding]:
    """2.2.1.1-d: the design, tried, stops where every dose is too toxic, can reach its highest level, and seldom recommends
    a dose that the protocol's own truths hold to be too toxic.
    """
    found = design_tried(case)
    if found is None:
        return
    params, path = case.clause.params, "escalation.design.params"
    if found.top_given < 1e-9:
        yield finding("top_level_out_of_reach", path, level=case.protocol.dose.levels[-1].label)
    least = params.get("stop_chance", STOP_CHANCE)
    if found.stops_if_too_toxic < least - SLACK:
        rate = params.get("too_toxic_rate", TOO_TOXIC)
        shown = {"rate": f"{100 * rate:g}", "chance": f"{100 * found.stops_if_too_toxic:.0f}"}
        yield finding("design_does_not_stop", path, Severity.MINOR, limit=f"{100 * least:g}", **shown)
    most = params.get("overdose_chance", OVERDOSE_CHANCE)
    if found.overdose is not None and found.overdose[0] > most + SLACK:
        chance, scenario = found.overdose
        shown = {"scenario": scenario, "chance": f"{100 * chance:.0f}", "limit": f"{100 * most:g}"}
        yield finding("design_overdoses", path, Severity.MINOR, **shown)


def check_inactive_recommended(case: Case) -> Iterator[Finding]:
    """2.2.1.1-e: a design that seeks activity seldom recommends a dose that has half of the least response it accepts."""
    found, most = design_tried(case), case.clause.params.get("inactive_chance", INACTIVE_CHANCE)
    if found is not None and found.inactive is not None and found.inactive > most + SLACK:
        shown = {"chance": f"{100 * found.inactive:.0f}", "limit": f"{100 * most:g}"}
        yield finding("inactive_recommended", "escalation.design.params", Severity.NOTE, **shown)


def evaluable_share(protocol: Protocol) -> float | None:
    """Return the share of the enrolled who can be expected to be infused and judged; None without planning assumptions.

    Collected, made, still fit, and alive to be infused: the last is a constant hazard over the wait, `2^(-wait/median)`,
    where the median time to ineligibility is stated.

    >>> 0.97 * 0.92 * 0.97 * 2 ** (-35 / 126)
    0.7140...
    """
    assumed, wait = protocol.assumptions, protocol.treatment.vein_to_vein_expected
    if assumed is None:
        return None
    share = assumed.collection_success * assumed.manufacturing_success * assumed.pre_infusion_success
    median = assumed.median_time_to_ineligibility
    if median is not None and wait is not None and median.days > 0:
        share *= 2.0 ** (-wait.days / median.days)
    return share


def check_evaluable_share(case: Case) -> Iterator[Finding]:
    """2.1.1.2-b: enough of the chosen population lives and stays fit long enough to be judged; else milder disease is asked about."""
    share, least = evaluable_share(case.protocol), case.clause.params.get("evaluable_target", EVALUABLE)
    if share is not None and share < least:
        shown = {"found": f"{100 * share:.0f}", "limit": f"{100 * least:g}"}
        yield finding("few_evaluable", "assumptions", Severity.NOTE, **shown)

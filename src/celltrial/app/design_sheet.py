"""Handlers of the design sheet: compute everything a protocol's design will do and lay it out as one page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrial.app.comparing import audit_design, design_pathways
from celltrial.app.design_table import decision_rows
from celltrial.app.planning import plan_design
from celltrial.app.sizing import recompute
from celltrial.core.errors import UserError
from celltrial.protocol.policies import boundary_of

if TYPE_CHECKING:
    from celltrial.app.sizing import Recomputed
    from celltrial.locale import Language
    from celltrial.protocol import Protocol
    from celltrial.report.design_sheet import Finding, Pathways, RuleView, SheetInputs, SizeView

__all__ = ["design_page", "sheet_inputs"]


def design_page(protocol: Protocol, where: str, language: Language, *, seed: int = 1) -> str:
    """Return the page as HTML; APP-010 where the protocol has neither dose finding nor a stated sample size."""
    from celltrial.report.design_sheet import render_sheet

    return render_sheet(sheet_inputs(protocol, where, seed=seed), language)


def sheet_inputs(protocol: Protocol, where: str, *, seed: int = 1) -> SheetInputs:
    """Return everything the page shows."""
    from celltrial.report.design_sheet import SheetInputs

    stated = recompute(protocol, seed=seed)
    size = None if stated is None else _size(stated)
    if protocol.escalation is None and size is not None:
        return SheetInputs(protocol, rules=_rules(protocol, 0), size=size)
    sheet = plan_design(protocol, where, seed=seed)
    return SheetInputs(
        protocol,
        sheet.policy,
        sheet.characteristics,
        decision_rows(sheet.policy),
        _audit(protocol, where),
        _pathways(protocol, where),
        _rules(protocol, sheet.policy.max_subjects),
        size,
    )


def _audit(protocol: Protocol, where: str) -> tuple[Finding, ...] | None:
    from celltrial.report.design_sheet import Finding

    labels = [level.label for level in protocol.dose.levels]
    try:
        found = audit_design(protocol, where)
    except UserError as refused:
        if {item.id for item in refused.faults} != {"SIM-104"}:
            raise
        return None
    pairs = [() if one.example is None else zip(one.example.dlt, one.example.n, strict=True) for one in found]
    return tuple(
        Finding(one.code, one.states, labels[one.dose], ", ".join(f"{y}/{n}" for y, n in pair))
        for one, pair in zip(found, pairs, strict=True)
    )


def _pathways(protocol: Protocol, where: str) -> Pathways | None:
    from celltrial.report.design_sheet import Pathways

    if protocol.escalation is None or not protocol.escalation.scenarios:
        return None
    scenario = protocol.escalation.scenarios[0].id
    return Pathways(scenario, design_pathways(protocol, where, treated=None, scenario=scenario, cohorts=2))


def _rules(protocol: Protocol, most: int) -> tuple[RuleView, ...]:
    from celltrial.report.design_sheet import RuleView

    planned = protocol.assumptions.target_infused if protocol.assumptions else 0
    horizon = max(most, planned) or (
        protocol.confirmatory.sample_size.infused if protocol.confirmatory and protocol.confirmatory.sample_size else 1
    )
    rules = protocol.stopping.rules if protocol.stopping else ()
    return tuple(
        RuleView(rule.id, {"en": rule.text.en, "zh": rule.text.zh}, boundary_of(rule), horizon) for rule in rules
    )


def _size(found: Recomputed) -> SizeView:
    from celltrial.report.design_sheet import SizeView

    stated, sized = found.stated, found.sized
    enrolment: tuple[tuple[str, int, float], ...] = ()
    if found.enrolment is not None and found.attained is not None:
        size = found.enrolment
        enrolment = (
            ("enrolled_stated", stated.enrolled, found.attained),
            ("enrolled_by_expectation", size.by_expectation, size.reached_by_expectation),
            ("enrolled_with_assurance", size.with_assurance, size.reached),
        )
    return SizeView(
        sized.key,
        sized.params,
        sized.result,
        sized.sentence,
        sized.seed,
        (stated.infused, stated.enrolled),
        found.subjects,
        enrolment,
    )

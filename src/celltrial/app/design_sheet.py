"""Handlers of the design sheet: compute everything a protocol's design will do and lay it out as one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from celltrial.app.comparing import audit_design, compare_designs, design_pathways
from celltrial.app.design_table import decision_rows, second_count
from celltrial.app.planning import plan_design
from celltrial.app.sizing import recompute
from celltrial.core.errors import UserError
from celltrial.protocol.policies import boundary_of

if TYPE_CHECKING:
    from celltrial.app.comparing import Competitor
    from celltrial.app.sizing import Recomputed
    from celltrial.core.progress import Progress
    from celltrial.locale import Language
    from celltrial.protocol import Protocol
    from celltrial.report.design_sheet import Finding, Pathways, Rival, RuleView, SheetInputs, SizeView


#: Simulated trials of a competing design whose states do not fit.
TRIALS: Final = 10_000


def design_page(
    protocol: Protocol,
    where: str,
    language: Language,
    *,
    seed: int = 1,
    designs: Sequence[str] = (),
    progress: Progress | None = None,
) -> str:
    """Return the page as HTML; APP-010 where the protocol has neither dose finding nor a stated sample size.

    designs: keys of competing designs to show beside the protocol's.
    """
    from celltrial.report.design_sheet import render_sheet

    return render_sheet(sheet_inputs(protocol, where, seed=seed, designs=designs, progress=progress), language)


def comparison_page(protocol: Protocol, rivals: Sequence[Competitor], language: Language) -> str:
    """Return the competing designs alone as a page."""
    from celltrial.report.design_sheet import SheetInputs, render_sheet

    return render_sheet(SheetInputs(protocol, audited=False, rivals=_rivals(rivals)), language)


def audit_page(protocol: Protocol, where: str, language: Language) -> str:
    """Return the audit alone as a page; SIM-104 where the design's states do not fit."""
    from celltrial.report.design_sheet import SheetInputs, render_sheet

    audit_design(protocol, where)
    return render_sheet(SheetInputs(protocol, audit=_audit(protocol, where)), language)


def sheet_inputs(
    protocol: Protocol,
    where: str,
    *,
    seed: int = 1,
    designs: Sequence[str] = (),
    progress: Progress | None = None,
) -> SheetInputs:
    """Return everything the page shows."""
    from celltrial.report.design_sheet import SheetInputs

    stated = recompute(protocol, seed=seed)
    size = None if stated is None else size_view(stated)
    if protocol.escalation is None and size is not None:
        return SheetInputs(protocol, rules=_rules(protocol, 0), size=size)
    sheet = plan_design(protocol, where, seed=seed, progress=progress)
    other = second_count(sheet.policy)
    rivals = compare_designs(protocol, designs, where, trials=TRIALS, seed=seed, progress=progress) if designs else ()
    return SheetInputs(
        protocol,
        sheet.policy,
        sheet.characteristics,
        decision_rows(sheet.policy),
        None if other is None else other.value,
        audit=_audit(protocol, where),
        pathways=_pathways(protocol, where) if other is None else None,
        rules=_rules(protocol, sheet.policy.max_subjects),
        size=size,
        calendar=sheet.computed.calendar,
        durations=sheet.computed.durations,
        rivals=_rivals(rivals),
    )


def _rivals(found: Sequence[Competitor]) -> tuple[Rival, ...]:
    from celltrial.report.design_sheet import Rival
    from celltrial.report.design_sheet.parameters import format_params

    return tuple(
        Rival(one.kind, format_params(one.params), one.characteristics, one.computed.calendar) for one in found
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
        Finding(one.kind, one.code, one.states, labels[one.dose], ", ".join(f"{y}/{n}" for y, n in pair))
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


def size_view(found: Recomputed) -> SizeView:
    """Return a recomputed size as pages show it."""
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

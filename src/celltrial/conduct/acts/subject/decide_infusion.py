"""The infusion: one transaction holds the infusion, the batch's end, the DLT window and the follow-up schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.deciding import Decider, answer
from celltrial.conduct.acts.subject import commands
from celltrial.conduct.acts.subject.despite import changed_since, check_told, happened_anyway, told
from celltrial.conduct.acts.subject.mismatch import confirmed_scan, is_another, mismatch_facts, refuse_scan
from celltrial.conduct.codes import Code
from celltrial.conduct.decision import Decision, fail
from celltrial.conduct.envelope import TRIAL, Request, batch_stream, cohort_stream, subject_stream
from celltrial.conduct.facts.batch.events import BatchInfused
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.cohort.events import DltWindowOpened, StaggerSlotReserved
from celltrial.conduct.facts.permit.events import Permitted
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.facts.trial.events import DeviationRecorded
from celltrial.conduct.gates.act import Act, Conditions, act_of
from celltrial.conduct.gates.dose import DoseVerdict, judge_dose
from celltrial.conduct.gates.identity import check_scan
from celltrial.conduct.gates.infusion import batch_shortage, check_infusion, check_volume
from celltrial.conduct.gates.observed import check_observed, concept_of
from celltrial.conduct.gates.permit import permit_at
from celltrial.conduct.gates.witness import check_witness
from celltrial.conduct.timing import closing_day
from celltrial.conduct.views.scheduling import schedule_facts
from celltrial.conduct.vocabulary import BatchStatus
from celltrial.core.values import ABSENT, as_written, at_most, message, more_than
from celltrial.protocol import Protocol


def _check(state: TrialState, request: Request[commands.RecordPreInfusionCheck], now: datetime) -> Decision:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    if isinstance(act, list):
        return answer(request, act)
    failed = []
    if not act.subject.is_active:
        failed.append(fail(Code.SUBJECT_LEFT, message("active_subject"), act.subject.stage, about))
    if act.subject.collected is None or (act.subject.infusions and not act.may_repeat):
        failed.append(fail(Code.SUBJECT_STAGE, Stage.COLLECTED, act.subject.stage, about))
    if not c.findings:
        failed.append(fail(Code.VALUE_NOT_USABLE, message("findings"), ABSENT, about, input="findings"))
    for place, item in enumerate(c.findings):
        failed.extend(check_observed(act.plan, item.concept, item.value, item.unit, about, f"findings.{place}."))
        if item.on is not None and item.on > act.today:
            failed.append(fail(Code.TIME_IN_FUTURE, at_most(act.today), item.on, about, input=f"findings.{place}.on"))
    findings = tuple(replace(item, concept=concept_of(act.plan, item.concept)) for item in c.findings)
    return answer(request, failed, (about, events.PreInfusionChecked(c.subject, findings)))


def _infuse(state: TrialState, request: Request[commands.RecordInfusion], now: datetime) -> Decision:
    c = request.command
    act = act_of(state, c.subject, request.occurred)
    batch = state.batches.get(c.batch)
    failed = list(act) if isinstance(act, list) else []
    if batch is None:
        failed.append(fail(Code.NOT_KNOWN, message("batch"), as_written(c.batch), batch_stream(c.batch), input="batch"))
    if isinstance(act, list) or batch is None:
        return answer(request, failed)
    about = batch_stream(c.batch)
    dose = judge_dose(act, c.delivered_cells, c.basis, c.weight_kg, about)
    gate = [*check_infusion(act, batch, c.operator, c.route)]
    given = [*dose.conditions, *check_volume(act, c.volume_ml), *batch_shortage(batch, c.delivered_cells)]
    seen = [*check_witness("infusion", c.witness, request, now, about)]
    mismatch = [*check_scan(batch, c.identity, c.label)]
    wrong = is_another(request, batch, c.subject)
    if happened_anyway(c):
        usable = [*_check_amount(c, about), *_check_once(act, request), *check_told(request, now, about)]
        unmet = [*gate, *given, *seen, *mismatch]
        facts = _facts(act, request, batch, dose, told=True)
        told_of = mismatch_facts(request, batch, c.subject, "infusion") if wrong else []
        return answer(request, usable, *facts, *told_of, *told(request, unmet, "infusion", act.about))
    permit = None if batch.status is BatchStatus.INFUSED else permit_at(state, Permitted.INFUSION, c, request.occurred)
    if wrong:
        return refuse_scan(request, (*gate, *given, *seen, *mismatch), batch, c.subject, "infusion")
    if permit is not None:
        facts = _facts(act, request, batch, dose)
        return answer(request, [*given, *seen], *facts, *changed_since(request, gate, "infusion", act.about))
    return answer(request, [*gate, *given, *seen], *_facts(act, request, batch, dose))


def _check_once(act: Act, request: Request[commands.RecordInfusion]) -> Conditions:
    """Yield an infusion of this batch at this moment that is on record already."""
    for item in act.subject.infusions:
        if (item.batch, item.at.utc) == (request.command.batch, request.occurred.utc):
            yield fail(Code.ALREADY_DONE, message("infusion_not_yet_recorded"), item.at, act.about)


def _check_amount(c: commands.RecordInfusion, about: str) -> Conditions:
    """Yield a dose that is no number of cells: what was given must be known to be recorded."""
    if not (c.delivered_cells.is_finite() and c.delivered_cells > 0):
        yield fail(Code.VALUE_NOT_USABLE, more_than(0), c.delivered_cells, about, input="delivered_cells")


def _facts(
    act: Act, request: Request[commands.RecordInfusion], batch: BatchState, dose: DoseVerdict, *, told: bool = False
) -> list[tuple[str, Any]]:
    """Return the facts of an infusion; `told`: of one that was not permitted, which conforms to nothing."""
    c, subject = request.command, act.subject
    level, stream = subject.level or 0, subject_stream(subject.subject)
    fact = events.CellsInfused(
        subject=c.subject,
        site=act.site.site,
        batch=c.batch,
        number=len(subject.infusions) + 1,
        level_assigned=level,
        level_delivered=dose.level_delivered,
        delivered_cells=c.delivered_cells,
        basis=c.basis,
        per_kg=act.protocol.dose.per_kg,
        weight_kg=c.weight_kg,
        conforming=dose.in_band and not batch.is_out_of_specification and not told,
        operator=c.operator,
        route=c.route,
        volume_ml=c.volume_ml,
    )
    facts: list[tuple[str, Any]] = [(stream, fact), (batch_stream(c.batch), BatchInfused(c.batch, c.subject))]
    if subject.enrolled is not None and not any(s.subject == c.subject and not s.infused for s in act.state.slots):
        reserved = StaggerSlotReserved(c.subject, act.site.site, level, subject.cohort, request.occurred)
        facts.insert(0, (cohort_stream(subject.cohort), reserved))
    if not is_another(request, batch, c.subject):
        facts += confirmed_scan("infusion", batch, c.witness)
    facts += _window(act, dose, level)
    facts += [(stream, item) for item in schedule_facts(act)]
    if not dose.in_band:
        deviation = DeviationRecorded(
            f"dose/{c.subject}/{fact.number}", stream, Code.DEVIATION_DOSE, str(c.delivered_cells)
        )
        facts.append((TRIAL, deviation))
    return facts


def _window(act: Act, dose: DoseVerdict, level: int) -> list[tuple[str, Any]]:
    """Return the DLT window of a first infusion, at the level at which the protocol counts a partial dose."""
    escalation = act.protocol.escalation
    if escalation is None or act.subject.infusions or act.subject.enrolled is None:
        return []
    counted = counted_level(act.protocol, dose, level)
    closes = closing_day(act.today, escalation.dlt.window)
    return [(cohort_stream(act.subject.cohort), DltWindowOpened(act.subject.subject, counted, act.today, closes))]


def counted_level(protocol: Protocol, dose: DoseVerdict, assigned: int) -> int:
    """Return the level at which a subject counts for dose finding."""
    rule = protocol.escalation.dlt.partial_dose_counts if protocol.escalation is not None else None
    if rule == "delivered" and dose.level_delivered is not None:
        return dose.level_delivered
    return assigned


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {commands.RecordPreInfusionCheck: _check, commands.RecordInfusion: _infuse}
)
"""Command type to its decider."""

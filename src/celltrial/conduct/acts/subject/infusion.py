"""The infusion: one transaction holds the infusion, the batch's end, the DLT window and the follow-up schedule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.checks import Decider, answer, check_signatures, check_text
from celltrial.conduct.acts.subject import commands
from celltrial.conduct.acts.subject.despite import changed_since, check_told, happened_anyway, told
from celltrial.conduct.acts.subject.mismatch import confirmed_scan, is_another, mismatch_facts, refuse_scan
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import TRIAL, Request, Role, batch_stream, cohort_stream, subject_stream
from celltrial.conduct.facts.batch.events import BatchInfused
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.cohort.events import DltWindowOpened, StaggerSlotReserved
from celltrial.conduct.facts.permit.events import Permitted
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject import events
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.facts.trial.events import DeviationRecorded
from celltrial.conduct.gates.act import Act, Conditions, act_of
from celltrial.conduct.gates.course import Due, course_day, due
from celltrial.conduct.gates.dose import DoseVerdict, check_exposure, check_weight, judge_dose
from celltrial.conduct.gates.identity import check_scan
from celltrial.conduct.gates.infusion import batch_shortage, check_bags, check_infusion, check_volume
from celltrial.conduct.gates.observed import check_observed, concept_of
from celltrial.conduct.gates.permit import permit_at
from celltrial.conduct.gates.witness import check_witness
from celltrial.conduct.ruling import Ruling, fail
from celltrial.conduct.timing import closing_day
from celltrial.conduct.views.scheduling import schedule_facts
from celltrial.conduct.vocabulary import BatchStatus
from celltrial.core.dates import Instant
from celltrial.core.values import ABSENT, as_value, as_written, at_most, message, more_than
from celltrial.protocol import Protocol
from celltrial.protocol.regimen import regimen_of


def _check(state: TrialState, request: Request[commands.RecordPreInfusionCheck], now: datetime) -> Ruling:  # noqa: ARG001
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
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


def _infuse(state: TrialState, request: Request[commands.RecordInfusion], now: datetime) -> Ruling:
    c = request.command
    act = act_of(state, c.subject, request.occurred)
    batch = state.batches[c.batch]
    about = batch_stream(c.batch)
    dose = judge_dose(act, c.delivered_cells, c.basis, c.weight_kg, about)
    gate = [*check_infusion(act, batch, c.operator, c.route)]
    given = [
        *dose.conditions,
        *check_weight(act, c.weight_kg),
        *check_exposure(act, c.delivered_cells, c.weight_kg),
        *check_volume(act, c.volume_ml),
        *check_bags(act, batch, c.bags, thawed=True),
        *batch_shortage(batch, c.delivered_cells, c.bags),
    ]
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
    if permit is not None and act.subject.infused_at is not None and permit.since.utc <= act.subject.infused_at.utc:
        permit = None
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
    level, stream, here = subject.level or 0, subject_stream(subject.subject), due(act)
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
        round=here.round.number if here is not None else len(subject.infusions) + 1,
        course=here.step.course.id if here is not None else "",
        administration=here.step.planned.id if here is not None else "",
        bags=c.bags,
    )
    facts: list[tuple[str, Any]] = [(stream, fact), (batch_stream(c.batch), BatchInfused(c.batch, c.subject, c.bags))]
    first = here is None or here.step.is_first
    if (
        first
        and subject.enrolled is not None
        and not any(s.subject == c.subject and not s.infused for s in act.state.slots)
    ):
        reserved = StaggerSlotReserved(c.subject, act.site.site, level, subject.cohort, request.occurred)
        facts.insert(0, (cohort_stream(subject.cohort), reserved))
    if not is_another(request, batch, c.subject):
        facts += confirmed_scan("infusion", batch, c.witness)
    facts += _window(act, dose, level, here)
    facts += [(stream, item) for item in schedule_facts(act)]
    if not dose.in_band:
        deviation = DeviationRecorded(
            f"dose/{c.subject}/{fact.number}", stream, Code.DEVIATION_DOSE, as_value(c.delivered_cells)
        )
        facts.append((TRIAL, deviation))
    return facts


def _window(act: Act, dose: DoseVerdict, level: int, here: Due | None) -> list[tuple[str, Any]]:
    """Return the DLT window that an infusion opens, or moves the end of, at the level at which a partial dose counts.

    Until the course is complete its last planned administration counts, so that the window never ends before it.
    """
    escalation = act.protocol.escalation
    if escalation is None or act.subject.enrolled is None or (here is None and act.subject.infusions):
        return []
    number = here.round.number if here is not None else 1
    if number > 1 and not escalation.dlt.each_course:
        return []
    begins = act.today if here is None else course_day(act, here) or act.today
    if begins < act.today and escalation.dlt.counted_from == "first_administration":
        return []
    last = act.today
    if here is not None and not here.step.is_last and escalation.dlt.counted_from == "last_administration":
        last = max(last, begins + timedelta(days=here.step.course.administrations[-1].day))
    closes = closing_day(last, escalation.dlt.window)
    counted = counted_level(act.protocol, dose, level)
    opened = DltWindowOpened(act.subject.subject, counted, begins, closes, number)
    return [(cohort_stream(act.subject.cohort), opened)]


def _omit(state: TrialState, request: Request[commands.OmitAdministration], now: datetime) -> Ruling:
    """Decide that what is due is not given: inside a course, signed by investigator and medical monitor."""
    c, about = request.command, subject_stream(request.command.subject)
    act = act_of(state, c.subject, request.occurred)
    here, facts = due(act), []
    failed = [*check_signatures(c.signatures, [Role.INVESTIGATOR, Role.MEDICAL_MONITOR], now, about)]
    failed.extend(check_text(c.reason, "reason", about, "reason"))
    if not act.subject.is_active:
        failed.append(fail(Code.SUBJECT_LEFT, message("active_subject"), act.subject.stage, about))
    if here is None or here.step.is_first:
        found = ABSENT if here is None else as_written(here.step.planned.id)
        failed.append(fail(Code.ORDER_WRONG, message("administration_inside_a_course"), found, about, "2.2.2.3-f"))
    else:
        steps = regimen_of(act.protocol).steps(here.step.course)[here.step.number - 1 :]
        names = tuple(step.planned.id for step in (steps if c.rest_of_course else steps[:1]))
        fact = events.AdministrationOmitted(
            c.subject, here.round.number, here.step.course.id, names, c.reason, c.signatures
        )
        facts = [(about, fact), *_shortened(act, here, ended=len(names) == len(steps))]
    return answer(request, failed, *facts)


def _shortened(act: Act, here: Due, *, ended: bool) -> list[tuple[str, Any]]:
    """Return the DLT window of a course that ends here: it closes so long after the last administration that was given."""
    escalation, window = act.protocol.escalation, act.subject.dlt_window
    given = act.subject.infusions_of(here.round.number)
    if not ended or escalation is None or window is None or here.round.number > 1 or not given:
        return []
    if escalation.dlt.counted_from == "first_administration" or window.evaluable is not None:
        return []
    last = Instant(given[-1].at.utc, act.site.zone).local_date
    closes = closing_day(last, escalation.dlt.window)
    opened = DltWindowOpened(act.subject.subject, window.level, window.opens, closes, 1)
    return [(cohort_stream(act.subject.cohort), opened)]


def counted_level(protocol: Protocol, dose: DoseVerdict, assigned: int) -> int:
    """Return the level at which a subject counts for dose finding."""
    rule = protocol.escalation.dlt.partial_dose_counts if protocol.escalation is not None else None
    if rule == "delivered" and dose.level_delivered is not None:
        return dose.level_delivered
    return assigned


DECIDERS: Final[Mapping[type[Any], Decider]] = MappingProxyType(
    {commands.RecordPreInfusionCheck: _check, commands.RecordInfusion: _infuse, commands.OmitAdministration: _omit}
)
"""Command type to its decider."""

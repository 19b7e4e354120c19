"""Where an infusion at the bedside has come to: read from the ledger's state alone, so that a reload or another tablet agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from celltrial.app.gating import site_moment
from celltrial.conduct.acts.signing.content import command_in
from celltrial.conduct.acts.subject.commands import RecordInfusion
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.permit.events import Permitted
from celltrial.conduct.facts.permit.state import Permit
from celltrial.conduct.facts.signing.state import PendingAct
from celltrial.conduct.facts.state import Alert, TrialState
from celltrial.conduct.facts.subject.state import Infusion, Stage, SubjectState
from celltrial.conduct.gates.act import Act, GateSection
from celltrial.conduct.gates.course import check_course, due, needs_lymphodepletion
from celltrial.conduct.gates.infusion import check_days_since, infusion_sections, may_skip, planned_route
from celltrial.conduct.gates.site import check_operator
from celltrial.conduct.ruling import Condition
from celltrial.conduct.vocabulary import BatchStatus
from celltrial.core.dates import Instant
from celltrial.protocol.model.population import Criterion
from celltrial.protocol.procedures import infusion_procedure

#: An infusion is looked after here so long; later the follow-up has it.
_OBSERVED: Final = timedelta(days=1)
_AT_SITE: Final = frozenset({BatchStatus.RECEIVED, BatchStatus.THAWED})


class Step(StrEnum):
    """What is to be done next at the bedside."""

    CHECK = "check"
    THAW = "thaw"
    PERMIT = "permit"
    INFUSE = "infuse"
    OBSERVE = "observe"


@dataclass(frozen=True, slots=True)
class Bedside:
    """One infusion.

    waiting:  the thaw or the infusion that waits for its second person; None where none does.
    checked:  when the subject was checked today; None where not, or where the check is not met.
    permit:   what permits the infusion now; None where nothing does.
    given:    the infusion on record; None before it.
    unmet:    what would refuse the infusion now apart from the steps still ahead here.
    alerts:   scans of something else that nobody has acknowledged.
    """

    subject: SubjectState
    batch: BatchState
    step: Step
    at: Instant
    waiting: PendingAct | None
    checked: Instant | None
    permit: Permit | None
    given: Infusion | None
    unmet: tuple[Condition, ...]
    alerts: tuple[Alert, ...]


def bedside(state: TrialState, subject: str, now: Instant) -> Bedside | None:
    """Return where the infusion of a subject has come to; None where none is near: no batch at the site, or not prepared."""
    known, plan, at = state.subjects[subject], state.plan, site_moment(state, subject, now)
    if plan is None:
        return None
    given = next((item for item in known.infusions[-1:] if at.utc - item.at.utc <= _OBSERVED), None)
    act = Act(state, known, state.site_of(known.site), plan, at)
    batch = _ready(state, act)
    if batch is not None and (given is None or not any(True for _ in check_course(act, at))):
        return _before(act, batch)
    if given is None or given.batch not in state.batches:
        return None
    held = state.batches[given.batch]
    return Bedside(known, held, Step.OBSERVE, at, None, None, None, given, (), _alerts(state, held))


def _ready(state: TrialState, act: Act) -> BatchState | None:
    """Return the batch that waits at the site for a subject who may be given it next, or of which an act waits to be signed."""
    known = act.subject
    if not known.is_active or known.enrolled is None or known.stage is Stage.LYMPHODEPLETING:
        return None
    if needs_lymphodepletion(act) and known.stage is not Stage.LYMPHODEPLETED and not may_skip(act):
        return None
    course = known.lymphodepletion
    names = (course.batch,) if course is not None and course.started is not None else known.batches[::-1]
    here = (state.batches[name] for name in names)
    return next((item for item in here if item.status in _AT_SITE or _waiting(act, item) is not None), None)


def _before(act: Act, batch: BatchState) -> Bedside:
    sections = {name: tuple(found) for name, found in infusion_sections(act, batch, "", planned_route(act))}
    days = set(check_days_since(act, batch))
    owed = tuple(item for item in sections[GateSection.BEDSIDE] if item not in days)
    last = act.subject.last_check_at
    checked = last if not owed and last is not None and conditions_of(act) else None
    thawed, permit = is_thawed(batch), permit_now(act, batch)
    if owed:
        step = Step.CHECK
    elif not thawed:
        step = Step.THAW
    else:
        step = Step.INFUSE if permit is not None else Step.PERMIT
    ahead = {*owed, *(item for item in sections[GateSection.BATCH] if item.code is Code.THAW_MISSING)}
    unmet = tuple(
        item
        for name, found in sections.items()
        for item in found
        if name is not GateSection.OPERATOR and item not in ahead
    )
    waiting = _waiting(act, batch)
    return Bedside(act.subject, batch, step, act.at, waiting, checked, permit, None, unmet, _alerts(act.state, batch))


def conditions_of(act: Act) -> tuple[Criterion, ...]:
    """Return what the protocol has seen at the bedside on the day, one for each thing that is observed."""
    found: dict[str, Criterion] = {}
    for item in act.protocol.treatment.infusion.conditions:
        found.setdefault(item.concept, item)
    return tuple(found.values())


def is_thawed(batch: BatchState) -> bool:
    """Tell whether there is something thawed to give, or nothing to thaw."""
    if not batch.needs_thaw:
        return True
    left = not batch.bags or any(bag.bag in batch.thawed_bags for bag in batch.left)
    return batch.status is BatchStatus.THAWED and left


def permit_now(act: Act, batch: BatchState) -> Permit | None:
    """Return the permit under which cells may be given now, and that no infusion has used."""
    held = act.state.permits.get((Permitted.INFUSION, act.subject.subject, batch.batch), ())
    last = act.subject.infused_at
    unused = (item for item in held if last is None or item.since.utc > last.utc)
    return next((item for item in unused if item.holds_at(act.at)), None)


def act_at(state: TrialState, subject: str, now: Instant) -> Act:
    """Return an act on a subject now, of whom a protocol is in force."""
    known, plan = state.subjects[subject], state.plan
    assert plan is not None
    return Act(state, known, state.site_of(known.site), plan, site_moment(state, subject, now))


def operators(act: Act) -> tuple[str, ...]:
    """Return who is qualified at the site to infuse by the planned route now; where nobody need be, who holds a role there."""
    procedure = infusion_procedure(act.protocol, planned_route(act))
    names = dict.fromkeys(item.operator for item in act.site.qualifications)
    fit = [
        name
        for name in names
        if not any(True for _ in check_operator(act.state, act.protocol, act.site, name, procedure, act.at))
    ]
    return tuple(fit)


def asks_redose(act: Act) -> bool:
    """Tell whether the check must also say that the criteria for a further dose are met."""
    here, criteria = due(act), act.protocol.dose.repeat.redose_criteria
    return criteria is not None and bool(act.subject.infusions) and (here is None or here.step.is_first)


def _waiting(act: Act, batch: BatchState) -> PendingAct | None:
    """Return the thaw or infusion of this batch that waits for its second person."""
    for item in act.state.pending.values():
        asked = item.asked
        if item.is_over(act.at):
            continue
        if asked.command == "ThawBatch" and asked.about == f"batch/{batch.batch}":
            return item
        if asked.command == "RecordInfusion" and asked.about == f"subject/{act.subject.subject}":
            infusion: RecordInfusion = command_in(asked.content, RecordInfusion)
            if infusion.batch == batch.batch:
                return item
    return None


def _alerts(state: TrialState, batch: BatchState) -> tuple[Alert, ...]:
    about = f"batch/{batch.batch}"
    return tuple(
        item
        for item in state.alerts.values()
        if item.about == about and item.code == Code.ALERT_IDENTITY and not item.acknowledged
    )

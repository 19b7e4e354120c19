"""The joined gate before lymphodepletion: never deplete for nothing (2.1.3-g). No role overrides it."""

from __future__ import annotations

from itertools import chain

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.gates.act import Act, Conditions, GateSection, Sections
from celltrial.conduct.gates.assignment import check_assignment
from celltrial.conduct.gates.consent import check_consents
from celltrial.conduct.gates.course import check_course, due, needs_lymphodepletion
from celltrial.conduct.gates.dose import check_enough_cells
from celltrial.conduct.gates.eligibility import check_criteria, rechecked
from celltrial.conduct.gates.enrolment import check_level_of
from celltrial.conduct.gates.identity import check_batch_of
from celltrial.conduct.gates.release import check_available, check_expiry
from celltrial.conduct.gates.site import check_resources, check_site
from celltrial.conduct.gates.stagger import check_stagger
from celltrial.conduct.gates.suspension import check_open
from celltrial.conduct.ruling import fail
from celltrial.core.dates import Instant
from celltrial.core.values import NOT_STATED, message, more_than


def check_lymphodepletion(act: Act, batch: BatchState, infusion: Instant) -> Conditions:
    """Yield everything that keeps lymphodepletion from beginning towards an infusion at a moment.

    Joined: the subject's stage, site and its stock, the batch (released, this subject's, available, unexpired at the
    infusion, with cells enough for the dose), consents, criteria to be judged again, the level, suspension and halt, and the stagger slot.
    """
    for _, conditions in lymphodepletion_sections(act, batch, infusion):
        yield from conditions


def lymphodepletion_sections(act: Act, batch: BatchState, infusion: Instant) -> Sections:
    """Yield the parts of the gate in the order in which they are asked; a part that yields nothing is fulfilled now."""
    yield GateSection.STAGE, _check_stage(act, infusion)
    yield GateSection.SITE, check_site(act)
    yield (
        GateSection.STOCK,
        chain(
            check_resources(act.protocol, act.site, "lymphodepletion", act.at),
            check_resources(act.protocol, act.site, "infusion", act.at),
        ),
    )
    yield (
        GateSection.BATCH,
        chain(check_batch_of(batch, act.subject), check_available(act, batch), check_expiry(batch, infusion)),
    )
    yield GateSection.CELLS, check_enough_cells(act, batch)
    yield GateSection.CONSENTS, check_consents(act)
    yield GateSection.CRITERIA, check_criteria(act, rechecked(act, "lymphodepletion"), "2.1.3-b")
    yield GateSection.LEVEL, check_level_of(act)
    yield GateSection.STOPS, check_open(act, act.subject.level)
    yield GateSection.MOMENT, _check_moment(act, infusion)
    yield GateSection.STAGGER, check_stagger(act, infusion)


def _check_moment(act: Act, infusion: Instant) -> Conditions:
    if infusion.utc <= act.at.utc:
        yield fail(Code.ORDER_WRONG, more_than(act.at), infusion, act.about)


def _check_stage(act: Act, infusion: Instant) -> Conditions:
    yield from check_assignment(act, "treatment")
    if act.protocol.treatment.lymphodepletion is None:
        yield fail(
            Code.PROTOCOL_SILENT, message("lymphodepletion_regimen"), NOT_STATED, act.about, "2.1.3-g",
            "treatment.lymphodepletion",
        )  # fmt: skip
    course = act.subject.lymphodepletion
    again = course is not None and course.repeat
    allowed = act.subject.stage in {Stage.COLLECTED, Stage.READY} or (
        again and act.subject.stage is Stage.LYMPHODEPLETED
    )
    if not (allowed or act.may_repeat):
        yield fail(Code.SUBJECT_STAGE, Stage.COLLECTED, act.subject.stage, act.about)
    here = due(act)
    if here is not None and not needs_lymphodepletion(act) and act.protocol.treatment.lymphodepletion is not None:
        found = message("none_before_this_administration")
        yield fail(
            Code.PROTOCOL_SILENT, message("lymphodepletion_regimen"), found, act.about, "2.1.3-g", here.step.path
        )
    if act.subject.done:
        yield from check_course(act, infusion)
        return
    yield from here.unclear if here is not None else ()

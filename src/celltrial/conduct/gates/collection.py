"""Collection gate: what must hold before starting material is taken."""

from __future__ import annotations

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.gates.assignment import check_assignment
from celltrial.conduct.gates.consent import check_consents
from celltrial.conduct.gates.eligibility import check_criteria, check_malignant_cells, rechecked
from celltrial.conduct.gates.enrolment import check_level_open
from celltrial.conduct.gates.identity import check_batch_of
from celltrial.conduct.gates.site import check_operator, check_resources, check_site
from celltrial.conduct.gates.suspension import check_not_halted, check_open
from celltrial.conduct.ruling import fail
from celltrial.conduct.vocabulary import BatchStatus
from celltrial.core.values import NOT_STATED, message
from celltrial.protocol.procedures import collection_procedures


def check_collection(act: Act, batch: BatchState, operator: str) -> Conditions:
    """Yield everything that keeps starting material from being collected for a batch."""
    if act.subject.stage not in {Stage.ENROLLED, Stage.COLLECTED} and not act.may_repeat:
        yield fail(Code.SUBJECT_STAGE, Stage.ENROLLED, act.subject.stage, act.about)
    if batch.status is not BatchStatus.PLANNED:
        yield fail(Code.BATCH_STATE, BatchStatus.PLANNED, batch.status, f"batch/{batch.batch}")
    yield from check_assignment(act, "collection")
    yield from _check_repeat(act)
    yield from check_batch_of(batch, act.subject)
    yield from check_site(act)
    yield from check_resources(act.protocol, act.site, "collection", act.at)
    for procedure in collection_procedures(act.protocol):
        yield from check_operator(act.state, act.protocol, act.site, operator, procedure, act.at)
    stopping = act.protocol.stopping
    if stopping is None or stopping.suspension_refuses_collection:
        yield from check_open(act, act.subject.level)
    else:
        yield from check_not_halted(act)
    if act.subject.level is not None:
        yield from check_level_open(act.state, act.subject.level)
    yield from check_consents(act)
    yield from check_criteria(act, rechecked(act, "collection"))
    yield from check_malignant_cells(act)


def _check_repeat(act: Act) -> Conditions:
    """Yield a further collection before the first infusion where the protocol does not allow one.

    2.1.3-h asks the protocol to say whether a failed product is made again, and from what: stored or newly collected
    material. A collection for a further dose answers no failure and is judged by the number of doses.
    """
    if act.subject.collected is None or act.may_repeat:
        return
    manufacturing, field = act.protocol.manufacturing, "manufacturing.failure_plan.repeat_collection_allowed"
    plan = manufacturing.failure_plan if manufacturing is not None else None
    if plan is None:
        yield fail(
            Code.PROTOCOL_SILENT,
            message("whether_collection_is_repeated"),
            NOT_STATED,
            act.about,
            "2.1.3-h",
            field,
        )
    elif not plan.repeat_collection_allowed:
        yield fail(Code.COLLECTION_REPEATED, message("one_collection"), Stage.COLLECTED, act.about, "2.1.3-h", field)

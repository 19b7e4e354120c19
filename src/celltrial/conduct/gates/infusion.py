"""Infusion gate: all that lymphodepletion asked, again, and what can only be known at the bedside."""

from __future__ import annotations

from decimal import Decimal
from itertools import chain

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.subject.events import EvidenceRecorded
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.gates.act import Act, Conditions, GateSection, Sections
from celltrial.conduct.gates.assignment import check_assignment
from celltrial.conduct.gates.consent import check_consents
from celltrial.conduct.gates.course import check_course, due, needs_lymphodepletion
from celltrial.conduct.gates.eligibility import check_criteria, evidence_for, judge, observed, rechecked
from celltrial.conduct.gates.enrolment import check_level_of
from celltrial.conduct.gates.identity import check_batch_of
from celltrial.conduct.gates.release import check_available, check_expiry, check_thawed
from celltrial.conduct.gates.site import check_operator, check_resources, check_site
from celltrial.conduct.gates.stagger import check_stagger
from celltrial.conduct.gates.suspension import check_open_or_in_flight
from celltrial.conduct.plan import REDOSE_CRITERIA
from celltrial.conduct.ruling import fail
from celltrial.conduct.timing import days_between
from celltrial.conduct.vocabulary import Answer
from celltrial.core.dates import Instant
from celltrial.core.quantities import Quantity
from celltrial.core.values import (
    ABSENT,
    UNKNOWN,
    Duration,
    Identifier,
    Protected,
    Term,
    as_value,
    as_written,
    at_most,
    between,
    message,
    more_than,
    one_of,
)
from celltrial.protocol.procedures import infusion_procedure


def check_infusion(act: Act, batch: BatchState, operator: str, route: str) -> Conditions:
    """Yield everything that keeps cells from being infused now, except identity scan and dose."""
    for _, conditions in infusion_sections(act, batch, operator, route):
        yield from conditions


def infusion_sections(act: Act, batch: BatchState, operator: str, route: str) -> Sections:
    """Yield the parts of the gate in the order in which they are asked; a part that yields nothing is fulfilled now."""
    here = due(act)
    yield GateSection.STAGE, _check_stage(act)
    yield GateSection.SITE, check_site(act)
    yield (
        GateSection.BATCH,
        chain(
            check_batch_of(batch, act.subject),
            check_available(act, batch, at_bedside=True),
            check_expiry(batch, act.at),
            check_thawed(batch, act.at),
        ),
    )
    yield GateSection.CONSENTS, check_consents(act)
    yield GateSection.CRITERIA, check_criteria(act, rechecked(act, "infusion"), "2.1.3-d")
    yield GateSection.BEDSIDE, chain(check_days_since(act, batch), check_conditions(act), _check_redose(act))
    yield GateSection.STOCK, check_resources(act.protocol, act.site, "infusion", act.at)
    yield GateSection.ROUTE, _check_route(act, route)
    procedure = infusion_procedure(act.protocol, planned_route(act))
    yield GateSection.OPERATOR, check_operator(act.state, act.protocol, act.site, operator, procedure, act.at)
    yield GateSection.LEVEL, check_level_of(act)
    yield GateSection.STOPS, check_open_or_in_flight(act, batch.batch)
    if here is None or here.step.is_first:
        yield GateSection.STAGGER, check_stagger(act, act.at, against_reserved=False)


def planned_route(act: Act) -> str:
    """Return the route that the protocol states for the administration that is due."""
    here = due(act)
    own = here.step.planned.route if here is not None else None
    return own or act.protocol.treatment.infusion.route


def _check_route(act: Act, route: str) -> Conditions:
    planned, here = planned_route(act), due(act)
    if route != planned:
        own = here.step.planned.route if here is not None else None
        yield fail(
            Code.VALUE_NOT_USABLE,
            Term("route", planned),
            Term("route", route),
            act.about,
            "2.1.2.3-d",
            "treatment.infusion.route" if own is None or here is None else f"{here.step.path}.route",
        )


def _check_stage(act: Act) -> Conditions:
    yield from check_assignment(act, "treatment")
    subject, here = act.subject, due(act)
    if not subject.is_active or subject.enrolled is None:
        yield fail(
            Code.SUBJECT_LEFT if subject.enrolled else Code.SUBJECT_STAGE,
            message("enrolled_and_active"),
            subject.stage,
            act.about,
        )
    ready = {Stage.COLLECTED, Stage.READY, Stage.LYMPHODEPLETED}
    if not subject.infusions and subject.stage not in ready and subject.is_active:
        yield fail(Code.SUBJECT_STAGE, message("collected_or_lymphodepletion_completed"), subject.stage, act.about)
    yield from check_course(act, act.at)
    if here is not None and not here.step.is_first:
        return
    slot = next((item for item in act.state.slots if item.subject == subject.subject and not item.infused), None)
    if slot is None or (slot.reserved is not None and slot.reserved > act.at.utc):
        found = ABSENT if slot is None or slot.reserved is None else message("since", when=slot.reserved)
        field = "escalation.staggering"
        yield fail(Code.SLOT_MISSING, message("reserved_infusion_moment"), found, act.about, "2.2.4-a", field)


def check_booking(act: Act, batch: BatchState, infusion: Instant) -> Conditions:
    """Yield everything that keeps an infusion without lymphodepletion from being booked."""
    if needs_lymphodepletion(act) and act.subject.stage is not Stage.LYMPHODEPLETED and not may_skip(act):
        yield from _skip_conditions(act)
        yield fail(
            Code.LYMPHODEPLETION_MISSING,
            message("booked_with_lymphodepletion"),
            act.subject.stage,
            act.about,
            "2.1.3-d",
            "treatment.lymphodepletion",
        )
    if not act.subject.is_active or act.subject.collected is None:
        yield fail(Code.SUBJECT_STAGE, Stage.COLLECTED, act.subject.stage, act.about)
    if act.subject.done:
        yield from check_course(act, infusion)
    yield from check_site(act)
    yield from check_resources(act.protocol, act.site, "infusion", act.at)
    yield from check_batch_of(batch, act.subject)
    yield from check_available(act, batch)
    yield from check_expiry(batch, infusion)
    yield from check_consents(act)
    yield from check_level_of(act)
    yield from check_open_or_in_flight(act, batch.batch)
    if infusion.utc <= act.at.utc:
        yield fail(Code.ORDER_WRONG, more_than(act.at), infusion, act.about)
    yield from check_stagger(act, infusion)


def _skip_conditions(act: Act) -> Conditions:
    """Yield what is not known, or not met, of that under which a course begins without lymphodepletion."""
    plan = act.protocol.treatment.lymphodepletion
    for index, criterion in enumerate(plan.skip_if if plan is not None else ()):
        field = f"treatment.lymphodepletion.skip_if.{index}"
        verdict = judge(criterion, evidence_for(act.subject, criterion, act.today), act.today, field, "2.1.3-d")
        if verdict.condition is not None:
            yield verdict.condition


def may_skip(act: Act) -> bool:
    """Tell whether the course may begin without lymphodepletion: the protocol says when, and all of it is known and met."""
    plan = act.protocol.treatment.lymphodepletion
    return plan is not None and bool(plan.skip_if) and not any(True for _ in _skip_conditions(act))


def check_days_since(act: Act, batch: BatchState) -> Conditions:
    """Yield the first infusion of a course outside the days allowed after the last day of lymphodepletion (C4).

    The later ones of the course follow from the same lymphodepletion; a course that may begin without one needs what
    `skip_if` says.
    """
    plan, course = act.protocol.treatment.lymphodepletion, act.subject.lymphodepletion
    if plan is None or not needs_lymphodepletion(act):
        return
    if course is None and plan.skip_if:
        if may_skip(act):
            return
        yield from _skip_conditions(act)
    low, high = plan.minimum_days_to_infusion, plan.maximum_days_to_infusion
    field = "treatment.lymphodepletion.maximum_days_to_infusion"
    if course is None or course.ended_on is None:
        yield fail(
            Code.LYMPHODEPLETION_MISSING,
            message("lymphodepletion_completed"),
            message("not_completed"),
            act.about,
            "2.1.3-d",
            field,
        )
        return
    days = days_between(course.ended_on, act.today)
    if not low <= days <= high:
        yield fail(
            Code.DAYS_SINCE_LYMPHODEPLETION,
            between(Duration(low), Duration(high)),
            Duration(days),
            act.about,
            "2.1.3-d",
            field,
        )
    if course.batch != batch.batch:
        yield fail(
            Code.BATCH_OF_OTHER_SUBJECT,
            as_written(course.batch),
            as_written(batch.batch),
            f"batch/{batch.batch}",
            "2.1.3-a",
        )


def check_conditions(act: Act) -> Conditions:
    """Yield every bedside condition that fails, is unknown, or rests on a check of another day."""
    conditions = act.protocol.treatment.infusion.conditions
    if not conditions:
        return
    last, at = act.subject.last_check, act.subject.last_check_at
    if last is None or at is None or not _is_of_today(act):
        needed, found = message("pre_infusion_check_on", day=act.today), ABSENT if at is None else at
        yield fail(Code.CHECK_MISSING, needed, found, act.about, "2.1.3-d", "treatment.infusion.conditions")
        return
    findings = {item.concept: item for item in last.findings}
    for index, criterion in enumerate(conditions):
        item = findings.get(criterion.concept)
        evidence = None if item is None else EvidenceRecorded(
            act.subject.subject, item.concept, item.value, item.unit, item.on or act.today, "bedside", criterion.assessor or ""
        )  # fmt: skip
        field = f"treatment.infusion.conditions.{index}"
        verdict = judge(criterion, evidence, act.today, field, "2.1.3-d")
        if criterion.window is None and evidence is not None and evidence.on < act.today:
            seen = message("of", what=Term("concept", criterion.concept), value=evidence.on)
            yield fail(Code.EVIDENCE_TOO_OLD, message("on", day=act.today), seen, criterion.id, "2.1.3-d", field)
        if verdict.condition is not None:
            yield verdict.condition


def _is_of_today(act: Act) -> bool:
    """Tell whether the last bedside check was made on the day of the act and before it."""
    at = act.subject.last_check_at
    return at is not None and at.utc <= act.at.utc and Instant(at.utc, act.site.zone).local_date == act.today


def _check_redose(act: Act) -> Conditions:
    """Yield a further dose for which nobody found the protocol's criteria met on the day (2.2.2.3-f).

    The criteria, such as how far earlier toxicity has resolved, are a text; the bedside check of the day answers it
    as a whole: the finding `redose_criteria` is "yes". "no", another answer and none at all refuse the dose.
    """
    criteria, check = act.protocol.dose.repeat.redose_criteria, act.subject.last_check
    here = due(act)
    if criteria is None or not act.subject.infusions or (here is not None and not here.step.is_first):
        return
    field, wanted = "dose.repeat.redose_criteria", message("criteria_for_a_further_dose_met")
    today = check is not None and _is_of_today(act)
    said = [item.value for item in check.findings if item.concept == REDOSE_CRITERIA] if check and today else []
    if not said:
        yield fail(Code.CHECK_MISSING, wanted, message("not_recorded"), act.about, "2.2.2.3-f", field)
    elif said[-1] != Answer.YES:
        yield fail(Code.CRITERION_NOT_MET, wanted, observed(said[-1]), act.about, "2.2.2.3-f", field)


def batch_shortage(batch: BatchState, delivered: Decimal, bags: tuple[str, ...] = ()) -> Conditions:
    """Yield a delivered dose larger than what the batch was released with, or than its bags that are given hold."""
    cells = batch.cells if not batch.bags else sum((b.cells for b in batch.bags if b.bag in bags), Decimal(0))
    if cells is None or not delivered.is_finite() or delivered > cells:
        yield fail(
            Code.DOSE_EXCEEDS_BATCH,
            UNKNOWN if cells is None else at_most(Protected("product", as_value(cells))),
            delivered,
            f"batch/{batch.batch}",
            "2.2.2.2-a",
        )


def check_bags(act: Act, batch: BatchState, bags: tuple[str, ...], *, thawed: bool) -> Conditions:
    """Yield bags that are not of the batch, were given before, are of another component or were not thawed.

    Of a batch that is divided into bags those given must be named; of one that is not, there are none to name.
    """
    about, here = f"batch/{batch.batch}", due(act)
    component = here.step.planned.component if here is not None else None
    left = {bag.bag: bag for bag in batch.left}
    if bool(bags) is not bool(batch.bags) or len(set(bags)) < len(bags):
        needed = message("bags_named") if batch.bags else message("no_bags")
        yield fail(
            Code.BAG_NOT_USABLE, needed, as_written(", ".join(bags)) if bags else ABSENT, about, "2.1.3-a", input="bags"
        )
        return
    for name in bags:
        bag = left.get(name)
        if bag is None:
            known = one_of(*map(Identifier, left)) if left else ABSENT
            yield fail(Code.BAG_NOT_USABLE, known, as_written(name), about, "2.1.3-a", input="bags")
        elif component is not None and bag.component != component:
            yield fail(
                Code.BAG_NOT_USABLE,
                Identifier(component),
                as_written(bag.component or "-"),
                about,
                "2.1.3-a",
                input="bags",
            )
        elif thawed and batch.needs_thaw and name not in batch.thawed_bags:
            yield fail(
                Code.THAW_MISSING,
                message("thawed_bag", bag=Identifier(name)),
                ABSENT,
                about,
                "2.1.3-g",
                "manufacturing.preservation",
            )


def check_volume(act: Act, volume_ml: Decimal | None) -> Conditions:
    """Yield a volume above what the protocol allows, or one that nobody measured where it sets a limit."""
    limit, field = act.protocol.dose.maximum_volume_ml, "dose.maximum_volume_ml"
    if volume_ml is not None and not (volume_ml.is_finite() and volume_ml > 0):
        yield fail(Code.VALUE_NOT_USABLE, more_than(0), as_value(volume_ml), act.about, input="volume_ml")
    elif limit is not None and (volume_ml is None or volume_ml > Decimal(str(limit))):
        found = UNKNOWN if volume_ml is None else Quantity(volume_ml, "mL")
        yield fail(
            Code.VOLUME_TOO_LARGE,
            at_most(Quantity(Decimal(str(limit)), "mL")),
            found,
            act.about,
            "2.1.2.3-d",
            field,
            input="volume_ml",
        )

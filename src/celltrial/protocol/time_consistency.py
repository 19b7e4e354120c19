"""Times that cannot all be kept: a course that ends before it begins, windows that overlap, days after the end.

Every time in a protocol counts from an event of one fixed order (collection,
lymphodepletion, infusion, follow-up), so that windows cannot refer to each
other in a circle; what can still be written is a course that no calendar
holds, and a follow-up study that is the trial itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from celltrial.core import values
from celltrial.core.errors import Fault, fault
from celltrial.core.values import (
    ABSENT,
    Count,
    Identifier,
    all_of,
    at_least,
    at_most,
    between,
    less_than,
    message,
    more_than,
    one_of,
)
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Duration


def check_lymphodepletion(protocol: Protocol) -> Iterator[Fault]:
    """Drugs are given before infusion and end within the days allowed."""
    plan = protocol.treatment.lymphodepletion
    if plan is None:
        return
    last = max(day for drug in plan.drugs for day in drug.days)
    if last >= 0:
        yield fault("PRT-015", "treatment.lymphodepletion.drugs", expected=message("days_before_0"), found=Count(last))
    low, high = plan.minimum_days_to_infusion, plan.maximum_days_to_infusion
    place = "treatment.lymphodepletion.minimum_days_to_infusion"
    if low > high:
        yield fault("PRT-022", place, field=place, expected=at_most(values.Duration(high)), found=values.Duration(low))
    elif not low <= -last <= high:
        yield fault(
            "PRT-015",
            place,
            expected=message("days_before_infusion", days=between(low, high)),
            found=message("last_day", day=last),
        )


def check_confirmation(protocol: Protocol) -> Iterator[Fault]:
    """An interval of confirmation is stated only where a response has to be confirmed."""
    plan = protocol.efficacy
    if plan is not None and plan.confirmation_interval is not None and not plan.confirmation_required:
        place = "efficacy.confirmation_interval"
        yield fault("PRT-031", place, found=str(plan.confirmation_interval))


def check_course(protocol: Protocol) -> Iterator[Fault]:
    """Manufacture and the washout of bridging fit between collection and infusion."""
    whole = protocol.treatment.vein_to_vein_expected
    if whole is None:
        return
    bridging = protocol.treatment.bridging
    if protocol.manufacturing is not None and protocol.product.made_per_subject is not False:
        yield from _within("manufacturing.turnaround", protocol.manufacturing.turnaround, whole)
    if bridging is not None and bridging.washout is not None:
        yield from _within("treatment.bridging.washout", bridging.washout, whole)


def _at_most(limit: Duration, field: str) -> values.Value:
    return message("by_field", value=at_most(limit.as_value()), field=Identifier(field))


def _within(place: str, part: Duration, whole: Duration) -> Iterator[Fault]:
    if part.days > whole.days:
        expected = _at_most(whole, "treatment.vein_to_vein_expected")
        yield fault("PRT-022", place, field=place, expected=expected, found=part.as_value())


def check_response_visits(protocol: Protocol) -> Iterator[Fault]:
    """Visits are named once, and one day belongs to one visit."""
    visits = list(enumerate(protocol.efficacy.visits if protocol.efficacy else ()))
    seen: set[str] = set()
    for index, visit in visits:
        if visit.name in seen:
            yield fault("PRT-012", f"efficacy.visits.{index}.name", expected=message("each_id_once"), found=visit.name)
        seen.add(visit.name)
    for (_, earlier), (index, later) in pairwise(sorted(visits, key=lambda pair: pair[1].day)):
        last, first = earlier.day + earlier.window_after, later.day - later.window_before
        if first <= last:
            found = all_of(
                message("of", what=Identifier(earlier.name), value=at_most(values.Duration(last))),
                message("of", what=Identifier(later.name), value=at_least(values.Duration(first))),
            )
            yield fault("PRT-023", f"efficacy.visits.{index}", expected=message("windows_apart"), found=found)


def check_follow_up_visits(protocol: Protocol) -> Iterator[Fault]:
    """Months rise and end with follow-up, windows stay apart, classes are of items asked for, the study is another one."""
    plan = protocol.follow_up
    if plan is None:
        return
    months = plan.visits_months
    if any(later <= earlier for earlier, later in pairwise(months)):
        found = all_of(*months)
        yield fault("PRT-021", "follow_up.visits_months", expected=message("rising_months"), found=found)
    elif months[0] < 0 or months[-1] > plan.years * 12 + 1e-9:
        place, expected = (
            "follow_up.visits_months",
            message(
                "by_field",
                value=between(values.Duration(0, "mo"), values.Duration(plan.years * 12, "mo")),
                field=Identifier("follow_up.years"),
            ),
        )
        yield fault(
            "PRT-022",
            place,
            field=place,
            expected=expected,
            found=between(values.Duration(months[0], "mo"), values.Duration(months[-1], "mo")),
        )
    else:
        gaps = [Duration(later - earlier, "mo") for earlier, later in pairwise(months)] + [plan.then_every]
        shortest = min(gaps, key=lambda gap: gap.days)
        if 2 * plan.window.days >= shortest.days:
            found = message("window_beside", window=plan.window.as_value(), gap=shortest.as_value())
            yield fault("PRT-023", "follow_up.window", expected=message("windows_apart"), found=found)
    for item in plan.item_classes:
        if item not in plan.items:
            place, asked = (
                "follow_up.item_classes",
                message("by_field", value=one_of(*map(Identifier, plan.items)), field=Identifier("follow_up.items")),
            )
            yield fault("PRT-022", place, field=place, expected=asked, found=item)
    if plan.arrangement == "separate" and plan.separate_protocol_id is None:
        name = "separate_protocol_id"
        yield fault("PRT-003", "follow_up", field=f"follow_up.{name}", expected=name, found=ABSENT)
    if plan.separate_protocol_id == protocol.identification.id:
        place = "follow_up.separate_protocol_id"
        yield fault(
            "PRT-022", place, field=place, expected=message("another_protocol"), found=protocol.identification.id
        )


def check_windows(protocol: Protocol) -> Iterator[Fault]:
    """A window holds what is looked for in it."""
    plan = protocol.escalation
    for index, rule in enumerate(plan.dlt.rules if plan else ()):
        if plan is not None and rule.longer_than is not None and rule.longer_than.days > plan.dlt.window.days:
            place = f"escalation.dlt.rules.{index}.longer_than"
            expected = _at_most(plan.dlt.window, "escalation.dlt.window")
            yield fault("PRT-022", place, field=place, expected=expected, found=rule.longer_than.as_value())
    rules = protocol.stopping.rules if protocol.stopping else ()
    times = {f"stopping.rules.{index}.event.window": rule.event.window for index, rule in enumerate(rules)}
    if plan is not None:
        times["escalation.dlt.window"] = plan.dlt.window
    for place, window in times.items():
        if window.amount <= 0:
            yield fault("PRT-022", place, field=place, expected=more_than(values.Duration(0)), found=window.as_value())
    day = protocol.efficacy.sustained_response_day if protocol.efficacy else None
    if protocol.efficacy is not None and day is not None and day <= protocol.efficacy.sustained_response_window:
        place = "efficacy.sustained_response_window"
        found = values.Duration(protocol.efficacy.sustained_response_window)
        yield fault(
            "PRT-022",
            place,
            field=place,
            expected=message(
                "by_field", value=less_than(values.Duration(day)), field=Identifier("efficacy.sustained_response_day")
            ),
            found=found,
        )

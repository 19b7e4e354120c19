"""Times that cannot all be kept: a course that ends before it begins, windows that overlap, days after the end.

Every time in a protocol counts from an event of one fixed order (collection,
lymphodepletion, infusion, follow-up), so that windows cannot refer to each
other in a circle; what can still be written is a course that no calendar
holds, and a follow-up study that is the trial itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from celltrial.core.errors import Fault, fault
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Duration

__all__ = ["check_course", "check_follow_up_visits", "check_lymphodepletion", "check_response_visits", "check_windows"]


def check_lymphodepletion(protocol: Protocol) -> Iterator[Fault]:
    """Drugs are given before infusion and end within the days allowed."""
    plan = protocol.treatment.lymphodepletion
    if plan is None:
        return
    last = max(day for drug in plan.drugs for day in drug.days)
    if last >= 0:
        yield fault("PRT-015", "treatment.lymphodepletion.drugs", expected="days before 0", found=str(last))
    low, high = plan.minimum_days_to_infusion, plan.maximum_days_to_infusion
    place = "treatment.lymphodepletion.minimum_days_to_infusion"
    if low > high:
        yield fault("PRT-022", place, field=place, expected=f"<= {high} d", found=f"{low} d")
    elif not low <= -last <= high:
        yield fault("PRT-015", place, expected=f"{low} to {high} days before infusion", found=f"last day {last}")


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


def _within(place: str, part: Duration, whole: Duration) -> Iterator[Fault]:
    if part.days > whole.days:
        expected = f"<= {whole} (treatment.vein_to_vein_expected)"
        yield fault("PRT-022", place, field=place, expected=expected, found=str(part))


def check_response_visits(protocol: Protocol) -> Iterator[Fault]:
    """Visits are named once, and one day belongs to one visit."""
    visits = list(enumerate(protocol.efficacy.visits if protocol.efficacy else ()))
    seen: set[str] = set()
    for index, visit in visits:
        if visit.name in seen:
            yield fault("PRT-012", f"efficacy.visits.{index}.name", expected="each id once", found=visit.name)
        seen.add(visit.name)
    for (_, earlier), (index, later) in pairwise(sorted(visits, key=lambda pair: pair[1].day)):
        last, first = earlier.day + earlier.window_after, later.day - later.window_before
        if first <= last:
            found = f"{earlier.name}: .. {last} d, {later.name}: {first} d .."
            yield fault("PRT-023", f"efficacy.visits.{index}", expected="windows apart", found=found)


def check_follow_up_visits(protocol: Protocol) -> Iterator[Fault]:
    """Months rise and end with follow-up, windows stay apart, classes are of items asked for, the study is another one."""
    plan = protocol.follow_up
    if plan is None:
        return
    months = plan.visits_months
    if any(later <= earlier for earlier, later in pairwise(months)):
        found = ", ".join(str(month) for month in months)
        yield fault("PRT-021", "follow_up.visits_months", expected="rising months", found=found)
    elif months[0] < 0 or months[-1] > plan.years * 12 + 1e-9:
        place, expected = "follow_up.visits_months", f"0 .. {plan.years * 12:g} mo (follow_up.years)"
        yield fault("PRT-022", place, field=place, expected=expected, found=f"{months[0]} .. {months[-1]} mo")
    else:
        gaps = [Duration(later - earlier, "mo") for earlier, later in pairwise(months)] + [plan.then_every]
        shortest = min(gaps, key=lambda gap: gap.days)
        if 2 * plan.window.days >= shortest.days:
            found = f"± {plan.window}, {shortest}"
            yield fault("PRT-023", "follow_up.window", expected="windows apart", found=found)
    for item in plan.item_classes:
        if item not in plan.items:
            place, asked = "follow_up.item_classes", f"one of {', '.join(plan.items)} (follow_up.items)"
            yield fault("PRT-022", place, field=place, expected=asked, found=item)
    if plan.arrangement == "separate" and plan.separate_protocol_id is None:
        name = "separate_protocol_id"
        yield fault("PRT-003", "follow_up", field=f"follow_up.{name}", expected=name, found="nothing")
    if plan.separate_protocol_id == protocol.identification.id:
        place = "follow_up.separate_protocol_id"
        yield fault("PRT-022", place, field=place, expected="another protocol", found=protocol.identification.id)


def check_windows(protocol: Protocol) -> Iterator[Fault]:
    """A window holds what is looked for in it."""
    plan = protocol.escalation
    for index, rule in enumerate(plan.dlt.rules if plan else ()):
        if plan is not None and rule.longer_than is not None and rule.longer_than.days > plan.dlt.window.days:
            place = f"escalation.dlt.rules.{index}.longer_than"
            expected = f"<= {plan.dlt.window} (escalation.dlt.window)"
            yield fault("PRT-022", place, field=place, expected=expected, found=str(rule.longer_than))
    rules = protocol.stopping.rules if protocol.stopping else ()
    times = {f"stopping.rules.{index}.event.window": rule.event.window for index, rule in enumerate(rules)}
    if plan is not None:
        times["escalation.dlt.window"] = plan.dlt.window
    for place, window in times.items():
        if window.amount <= 0:
            yield fault("PRT-022", place, field=place, expected="> 0 d", found=str(window))
    day = protocol.efficacy.sustained_response_day if protocol.efficacy else None
    if protocol.efficacy is not None and day is not None and day <= protocol.efficacy.sustained_response_window:
        place = "efficacy.sustained_response_window"
        found = f"{protocol.efficacy.sustained_response_window} d"
        yield fault("PRT-022", place, field=place, expected=f"< {day} d (efficacy.sustained_response_day)", found=found)

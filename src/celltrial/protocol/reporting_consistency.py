"""What a protocol tells about collecting and analysing, held against the rules that need it.

A rule that counts adverse events to day 90 cannot work on events collected to day 28; a test in an order of endpoints needs
the endpoints; an error that the size was computed with is the error that the analysis allows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.core import values
from celltrial.core.errors import Fault, fault
from celltrial.core.values import ABSENT, Formula, Identifier, at_least, message, one_of
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Duration

#: Events that rules count; complaints and pregnancies are counted by none.
_COUNTED: Final = frozenset({"ae", "sae", "aesi"})


def counting_windows(protocol: Protocol) -> Iterator[tuple[str, Duration]]:
    """Yield each field that says until when after infusion a rule counts adverse events, with its length."""
    if protocol.escalation is not None:
        yield "escalation.dlt.window", protocol.escalation.dlt.window
    for index, rule in enumerate(protocol.stopping.rules if protocol.stopping else ()):
        yield f"stopping.rules.{index}.event.window", rule.event.window


def check_collection(protocol: Protocol) -> Iterator[Fault]:
    """Events are collected at least as long as the longest rule counts them; a period has an end."""
    longest = max(counting_windows(protocol), key=lambda item: item[1].days, default=None)
    for index, period in enumerate(protocol.safety.collection if protocol.safety else ()):
        place = f"safety.collection.{index}.until"
        if period.until is None:
            if not period.to_end:
                yield fault("PRT-022", place, field=place, expected=at_least(values.Duration(0)), found=ABSENT)
        elif period.event in _COUNTED and longest is not None and period.until.days < longest[1].days:
            bound = message("by_field", value=at_least(longest[1].as_value()), field=Identifier(longest[0]))
            yield fault("PRT-022", place, field=place, expected=bound, found=period.until.as_value())


def check_tested_endpoints(protocol: Protocol) -> Iterator[Fault]:
    """An order of tests names endpoints of this protocol."""
    plan = protocol.statistics.multiplicity if protocol.statistics else None
    known = tuple(item.id for item in protocol.efficacy.endpoints) if protocol.efficacy else ()
    for index, name in enumerate(plan.order if plan else ()):
        if name not in known:
            place = f"statistics.multiplicity.order.{index}"
            expected = one_of(*map(Identifier, known)) if known else ABSENT
            yield fault("PRT-022", place, field=place, expected=expected, found=Identifier(name))


def check_errors(protocol: Protocol) -> Iterator[Fault]:
    """A primary endpoint is tested at the error with which its size was computed."""
    size = protocol.confirmatory.sample_size if protocol.confirmatory else None
    planned = size.params.get("alpha") if size else None
    for index, item in enumerate(protocol.efficacy.endpoints if protocol.efficacy else ()):
        stated = item.analysis.alpha if item.analysis else None
        if item.rank == "primary" and None not in (stated, planned) and stated != planned:
            place = f"efficacy.endpoints.{index}.analysis.alpha"
            bound = message(
                "by_field", value=Formula(f"{planned}"), field=Identifier("confirmatory.sample_size.params")
            )
            yield fault("PRT-022", place, field=place, expected=bound, found=Formula(f"{stated}"))

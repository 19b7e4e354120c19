"""Times that a text tells beside the rule that keeps them: an "at least 14 days" beside `staggering 28 d` is a contradiction.

Rules are read from fields, never from texts; but people read the texts. A part of a sentence that speaks of what a rule
keeps and names a length of time must name one that the rule has. Texts about other trials and products (evidence, sources,
weighings) are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from celltrial.guideline.vocabulary import plain
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import DAYS_PER, Duration, Evidence, LocalText

#: Parts of a protocol that tell of others, or of where a value comes from.
_OF_OTHERS: Final = re.compile(
    r"(justifications|references|provenance|population\.benefit_risk|product\.nonclinical|dose\.starting|governance\.agency)\b"
    r"|.*\b(evidence|basis|null_derivation)\b"
)
_NUMBERS: Final[Mapping[str, float]] = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10, "twelve": 12, "fourteen": 14,
    "fifteen": 15, "thirty": 30, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "十": 10, "十五": 15,
}  # fmt: skip
_UNITS: Final[Mapping[str, str]] = {
    "day": "d", "week": "wk", "month": "mo", "year": "y", "天": "d", "日": "d", "周": "wk", "个月": "mo", "年": "y",
}  # fmt: skip
_TIME: Final = re.compile(
    rf"(?P<n>\d+(?:\.\d+)?|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})[\s-]*(?P<u>day|week|month|year|个月|天|日|周|年)"
)
_PARTS: Final = re.compile(r"[.;。；](?!\d)")
_STAGGER: Final = re.compile(
    r"stagger|(?:interval|gap|wait)\w* between (?:two )?(?:participants|subjects|patients|infusions)"
    r"|before the next (?:participant|subject|patient|infusion)|(?:受试者|输注|给药)之间|间隔给药|下一例"
)
_WINDOW: Final = re.compile(
    r"(?:dose.limiting|\bdlts?\b).*(?:window|observ|within)|(?:window|observ|within).*(?:dose.limiting|\bdlts?\b)"
    r"|(?:剂量限制性毒性|dlt).*(?:观察|内)|(?:观察|内).*(?:剂量限制性毒性|dlt)"
)
_YEARS: Final = re.compile(r"long.term follow.up|长期随访")
#: Two lengths are the same where they differ by no more than this share, as 4 weeks and 1 month nearly do not.
_SAME: Final = 0.02


@dataclass(frozen=True, slots=True)
class ToldTime:
    """A text that tells another time than its rule: where it stands, the part, what it tells, the rule and what it has."""

    path: str
    said: str
    told: str
    rule: str
    stated: tuple[str, ...]


def told_intervals(protocol: Protocol) -> Iterator[ToldTime]:
    """Yield texts on the wait between participants that name a length which no interval of the protocol has."""
    if protocol.escalation is not None:
        plan = protocol.escalation.staggering
        stated = (plan.after_first_of_level, plan.between_later, plan.between_levels)
        yield from _contradicting(protocol, _STAGGER, "escalation.staggering", stated)


def told_windows(protocol: Protocol) -> Iterator[ToldTime]:
    """Yield texts on dose-limiting toxicity that name another window than the protocol's."""
    if protocol.escalation is not None:
        window = protocol.escalation.dlt.window
        yield from _contradicting(protocol, _WINDOW, "escalation.dlt.window", (window,))


def told_years(protocol: Protocol) -> Iterator[ToldTime]:
    """Yield texts on long-term follow-up that name another length than the protocol's."""
    if protocol.follow_up is not None:
        years = Duration(protocol.follow_up.years, "y")
        stated = (years, protocol.follow_up.then_every)
        yield from _contradicting(protocol, _YEARS, "follow_up.years", stated)


def _contradicting(
    protocol: Protocol, about: re.Pattern[str], rule: str, stated: tuple[Duration, ...]
) -> Iterator[ToldTime]:
    for path, text in _texts(protocol, ""):
        for said in (plain(text.en), plain(text.zh)):
            for part in _PARTS.split(said):
                times = [_days(hit) for hit in _TIME.finditer(part)]
                if times and about.search(part) and not any(_same(time, one.days) for time in times for one in stated):
                    hit = _TIME.search(part)
                    told = hit[0] if hit is not None else ""
                    yield ToldTime(path, part.strip(), told, rule, tuple(dict.fromkeys(map(str, stated))))


def _days(hit: re.Match[str]) -> float:
    number = _NUMBERS.get(hit["n"])
    return (float(hit["n"]) if number is None else number) * DAYS_PER[_UNITS[hit["u"]]]


def _same(told: float, stated: float) -> bool:
    return abs(told - stated) <= _SAME * max(told, stated)


def _texts(value: Any, path: str) -> Iterator[tuple[str, LocalText]]:
    if path and _OF_OTHERS.match(path):
        return
    if isinstance(value, LocalText):
        yield path, value
    elif isinstance(value, BaseModel) and not isinstance(value, Evidence):
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, f"{path}.{key}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{path}.{index}")

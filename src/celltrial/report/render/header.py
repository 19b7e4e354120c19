"""The head of a report: what it is, which data, and whether the record holds."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.report.building import Report
from celltrial.report.meta import Source
from celltrial.report.render.words import Words


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the head: name, value, and how loudly it speaks ("", good, bad)."""

    name: str
    value: str
    tone: str = ""
    code: bool = False


def title_of(report: Report, words: Words) -> str:
    """Return the title of the trial in the language of the page."""
    if report.protocol is not None:
        title = report.protocol.identification.title
        return title.zh if words.language == "zh" else title.en
    given = report.meta.title or {}
    return given.get(words.language) or words.say("report.head.untitled", trial=report.meta.trial)


def header_facts(report: Report, words: Words) -> tuple[Fact, ...]:
    """Return the lines of the head."""
    meta = report.meta
    facts = [
        Fact(words.say("report.head.trial"), meta.trial),
        Fact(words.say("report.head.data_kind"), words.say(f"report.origin.{meta.origin}")),
        Fact(words.say("report.head.persons"), words.say(f"report.persons.{meta.persons}"), _tone(meta.persons)),
        Fact(words.say("report.head.cut"), _cut(report, words)),
        Fact(words.say("report.head.events"), words.say("report.head.events_value", n=f"{meta.events:,}")),
        _verification(report, words),
    ]
    if meta.head_hash:
        facts.append(Fact(words.say("report.head.hash"), meta.head_hash, code=True))
    version = meta.protocol_version or (report.protocol.identification.version if report.protocol else "")
    if version:
        facts.append(Fact(words.say("report.head.protocol_version"), version))
    if meta.seed is not None:
        facts.append(Fact(words.say("report.head.seed"), str(meta.seed)))
    facts += [_source(source, words) for source in meta.sources]
    if meta.anchor is not None:
        facts.append(Fact(words.say("report.head.dates"), words.say("report.head.days_only")))
    facts.append(Fact(words.say("report.head.program"), f"celltrial {meta.program_version}"))
    return tuple(facts)


def _tone(persons: str) -> str:
    return "" if persons == "logged_in" else "bad"


def _cut(report: Report, words: Words) -> str:
    meta = report.meta
    kind = words.say(f"report.cut.{meta.cut_kind}")
    moment = meta.cut_at.strftime("%Y-%m-%d %H:%M UTC") if meta.cut_at else words.say("report.cut.everything")
    if meta.last_date is None:
        return words.say("report.cut.whole", kind=kind, moment=moment)
    if meta.anchor is not None:
        last = words.say("report.cut.last_day", day=str((meta.last_date - meta.anchor).days))
    else:
        last = words.say("report.cut.last_date", date=meta.last_date.isoformat())
    return words.say("report.cut.whole_with_date", kind=kind, moment=moment, last=last)


def _verification(report: Report, words: Words) -> Fact:
    name, verified = words.say("report.head.chain"), report.meta.verified
    if verified is None:
        return Fact(name, words.say("report.chain.unchecked"), "bad")
    return Fact(
        name, words.say("report.chain.holds" if verified else "report.chain.broken"), "good" if verified else "bad"
    )


def _source(source: Source, words: Words) -> Fact:
    parts = [source.name]
    if source.citation:
        parts.append(source.citation)
    if source.sha256:
        parts.append(f"SHA-256 {source.sha256}")
    return Fact(words.say("report.head.source"), " · ".join(parts))

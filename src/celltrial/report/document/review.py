"""The review of a protocol as a document: findings first, then what is justified, only stated, computed, evidenced, left to the conduct, not applicable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from celltrial.guideline.agency import AgencyQuestion, draft_questions
from celltrial.guideline.comparison import VerdictChange
from celltrial.guideline.review import Review
from celltrial.guideline.traces import check_words, place_words, trace_of
from celltrial.guideline.verdict import Finding, Ground, Kind, Severity, Status, Verdict
from celltrial.guideline.wording import FindingText, applicability_text, finding_text, ground_text, question_text
from celltrial.locale import LANGUAGES, Language, has, translate
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import LocalText
from celltrial.protocol.reading import fingerprint
from celltrial.report.content.values import Count, Dash, Joined, Lines, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Document, Grid, GridRow, Heading, Paragraph, Toned
from celltrial.report.document.stating import evidence_lines, local

_TONES: Final = {Severity.MAJOR: "bad", Severity.MINOR: "fair", Severity.NOTE: "quiet"}


def review_document(protocol: Protocol, found: Review, changes: tuple[VerdictChange, ...] | None = None) -> Document:
    """Return the document of a review; `changes` adds the verdicts that differ under another register or version."""
    facts: list[tuple[Value, Value]] = [
        (Text("field.Identification.id"), Recorded(found.protocol_id)),
        (Text("field.Identification.version"), Recorded(found.protocol_version)),
        (Text("document.review.register"), Recorded(f"{found.register_id}, {found.register_version}")),
        (Text("document.review.tier"), Text(f"gdl.word.{found.tier.tier.value}")),
        *((Text(f"status.{kind.value}"), Count(count)) for kind, count in found.counts.items()),
        (Text("document.review.blockers"), Count(len(found.blockers))),
        (Text("document.head.fingerprint"), Recorded(fingerprint(protocol))),
    ]
    return Document(
        kind=Text("document.kind.review"),
        title=local(protocol.identification.title),
        name=found.protocol_id,
        fingerprint=fingerprint(protocol),
        facts=tuple(facts),
        notice=Text(_notice(found)),
        blocks=tuple(_blocks(protocol, found, changes)),
    )


def _notice(found: Review) -> str:
    if found.out_of_scope:
        return "scope.outside"
    return "register.sample" if found.sample_register else "document.review.notice"


def _blocks(protocol: Protocol, found: Review, changes: tuple[VerdictChange, ...] | None) -> Iterator[Block]:
    sections = [
        ("tier", _tier(found, protocol.product.risk_override)),
        ("findings", _findings(found)),
        ("justified", _justified(found)),
        ("stated", _listed(found, Kind.STATED, _checks)),
        ("computed", _listed(found, Kind.COMPUTED, _grounds)),
        ("evidenced", _listed(found, Kind.EVIDENCED, _grounds)),
        ("in_conduct", _listed(found, Kind.IN_CONDUCT, _acts)),
        ("not_applicable", _listed(found, Kind.NOT_APPLICABLE, _why)),
        ("questions", _questions(found)),
    ]
    if changes is not None:
        sections.append(("changes", _changes(changes)))
    for number, (name, blocks) in enumerate(sections, 1):
        yield Heading(1, Text(f"document.review.section.{name}"), str(number))
        made = tuple(blocks)
        yield from made or (Paragraph(Text("document.review.none"), tone="quiet"),)


def _tier(found: Review, reason: LocalText | None) -> Iterator[Block]:
    rows = tuple(
        GridRow(
            (
                Text(f"field.{'Vector' if item.field.startswith('product.vector') else 'Product'}.{_last(item.field)}"),
                Count(item.points),
                Text("report.phrase.yes" if item.stated else "document.review.counted_as_present"),
                Recorded(item.field),
            )
        )
        for item in found.tier.contributions
    )
    if rows:
        heads = tuple(Text(f"document.review.head.{name}") for name in ("factor", "points", "stated"))
        caption = Text("document.review.caption.tier", {"points": Count(found.tier.points)})
        yield Grid((*heads, Text("document.head.field")), rows, caption)
    if found.tier.tier is not found.tier.computed:
        words = {
            name: Text(f"gdl.word.{tier.value}")
            for name, tier in (("taken", found.tier.tier), ("computed", found.tier.computed))
        }
        yield Paragraph(Text("document.review.tier_taken", words), ("product.risk_tier", "product.risk_override"))
        if reason is not None:
            yield Paragraph(local(reason))
    if found.missing_facts:
        names = Joined(tuple(Text(f"gdl.fact.{name}") for name in found.missing_facts))
        yield Paragraph(Text("document.review.missing", {"facts": names}))
    if found.stray_justifications:
        stray = Joined(tuple(Recorded(clause) for clause in found.stray_justifications))
        yield Paragraph(Text("document.review.stray", {"clauses": stray}), ("justifications",))


def _last(field: str) -> str:
    return field.rpartition(".")[2]


def _clause(item: Verdict) -> tuple[Value, Value]:
    strength = Text(f"strength.{item.clause.strength.value}")
    return Lines((Recorded(item.clause.id), strength)), _both(item.clause.text)


def _both(make: Callable[[Language], str]) -> Text:
    """Return a text that is made by language."""
    return Text("report.local", {language: make(language) for language in LANGUAGES})


def _texts(item: Finding) -> tuple[Text, Text]:
    def said(language: Language) -> FindingText:
        return finding_text(item, language, translate=translate, has=has)

    return _both(lambda language: said(language).found), _both(lambda language: said(language).remedy)


def _heads(*names: str) -> tuple[Value, ...]:
    return tuple(Text(f"document.review.head.{name}") for name in ("clause", "asks", *names))


def _findings(found: Review) -> Iterator[Block]:
    for severity in Severity:
        rows = tuple(
            row
            for item in (*found.of_status(Status.OUT_OF_SCOPE), *found.of_status(Status.FINDING))
            if item.severity is severity
            for row in _finding_rows(item)
        )
        if rows:
            yield Heading(2, Text("document.review.severity", {"severity": Text(f"gdl.word.{severity.value}")}))
            yield Grid((*_heads("found", "remedy"), Text("document.head.field")), rows, look="findings")


def _finding_rows(item: Verdict) -> Iterator[GridRow]:
    """Yield a row per finding; the clause is beside the first."""
    for number, one in enumerate(item.findings):
        said, remedy = _texts(one)
        clause, asks = _clause(item) if number == 0 else (Recorded(""), Recorded(""))
        severity = Text("document.pair", {"name": Text(f"gdl.word.{one.severity.value}"), "value": said})
        yield GridRow((clause, asks, Toned(severity, _TONES[one.severity]), remedy, Recorded(one.path)))


def _missing(item: Verdict) -> tuple[Text, ...]:
    """Return what is still missing of the signatures under a reason."""
    if not item.signatures_missing:
        return ()
    return (Text("justification.awaits_second" if item.signers else "justification.unsigned"),)


def _justified(found: Review) -> Iterator[Block]:
    rows = tuple(
        GridRow(
            (
                *_clause(item),
                Lines(tuple(_texts(one)[0] for one in item.findings)),
                Lines((local(item.justification.reason), *evidence_lines(item.justification.evidence))),
                Lines((*map(Recorded, item.signers), *_missing(item))),
            )
        )
        for item in found.of_status(Status.JUSTIFIED)
        if item.justification is not None
    )
    if rows:
        yield Grid(_heads("found", "reason", "signed"), rows, fields=("justifications",))


def _listed(found: Review, kind: Kind, last: Callable[[Verdict], Value]) -> Iterator[Block]:
    rows = tuple(GridRow((*_clause(item), last(item))) for item in found.of_kind(kind))
    if rows:
        yield Grid(_heads("looked_at" if kind is Kind.STATED else kind.value), rows)


def _grounds(item: Verdict) -> Value:
    return Lines(tuple(_ground(one) for one in item.grounds)) if item.grounds else Dash()


def _ground(item: Ground) -> Text:
    return _both(lambda language: ground_text(item, language, translate=translate, has=has))


def _checks(item: Verdict) -> Value:
    return _named(check_words(trace_of(item.clause)))


def _acts(item: Verdict) -> Value:
    return _named(place_words(trace_of(item.clause)))


def _named(keys: tuple[str, ...]) -> Value:
    return Lines(tuple(Text(key) for key in keys)) if keys else Dash()


def _why(item: Verdict) -> Value:
    return _both(lambda language: applicability_text(item.applicability, language, translate=translate, has=has))


def _questions(found: Review) -> Iterator[Block]:
    rows = tuple(GridRow(_question(item)) for item in draft_questions(found))
    if rows:
        heads = tuple(Text(f"document.review.head.{name}") for name in ("clause", "question", "position"))
        yield Grid((*heads, Text("document.head.field")), rows)


def _question(item: AgencyQuestion) -> tuple[Value, ...]:
    asked = _both(lambda language: question_text(item, language, translate=translate, has=has))
    said = () if item.reason is None else (local(item.reason), *evidence_lines(item.evidence))
    return Recorded(item.clause), asked, Lines(said) if said else Dash(), Recorded(item.path)


def _changes(changes: tuple[VerdictChange, ...]) -> Iterator[Block]:
    rows = []
    for item in changes:
        there = item.after or item.before
        assert there is not None
        findings = item.after.findings if item.after is not None else ()
        said = Lines(tuple(_texts(one)[0] for one in findings)) if findings else Dash()
        rows.append(GridRow((*_clause(there), _status(item.before), _status(item.after), said)))
    if rows:
        yield Grid(_heads("before", "after", "found"), tuple(rows))


def _status(item: Verdict | None) -> Value:
    return Text("document.review.no_such_clause") if item is None else Text(f"status.{item.kind.value}")

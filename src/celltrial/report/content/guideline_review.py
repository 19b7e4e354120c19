"""Comply or explain: the protocol held against the guideline, with what it lacks and what it justifies."""

from __future__ import annotations

from collections.abc import Mapping

from celltrial.guideline.register import DEFAULT_REGISTER, packaged_register
from celltrial.guideline.review import Review, review
from celltrial.guideline.verdict import Finding, Status, Verdict
from celltrial.guideline.wording import finding_text
from celltrial.locale import has, translate
from celltrial.report.content.output import Cell, Column, Nothing, Page, Row, Table, count
from celltrial.report.content.values import Dash, Lines, Recorded, Text, Value, When
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return how many clauses have which verdict, then every clause with a finding or a justification."""
    if inputs.protocol is None:
        return Page(Nothing(Text("report.absent.no_protocol")), "clauses", 0)
    found = review(inputs.protocol, packaged_register(DEFAULT_REGISTER), signed=inputs.meta.justified)
    n = len(found.verdicts)
    rows = [
        Row(Text(f"status.{kind}"), (count(number, "clauses", n), Cell(Dash())), "total")
        for kind, number in found.counts.items()
    ]
    shown = [
        item for status in (Status.OUT_OF_SCOPE, Status.FINDING, Status.JUSTIFIED) for item in found.of_status(status)
    ]
    rows += [_row(item) for item in shown]
    rows += _carried_out(found, inputs.meta.carried_out or {})
    columns = (
        Column(Text("report.column.clauses"), "clauses", n),
        Column(Text("report.column.finding"), numeric=False),
    )
    table = Table(Text("report.column.clause"), columns, tuple(rows))
    return Page(table, "clauses", n, (_register_note(found),))


def _carried_out(found: Review, records: Mapping[str, int]) -> list[Row]:
    """Return how many records show each clause that applies carried out; a clause that leaves no record of its own is not named."""
    shown = [item for item in found.verdicts if item.clause.id in records and item.status is not Status.NOT_APPLICABLE]
    return [
        Row(
            _head(item),
            (_status(item), Cell(Text("report.phrase.on_record", {"count": records[item.clause.id]}))),
            "detail",
        )
        for item in shown
    ]


def _head(item: Verdict) -> Lines:
    return Lines((Recorded(item.clause.id), _local(item.clause.en, item.clause.zh)))


def _status(item: Verdict) -> Cell:
    return Cell(Text(f"status.{item.kind}"))


def _register_note(found: Review) -> Text:
    return Text("report.note.register", {"id": found.register_id, "version": found.register_version})


def _row(item: Verdict) -> Row:
    lines: list[Value] = [_words(finding) for finding in item.findings]
    if item.justification is not None and item.status is Status.JUSTIFIED:
        reason = item.justification.reason
        lines.append(
            Text(
                "report.phrase.because",
                {
                    "reason": _local(reason.said("en"), reason.said("zh")),
                    "who": item.justification.signed_by,
                    "date": When(item.justification.signed_on),
                },
            )
        )
    return Row(_head(item), (_status(item), Cell(Lines(tuple(lines)))), "detail")


def _words(item: Finding) -> Text:
    en, zh = (finding_text(item, language, translate=translate, has=has).found for language in ("en", "zh"))
    return _local(en, zh)


def _local(en: str, zh: str) -> Text:
    return Text("report.local", {"en": en, "zh": zh})

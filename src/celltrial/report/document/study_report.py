"""The study report as a document: the same outputs as its page, in blocks that DOCX can take."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.locale import LANGUAGES
from celltrial.report.building import Report
from celltrial.report.content.output import Cell, Column, Figure, Nothing, Output, Row, Section, Table
from celltrial.report.content.values import Joined, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Bullets, Document, Grid, GridRow, Heading, Paragraph, Picture
from celltrial.report.render.footnotes import Footnotes, letter
from celltrial.report.render.header import header_facts, title_of
from celltrial.report.render.html import BROAD
from celltrial.report.render.words import Words


def study_report(report: Report) -> Document:
    """Return the report as a document; its fingerprint is the hash of the last record that it rests on."""
    said = {language: header_facts(report, Words(language)) for language in LANGUAGES}
    facts = tuple(
        (
            _local({language: fact[i].name for language, fact in said.items()}),
            _local({language: fact[i].value for language, fact in said.items()}),
        )
        for i in range(len(next(iter(said.values()))))
    )
    return Document(
        kind=Text("report.head.study_report"),
        title=_local({language: title_of(report, Words(language)) for language in LANGUAGES}),
        name=report.meta.trial,
        fingerprint=report.meta.head_hash,
        facts=facts,
        notice=Text(f"report.persons.{report.meta.persons}"),
        blocks=tuple(_blocks(report)),
    )


def _local(texts: dict[str, str]) -> Text:
    return Text("report.local", texts)


def _blocks(report: Report) -> Iterator[Block]:
    heads = (Text("report.column.what"), Text("report.column.value"), Text("report.column.on_set"))
    if report.headlines:
        yield Heading(1, Text("report.head.first"))
        yield Grid(heads, tuple(GridRow((item.label, item.cell.value, _set(item.cell))) for item in report.headlines))
    for section in Section:
        own = [output for output in report.outputs if output.spec.section is section]
        if not own:
            continue
        yield Heading(1, Text(f"report.section.{section}"))
        for output in own:
            if not isinstance(output.page.body, Nothing):
                yield from _output(output)
        absent = [(each, each.page.body.reason) for each in own if isinstance(each.page.body, Nothing)]
        if absent:
            yield Heading(2, Text("report.head.absent"))
            yield Bullets(
                tuple(Text("report.phrase.absent", {"what": _title(each), "why": why}) for each, why in absent)
            )


def _title(output: Output) -> Text:
    label = Text(f"report.kind.{output.spec.kind}", {"number": output.spec.number})
    return Text("report.phrase.titled", {"label": label, "title": output.spec.title})


def _output(output: Output) -> Iterator[Block]:
    page, notes = output.page, Footnotes()
    yield Heading(2, _title(output))
    population = _population(page.population, page.n)
    match page.body:
        case Table():
            yield _grid(page.body, notes, population)
        case Figure():
            yield Paragraph(population, tone="quiet")
            yield Picture(page.body, page.body.description)
    if page.lead is not None:
        yield Paragraph(page.lead, tone="notice")
    for i, key in enumerate(notes.keys):
        yield Paragraph(Text("report.phrase.footnote", {"letter": letter(i), "text": Text(key)}), tone="quiet")
    said: list[Text] = [Text(key) for key in notes.keys]
    for note in page.notes:
        if note not in said:
            said.append(note)
            yield Paragraph(note, tone="quiet")
    yield Paragraph(Text("report.phrase.source", {"source": Recorded(f"celltrial.{output.spec.source}")}), tone="quiet")


def _grid(table: Table, notes: Footnotes, population: Value) -> Grid:
    heads = (table.stub, *(_head(column) for column in table.columns))
    look = "broad" if len(table.columns) > BROAD else ""
    return Grid(heads, tuple(_row(row, notes) for row in table.rows), caption=population, look=look)


def _head(column: Column) -> Value:
    if column.n is None:
        return column.label
    return Text("report.phrase.head_with_n", {"label": column.label, "n": str(column.n)})


def _row(row: Row, notes: Footnotes) -> GridRow:
    head = _lettered(row.head, notes.letters(row.notes))
    if row.style == "group":
        return GridRow((head,), "group")
    cells = tuple(_lettered(cell.value, notes.letters(cell.notes)) for cell in row.cells)
    return GridRow((head, *cells), "detail" if row.style == "detail" else "")


def _lettered(value: Value, letters: str) -> Value:
    return Text("report.phrase.with_letters", {"value": value, "letters": letters}) if letters else value


def _set(cell: Cell) -> Value:
    return _population(cell.population, cell.n) if cell.population else Joined(())


def _population(population: str, n: int | None) -> Value:
    return Text("report.local", {language: Words(language).population(population, n) for language in LANGUAGES})

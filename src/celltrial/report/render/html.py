"""A report as one self-contained HTML page: no script, no network, figures inline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from markupsafe import Markup

from celltrial.locale import TAGS, Language
from celltrial.report.building import Report
from celltrial.report.content.output import Cell, Column, Figure, Kind, Nothing, Output, Row, Section, Table
from celltrial.report.content.values import Text
from celltrial.report.render.environment import environment
from celltrial.report.render.footnotes import Footnotes, letter
from celltrial.report.render.header import header_facts, title_of
from celltrial.report.render.words import Shown, Words

#: A table with more columns than this is set smaller.
_DENSE: Final = 5
#: A table with more columns than this is printed on a page turned sideways.
BROAD: Final = 7


def render_html(report: Report, language: Language) -> str:
    """Return the page in `language` ("en" or "zh"); equal inputs give equal bytes."""
    words = Words(language)
    template = environment().get_template("report.html")
    return template.render(
        tag=TAGS[language],
        language=language,
        words=words,
        report=report,
        title=title_of(report, words),
        facts=header_facts(report, words),
        headlines=[(item, words.text(item.label), words.show(item.cell.value)) for item in report.headlines],
        sections=list(_sections(report, words)),
    )


def _sections(report: Report, words: Words) -> Iterator[dict[str, Any]]:
    for section in Section:
        outputs = [_output(output, words) for output in report.outputs if output.spec.section is section]
        if outputs:
            yield {"name": section.value, "title": words.say(f"report.section.{section}"), "outputs": outputs}


def _output(output: Output, words: Words) -> dict[str, Any]:
    spec, page, notes = output.spec, output.page, Footnotes()
    kind = "nothing" if isinstance(page.body, Nothing) else spec.kind.value
    shown: dict[str, Any] = {
        "number": spec.number,
        "anchor": f"o-{spec.number.replace('.', '-')}",
        "kind": kind,
        "label": words.say(f"report.kind.{spec.kind}", number=spec.number),
        "title": words.text(spec.title),
        "lead": words.text(page.lead) if page.lead else "",
        "population": words.population(page.population, page.n),
        "source": f"celltrial.{spec.source}",
        "notes": _texts(page.notes, words),
        "folded": spec.kind is Kind.LISTING,
        "broad": isinstance(page.body, Table) and len(page.body.columns) > BROAD,
    }
    match page.body:
        case Table():
            shown["table"] = _table(page.body, words, notes)
        case Figure():
            shown["svg"] = Markup(_draw(page.body, words, spec.number))  # noqa: S704
            shown["description"] = words.text(page.body.description)
        case Nothing():
            shown["reason"] = words.text(page.body.reason)
    shown["footnotes"] = [(letter(i), words.say(key)) for i, key in enumerate(notes.keys)]
    said = {text for _, text in shown["footnotes"]}
    shown["notes"] = [note for note in shown["notes"] if note not in said]
    return shown


def _texts(notes: tuple[Text, ...], words: Words) -> list[str]:
    return list(dict.fromkeys(words.text(note) for note in notes))


def _draw(figure: Figure, words: Words, number: str) -> str:
    from celltrial.report.figures import draw

    return draw(figure, words, prefix=f"f{number.replace('.', '')}")


def _table(table: Table, words: Words, notes: Footnotes) -> dict[str, Any]:
    return {
        "stub": words.text(table.stub),
        "dense": len(table.columns) > _DENSE,
        "columns": [_column(column, words) for column in table.columns],
        "rows": [_row(row, table.columns, words, notes) for row in table.rows],
    }


def _column(column: Column, words: Words) -> dict[str, Any]:
    return {
        "label": words.show(column.label).line,
        "n": "" if column.n is None else words.say("report.phrase.n", n=str(column.n)),
        "population": words.population(column.population, column.n) if column.population else "",
        "numeric": column.numeric,
    }


def _row(row: Row, columns: tuple[Column, ...], words: Words, notes: Footnotes) -> dict[str, Any]:
    return {
        "head": words.show(row.head).line.split("\n"),
        "style": row.style,
        "letters": notes.letters(row.notes),
        "cells": [_cell(cell, column, words, notes) for cell, column in zip(row.cells, columns, strict=True)],
    }


def _cell(cell: Cell, column: Column, words: Words, notes: Footnotes) -> dict[str, Any]:
    shown: Shown = words.show(cell.value)
    own = cell.n is not None and column.n is not None and cell.n != column.n and cell.population != "subject"
    return {
        "main": shown.main.split("\n"),
        "sub": shown.sub,
        "kind": shown.kind,
        "numeric": column.numeric,
        "population": cell.population if cell.states_a_number else "",
        "n": cell.n if cell.states_a_number else None,
        "title": words.population(cell.population, cell.n) if cell.states_a_number and cell.population else "",
        "own_n": own,
        "letters": notes.letters(cell.notes),
    }

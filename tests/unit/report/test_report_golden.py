"""The whole report of one trial as plain text, held against what it said before.

After a change that is meant, running this file with CELLTRIAL_GOLDEN=write writes the files anew; the
difference is then read line by line before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from celltrial.locale import LANGUAGES
from celltrial.report import build_report
from celltrial.report.content.output import Figure, Nothing, Table
from celltrial.report.render.header import header_facts, title_of
from celltrial.report.render.words import Words

GOLDEN = Path(__file__).resolve().parents[2] / "golden"


def outline(report, words):
    """Return the report as lines: every number and word, no look."""
    yield title_of(report, words)
    for fact in header_facts(report, words):
        yield f"{fact.name} | {'celltrial' if fact.value.startswith('celltrial ') else fact.value}"
    for item in report.headlines:
        yield f"! {words.text(item.label)} | {words.show(item.cell.value).line}"
    for output in report.outputs:
        page = output.page
        yield ""
        yield f"# {output.spec.number} {words.text(output.spec.title)} | {words.population(page.population, page.n)}"
        if page.lead:
            yield f"> {words.text(page.lead)}"
        yield from body(page.body, words)
        yield from (f"* {words.text(note)}" for note in page.notes)


def body(found, words):
    if isinstance(found, Nothing):
        yield f"~ {words.text(found.reason)}"
    elif isinstance(found, Figure):
        yield f"[{found.drawing}] {words.text(found.description)}"
    elif isinstance(found, Table):
        heads = [
            words.show(column.label).line + (f" (n={column.n})" if column.n is not None else "")
            for column in found.columns
        ]
        yield " | ".join([words.text(found.stub), *heads])
        for row in found.rows:
            cells = [] if row.style == "group" else [shown(cell, words) for cell in row.cells]
            yield " | ".join([words.show(row.head).line.replace("\n", " / "), *cells])


def shown(cell, words):
    text = words.show(cell.value).line.replace("\n", " / ")
    return f"{text} <{cell.population} {cell.n}>" if cell.states_a_number else text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_says_what_it_said(trial, protocol, meta, language):
    told = "\n".join(outline(build_report(trial, protocol, meta), Words(language))) + "\n"
    path = GOLDEN / f"report_{language}.txt"
    if os.environ.get("CELLTRIAL_GOLDEN") == "write":
        path.parent.mkdir(exist_ok=True)
        path.write_text(told, encoding="utf-8")
    assert told == path.read_text(encoding="utf-8")

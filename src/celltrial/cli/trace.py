"""`celltrial trace`: the subjects and the records that one number of the report rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli.options import (
    AccountOption,
    AsKnownOption,
    AsOccurredOption,
    JsonOption,
    LanguageChoice,
    LanguageOption,
    NameOption,
    RoleOption,
    SiteOption,
    TrialOption,
)

if TYPE_CHECKING:
    from celltrial.app.tracing import SubjectFound, Trace
    from celltrial.conduct.envelope import Event
    from celltrial.report.render.words import Words


def trace(
    ledger: Annotated[str, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)],
    output: Annotated[str, typer.Argument(help="Number of the output, such as 14.1.1.")] = "14.1.1",
    row: Annotated[int | None, typer.Option("--row", min=1, help="Row of the table, from 1.")] = None,
    column: Annotated[int, typer.Option("--column", min=1, help="Column after the heads, from 1.")] = 1,
    subject: Annotated[str | None, typer.Option("--subject", help="Look for the records of one subject only.")] = None,
    trial: TrialOption = None,
    as_known: AsKnownOption = None,
    as_occurred: AsOccurredOption = None,
    role: RoleOption = None,
    account: AccountOption = None,
    site: SiteOption = None,
    name: NameOption = "",
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Show what a number of the report rests on: each subject without whom it reads otherwise, and their records.

    Without --row the cells of the output are shown with their rows and columns.
    """
    from celltrial.app.persons import Identity, who_reads
    from celltrial.app.tracing import trace as traced
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.terminal import print_json
    from celltrial.report.render.words import Words
    from celltrial.report.tracing import Address

    acting = who_reads(ledger, trial, Identity(role, account, site, name))
    with shown_progress(lang.language) as progress:
        found = traced(
            ledger, trial, output, None if row is None else Address(row, column), subject=subject, as_known=as_known,
            as_occurred=as_occurred, reader=acting.actor if acting is not None else None, progress=progress,
        )  # fmt: skip
    words = Words(lang.language)
    if json:
        print_json(_data(found, words, row, column))
    elif row is None:
        _show_cells(found, words)
    else:
        _show_trace(found, words)
    return 0


def _grid(found: Trace, words: Words) -> list[list[str]] | None:
    """Return the cells of the output in words, each row after its head; None where it has none."""
    rows = getattr(found.page.body, "rows", None)
    if rows is None:
        return None
    return [[words.show(item.head).line, *(words.show(cell.value).line for cell in item.cells)] for item in rows]


def _show_cells(found: Trace, words: Words) -> None:
    from celltrial.cli.terminal import print_table
    from celltrial.report.content.output import Nothing

    title = f"{found.spec.number} {words.text(found.spec.title)}"
    body, grid = found.page.body, _grid(found, words)
    if grid is None:
        print(title)
        print(words.text(body.reason) if isinstance(body, Nothing) else words.say("cli.trace.figure"))
        return
    columns = getattr(body, "columns", ())
    heads = ["", "", *(f"{n} {words.show(item.label).line}" for n, item in enumerate(columns, 1))]
    lines = [[str(n), *(part.replace("\n", "; ") for part in line)] for n, line in enumerate(grid, 1)]
    print_table(title, heads, lines, left=len(heads))
    print(words.say("cli.trace.choose"))


def _show_trace(found: Trace, words: Words) -> None:
    from celltrial.cli.terminal import console

    assert found.cell is not None
    out = console()
    out.print(f"{found.spec.number} {words.text(found.spec.title)}", style="bold", markup=False)
    value = words.show(found.cell.value).line
    said = words.say("cli.trace.cell", value=value, n=str(len(found.found)), of=str(found.subjects))
    out.print(said, markup=False)
    for item in found.found:
        line = words.say("cli.trace.subject", subject=item.subject, without=_without(item.without, words))
        out.print(line, markup=False)
        for record in item.records or ():
            out.print(f"  {_record(record, words)}", markup=False, highlight=False)
    out.print(words.say("cli.trace.how"), markup=False)


def _without(value: Any, words: Words) -> str:
    return words.say("cli.trace.gone") if value is None else words.show(value).line


def _record(event: Event[Any], words: Words) -> str:
    from celltrial.conduct.facts.events import NAMES
    from celltrial.locale.sentences import fact_title

    return words.say(
        "cli.trace.record", position=str(event.position), what=fact_title(NAMES[type(event.fact)], words.language),
        on=event.occurred.local_date.isoformat(), who=event.actor.id,
    )  # fmt: skip


def _data(found: Trace, words: Words, row: int | None, column: int) -> dict[str, Any]:
    data: dict[str, Any] = {
        "trial": found.trial,
        "output": found.spec.number,
        "title": words.text(found.spec.title),
        "population": found.page.population,
        "n": found.page.n,
    }
    if found.cell is None:
        return data | {"cells": _grid(found, words)}
    return data | {
        "row": row,
        "column": column,
        "value": words.show(found.cell.value).line,
        "subjects": [_subject_data(item, words) for item in found.found],
    }


def _subject_data(item: SubjectFound, words: Words) -> dict[str, Any]:
    from celltrial.conduct.facts.events import NAMES

    records = None if item.records is None else [
        {
            "position": event.position,
            "fact": NAMES[type(event.fact)],
            "occurred": event.occurred.utc.isoformat(),
            "recorded": event.recorded.isoformat(),
            "account": event.actor.id,
        }
        for event in item.records
    ]  # fmt: skip
    without = None if item.without is None else words.show(item.without).line
    return {"subject": item.subject, "without": without, "records": records}

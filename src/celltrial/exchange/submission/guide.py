"""The reviewer's guide of a package, as Markdown: what is in it, what was not collected, what our checks found, what did not run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from celltrial.exchange.submission.checks import Finding
from celltrial.exchange.submission.dataset import Dataset
from celltrial.exchange.submission.spec import Standard
from celltrial.locale import Language, has, translate


@dataclass(frozen=True, slots=True)
class Guide:
    """What a guide tells.

    facts:     pairs of a message key below `exchange.guide.fact` and its value.
    notes:     message keys below `exchange.guide.note`, each a choice or a limit of this package.
    empty:     tables that were made and hold nothing, each with whether such data were collected.
    not_made:  tables of the standard for which the records have no facts.
    left_out:  facts that have no place in a table: a code and how many.
    """

    facts: Mapping[str, str]
    notes: Sequence[str]
    tables: Mapping[str, Dataset]
    empty: Mapping[str, str]
    not_made: Sequence[str]
    left_out: Mapping[str, int]
    findings: Sequence[Finding]
    standard: Standard


def write_guide(guide: Guide, language: Language) -> bytes:
    """Return the guide in one language."""

    def said(key: str, /, **params: object) -> str:
        return translate(f"exchange.guide.{key}", language, **params)

    lines = [f"# {said('title', trial=guide.facts['trial'])}", ""]
    lines += [f"- {said(f'fact.{key}')}: {value}" for key, value in guide.facts.items()]
    lines += ["", f"## {said('tables')}", "", *_table((said("name"), said("label"), said("rows")), _tables(guide))]
    if guide.empty:
        rows = [(name, said(f"state.{state}")) for name, state in guide.empty.items()]
        lines += ["", f"## {said('empty')}", "", *_table((said("name"), said("why")), rows)]
    if guide.not_made:
        lines += ["", said("not_made", names=", ".join(guide.not_made))]
    blank = [(made.name, item.name, item.method or "") for made in guide.tables.values() for item in _blank(made)]
    if blank:
        lines += ["", f"## {said('blank')}", "", *_table((said("name"), said("variable"), said("method")), blank)]
    if guide.left_out:
        rows = [(_left_out(code, language), str(count)) for code, count in guide.left_out.items()]
        lines += ["", f"## {said('left_out')}", "", *_table((said("what"), said("count")), rows)]
    lines += ["", f"## {said('notes')}", "", *(f"- {said(f'note.{note}')}" for note in guide.notes)]
    lines += ["", f"## {said('found')}", ""]
    found = [
        (
            translate(f"exchange.check.{one.code}", language),
            one.table,
            one.variable,
            str(one.count),
            "; ".join(one.places),
        )
        for one in guide.findings
    ]
    heads = (said("check"), said("name"), said("variable"), said("count"), said("first"))
    lines += _table(heads, found) if found else [said("nothing_found")]
    lines += ["", said("not_run", standard=guide.standard.name, version=guide.standard.version)]
    return ("\n".join(lines) + "\n").encode()


def _tables(guide: Guide) -> list[tuple[str, str, str]]:
    return [(made.name, made.spec.label, str(len(made.rows))) for made in guide.tables.values()]


def _blank(made: Dataset) -> Iterable:  # type: ignore[type-arg]
    return (item for item in made.spec.variables if all(row[item.name] in {None, ""} for row in made.rows))


def _left_out(code: str, language: Language) -> str:
    kind, _, rest = code.partition("/")
    key = f"exchange.left_out.{kind}"
    if not rest:
        return translate(key, language)
    term = f"term.concept.{rest}"
    return translate(key, language, what=translate(term, language) if has(term) else rest)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    return lines + [f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows]

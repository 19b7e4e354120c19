"""`celltrial design table`: a decision table as a file; export, check and import, compare, score."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument, SeedOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    from celltrial.app.decision_tables import ScoredTable
    from celltrial.designs.escalation.decision_table import Change
    from celltrial.designs.escalation.move_table import Move, MoveTable
    from celltrial.designs.escalation.table_warnings import TableWarning
    from celltrial.locale import Language
    from celltrial.protocol import Protocol
    from celltrial.simulation.characteristics import OperatingCharacteristics


TableArgument = Annotated[Path, typer.Argument(help="The table, a text file: n,0,1,2,... and E, S, D, DU.")]
TargetOption = Annotated[
    float | None, typer.Option("--target", help="Target DLT rate where the protocol's design has none.")
]
OutOption = Annotated[Path | None, typer.Option("--out", help="The file to write.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")]


def export(
    protocol: ProtocolArgument,
    out: OutOption = None,
    force: ForceOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Write the decision table of the protocol's design as text; to the screen without --out."""
    from celltrial.app.decision_tables import table_of_protocol
    from celltrial.app.files import refuse_existing, write_text
    from celltrial.app.planning import open_protocol
    from celltrial.designs.escalation.table_text import format_table
    from celltrial.locale import translate

    text = format_table(table_of_protocol(open_protocol(protocol), str(protocol)))
    if out is None:
        print(text)
        return
    refuse_existing(out, force=force)
    write_text(out, text + "\n")
    print(translate("cli.table.written", lang.language, path=out))


def import_table(
    table: TableArgument,
    protocol: Annotated[
        Path | None, typer.Argument(help="The protocol whose design the table is to be.", show_default=False)
    ] = None,
    out: OutOption = None,
    force: ForceOption = False,
    target: TargetOption = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Check a decision table; with a protocol and --out, write the protocol with the table as its design."""
    from celltrial.app.decision_tables import read_table
    from celltrial.app.files import refuse_existing, write_text
    from celltrial.app.planning import open_protocol
    from celltrial.app.table_in_protocol import protocol_with_table
    from celltrial.cli.terminal import print_json
    from celltrial.core.errors import UserError, fault
    from celltrial.locale import translate

    if out is not None and protocol is None:
        raise UserError(fault("APP-132", expected="celltrial design table import TABLE PROTOCOL --out FILE"))
    plan = None if protocol is None else open_protocol(protocol)
    read = read_table(table, protocol=plan)
    if out is not None and protocol is not None:
        refuse_existing(out, force=force)
        write_text(out, protocol_with_table(protocol, read.table, target=target))
    if json:
        print_json({"rows": _rows(read.table), "warnings": _warnings(read.warnings)})
        return
    language = lang.language
    print(translate("cli.table.usable", language, n=read.table.max_n))
    _show_warnings(read.warnings, language)
    if out is not None:
        print(translate("cli.table.written", language, path=out))


def diff(
    first: Annotated[Path, typer.Argument(help="A table, or a protocol (.yaml).")],
    second: Annotated[Path, typer.Argument(help="A table, or a protocol (.yaml).")],
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Show the cells in which two decision tables differ; exit 1 where they do."""
    from celltrial.app.decision_tables import table_changes
    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate

    changes = table_changes(first, second)
    if json:
        print_json(_changes(changes))
    elif changes:
        _show_changes(changes, ("before", "after"), lang.language)
    else:
        print(translate("cli.table.same", lang.language))
    return 1 if changes else 0


def score(
    table: TableArgument,
    protocol: ProtocolArgument,
    target: TargetOption = None,
    trials: Annotated[
        int, typer.Option("--trials", min=100, help="Simulated trials where exact does not fit.")
    ] = 10_000,
    seed: SeedOption = 1,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Compute what a decision table does under the protocol's scenarios, beside the protocol's own design."""
    from celltrial.app.decision_tables import score_table
    from celltrial.app.planning import open_protocol
    from celltrial.cli.design_words import plain
    from celltrial.cli.terminal import print_json

    plan = open_protocol(protocol)
    found = score_table(table, plan, str(protocol), target=target, trials=trials, seed=seed)
    if json:
        print_json(
            {
                "params": dict(found.params),
                "warnings": _warnings(found.warnings),
                "changes": None if found.changes is None else _changes(found.changes),
                "original": [plain(item) for item in found.original.characteristics],
                "edited": [plain(item) for item in found.edited.characteristics],
            }
        )
    else:
        _show_score(found, plan, lang.language)


def _rows(table: MoveTable) -> list[list[str]]:
    return [list(letters) for letters in table.rows().values()]


def _warnings(found: Iterable[TableWarning]) -> list[dict[str, Any]]:
    return [{"kind": one.kind, "n": one.n, "dlt": one.dlt} for one in found]


def _changes(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [{"n": c.n, "dlt": c.dlt, "before": _letter(c.before), "after": _letter(c.after)} for c in changes]


def _letter(move: Move | None) -> str | None:
    return None if move is None else move.letter


def _show_warnings(found: Iterable[TableWarning], language: Language) -> None:
    from celltrial.locale import translate

    for one in found:
        print(translate("cli.table.look", language, text=translate(one.code, language, n=one.n, dlt=one.dlt)))


def _show_changes(changes: Iterable[Change], names: tuple[str, str], language: Language) -> None:
    from celltrial.cli.terminal import print_table
    from celltrial.locale import translate

    heads = [translate(f"cli.table.{name}", language) for name in ("n", "dlt", *names)]
    rows = [[str(one["n"]), str(one["dlt"]), one["before"] or "–", one["after"] or "–"] for one in _changes(changes)]
    print_table(translate("cli.table.changes", language), heads, rows, left=0)


def _show_score(found: ScoredTable, plan: Protocol, language: Language) -> None:
    from celltrial.cli.design_words import basis_lines
    from celltrial.cli.terminal import print_table
    from celltrial.locale import translate

    assert plan.escalation is not None
    if found.changes is None:
        print(translate("cli.table.other_kind", language, kind=plan.escalation.design.kind))
    elif found.changes:
        _show_changes(found.changes, ("original", "edited"), language)
    else:
        print(translate("cli.table.same", language))
    _show_warnings(found.warnings, language)
    print()
    rows = []
    both = (found.original.characteristics, found.edited.characteristics)
    for scenario, one, two in zip(plan.escalation.scenarios, *both, strict=True):
        rates = " / ".join(f"{100 * rate:.0f}" for rate in scenario.dlt_rates)
        rows.append([f"{scenario.name.said(language)} ({rates})", *_numbers("original", one, language)])
        rows.append(["", *_numbers("edited", two, language)])
        rows.append(["", *_gaps(one, two, language)])
    labels = [level.label for level in plan.dose.levels]
    heads = [translate("cli.design.scenario", language), "", *labels]
    heads += [translate(f"cli.design.{name}", language) for name in ("none", "mean_n", "dlts", "overdosing")]
    print_table(translate("cli.table.scored", language), heads, rows, left=2)
    for line in dict.fromkeys([*basis_lines(found.original, language), *basis_lines(found.edited, language)]):
        print(line)


def _numbers(name: str, oc: OperatingCharacteristics, language: Language) -> list[str]:
    from celltrial.cli.design_words import with_error
    from celltrial.locale import translate

    chosen = [with_error(oc, "prob_select", index) for index in range(len(oc.prob_select))]
    over = "–" if oc.prob_overdosing is None else f"{100 * oc.prob_overdosing:.1f}"
    return [
        translate(f"cli.table.{name}", language),
        *chosen,
        with_error(oc, "prob_none"),
        f"{oc.expected_total_n:.1f}",
        f"{oc.expected_total_dlt:.2f}",
        over,
    ]


def _gaps(one: OperatingCharacteristics, two: OperatingCharacteristics, language: Language) -> list[str]:
    from celltrial.locale import translate

    shares = [
        (b - a) * 100 for a, b in zip((*one.prob_select, one.prob_none), (*two.prob_select, two.prob_none), strict=True)
    ]
    over = 100 * ((two.prob_overdosing or 0.0) - (one.prob_overdosing or 0.0))
    return [
        translate("cli.table.gap", language),
        *(_signed(gap, 1) for gap in shares),
        _signed(two.expected_total_n - one.expected_total_n, 1),
        _signed(two.expected_total_dlt - one.expected_total_dlt, 2),
        _signed(over, 1),
    ]


def _signed(value: float, digits: int) -> str:
    shown = f"{value:+.{digits}f}"
    return shown.lstrip("+-") if float(shown) == 0 else shown

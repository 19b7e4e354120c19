"""`celltrial design compare`, `audit`, `paths`: competing designs, faults of a design, what the next cohorts can bring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument, SeedOption

if TYPE_CHECKING:
    from celltrial.locale import Language
    from celltrial.simulation.pathways import PathwayStep


def compare(
    protocol: ProtocolArgument,
    designs: Annotated[str, typer.Option("--designs", help="Keys of designs, with commas between.")] = "boin,crm,3+3",
    trials: Annotated[
        int, typer.Option("--trials", min=100, help="Simulated trials where exact does not fit.")
    ] = 10_000,
    seed: SeedOption = 1,
    out: Annotated[Path | None, typer.Option("--out", help="Write a page with figure and table.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")] = False,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Compare designs on the protocol's ladder and scenarios; every competitor's parameters are shown."""
    from celltrial.app.comparing import compare_designs
    from celltrial.app.design_sheet import comparison_page
    from celltrial.app.planning import open_protocol, unstated_rates
    from celltrial.cli.design_words import bases_of, plain, with_error
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.terminal import percent, print_json, print_table
    from celltrial.locale import translate
    from celltrial.report.design_sheet.parameters import format_params

    plan = open_protocol(protocol)
    kinds = [kind.strip() for kind in designs.split(",") if kind.strip()]
    with shown_progress(lang.language) as progress:
        rivals = compare_designs(plan, kinds, str(protocol), trials=trials, seed=seed, progress=progress)
    if out is not None:
        write_page(out, lambda: comparison_page(plan, rivals, lang.language), lang.language, force=force, quiet=json)
    if json:
        print_json(
            [
                {
                    "design": one.kind,
                    "params": dict(one.params),
                    "characteristics": [plain(oc) for oc in one.characteristics],
                }
                for one in rivals
            ]
        )
        return
    language = lang.language
    assert plan.escalation is not None
    names = {item.id: item.name.said(language) for item in plan.escalation.scenarios}
    labels = [level.label for level in plan.dose.levels]
    heads = [translate("cli.design.kind", language), *labels]
    heads += [translate(f"cli.design.{name}", language) for name in ("none", "mean_n", "dlts", "overdosing", "method")]
    print(translate("cli.design.compared", language))
    for number, scenario in enumerate(plan.escalation.scenarios):
        rates = " / ".join(percent(rate, 0) for rate in scenario.dlt_rates)
        rows = []
        for one in rivals:
            oc = one.characteristics[number]
            chosen = [with_error(oc, "prob_select", dose) for dose in range(len(labels))]
            rows.append(
                [one.kind, *chosen, with_error(oc, "prob_none"), f"{oc.expected_total_n:.1f}",
                 f"{oc.expected_total_dlt:.2f}", percent(oc.prob_overdosing),
                 translate(f"cli.design.method.{oc.method}", language)]
            )  # fmt: skip
        print_table(translate("cli.design.in_scenario", language, name=names[scenario.id], rates=rates), heads, rows)
    for one in rivals:
        shown = format_params(one.params) or translate("cli.design.no_params", language)
        print(translate("cli.design.design", language, kind=one.kind, params=shown))
    for line in bases_of({one.kind: one.computed for one in rivals}, language):
        print(line)
    for one in rivals:
        unstated = unstated_rates(plan, one.policy)
        if unstated is not None:
            print(f"{one.kind}: " + translate(f"cli.design.unstated.{unstated}", language))


def write_page(out: Path, page: Callable[[], str], language: Language, *, force: bool, quiet: bool) -> None:
    """Write a page and say where."""
    from celltrial.app.files import refuse_existing, write_text
    from celltrial.locale import translate

    refuse_existing(out, force=force)
    write_text(out, page())
    if not quiet:
        print(translate("cli.sheet.written", language, path=out))


def audit(
    protocol: ProtocolArgument,
    out: Annotated[Path | None, typer.Option("--out", help="Write a page with figure and table.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file where it exists.")] = False,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Look for faults of the design over all reachable states; exit 1 where one is found."""
    from celltrial.app.comparing import audit_design
    from celltrial.app.design_sheet import audit_page
    from celltrial.app.planning import open_protocol
    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate

    plan = open_protocol(protocol)
    found = audit_design(plan, str(protocol))
    if out is not None:
        where, language = str(protocol), lang.language
        write_page(out, lambda: audit_page(plan, where, language), language, force=force, quiet=json)
    labels = [level.label for level in plan.dose.levels]
    if json:
        print_json(
            [
                {
                    "kind": one.kind,
                    "states": one.states,
                    "dose": labels[one.dose],
                    "example": None if one.example is None else {"dlt": one.example.dlt, "n": one.example.n},
                }
                for one in found
            ]
        )
    elif not found:
        print(translate("cli.design.sound", lang.language))
    else:
        for one in found:
            example = one.example
            shown = (
                "" if example is None else ", ".join(f"{y}/{n}" for y, n in zip(example.dlt, example.n, strict=True))
            )
            text = translate(one.code, lang.language)
            print(
                translate(
                    "cli.design.fault",
                    lang.language,
                    text=text,
                    states=one.states,
                    dose=labels[one.dose],
                    example=shown,
                )
            )
    return 1 if found else 0


def paths(
    protocol: ProtocolArgument,
    counts: Annotated[
        str | None, typer.Option("--counts", help="DLTs/subjects per dose so far, such as 0/3,1/3.")
    ] = None,
    scenario: Annotated[str | None, typer.Option("--scenario", help="Scenario for probabilities.")] = None,
    cohorts: Annotated[int, typer.Option("--cohorts", min=1, max=4, help="Cohorts ahead.")] = 2,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Lay out what the next cohorts can bring and what the design does then."""
    from celltrial.app.comparing import design_pathways
    from celltrial.app.planning import open_protocol
    from celltrial.cli.terminal import print_json

    plan = open_protocol(protocol)
    steps = design_pathways(plan, str(protocol), treated=counts, scenario=scenario, cohorts=cohorts)
    labels = [level.label for level in plan.dose.levels]
    rows = [
        {
            "path": one.path,
            "next": None if one.decision.next_dose is None else labels[one.decision.next_dose],
            "reason": one.decision.reason.code,
            "recommended": None if one.decision.recommended is None else labels[one.decision.recommended],
            "probability": one.probability,
        }
        for one in steps
    ]
    if json:
        print_json(rows)
        return
    show_paths(steps, labels, lang.language)


def show_paths(steps: Sequence[PathwayStep], labels: Sequence[str], language: Language) -> None:
    """Print pathways: the cohorts, what the design does then, and how likely it is."""
    from celltrial.cli.terminal import percent, print_table
    from celltrial.locale import translate

    def label(dose: int | None) -> str:
        return "–" if dose is None else labels[dose]

    table = [
        [one.path or "–", label(one.decision.next_dose), translate(one.decision.reason.code, language),
         label(one.decision.recommended), percent(one.probability)]
        for one in steps
    ]  # fmt: skip
    heads = [
        translate(f"cli.design.{name}", language) for name in ("path", "next", "reason", "recommended", "probability")
    ]
    print_table(translate("cli.design.paths", language), heads, table, left=4)

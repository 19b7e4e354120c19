"""`celltrial design KEY name=value ...` and `celltrial design list`: dose finding from parameters alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, SeedOption

if TYPE_CHECKING:
    from celltrial.app.design_by_parameters import Designed
    from celltrial.locale import Language


def of(
    key: Annotated[str, typer.Argument(help="Key of a design, as `celltrial design list` shows it.")],
    given: Annotated[
        list[str] | None,
        typer.Argument(help="Parameters, name=value: target, n, cohort, doses, start, rates, and those of the design."),
    ] = None,
    seed: SeedOption = 1,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Show what a design decides, and how it does under stated truths, from parameters alone."""
    from celltrial.app.design_by_parameters import as_data, design_by_parameters
    from celltrial.app.sizing import parse_params
    from celltrial.cli.terminal import print_json

    shown = design_by_parameters(key, parse_params(given or []), seed=seed)
    if json:
        print_json(as_data(shown))
    else:
        _show(shown, lang.language)


def list_designs(json: JsonOption = False, lang: LanguageOption = LanguageChoice.EN) -> None:
    """List the designs for finding a dose, with what each looks at and an example that runs."""
    from celltrial.app.design_by_parameters import example_line
    from celltrial.cli.terminal import print_json, print_table
    from celltrial.designs.in_use import designs_in_use
    from celltrial.locale import has, translate

    table = designs_in_use()
    if json:
        print_json(
            {
                key: {
                    "family": row.family,
                    "endpoints": sorted(row.endpoints),
                    "exact": row.exact,
                    "references": list(row.references),
                    "example": dict(row.example),
                }
                for key, row in table.items()
            }
        )
        return
    heads = [translate(f"cli.design.list.{name}", lang.language) for name in ("key", "what", "example")]
    rows = [
        (key, translate(f"design.is.{key}", lang.language) if has(f"design.is.{key}") else "–", example_line(key, row))
        for key, row in table.items()
    ]
    print_table(translate("cli.design.list.title", lang.language), heads, rows, left=3)


def _show(shown: Designed, language: Language) -> None:
    from celltrial.app.design_table import decision_ranges, second_count
    from celltrial.cli.terminal import console, percent, print_table
    from celltrial.locale import translate
    from celltrial.report.design_sheet.parameters import format_params

    out = console()
    out.print(translate("cli.design.design", language, kind=shown.key, params=format_params(shown.params)))
    if shown.assumed:
        out.print(translate("cli.design.of.assumed", language, names=", ".join(shown.assumed)))
    for text in shown.policy.describe():
        out.print("  " + translate(text.id, language, **text.params))
    out.print()
    heads, rows = decision_ranges(shown.decisions, second_count(shown.policy))
    if rows:
        print_table(
            translate("cli.design.decisions", language),
            [translate(f"cli.design.{name}", language) for name in heads],
            rows,
            left=0,
        )
    else:
        out.print(translate("cli.design.no_table", language))
    if not shown.characteristics:
        out.print(translate("cli.design.of.no_characteristics", language))
        return
    key = "cli.design.of.scenarios" if shown.is_own else "cli.design.of.scenarios_assumed"
    out.print(translate(key, language, target=percent(shown.target)))
    doses = [str(number) for number in range(1, shown.doses + 1)]
    heads = ["scenario", "what", *doses, "none", "total"]
    said = [head if head.isdigit() else translate(f"cli.design.of.{head}", language) for head in heads]
    print_table(translate("cli.design.of.characteristics", language), said, list(_lines(shown, language)), left=2)
    first = shown.characteristics[0]
    how = (
        {
            "states": f"{first.states:,}",
            "error": f"{max(item.total_probability_error or 0 for item in shown.characteristics):.0e}",
        }
        if first.exact
        else {"trials": f"{first.trials:,}", "seed": first.seed}
    )
    out.print(
        translate(
            "cli.design.exact" if first.exact else "cli.design.simulated",
            language,
            **{"states": None, "error": None, "trials": None, "seed": None, **how},
        )
    )


def _lines(shown: Designed, language: Language) -> Any:
    from celltrial.cli.design_words import with_error
    from celltrial.cli.terminal import percent
    from celltrial.locale import translate

    for scenario, found in zip(shown.scenarios, shown.characteristics, strict=True):
        rates = [percent(rate) for rate in scenario.dlt_rates]
        yield [scenario.name, translate("cli.design.true_rate", language), *rates, "", ""]
        doses = range(shown.doses)
        chosen = [with_error(found, "prob_select", dose) for dose in doses]
        yield ["", translate("cli.design.selected", language), *chosen, with_error(found, "prob_none"), ""]
        treated = [with_error(found, "expected_n", dose, share=False) for dose in doses]
        yield ["", translate("cli.design.treated", language), *treated, "", f"{found.expected_total_n:.1f}"]

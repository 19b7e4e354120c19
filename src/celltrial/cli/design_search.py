"""`celltrial design worst` and `calibrate`: searches with the exact engine, without simulation noise."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument, SeedOption
from celltrial.core.values import message

if TYPE_CHECKING:
    from celltrial.locale import Language


class Criterion(StrEnum):
    """What is searched for; the larger, the worse."""

    OVERDOSE = "overdose"
    OVERDOSING = "overdosing"
    NONE = "none"
    DLTS = "dlts"


CriterionOption = Annotated[
    Criterion,
    typer.Option(
        "--criterion",
        help="P(recommends an overdose), P(over 60 % of subjects overdosed), P(recommends no dose), or mean DLTs.",
    ),
]


AboveOption = Annotated[
    float | None,
    typer.Option(
        "--above", min=0, max=1, help="DLT rate above which a dose is an overdose; the design's own limit if not given."
    ),
]


def worst(
    protocol: ProtocolArgument,
    criterion: CriterionOption = Criterion.OVERDOSE,
    above: AboveOption = None,
    low: Annotated[str | None, typer.Option("--low", help="Lowest DLT rate per dose, such as 0.02,0.05.")] = None,
    high: Annotated[str | None, typer.Option("--high", help="Highest DLT rate per dose.")] = None,
    seed: SeedOption = 1,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Search the toxicity curve worst for the design, in the region of the scenarios or a stated one."""
    from celltrial.app.planning import open_protocol
    from celltrial.app.searching import limit_of, worst_truth
    from celltrial.cli.terminal import percent, print_json, print_table
    from celltrial.locale import translate

    plan, language = open_protocol(protocol), lang.language
    limit = limit_of(plan) if above is None else above
    region = None if low is None and high is None else (_rates(low, "--low"), _rates(high, "--high"))
    found, (least, most) = worst_truth(
        plan, str(protocol), criterion=criterion.value, region=region, limit=limit, seed=seed
    )
    curve = found.scenario.dlt_rates
    if json:
        print_json(
            {"criterion": criterion.value, "value": found.value, "dlt_rates": curve, "low": least, "high": most,
             "tried": found.tried}
        )  # fmt: skip
        return
    labels = [level.label for level in plan.dose.levels]
    rows = [
        (label, f"{percent(a, 0)}–{percent(b, 0)}", percent(rate), percent(chosen))
        for label, a, b, rate, chosen in zip(labels, least, most, curve, found.characteristics.prob_select, strict=True)
    ]
    heads = [translate(f"cli.design.{name}", language) for name in ("dose", "region", "worst_rate", "selected_share")]
    what = _named(criterion, limit, language)
    print_table(translate("cli.design.worst", language, criterion=what), heads, rows)
    print(translate("cli.design.worst_value", language, value=_shown(criterion, found.value), tried=found.tried))


def calibrate(
    protocol: ProtocolArgument,
    parameter: Annotated[str, typer.Option("--parameter", help="A parameter of the protocol's design.")],
    values: Annotated[str, typer.Option("--values", help="Values to try in this order, with commas between.")],
    scenario: Annotated[str, typer.Option("--scenario", help="A scenario of the protocol.")],
    at_most: Annotated[float, typer.Option("--at-most", help="Limit of the criterion; a share, or DLTs.")],
    criterion: CriterionOption = Criterion.OVERDOSE,
    above: AboveOption = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Choose the first value of a parameter that keeps a limit under a scenario, computed exactly."""
    from celltrial.app.planning import open_protocol
    from celltrial.app.searching import calibrate_design, limit_of
    from celltrial.cli.terminal import print_json, print_table
    from celltrial.locale import translate

    plan, language = open_protocol(protocol), lang.language
    limit = limit_of(plan) if above is None else above
    found = calibrate_design(
        plan, str(protocol), parameter=parameter, values=_rates(values, "--values"), scenario=scenario,
        criterion=criterion.value, limit=limit, at_most=at_most,
    )  # fmt: skip
    if json:
        print_json({"parameter": parameter, "chosen": found.chosen, "value": found.value, "tried": found.tried})
        return
    what, most = _named(criterion, limit, language), _shown(criterion, at_most)
    title = translate(
        "cli.design.calibrated", language, parameter=parameter, scenario=scenario, criterion=what, limit=most
    )
    heads = [translate(f"cli.design.{name}", language) for name in ("tried_value", "found_value")]
    print_table(title, heads, [(f"{value:g}", _shown(criterion, got)) for value, got in found.tried])
    print(translate("cli.design.chosen", language, parameter=parameter, value=f"{found.chosen:g}"))


def _named(criterion: Criterion, limit: float, language: Language) -> str:
    from celltrial.locale import translate

    return translate(f"cli.design.criterion.{criterion.value}", language, limit=f"{100 * limit:g}")


def _shown(criterion: Criterion, value: float) -> str:
    return f"{value:.2f}" if criterion is Criterion.DLTS else f"{100 * value:.1f} %"


def _rates(text: str | None, option: str) -> list[float]:
    """Return numbers between commas; APP-066 where one is none."""
    from celltrial.core.errors import UserError, fault

    try:
        return [float(item) for item in (text or "").split(",")]
    except ValueError:
        raise UserError(
            fault("APP-066", option, expected=message("numbers_divided_by_commas"), found=text or "-")
        ) from None

"""`celltrial growth`: the z-scores of a child from length and weight, as `RecordGrowth` keeps them beside what it records."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption
from celltrial.clinical.growth import Sex


def growth(
    sex: Annotated[Sex, typer.Option("--sex", help="Whose table is read.", show_default=False)],
    born: Annotated[datetime, typer.Option("--born", formats=["%Y-%m-%d"], help="Day of birth.", show_default=False)],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Day of measurement.", show_default=False)],
    length: Annotated[str | None, typer.Option("--length", help="Length or height, cm.")] = None,
    weight: Annotated[str | None, typer.Option("--weight", help="Weight, kg.")] = None,
    lying: Annotated[
        bool | None, typer.Option("--lying/--standing", help="How length was taken; by default lying up to 730 days.")
    ] = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Compute a child's z-scores by the WHO growth standards, from an installed package of tables."""
    from celltrial.app.growing import growth_scores
    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate

    found = growth_scores(sex, born=born.date(), on=on.date(), length_cm=length, weight_kg=weight, lying=lying)
    if json:
        print_json({indicator.value: item.as_record() for indicator, item in found.items()})
        return
    print(translate("cli.growth.source", lang.language, tables=next(iter(found.values())).inputs["tables"]))
    for indicator, item in found.items():
        name = translate(f"cli.growth.{indicator.value}", lang.language)
        notes = [translate(code.value, lang.language) for code in (*item.queries, *item.caveats)]
        print("  ".join((f"{item.label:>6}", name, *notes)))

"""`celltrial registry`: how large a registry must be, and when a sequential watch of it calls."""

from __future__ import annotations

from typing import Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption

Rate = Annotated[float, typer.Option("--rate", min=1e-9, max=0.999999, help="Rate of the event in a person.")]


def size(
    rate: Rate = 0.001,
    persons: Annotated[int, typer.Option("--persons", min=1, help="Persons of the registry.")] = 300,
    level: Annotated[
        float, typer.Option("--level", min=0.5, max=0.999999, help="Chance, or level of the limit.")
    ] = 0.95,
    loss: Annotated[float, typer.Option("--loss", min=0.0, max=0.99, help="Share lost each year.")] = 0.0,
    years: Annotated[float, typer.Option("--years", min=0.0, max=60.0, help="Years of follow-up.")] = 15.0,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Say what a registry of a size can see of a rare event, and how many persons it takes."""
    from celltrial.analysis.signals.registry import chance_of_one, kept, persons_needed, upper_limit
    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate

    chance, needed, limit = chance_of_one(rate, persons), persons_needed(rate, level), upper_limit(persons, level)
    left = kept(persons, loss, years)
    if json:
        print_json({"chance": chance, "persons_needed": needed, "upper_limit": limit, "still_followed": left})
        return 0
    shown = {
        "persons": persons,
        "rate": f"{rate:g}",
        "level": f"{level:.0%}",
        "limit": f"{limit:.3%}",
        "chance": f"{chance:.1%}",
    }
    print(translate("cli.registry.seen", lang.language, **shown))
    print(translate("cli.registry.needed", lang.language, level=shown["level"], persons=f"{needed:,}"))
    print(translate("cli.registry.limit", lang.language, **shown))
    if loss:
        print(translate("cli.registry.kept", lang.language, loss=f"{loss:.1%}", kept=f"{left:.0f}", years=f"{years:g}"))
    return 0


def watch(
    length: Annotated[float, typer.Option("--expected", min=0.01, max=200.0, help="Events expected by the end.")] = 5.0,
    least: Annotated[int, typer.Option("--least", min=1, max=50, help="Events before which it does not call.")] = 4,
    alpha: Annotated[float, typer.Option("--alpha", min=1e-6, max=0.5, help="Error over the whole watch.")] = 0.05,
    excess: Annotated[
        float, typer.Option("--excess", min=1.0, max=100.0, help="Excess for which the chance is told.")
    ] = 2.0,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Give the critical value of a sequential watch (MaxSPRT, Poisson) by exact recursion, and its chance to call."""
    from celltrial.analysis.signals.registry import chance_of_call, critical_value
    from celltrial.cli.terminal import print_json
    from celltrial.core.errors import UserError, fault
    from celltrial.locale import translate

    try:
        value = critical_value(length, least, alpha)
    except ValueError:
        raise UserError(fault("EXC-195", expected=length, found=least)) from None
    power = chance_of_call(value, length, least, excess)
    if json:
        print_json({"critical_value": value, "power": power})
        return 0
    shown = {"value": f"{value:.6f}", "least": least, "alpha": f"{alpha:g}", "length": f"{length:g}"}
    print(translate("cli.registry.critical", lang.language, **shown))
    print(translate("cli.registry.power", lang.language, excess=f"{excess:g}", power=f"{power:.1%}"))
    return 0

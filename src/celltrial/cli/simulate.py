"""`celltrial simulate`: a whole virtual trial, through the same commands as a real one, into a ledger."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument, SeedOption

if TYPE_CHECKING:
    from celltrial.locale import Language
    from celltrial.protocol import Protocol
    from celltrial.simulation.twin import TwinSummary


def simulate(
    protocol: ProtocolArgument,
    ledger: Annotated[Path, typer.Option("--ledger", help="The ledger to write; it must not exist.")] = Path(
        "trial.db"
    ),
    seed: SeedOption = 1,
    scenario: Annotated[str | None, typer.Option("--scenario", help="Id of a scenario of the protocol.")] = None,
    years: Annotated[float, typer.Option("--years", min=0.1, max=30, help="Simulated years.")] = 4.0,
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials", min=2, max=10_000, help="Simulate so many trials and print what came of them; no ledger."
        ),
    ] = None,
    replay: Annotated[
        int | None, typer.Option("--replay", min=1, help="Write trial K of such a run, alone, into the ledger.")
    ] = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Drive a virtual trial of the protocol and keep every event in a new ledger."""
    from celltrial.app.planning import open_protocol
    from celltrial.app.repeating import seed_of
    from celltrial.app.simulating import simulate_into
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.terminal import print_json
    from celltrial.core.errors import UserError, fault

    plan = open_protocol(protocol)
    if trials is not None and replay is not None:
        raise UserError(fault("APP-289", "--replay", found=replay))
    if trials is not None:
        _many(plan, trials, seed, scenario, years, lang.language, as_json=json)
        return
    seed = seed_of(seed, replay or 1)
    with shown_progress(lang.language) as progress:
        summary = simulate_into(ledger, plan, seed=seed, scenario=scenario, years=years, progress=progress)
    if json:
        data = {name: getattr(summary, name) for name in summary.__dataclass_fields__}
        print_json(data | {"looks": [asdict(held) for held in summary.looks]})
    else:
        show_summary(summary, str(ledger), lang.language)


def _many(
    plan: Protocol, trials: int, seed: int, scenario: str | None, years: float, language: Language, *, as_json: bool
) -> None:
    """Simulate many trials and print each figure with what so many trials leave unknown of it."""
    from celltrial.app.repeating import Figure, repeat
    from celltrial.cli.progress import shown_progress
    from celltrial.cli.terminal import console, print_json
    from celltrial.locale import translate

    with shown_progress(language) as progress:
        found = repeat(plan, trials=trials, seed=seed, scenario=scenario, years=years, progress=progress)
    if as_json:
        print_json(asdict(found))
        return
    out = console()
    out.print(translate("cli.simulate.many", language, trials=trials, scenario=found.scenario, seed=seed), style="bold")
    for name in ("enrolled", "infused", "infused_share", "crossed", "suspended", "days_to_analysis"):
        item = getattr(found, name)
        if item is None:
            out.print(translate(f"cli.simulate.many.absent.{name}", language))
            continue
        scale = 100 if name in {"infused_share", "crossed", "suspended"} else 1
        numbers = {key: f"{scale * value:.1f}" for key, value in asdict(item).items() if value is not None}
        numbers["trials"] = str(item.trials)
        if isinstance(item, Figure):
            key = "cli.simulate.many.no_error" if item.error is None else "cli.simulate.many.mean"
            error = {} if item.error is None else {"error": f"{scale * item.error:.2f}"}
            numbers["mean"] = translate(key, language, **(numbers | error))
        out.print(translate(f"cli.simulate.many.{name}", language, **numbers))


def show_summary(summary: TwinSummary, ledger: str, language: Language) -> None:
    """Print what the virtual trial came to."""
    from celltrial.cli.terminal import console
    from celltrial.locale import translate

    level = summary.recommended_level
    fields = {name: getattr(summary, name) for name in summary.__dataclass_fields__}
    out = console()
    out.print(translate("cli.simulate.title", language, **fields), style="bold")
    out.print(translate("cli.persons.rehearsed", language), style="bold yellow")
    out.print(translate("cli.simulate.counts", language, **fields))
    if summary.randomised:
        out.print(translate("cli.simulate.randomised", language, randomised=summary.randomised))
    if level is not None:
        out.print(translate("cli.simulate.level", language, level=level))
    elif summary.analysed_on is None and not summary.looks:
        out.print(translate("cli.simulate.no_end", language, ended=summary.ended))
    for held in summary.looks:
        bound = "–" if held.bound is None else f"{held.bound:.4g}"
        verdict = translate(f"cli.simulate.look.{held.verdict}", language)
        numbers = {
            "look": held.look,
            "looks": held.looks,
            "seen": held.seen,
            "value": f"{held.value:.4g}",
            "bound": bound,
        }
        out.print(translate("cli.simulate.look", language, **numbers, verdict=verdict))
    refused = sum(summary.refusals.values())
    out.print(translate("cli.simulate.refusals", language, requests=summary.requests, refused=refused))
    for code, count in summary.refusals.items():
        out.print(f"  {code}  {count}")
    out.print(translate("cli.simulate.ledger", language, ledger=ledger))

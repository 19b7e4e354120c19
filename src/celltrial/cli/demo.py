"""`celltrial demo`: one whole trial, from protocol to report, with nothing but this program."""

from __future__ import annotations

import time
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from celltrial.cli.options import LanguageChoice, LanguageOption, SeedOption

if TYPE_CHECKING:
    from celltrial.core.progress import Progress
    from celltrial.locale import Language


class DemoKind(StrEnum):
    """What is demonstrated."""

    DOSE_FINDING = "dose-finding"
    CONFIRMATORY = "confirmatory"
    FOLLOW_UP = "follow-up"


#: Where the tables of the real cohort stand when they are beside the project.
COHORT = Path("../shared/data")
MAPPING = Path("examples/mappings/leipzig-myeloma.yaml")


def demo(
    protocol: Annotated[
        Path | None,
        typer.Option("--protocol", help="The protocol to run; an example of this package where none is named."),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for ledgers and reports.")] = Path("out"),
    kind: Annotated[
        DemoKind, typer.Option("--kind", help="Dose finding, a confirmatory single arm, or fifteen years of follow-up.")
    ] = DemoKind.DOSE_FINDING,
    seed: SeedOption = 1,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Review, design, simulate, verify and report one whole CAR-T trial; import the real cohort where it is at hand."""
    from celltrial.app.demonstrating import EXAMPLE
    from celltrial.cli.progress import shown_progress
    from celltrial.core.errors import UserError, fault

    if protocol is not None and kind is not DemoKind.DOSE_FINDING:
        raise UserError(fault("APP-290", "--protocol", found=protocol, expected=f"--kind {DemoKind.DOSE_FINDING}"))
    started = time.monotonic()
    language = lang.language
    out.mkdir(parents=True, exist_ok=True)
    if kind is not DemoKind.DOSE_FINDING:
        with shown_progress(language) as progress:
            _show(kind, out, seed, language, progress)
        return
    with resources.as_file(resources.files("celltrial.protocol.examples").joinpath(EXAMPLE)) as example:
        chosen = protocol or example
        _plan(chosen, language)
        with shown_progress(language) as progress:
            reports = _run(chosen, out, seed, language, progress)
            reports += _cohort(out, language, progress)
    _say("cli.demo.done", language, seconds=f"{time.monotonic() - started:.0f}")
    for path in reports:
        print(f"  {path.resolve()}")
    _say("cli.demo.site", language)


def _show(kind: DemoKind, out: Path, seed: int, language: Language, progress: Progress) -> None:
    """Run another demonstration: what the review found on its draft, the trial, what its looks showed, the reports."""
    from celltrial.app.demonstrations import DEMONSTRATIONS, show
    from celltrial.cli.simulate import show_summary

    item = DEMONSTRATIONS[kind.value]
    shown = show(item, out, progress, seed=item.seed + seed - 1)  # the first seed is the demonstration's own
    for clause, code in shown.fired:
        _say("cli.demo.fired", language, clause=clause, code=code)
    show_summary(shown.summary, str(shown.ledger), language)
    for path in shown.reports:
        print(f"  {path.resolve()}")


def _say(key: str, language: Language, **params: object) -> None:
    from celltrial.cli.terminal import console
    from celltrial.locale import translate

    console().print("\n" + translate(key, language, **params), style="bold cyan")


def _plan(protocol: Path, language: Language) -> None:
    from celltrial.app.planning import open_protocol, plan_design
    from celltrial.app.reviewing import review_protocol
    from celltrial.cli.design import show_design
    from celltrial.cli.review import show_review

    plan = open_protocol(protocol)
    _say("cli.demo.review", language)
    show_review(review_protocol(plan), language, every=False, path=protocol)
    _say("cli.demo.design", language)
    show_design(plan_design(plan, str(protocol)), language)


def _run(protocol: Path, out: Path, seed: int, language: Language, progress: Progress) -> list[Path]:
    from celltrial.app.planning import open_protocol
    from celltrial.app.reporting import write_report
    from celltrial.app.simulating import remove_ledger, simulate_into
    from celltrial.app.verifying import verify_ledger
    from celltrial.cli.simulate import show_summary
    from celltrial.cli.verify import show_check
    from celltrial.locale import LANGUAGES

    ledger = out / "trial.db"
    remove_ledger(ledger, receipts=True)
    _say("cli.demo.simulate", language)
    plan = open_protocol(protocol)
    summary = simulate_into(ledger, plan, seed=seed, scenario=None, years=4.0, progress=progress)
    show_summary(summary, str(ledger), language)
    show_check(verify_ledger(str(ledger), None, progress), language)
    reports = [out / f"report-{item}.html" for item in LANGUAGES]
    for path, item in zip(reports, LANGUAGES, strict=True):
        write_report(str(ledger), path, item, seed=seed, force=True)
    return reports


def _cohort(out: Path, language: Language, progress: Progress) -> list[Path]:
    from celltrial.app.importing import import_cohort
    from celltrial.app.reporting import write_report
    from celltrial.app.simulating import remove_ledger
    from celltrial.locale import LANGUAGES, translate

    if not (COHORT.is_dir() and MAPPING.is_file()):
        _say("cli.demo.no_cohort", language, folder=COHORT)
        return []
    ledger = out / "cohort.db"
    remove_ledger(ledger, receipts=True)
    _say("cli.demo.cohort", language)
    summary = import_cohort(MAPPING, COHORT, ledger, progress)
    fields = {name: getattr(summary, name) for name in summary.__dataclass_fields__}
    print(translate("cli.import.done", language, **fields, ledger=ledger))
    reports = [out / f"cohort-{item}.html" for item in LANGUAGES]
    for path, item in zip(reports, LANGUAGES, strict=True):
        write_report(str(ledger), path, item, force=True)
    return reports

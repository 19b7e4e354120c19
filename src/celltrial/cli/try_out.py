"""`celltrial try`: virtual subjects and events through a protocol's own criteria, gates and rules, in memory."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from celltrial.guideline.experiments import Answer, NotTriedError, Outcome, Step
    from celltrial.locale import Language


def try_protocol(
    protocol: ProtocolArgument,
    experiment: Annotated[str, typer.Argument(help="Name of one experiment; all of them unless given.")] = "",
    register: Annotated[str, typer.Option("--register", help="Clause register that the answers go to.")] = "",
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Try a protocol on virtual subjects and events: what is sent, what it answers; exit 1 where it does not hold."""
    from celltrial.app.planning import open_protocol
    from celltrial.app.trying_out import applying, try_out
    from celltrial.cli.terminal import print_json

    plan = open_protocol(protocol)
    outcomes, clauses = try_out(plan, experiment), applying(plan, register)
    if json:
        about = plan.identification
        print_json(
            {
                "protocol": about.id,
                "version": about.version,
                "experiments": [_data(one, clauses, lang.language) for one in outcomes],
            }
        )
    elif experiment:
        _show_one(outcomes[0], clauses, lang.language)
    else:
        about = plan.identification
        _show_all(outcomes, clauses, {"id": about.id, "version": about.version, "path": protocol}, lang.language)
    broken = [one for item in outcomes for one in item.answers if not one.holds and _clause(one, clauses)]
    return 1 if broken else 0


def _clause(answer: Answer, clauses: Collection[str]) -> str:
    return next((one for one in answer.clauses if one in clauses), "")


def _data(outcome: Outcome, clauses: Collection[str], language: Language) -> dict[str, Any]:
    from celltrial.locale import translate
    from celltrial.locale.sentences import condition_data

    not_tried = outcome.not_tried
    return {
        "experiment": outcome.experiment,
        "title": translate(f"try.title.{outcome.experiment}", language),
        "steps": [
            {
                "step": step.code,
                "text": _step_text(step, language),
                "command": step.command,
                "answer": step.reply.value,
                "conditions": [condition_data(item, language) for item in step.conditions],
                "facts": list(step.facts),
            }
            for step in outcome.steps
        ],
        "answers": [
            {
                "clause": _clause(one, clauses) or None,
                "holds": one.holds,
                "field": one.path,
                "found": one.found,
                "limit": one.limit,
                "text": _answer_text(outcome.experiment, one, language),
            }
            for one in outcome.answers
        ],
        "not_tried": None
        if not_tried is None
        else {
            "code": not_tried.code,
            "text": _reason(not_tried, language),
            "conditions": [condition_data(item, language) for item in not_tried.conditions],
        },
    }


def _show_all(
    outcomes: tuple[Outcome, ...], clauses: Collection[str], about: Mapping[str, object], language: Language
) -> None:
    from celltrial.cli.terminal import console
    from celltrial.locale import translate

    out = console()
    out.print(translate("cli.try.title", language, **about), style="bold")
    for one in outcomes:
        title = translate(f"try.title.{one.experiment}", language)
        out.print(f"\n  [{_mark(one, clauses, language)}]  {one.experiment}: {title}", markup=False)
        for line in _lines(one, clauses, language):
            out.print(f"      {line}", markup=False)
    out.print()
    out.print(translate("cli.try.again", language, name=outcomes[0].experiment, **about), markup=False)


def _show_one(outcome: Outcome, clauses: Collection[str], language: Language) -> None:
    from celltrial.cli.terminal import console
    from celltrial.locale import translate
    from celltrial.locale.sentences import condition_sentence

    out = console()
    title = translate(f"try.title.{outcome.experiment}", language)
    out.print(translate("cli.try.one", language, name=outcome.experiment, title=title), style="bold", markup=False)
    for number, step in enumerate(outcome.steps, 1):
        said = _step_text(step, language)
        out.print(
            "  " + translate(f"cli.try.step.{step.reply.value}", language, number=number, said=said), markup=False
        )
        for item in step.conditions:
            out.print("      " + condition_sentence(item, language), markup=False)
        if step.facts:
            out.print("      " + translate("cli.try.followed", language, facts=", ".join(step.facts)), style="dim")
    for line in _lines(outcome, clauses, language):
        out.print(f"  {line}", markup=False)


def _lines(outcome: Outcome, clauses: Collection[str], language: Language) -> list[str]:
    """Return what an experiment says of clauses, and why it was not carried through."""
    from celltrial.locale import translate
    from celltrial.locale.sentences import condition_sentence

    lines = []
    for one in outcome.answers:
        clause = _clause(one, clauses)
        if not clause:
            lines.append(translate("cli.try.not_applying", language, clause=one.clauses[0]))
            continue
        said = _answer_text(outcome.experiment, one, language)
        lines.append(translate(f"cli.try.{'held' if one.holds else 'broken'}", language, clause=clause, said=said))
    if outcome.not_tried is not None:
        lines.append(translate("cli.try.not_tried", language, why=_reason(outcome.not_tried, language)))
        lines += ["  " + condition_sentence(item, language) for item in outcome.not_tried.conditions]
    return lines or [translate("cli.try.nothing", language)]


def _mark(outcome: Outcome, clauses: Collection[str], language: Language) -> str:
    from celltrial.locale import translate

    counted = [one for one in outcome.answers if _clause(one, clauses)]
    if any(not one.holds for one in counted):
        mark = "broken"
    elif counted:
        mark = "held"
    else:
        mark = "not_tried" if outcome.not_tried is not None else "nothing"
    return translate(f"cli.try.mark.{mark}", language)


def _answer_text(experiment: str, answer: Answer, language: Language) -> str:
    from celltrial.guideline.wording import worded
    from celltrial.locale import has, translate

    key = f"tried.{answer.code}" if answer.holds else f"finding.tried_{answer.code}"
    shown = {**answer.params, "experiment": experiment, "found": answer.found, "limit": answer.limit}
    return translate(key, language, path=answer.path, **worded(shown, language, translate, has))


def _step_text(step: Step, language: Language) -> str:
    from celltrial.guideline.wording import worded
    from celltrial.locale import has, translate

    shown = {name: _worded(value, language) for name, value in step.params.items()}
    return translate(f"try.step.{step.code}", language, **worded(shown, language, translate, has))


def _worded(value: object, language: Language) -> object:
    """Return a day or a moment in words, anything else as it is."""
    from celltrial.core.dates import Instant
    from celltrial.core.values import as_value
    from celltrial.locale.wording import in_words

    return in_words(as_value(value), language) if isinstance(value, date | Instant) else value


def _reason(reason: NotTriedError, language: Language) -> str:
    from celltrial.core.errors import Fault
    from celltrial.locale import translate
    from celltrial.locale.wording import fault_sentence

    shown = {
        name: fault_sentence(value, language) if isinstance(value, Fault) else value
        for name, value in reason.params.items()
    }
    return translate(f"try.not.{reason.code}", language, **shown)

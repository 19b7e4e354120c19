"""`celltrial review`: a protocol beside every clause of the guideline, grouped by verdict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument

if TYPE_CHECKING:
    from celltrial.guideline.review import Review
    from celltrial.guideline.verdict import Finding, Verdict
    from celltrial.locale import Language

__all__ = ["review", "review_data", "show_finding", "show_review", "verdict_data"]

_ORDER = ("finding", "justified", "met", "carried_out", "not_applicable")


def review(
    protocol: ProtocolArgument,
    register: Annotated[str, typer.Option("--register", help="Clause register to hold the protocol against.")] = "",
    every: Annotated[bool, typer.Option("--all", help="List every clause, not only findings.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 while a finding keeps it from approval.")] = False,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Hold a protocol against the guideline, clause by clause."""
    from celltrial.app.planning import open_protocol
    from celltrial.app.reviewing import review_protocol
    from celltrial.cli.terminal import print_json

    answer = review_protocol(open_protocol(protocol), register)
    if json:
        print_json(review_data(answer, lang.language))
    else:
        show_review(answer, lang.language, every=every, path=protocol)
    return 1 if strict and answer.blockers else 0


def review_data(answer: Review, language: Language) -> dict[str, Any]:
    """Return the review as plain data; ids and codes do not depend on the language."""
    return {
        "protocol": answer.protocol_id,
        "version": answer.protocol_version,
        "register": {"id": answer.register_id, "version": answer.register_version, "sample": answer.sample_register},
        "risk_tier": answer.tier.tier.value,
        "counts": {status.value: count for status, count in answer.counts.items()},
        "missing_facts": list(answer.missing_facts),
        "verdicts": [verdict_data(item, language) for item in answer.verdicts],
    }


def verdict_data(item: Verdict, language: Language) -> dict[str, Any]:
    """Return one verdict as plain data."""
    from celltrial.report.review_words import finding_sentence, remedy_sentence

    return {
        "clause": item.clause.id,
        "section": item.clause.section,
        "strength": item.clause.strength.value,
        "status": item.status.value,
        "trigger": item.clause.trigger,
        "blocks_approval": item.blocks_approval,
        "findings": [
            {
                "code": one.code,
                "severity": one.severity.value,
                "field": one.path,
                "found": finding_sentence(one, language),
                "remedy": remedy_sentence(one, language),
            }
            for one in item.findings
        ],
    }


def show_review(answer: Review, language: Language, *, every: bool, path: Path) -> None:
    """Print the review for people: findings first, then counts, then the other clauses where asked for."""
    from celltrial.cli.terminal import console
    from celltrial.locale import translate

    out = console()
    about = {"id": answer.protocol_id, "version": answer.protocol_version, "register": answer.register_id}
    out.print(translate("cli.review.title", language, **about, register_version=answer.register_version), style="bold")
    if answer.sample_register:
        out.print(translate("register.sample", language), style="bold red")
    out.print(translate("cli.review.tier", language, tier=translate(f"gdl.word.{answer.tier.tier.value}", language)))
    for status in _ORDER:
        items = [item for item in answer.verdicts if item.status.value == status]
        out.print()
        heading = translate(f"status.{status}", language)
        out.print(translate("cli.review.group", language, status=heading, count=len(items)), style="bold")
        if status in {"finding", "justified"} or every:
            for item in items:
                _show_verdict(item, language)
    out.print()
    blocking = len(answer.blockers)
    key = "cli.review.blocked" if blocking else "cli.review.open"
    out.print(translate(key, language, count=blocking, path=path))


def _show_verdict(item: Verdict, language: Language) -> None:
    from celltrial.cli.terminal import console
    from celltrial.locale import translate

    out = console()
    strength = translate(f"strength.{item.clause.strength.value}", language)
    out.print(f"  {item.clause.id}  [{strength}]  {item.clause.text(language)}", markup=False)
    for one in item.findings:
        show_finding(one, language)


def show_finding(one: Finding, language: Language) -> None:
    """Print one finding with its remedy."""
    from celltrial.cli.terminal import console
    from celltrial.locale import translate
    from celltrial.report.review_words import finding_sentence, remedy_sentence

    style = {"major": "red", "minor": "yellow"}.get(one.severity.value, "dim")
    severity = translate(f"gdl.word.{one.severity.value}", language)
    console().print(f"      {severity}: {finding_sentence(one, language)}  ({one.path})", style=style, markup=False)
    console().print(f"      → {remedy_sentence(one, language)}", markup=False)

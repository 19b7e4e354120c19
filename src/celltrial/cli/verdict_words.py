"""How the command line prints verdicts and findings, declared once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celltrial.guideline.comparison import VerdictChange
    from celltrial.guideline.verdict import Finding, Verdict
    from celltrial.locale import Language


def show_verdict(item: Verdict, language: Language, *, every: bool) -> None:
    """Print one verdict; with `every` also why the clause applies, its checks and where it acts."""
    from celltrial.cli.terminal import console
    from celltrial.guideline.traces import check_words, place_words, trace_of
    from celltrial.guideline.wording import applicability_text, ground_text
    from celltrial.locale import has, translate

    out = console()
    strength = translate(f"strength.{item.clause.strength.value}", language)
    out.print(f"  {item.clause.id}  [{strength}]  {item.clause.text(language)}", markup=False)
    why = applicability_text(item.applicability, language, translate=translate, has=has)
    if every and why:
        out.print(f"      {why}", style="dim", markup=False)
    for one in item.findings:
        show_finding(one, language)
    if item.justification is not None:
        signed = item.justification
        reason = signed.reason.said(language)
        if item.status.value == "justified":
            said = translate("cli.review.justified", language, reason=reason)
        else:
            typed = {"who": signed.signed_by, "date": signed.signed_on}
            said = translate("cli.review.unsigned", language, reason=reason, **typed)
        out.print("      " + said, markup=False)
    for name in item.signers:
        out.print("      " + translate("cli.review.signer", language, name=name), markup=False)
    if item.signers and item.signatures_missing:
        out.print("      " + translate("justification.awaits_second", language), markup=False)
    for ground in item.grounds if every else ():
        out.print("      " + ground_text(ground, language, translate=translate, has=has), style="dim", markup=False)
    trace = trace_of(item.clause)
    parts = (
        ("cli.review.checks", check_words(trace), ()),
        ("cli.review.acts", place_words(trace), trace.acts),
    )
    comma = translate("value.comma", language)
    for key, places, modules in parts if every else ():
        if places:
            where = comma.join(translate(place, language) for place in places)
            named = f" ({', '.join(modules)})" if modules else ""
            out.print("      " + translate(key, language, where=where) + named, style="dim", markup=False)


def show_verdict_changes(changes: tuple[VerdictChange, ...], language: Language) -> None:
    """Print the clauses whose verdict changed, with what is now found."""
    from celltrial.cli.terminal import console
    from celltrial.locale import translate

    out = console()
    out.print(translate("cli.diff.verdicts", language, count=len(changes)), style="bold")
    for item in changes:
        sides = [
            translate("cli.diff.absent", language) if side is None else translate(f"status.{side.kind.value}", language)
            for side in (item.before, item.after)
        ]
        there = item.after or item.before
        assert there is not None
        out.print(f"  {item.clause}  {sides[0]} → {sides[1]}  {there.clause.text(language)}", markup=False)
        for one in item.after.findings if item.after is not None else ():
            show_finding(one, language)


def show_finding(one: Finding, language: Language) -> None:
    """Print one finding with its remedy."""
    from celltrial.cli.terminal import console
    from celltrial.guideline.wording import finding_text
    from celltrial.locale import has, translate

    text = finding_text(one, language, translate=translate, has=has)
    style = {"major": "red", "minor": "yellow"}.get(one.severity.value, "dim")
    severity = translate(f"gdl.word.{one.severity.value}", language)
    console().print(f"      {severity}: {text.found}  ({one.path})", style=style, markup=False)
    console().print(f"      → {text.remedy}", markup=False)

"""How `celltrial review --explain` tells why one clause has its verdict."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celltrial.guideline.explaining import Change, Explanation
    from celltrial.locale import Language

#: A value of which nothing is known here, in a text that takes one.
_PLACE = re.compile(r"\{[^{}]*\}")


def explanation_data(told: Explanation, language: Language) -> dict[str, Any]:
    """Return an explanation as plain data."""
    from celltrial.cli.review_data import verdict_data

    return {
        **verdict_data(told.verdict, language),
        "asked": told.verdict.clause.text(language),
        "register": told.register,
        "limits": dict(told.limits),
        "fields": list(told.fields),
        "experiments": list(told.experiments),
        "changes": [
            {"code": item.code, "finding": item.possible or (item.finding.code if item.finding else None),
             "text": change_text(item, language)}
            for item in told.changes
        ],
    }  # fmt: skip


def show_explanation(told: Explanation, language: Language) -> None:
    """Print an explanation for people."""
    from celltrial.cli.terminal import console
    from celltrial.cli.verdict_words import show_verdict
    from celltrial.locale import translate

    out = console()
    kind = translate(f"status.{told.verdict.kind.value}", language)
    heading = {"clause": told.verdict.clause.id, "kind": kind, "section": told.verdict.clause.section}
    out.print(translate("explain.title", language, register=told.register, **heading), style="bold", markup=False)
    show_verdict(told.verdict, language, every=True)
    for key, values in (
        ("limits", [f"{name} = {value:g}" for name, value in told.limits.items()]),
        ("fields", [*told.fields]),
        ("experiments", [*told.experiments]),
    ):
        shown = ", ".join(values) or translate("explain.none", language)
        out.print("      " + translate(f"explain.{key}", language, shown=shown), markup=False)
    out.print(translate("explain.changes", language), style="bold")
    for item in told.changes:
        out.print("  – " + change_text(item, language), markup=False)


def change_text(item: Change, language: Language) -> str:
    """Return one thing that would change a verdict as a sentence."""
    from celltrial.guideline.wording import finding_text, ground_text
    from celltrial.locale import has, template, translate

    if item.finding is not None:
        return finding_text(item.finding, language, translate=translate, has=has).remedy
    if item.ground is not None:
        said = ground_text(item.ground, language, translate=translate, has=has)
        return translate(f"explain.{item.code}", language, said=said)
    if item.possible:
        said = _PLACE.sub("…", template(f"finding.{item.possible}", language))
        return translate("explain.possible", language, said=said)
    return translate(f"explain.{item.code}", language, **item.params)

"""`celltrial review`: a protocol beside every clause of the guideline, grouped by verdict."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument, ReadAccountsOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from celltrial.guideline.review import Review
    from celltrial.guideline.verdict import Verdict
    from celltrial.locale import Language
    from celltrial.protocol import Protocol


#: Kinds of verdict whose clauses are listed whether or not all were asked for.
_SHOWN = ("out_of_scope", "finding", "justified")


def review(
    protocol: ProtocolArgument,
    register: Annotated[str, typer.Option("--register", help="Clause register to hold the protocol against.")] = "",
    every: Annotated[bool, typer.Option("--all", help="List every clause, why it applies and where it acts.")] = False,
    clause: Annotated[
        str, typer.Option("--clause", help="One clause only, with why it applies and where it acts.")
    ] = "",
    explain: Annotated[
        str,
        typer.Option(
            "--explain", help="One clause: what was asked, computed or read, and what would change the verdict."
        ),
    ] = "",
    compare: Annotated[str, typer.Option("--compare", help="A second register: list only the changed verdicts.")] = "",
    since: Annotated[
        Path | None, typer.Option("--since", help="An earlier version of the protocol: list only the changed verdicts.")
    ] = None,
    questions: Annotated[bool, typer.Option("--questions", help="Draft the questions for the agency.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the whole review to this file: .html or .docx.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Exit 1 while a finding keeps it from approval; a product out of scope always does."
        ),
    ] = False,
    accounts: ReadAccountsOption = "",
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Hold a protocol against the guideline, clause by clause."""
    from celltrial.app.planning import open_protocol
    from celltrial.app.reviewing import changed_verdicts, review_protocol
    from celltrial.cli.review_data import changes_data, questions_data, review_data, verdict_data
    from celltrial.cli.terminal import print_json
    from celltrial.cli.verdict_words import show_verdict_changes
    from celltrial.locale import translate

    plan = open_protocol(protocol)
    answer = review_protocol(plan, register, signed=_signers(plan, accounts, register))
    changes = None
    if compare or since is not None:
        changes = changed_verdicts(plan, register, compare=compare, since=open_protocol(since) if since else None)
    if out is not None:
        from celltrial.app.document import write_review

        write_review(plan, answer, out, lang.language, changes=changes, force=force)
        print(translate("cli.document.written", lang.language, path=out.resolve()))
    elif explain:
        from celltrial.cli.explain import explanation_data, show_explanation
        from celltrial.guideline.explaining import explain as explanation

        told = explanation(answer, explain)
        if json:
            print_json(explanation_data(told, lang.language))
        else:
            show_explanation(told, lang.language)
    elif clause:
        only = answer.verdict(clause)
        if json:
            print_json(verdict_data(only, lang.language))
        else:
            _show_alone(only, lang.language)
    elif json:
        extra = {} if changes is None else {"changed": changes_data(changes, lang.language)}
        extra |= {"questions": questions_data(answer, lang.language)} if questions else {}
        print_json(review_data(answer, lang.language) | extra)
    elif changes is not None:
        show_verdict_changes(changes, lang.language)
    elif questions:
        _show_questions(answer, lang.language)
    else:
        show_review(answer, lang.language, every=every, path=protocol)
    return 1 if answer.out_of_scope or (strict and answer.blockers) else 0


def _signers(plan: Protocol, accounts: str, register: str) -> Mapping[str, tuple[str, ...]]:
    """Return who signed which justification; accounts are not even looked for where the protocol justifies nothing."""
    if not plan.justifications:
        return {}
    from celltrial.app.signed_reasons import signers_of

    return signers_of(plan, accounts, register)


def show_review(answer: Review, language: Language, *, every: bool, path: Path) -> None:
    """Print the review for people: findings first, then counts, then the other clauses where asked for."""
    from celltrial.cli.terminal import console
    from celltrial.cli.verdict_words import show_verdict
    from celltrial.locale import translate

    out = console()
    about = {"id": answer.protocol_id, "version": answer.protocol_version, "register": answer.register_id}
    out.print(translate("cli.review.title", language, **about, register_version=answer.register_version), style="bold")
    if answer.out_of_scope:
        out.print(translate("scope.outside", language), style="bold red")
    if answer.sample_register:
        out.print(translate("register.sample", language), style="bold red")
    out.print(translate("cli.review.tier", language, tier=translate(f"gdl.word.{answer.tier.tier.value}", language)))
    if answer.tier.tier is not answer.tier.computed:
        computed = translate(f"gdl.word.{answer.tier.computed.value}", language)
        out.print(translate("cli.review.tier_computed", language, tier=computed))
    for kind, count in answer.counts.items():
        out.print()
        heading = translate(f"status.{kind.value}", language)
        out.print(translate("cli.review.group", language, status=heading, count=count), style="bold")
        if kind.value in _SHOWN or every:
            for item in answer.of_kind(kind):
                show_verdict(item, language, every=every)
    out.print()
    blocking = len(answer.blockers)
    key = "scope.outside" if answer.out_of_scope else "cli.review.blocked" if blocking else "cli.review.open"
    out.print(translate(key, language, count=blocking, path=path))


def _show_alone(item: Verdict, language: Language) -> None:
    from celltrial.cli.terminal import console
    from celltrial.cli.verdict_words import show_verdict
    from celltrial.locale import translate

    console().print(translate(f"status.{item.kind.value}", language), style="bold")
    show_verdict(item, language, every=True)


def _show_questions(answer: Review, language: Language) -> None:
    from celltrial.cli.review_data import questions_data
    from celltrial.cli.terminal import console
    from celltrial.locale import translate

    out = console()
    drafted = questions_data(answer, language)
    out.print(translate("cli.review.questions", language, count=len(drafted)), style="bold")
    for number, one in enumerate(drafted, 1):
        out.print(f"  {number}. {one['question']}  ({one['field']})", markup=False)
        if one["reason"]:
            out.print("      " + translate("cli.review.position", language, reason=one["reason"]), markup=False)
        for item in one["evidence"]:
            out.print(f"      – {item}", markup=False)

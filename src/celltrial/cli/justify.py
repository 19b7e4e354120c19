"""`celltrial justify`: sign, in your own session, the justification of a clause that is in a protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, ProtocolArgument

if TYPE_CHECKING:
    from celltrial.app.justifying import Justifying
    from celltrial.locale import Language


def justify(
    protocol: ProtocolArgument,
    clause: Annotated[str, typer.Argument(help="The clause.", show_default=False)],
    register: Annotated[str, typer.Option("--register", help="Clause register of the clause.")] = "",
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Sign the justification of a clause in your own session; passphrase and one-time code are asked for anew."""
    from celltrial.app.justifying import justify as sign
    from celltrial.app.persons import own_session
    from celltrial.app.planning import open_protocol
    from celltrial.cli.secret_input import read_secret
    from celltrial.cli.terminal import print_json

    plan = open_protocol(protocol)
    own_session()
    item = next((one for one in plan.justifications if one.clause == clause), None)
    if item is not None and not json:
        _show_text(item.reason.said(lang.language), clause, lang.language)
    password = read_secret("passphrase_now", lang.language, required=False)
    code = read_secret("code", lang.language, required=False)
    done = sign(plan, clause, password, code, register)
    if json:
        print_json(_data(done, lang.language))
    else:
        _show(done, lang.language)
    return 0 if done.is_signed else 1


def _show_text(reason: str, clause: str, language: Language) -> None:
    from celltrial.locale import translate

    print(translate("cli.justify.text", language, clause=clause, reason=reason))


def _data(done: Justifying, language: Language) -> dict[str, Any]:
    from celltrial.cli.review_data import verdict_data
    from celltrial.conduct.ruling import Refused
    from celltrial.locale.sentences import condition_data

    conditions = done.answer.conditions if isinstance(done.answer, Refused) else ()
    return {
        "clause": done.verdict.clause.id,
        "signed": done.is_signed,
        "needed": done.needed,
        "signatures": [{"account": one.account, "name": one.printed_name, "at": one.at} for one in done.signed],
        "faults": [one for one in verdict_data(done.verdict, language)["findings"] if done.answer is None],
        "conditions": [condition_data(item, language) for item in conditions],
    }


def _show(done: Justifying, language: Language) -> None:
    from celltrial.cli.verdict_words import show_finding
    from celltrial.conduct.ruling import Refused
    from celltrial.locale import translate
    from celltrial.locale.sentences import condition_sentence

    key = "signed" if done.is_signed else "not_signed"
    print(translate(f"cli.justify.{key}", language, clause=done.verdict.clause.id))
    for item in done.faults:
        show_finding(item, language)
    for one in done.answer.conditions if isinstance(done.answer, Refused) else ():
        print("  " + condition_sentence(one, language))
    for who in done.signed:
        print("  " + translate("cli.review.signer", language, name=f"{who.printed_name} ({who.at})"))
    if done.is_signed and len(done.signed) < done.needed:
        print(translate("cli.justify.another", language, count=done.needed - len(done.signed)))

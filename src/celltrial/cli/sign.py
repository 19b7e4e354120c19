"""`celltrial sign`: what waits for signatures, what it says, and your own signature to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli import options

if TYPE_CHECKING:
    from celltrial.app.signing import Waiting
    from celltrial.locale import Language


def sign(
    ledger: options.LedgerArgument,
    signing: Annotated[
        str | None,
        typer.Argument(metavar="[ACT]", help="The act that waits; without it, list them.", show_default=False),
    ] = None,
    trial: options.TrialOption = None,
    decline: Annotated[str | None, typer.Option("--decline", help="Refuse to sign, and say why.")] = None,
    withdraw: Annotated[str | None, typer.Option("--withdraw", help="Take your own act back, and say why.")] = None,
    read: Annotated[bool, typer.Option("--read", help="Only show what the act says.")] = False,
    role: options.RoleOption = None,
    account: options.AccountOption = None,
    site: options.SiteOption = None,
    name: options.NameOption = "",
    now: options.NowOption = None,
    json: options.JsonOption = False,
    lang: options.LanguageOption = options.LanguageChoice.EN,
) -> int:
    """Sign, in your own session, an act that waits for you; passphrase and one-time code are asked for anew."""
    from celltrial.app import signing as handlers
    from celltrial.app.persons import Identity, open_acting, who_reads
    from celltrial.app.session import only_trial
    from celltrial.cli.answers import show_answer
    from celltrial.cli.secret_input import read_secret
    from celltrial.conduct.acts.signing.commands import DeclineSignature, GiveSignature, WithdrawSignature
    from celltrial.ledger.opening import open_ledger

    who = Identity(role, account, site, name)
    with open_ledger(ledger) as opened:
        which = only_trial(opened, trial)
    if signing is None or read:
        reader = who_reads(ledger, which, who)
        person = None if reader is None else reader.actor
        return _show(_waiting(ledger, which, signing, person), lang.language, json=json, whole=read)
    found = _waiting(ledger, which, signing)[0]
    kind = DeclineSignature if decline is not None else WithdrawSignature if withdraw is not None else GiveSignature
    with open_acting(ledger, which, _role_of(ledger, which, found, who), command=kind.__new__(kind), now=now) as (
        session,
        acting,
        moment,
    ):
        item = handlers.find_waiting(session.state, found.act.asked.signing, moment, acting.actor)
        if decline is not None:
            answer = handlers.decline(session, item, acting, moment, decline)
        elif withdraw is not None:
            answer = handlers.withdraw(session, item, acting, moment, withdraw)
        else:
            _show((item,), lang.language, json=False, whole=True) if not json else None
            proves = acting.log_in is not None
            password = read_secret("passphrase_now", lang.language, required=False) if proves else ""
            code = read_secret("code", lang.language, required=False) if proves else ""
            answer = handlers.sign(session, item, acting, moment, password, code)
    return show_answer(answer, kind.__name__, lang.language, json=json)


def _waiting(ledger: str, trial: str, key: str | None, reader: Any = None) -> tuple[Waiting, ...]:
    from celltrial.app.acting import moment_of
    from celltrial.app.rehearsing import trial_session
    from celltrial.app.signing import find_waiting, waiting

    with trial_session(ledger, trial) as session:
        at = moment_of(None, "UTC", session.now())
        if key is None:
            return waiting(session.state, at, reader)
        return (find_waiting(session.state, key, at, reader),)


def _role_of(ledger: str, trial: str, item: Waiting, who: Any) -> Any:
    from celltrial.app.rehearsing import trial_session
    from celltrial.app.signing import signing_role

    with trial_session(ledger, trial) as session:
        return signing_role(session.state, item.act, who)


def _data(item: Waiting) -> dict[str, Any]:
    asked = item.act.asked
    return {
        "signing": asked.signing, "command": asked.command, "about": asked.about, "sha256": asked.sha256,
        "asked_by": item.act.initiator.id, "expires": asked.expires.utc.isoformat(), "over": item.is_over,
        "missing": [{"part": one.part.value, "roles": list(one.roles)} for one in item.act.open],
        "given": [{"account": one.account, "role": str(one.role), "meaning": one.meaning,
                   "signed": one.signed.utc.isoformat()} for _, one in item.act.given],
        "content": item.content,
    }  # fmt: skip


def _show(items: tuple[Waiting, ...], language: Language, *, json: bool, whole: bool) -> int:
    """Print what waits, and, where one act is read, everything it says; exit 0."""
    import json as plain

    from celltrial.cli.terminal import print_json
    from celltrial.core.values import Term, all_of
    from celltrial.locale import translate
    from celltrial.locale.wording import in_words

    if json:
        print_json({"waiting": [_data(item) for item in items]})
        return 0
    if not items:
        print(translate("cli.sign.none", language))
    for item in items:
        asked = item.act.asked
        roles = dict.fromkeys(role for one in item.act.open for role in one.roles)
        said = in_words(all_of(*(Term("role", role) for role in roles)), language)
        key = "cli.sign.over" if item.is_over else "cli.sign.waits"
        print(translate(key, language, id=asked.signing, command=asked.command, about=asked.about, roles=said,
                        who=item.act.initiator.id, until=asked.expires.local.isoformat()))  # fmt: skip
        if whole:
            print(plain.dumps(item.content, ensure_ascii=False, indent=2, sort_keys=True))
            print(f"sha256 {asked.sha256}")
    return 0

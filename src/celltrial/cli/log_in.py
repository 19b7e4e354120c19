"""`celltrial login`, `logout`, `whoami`: the session of a person; secrets are typed or piped, never arguments."""

from __future__ import annotations

from typing import Annotated

import typer

from celltrial.cli.options import AccountsOption, JsonOption, LanguageChoice, LanguageOption, SecretsOption


def login(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.", show_default=False)],
    accounts: AccountsOption,
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Log in with passphrase and one-time code, from the keyboard or standard input; every later command acts as you."""
    from celltrial.app.persons import log_in
    from celltrial.cli.answers import show_answer
    from celltrial.cli.secret_input import read_secret
    from celltrial.conduct.ruling import Refused

    given = read_secret("passphrase_now", lang.language)
    code = read_secret("code", lang.language, required=False)
    held = log_in(accounts, secrets, account, given, code)
    if isinstance(held, Refused):
        return show_answer(held, "login", lang.language)
    return whoami(lang=lang)


def logout(lang: LanguageOption = LanguageChoice.EN) -> int:
    """End your session and forget it; exit 1 where nobody was logged in."""
    from celltrial.app.persons import log_out
    from celltrial.locale import translate

    account = log_out()
    if account is None:
        print(translate("cli.log_in.nobody", lang.language))
        return 1
    print(translate("cli.log_in.out", lang.language, account=account))
    return 0


def whoami(
    ledger: Annotated[str | None, typer.Option("--ledger", help="Show your roles in the trial of this ledger.")] = None,
    trial: Annotated[str | None, typer.Option("--trial", help="The trial, where the ledger holds several.")] = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Show who is logged in, with which components, and until when; exit 2 where nobody is."""
    from celltrial.app.accounts import granted_in
    from celltrial.app.persons import own_session
    from celltrial.cli.terminal import print_json
    from celltrial.locale import translate
    from celltrial.locale.wording import in_words

    found = own_session()
    grants = granted_in(ledger, trial).get(found.person.account, ()) if ledger is not None else ()
    if json:
        print_json(
            {
                "account": found.person.account, "name": found.person.printed_name, "accounts": found.accounts,
                "installation": found.person.installation, "components": list(found.person.components),
                "proved": found.person.proved.isoformat(), "idle_end": found.idle_end.isoformat(),
                "end": found.end.isoformat(),
                "roles": [{"role": item.role.value, "site": item.site} for item in grants],
            }
        )  # fmt: skip
        return 0
    said = {"account": found.person.account, "name": found.person.printed_name, "accounts": found.accounts}
    parts = [translate(f"cli.log_in.component.{name}", lang.language) for name in found.person.components]
    ends = {"idle": f"{found.idle_end:%Y-%m-%d %H:%M} UTC", "end": f"{found.end:%Y-%m-%d %H:%M} UTC"}
    print(translate("cli.log_in.who", lang.language, **said, components=" + ".join(parts)))
    print(translate("cli.log_in.ends", lang.language, **ends))
    for item in grants:
        print("  " + in_words(item.role, lang.language) + (f" ({item.site})" if item.site is not None else ""))
    return 0

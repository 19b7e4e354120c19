"""`celltrial account`: who has an account, may log in, and acts in which role; secrets are typed or piped, never arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, TrialOption

if TYPE_CHECKING:
    from celltrial.app.accounts import AccountRow
    from celltrial.app.logging_in import AccountBook
    from celltrial.conduct.decision import Decision
    from celltrial.locale import Language

__all__ = ["ACCOUNT_COMMANDS"]

BookArgument = Annotated[
    str,
    typer.Argument(metavar="ACCOUNTS", help="The ledger of accounts: a file, or postgresql://...", show_default=False),
]
WhoArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.", show_default=False)]
ByOption = Annotated[str, typer.Option("--by", help="Account of the administrator who acts.", show_default=False)]
WhyOption = Annotated[str, typer.Option("--reason", help="Why; a fact owes its reason.")]
SecretsOption = Annotated[
    Path | None, typer.Option("--secrets", help="File of secrets; ACCOUNTS.secrets unless given.", show_default=False)
]
LedgerOption = Annotated[
    str, typer.Option("--ledger", help="The ledger of the trial: a file, or postgresql://...", show_default=False)
]
RoleInTrial = Annotated[str, typer.Option("--role", help="The role in the trial.", show_default=False)]
SiteInTrial = Annotated[str | None, typer.Option("--site", help="At this site only; at every site unless given.")]


def create(
    accounts: BookArgument,
    account: WhoArgument,
    name: Annotated[str, typer.Option("--name", help="Printed name of the one person.", show_default=False)],
    by: ByOption,
    reason: WhyOption = "",
    signs: Annotated[bool, typer.Option("--signs", help="The person signs, which asks for a second factor.")] = False,
    new: Annotated[bool, typer.Option("--create", help="Make the ledger of accounts where there is none.")] = False,
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Open the account of one person; the first one is the administrator's own."""
    from celltrial.app.accounts import open_book, person

    with open_book(accounts, secrets, create=new) as book:
        answer = book.open_account(account, name, signs=signs, by=person(book, by), reason=reason)
    return _answered(answer, "create", lang)


def close(
    accounts: BookArgument,
    account: WhoArgument,
    by: ByOption,
    reason: WhyOption = "",
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Close an account for good and forget its secrets; its name is never given again."""
    return _administered("close_account", accounts, account, by, reason, secrets, lang)


def lock(
    accounts: BookArgument,
    account: WhoArgument,
    by: ByOption,
    reason: WhyOption = "",
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Lock an account until it is unlocked; its sessions end."""
    return _administered("lock", accounts, account, by, reason, secrets, lang)


def unlock(
    accounts: BookArgument,
    account: WhoArgument,
    by: ByOption,
    reason: WhyOption = "",
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Unlock an account that failed log-ins or an administrator locked."""
    return _administered("unlock", accounts, account, by, reason, secrets, lang)


def passphrase(
    accounts: BookArgument,
    account: WhoArgument,
    by: Annotated[
        str | None, typer.Option("--by", help="Administrator who sets it for once; the owner unless given.")
    ] = None,
    reason: WhyOption = "",
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Set a passphrase, read unseen from the keyboard or from standard input: the one before it, then the new one."""
    from celltrial.app.accounts import needs_current, open_book, person
    from celltrial.cli.secret_input import read_new_secret, read_secret

    with open_book(accounts, secrets) as book:
        actor = person(book, by or account)
        owes = actor.id == account and needs_current(book, account)
        current = read_secret("passphrase_now", lang.language) if owes else ""
        given = read_new_secret("passphrase_new", lang.language)
        answer = book.set_password(account, given, by=actor, reason=reason, current=current)
    return _answered(answer, "passphrase", lang)


def second_factor(
    accounts: BookArgument,
    account: WhoArgument,
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Enrol an authenticator of one-time codes; reads passphrase and, where one is enrolled, a code; shows the key once."""
    from celltrial.app.accounts import open_book, person
    from celltrial.cli.answers import show_answer
    from celltrial.cli.secret_input import read_secret
    from celltrial.conduct.decision import Refused
    from celltrial.locale import translate

    with open_book(accounts, secrets) as book:
        known = book.accounts.people.get(account)
        given = read_secret("passphrase_now", lang.language)
        code = read_secret("code", lang.language) if known is not None and known.has_second_factor else ""
        answer = book.set_second_factor(account, by=person(book, account), password=given, code=code)
    if isinstance(answer, Refused):
        return show_answer(answer, "second-factor", lang.language)
    print(translate("cli.account.enrolled", lang.language))
    print(answer)
    return 0


def check(
    accounts: BookArgument,
    account: WhoArgument,
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Try to log in with passphrase and code, from the keyboard or standard input; a failure counts as one."""
    from celltrial.app.accounts import check_log_in, open_book
    from celltrial.cli.answers import show_answer
    from celltrial.cli.secret_input import read_secret
    from celltrial.locale import translate

    with open_book(accounts, secrets) as book:
        given = read_secret("passphrase_now", lang.language)
        refused = check_log_in(book, account, given, read_secret("code", lang.language, owed=False))
    if refused is not None:
        return show_answer(refused, "check", lang.language)
    print(translate("cli.account.checked", lang.language, account=account))
    return 0


def grant(
    accounts: BookArgument,
    account: WhoArgument,
    ledger: LedgerOption,
    role: RoleInTrial,
    by: ByOption,
    reason: WhyOption = "",
    site: SiteInTrial = None,
    trial: TrialOption = None,
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Grant a role in a trial; the trial keeps accesses from its first grant on, which is the sponsor's own."""
    from celltrial.app.accounts import change_role, open_book

    with open_book(accounts, secrets) as book:
        answer = change_role(book, account, ledger, trial, role=role, site=site, by=by, reason=reason)
    return _answered(answer, "GrantAccess", lang)


def revoke(
    accounts: BookArgument,
    account: WhoArgument,
    ledger: LedgerOption,
    role: RoleInTrial,
    by: ByOption,
    reason: WhyOption = "",
    site: SiteInTrial = None,
    trial: TrialOption = None,
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Take a role in a trial back; what was done in it stays."""
    from celltrial.app.accounts import change_role, open_book

    with open_book(accounts, secrets) as book:
        answer = change_role(book, account, ledger, trial, role=role, site=site, by=by, reason=reason, revoke=True)
    return _answered(answer, "RevokeAccess", lang)


def list_accounts(
    accounts: BookArgument,
    ledger: Annotated[str | None, typer.Option("--ledger", help="Show the roles in the trial of this ledger.")] = None,
    trial: TrialOption = None,
    secrets: SecretsOption = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """List every account there ever was: whose, open, locked or closed, with which components and roles."""
    from datetime import UTC, datetime

    from celltrial.app.accounts import granted_in, listed, open_book
    from celltrial.cli.terminal import print_json, print_table
    from celltrial.locale import translate

    grants = granted_in(ledger, trial) if ledger is not None else {}
    with open_book(accounts, secrets) as book:
        rows = listed(book, datetime.now(UTC), grants)
    if json:
        print_json([_row_data(row) for row in rows])
        return 0
    names = ("account", "name", "state", "passphrase", "second_factor", "roles")
    heads = [translate(f"cli.account.head.{name}", lang.language) for name in names]
    lines = [_row_words(row, lang.language) for row in rows]
    print_table(translate("cli.account.title", lang.language, count=len(rows)), heads, lines, left=6)
    return 0


def _administered(
    what: str, accounts: str, account: str, by: str, reason: str, secrets: Path | None, lang: LanguageChoice
) -> int:
    """Ask the book for one act of an administrator on another's account."""
    from celltrial.app.accounts import open_book, person

    with open_book(accounts, secrets) as book:
        answer = _asked(book, what)(account, by=person(book, by), reason=reason)
    return _answered(answer, what.partition("_")[0], lang)


def _asked(book: AccountBook, what: str) -> Any:
    return {"close_account": book.close_account, "lock": book.lock, "unlock": book.unlock}[what]


def _answered(answer: Decision, what: str, lang: LanguageChoice) -> int:
    from celltrial.cli.answers import show_answer

    return show_answer(answer, what, lang.language)


def _row_data(row: AccountRow) -> dict[str, Any]:
    return {
        "account": row.account,
        "name": row.printed_name,
        "signs": row.signs,
        "state": row.state,
        "locked_until": row.locked_until.isoformat() if row.locked_until is not None else None,
        "passphrase": row.has_password,
        "passphrase_own": row.password_is_own,
        "second_factor": row.has_second_factor,
        "roles": [{"role": item.role.value, "site": item.site} for item in row.grants],
    }


def _row_words(row: AccountRow, language: Language) -> list[str]:
    from celltrial.locale import translate
    from celltrial.locale.wording import in_words

    def say(name: str, **values: object) -> str:
        return translate(f"cli.account.{name}", language, **values)

    state = say(f"state.{row.state}")
    if row.locked_until is not None:
        state = say("state.locked_until", until=row.locked_until.isoformat(timespec="seconds"))
    word = "own" if row.password_is_own else "for_once" if row.has_password else "none"
    factor = "enrolled_yes" if row.has_second_factor else "owed" if row.signs else "none"
    roles = [
        in_words(item.role, language) + (f" ({item.site})" if item.site is not None else "") for item in row.grants
    ]
    return [
        row.account,
        row.printed_name,
        state,
        say(f"component.{word}"),
        say(f"component.{factor}"),
        ", ".join(roles) or "–",
    ]


ACCOUNT_COMMANDS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "create": create,
        "list": list_accounts,
        "passphrase": passphrase,
        "second-factor": second_factor,
        "check": check,
        "lock": lock,
        "unlock": unlock,
        "close": close,
        "grant": grant,
        "revoke": revoke,
    }
)
"""Name to command, in the order in which they are used."""

"""`celltrial account`: who has an account, may log in, and acts in which role; secrets are typed or piped, never arguments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, SecretsOption, TrialOption

if TYPE_CHECKING:
    from celltrial.app.accounts import AccountRow
    from celltrial.app.logging_in import AccountBook, Administrator
    from celltrial.conduct.ruling import Refused, Ruling
    from celltrial.locale import Language

BookArgument = Annotated[
    str,
    typer.Argument(metavar="ACCOUNTS", help="The ledger of accounts: a file, or postgresql://...", show_default=False),
]
WhoArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account.", show_default=False)]
WhyOption = Annotated[str, typer.Option("--reason", help="Why; a fact needs its reason.")]
LedgerOption = Annotated[
    str, typer.Option("--ledger", help="The ledger of the trial: a file, or postgresql://...", show_default=False)
]
RoleInTrial = Annotated[str, typer.Option("--role", help="The role in the trial.", show_default=False)]


class Arms(StrEnum):
    """What a grant says of the person's knowledge of arms."""

    NOT_STATED = "not_stated"
    BLINDED = "blinded"
    UNBLINDED = "unblinded"


ArmsOption = Annotated[
    Arms,
    typer.Option(
        "--arms",
        help="Whether the person may know arms and closed reports; unblinded where the protocol names the role.",
    ),
]
SiteInTrial = Annotated[str | None, typer.Option("--site", help="At this site only; at every site unless given.")]


def init(
    accounts: BookArgument,
    account: WhoArgument,
    name: Annotated[str, typer.Option("--name", help="Printed name of the administrator.", show_default=False)],
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Make the ledger of accounts with its first administrator; shows a passphrase that is for once."""
    from celltrial.app.accounts import initialise

    return _issued(initialise(accounts, secrets, account, name), account, "init", lang)


def create(
    accounts: BookArgument,
    account: WhoArgument,
    name: Annotated[str, typer.Option("--name", help="Printed name of the one person.", show_default=False)],
    reason: WhyOption = "",
    signs: Annotated[bool, typer.Option("--signs", help="The person signs, which asks for a second factor.")] = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Open the account of one person, as an administrator; shows a passphrase that is for once."""
    with _administering(accounts, lang) as (book, admin):
        return _issued(book.open_account(account, name, signs=signs, by=admin, reason=reason), account, "create", lang)


def reset(
    accounts: BookArgument, account: WhoArgument, reason: WhyOption = "", lang: LanguageOption = LanguageChoice.EN
) -> int:
    """Give another's account a passphrase for once, as an administrator; its second factor and its sessions are void."""
    with _administering(accounts, lang) as (book, admin):
        return _issued(book.reset_password(account, by=admin, reason=reason), account, "reset", lang)


def close(
    accounts: BookArgument, account: WhoArgument, reason: WhyOption = "", lang: LanguageOption = LanguageChoice.EN
) -> int:
    """Close an account for good and forget its secrets, as an administrator; its name is never given again."""
    return _administered("close_account", accounts, account, reason, lang)


def lock(
    accounts: BookArgument, account: WhoArgument, reason: WhyOption = "", lang: LanguageOption = LanguageChoice.EN
) -> int:
    """Lock an account until it is unlocked, as an administrator; its sessions end."""
    return _administered("lock_account", accounts, account, reason, lang)


def unlock(
    accounts: BookArgument, account: WhoArgument, reason: WhyOption = "", lang: LanguageOption = LanguageChoice.EN
) -> int:
    """Unlock an account that failed log-ins or an administrator locked, as an administrator."""
    return _administered("unlock_account", accounts, account, reason, lang)


def make_administrator(
    accounts: BookArgument, account: WhoArgument, reason: WhyOption = "", lang: LanguageOption = LanguageChoice.EN
) -> int:
    """Let a person who signs administer accounts, as an administrator; make a second one at once."""
    return _administered("make_administrator", accounts, account, reason, lang)


def end_administrator(
    accounts: BookArgument, account: WhoArgument, reason: WhyOption = "", lang: LanguageOption = LanguageChoice.EN
) -> int:
    """Let another person administer accounts no more, as an administrator."""
    return _administered("end_administrator", accounts, account, reason, lang)


def passphrase(
    accounts: BookArgument,
    account: WhoArgument,
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Set your own passphrase, read unseen from the keyboard or from standard input: the one before it, then the new one."""
    from celltrial.app.accounts import open_book
    from celltrial.cli.secret_input import read_new_secret, read_secret

    with open_book(accounts, secrets) as book:
        current = read_secret("passphrase_now", lang.language)
        given = read_new_secret("passphrase_new", lang.language)
        answer = book.set_password(account, given, current=current)
    return _answered(answer, "passphrase", lang)


def second_factor(
    accounts: BookArgument,
    account: WhoArgument,
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Enrol an authenticator of one-time codes; reads passphrase and, where one is enrolled, a code; shows the key once."""
    from celltrial.app.accounts import open_book
    from celltrial.cli.answers import show_answer
    from celltrial.cli.secret_input import read_secret
    from celltrial.conduct.ruling import Refused
    from celltrial.locale import translate

    with open_book(accounts, secrets) as book:
        known = book.accounts.people.get(account)
        given = read_secret("passphrase_now", lang.language)
        code = read_secret("code", lang.language) if known is not None and known.has_second_factor else ""
        answer = book.set_second_factor(account, password=given, code=code)
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
        refused = check_log_in(book, account, given, read_secret("code", lang.language, required=False))
    if refused is not None:
        return show_answer(refused, "check", lang.language)
    print(translate("cli.account.checked", lang.language, account=account))
    return 0


def grant(
    accounts: BookArgument,
    account: WhoArgument,
    ledger: LedgerOption,
    role: RoleInTrial,
    reason: WhyOption = "",
    site: SiteInTrial = None,
    arms: ArmsOption = Arms.NOT_STATED,
    trial: TrialOption = None,
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Grant a role in a trial, as the logged-in sponsor's officer of the trial."""
    from celltrial.app.persons import change_role

    answer = change_role(
        accounts, secrets, account, ledger, trial, role=role, site=site, reason=reason, arms=arms.value
    )
    return _answered(answer, "GrantAccess", lang)


def revoke(
    accounts: BookArgument,
    account: WhoArgument,
    ledger: LedgerOption,
    role: RoleInTrial,
    reason: WhyOption = "",
    site: SiteInTrial = None,
    trial: TrialOption = None,
    secrets: SecretsOption = None,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Take a role in a trial back, as the logged-in sponsor's officer of the trial; what was done in it stays."""
    from celltrial.app.persons import change_role

    answer = change_role(accounts, secrets, account, ledger, trial, role=role, site=site, reason=reason, revoke=True)
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
    names = ("account", "name", "state", "passphrase", "second_factor", "administers", "roles")
    heads = [translate(f"cli.account.head.{name}", lang.language) for name in names]
    lines = [_row_words(row, lang.language) for row in rows]
    print_table(translate("cli.account.title", lang.language, count=len(rows)), heads, lines, left=7)
    return 0


@contextmanager
def _administering(accounts: str, lang: LanguageChoice) -> Iterator[tuple[AccountBook, Administrator]]:
    """Ask the logged-in administrator for passphrase and code anew; the code may be left out soon after the last one."""
    from celltrial.app.persons import administering, own_session
    from celltrial.cli.secret_input import read_secret

    own_session()
    given = read_secret("passphrase_now", lang.language)
    code = read_secret("code", lang.language, required=False)
    with administering(accounts, given, code) as opened:
        yield opened


def _administered(what: str, accounts: str, account: str, reason: str, lang: LanguageChoice) -> int:
    """Ask the book for one act of an administrator on another's account."""
    from celltrial.conduct.acts.log_in import rules

    with _administering(accounts, lang) as (book, admin):
        answer = book.administer(getattr(rules, what), account, by=admin, reason=reason)
    return _answered(answer, what.replace("_", "-"), lang)


def _issued(answer: str | Refused, account: str, what: str, lang: LanguageChoice) -> int:
    """Show a passphrase that is for once, or why none was issued."""
    from celltrial.cli.answers import show_answer
    from celltrial.locale import translate

    if not isinstance(answer, str):
        return show_answer(answer, what, lang.language)
    print(translate("cli.account.issued", lang.language, account=account))
    print(answer)
    return 0


def _answered(answer: Ruling, what: str, lang: LanguageChoice) -> int:
    from celltrial.cli.answers import show_answer

    return show_answer(answer, what, lang.language)


def _row_data(row: AccountRow) -> dict[str, Any]:
    return {
        "account": row.account,
        "name": row.printed_name,
        "signs": row.signs,
        "administers": row.administers,
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
    factor = "enrolled_yes" if row.has_second_factor else "due" if row.signs else "none"
    roles = [
        in_words(item.role, language) + (f" ({item.site})" if item.site is not None else "") for item in row.grants
    ]
    return [
        row.account,
        row.printed_name,
        state,
        say(f"component.{word}"),
        say(f"component.{factor}"),
        say("component.administrator") if row.administers else "–",
        ", ".join(roles) or "–",
    ]

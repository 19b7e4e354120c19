"""The rules of log-in: pure, with the time as an argument. A refused attempt leaves its fact behind."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Draft
from celltrial.conduct.facts.log_in import events
from celltrial.conduct.facts.log_in.passwords import weakness_of
from celltrial.conduct.facts.log_in.settings import LogInSettings
from celltrial.conduct.facts.log_in.state import MINUTE, Accounts, OpenSession, Person
from celltrial.conduct.ruling import Accepted, Condition, Refused, Ruling, fail
from celltrial.core.dates import Instant
from celltrial.core.values import ABSENT, Count, Duration, as_written, at_most, less_than, message


@dataclass(frozen=True, slots=True)
class Proof:
    """What an attempt proved: whether the password is right, and the step of the one-time code, None where none fits."""

    password: bool
    step: int | None = None


def _stream(account: str) -> str:
    return f"account/{account or 'unknown'}"


def _answer(failed: Iterable[Condition], now: datetime, *facts: Any) -> Ruling:
    conditions = tuple(failed)
    return Refused(conditions) if conditions else Accepted(_drafts(now, *facts))


def _drafts(now: datetime, *facts: Any) -> tuple[Draft[Any], ...]:
    return tuple(Draft(_stream(fact.account), fact, Instant(now)) for fact in facts)


@dataclass(frozen=True, slots=True)
class Administration:
    """An administrator at work: in which session, and what was proved anew for this one act."""

    session: str
    proof: Proof


def _administer(
    accounts: Accounts, by: Administration, account: str, reason: str, now: datetime, settings: LogInSettings
) -> Refused | tuple[events.AdministrationProved, tuple[Condition, ...]]:
    """Return what an administrator proved and what forbids the act; refused where nobody proved to be one.

    Both components at the first act of a while (`LogInSettings.administration`), the password at every further one.
    A wrong component counts as a failed log-in. Nobody administers their own account.
    """
    held, about = accounts.sessions.get(by.session), _stream(account)
    if held is None:
        return Refused((fail(Code.SESSION_ENDED, message("open_session"), message("ended"), "session"),))
    person = accounts.people[held.account]
    if not person.administers:
        return Refused((fail(Code.NOT_ADMINISTRATOR, message("an_administrator"), as_written(person.account), about),))
    if person.locked_at(now):
        return Refused((_locked(person, now),))
    components = _components(person, by.proof)
    recent = held.administered is not None and now - held.administered < settings.administration
    if "password" not in components or not (len(components) == 2 or recent):
        return _failed(person, now, settings)
    step = by.proof.step if "code" in components else None
    failed = []
    if person.account == account:
        failed.append(fail(Code.OWN_ACCESS, message("another_account_than_ones_own"), as_written(account), about))
    if not reason.strip():
        failed.append(fail(Code.REASON_MISSING, message("reason"), ABSENT, about))
    return events.AdministrationProved(person.account, by.session, components, step), tuple(failed)


def _administered(
    accounts: Accounts,
    by: Administration,
    account: str,
    reason: str,
    now: datetime,
    settings: LogInSettings,
    failed: Iterable[Condition],
    *facts: Any,
) -> Ruling:
    """Return the answer to an act of an administrator; a proof that was taken is used up even where the act is refused."""
    proved = _administer(accounts, by, account, reason, now, settings)
    if isinstance(proved, Refused):
        return proved
    fact, forbidden = proved
    conditions = (*forbidden, *failed)
    return Refused(conditions, _drafts(now, fact)) if conditions else Accepted(_drafts(now, fact, *facts))


def _check_known(accounts: Accounts, account: str) -> Iterable[Condition]:
    person = accounts.people.get(account)
    if person is None or person.is_closed:
        yield fail(Code.NOT_KNOWN, message("open_account"), as_written(account), _stream(account))


def initialise(accounts: Accounts, account: str, printed_name: str, *, now: datetime) -> Ruling:
    """Open the first account of an installation, its administrator's, with a password that is for once."""
    failed = [*_check_new(accounts, account, printed_name)]
    if accounts.people:
        failed.append(
            fail(Code.ALREADY_DONE, message("no_account_yet"), Count(len(accounts.people), "account"), _stream(account))
        )
    return _answer(failed, now, events.AccountOpened(account, printed_name, signs=True), events.PasswordSet(account))


def _check_new(accounts: Accounts, account: str, printed_name: str) -> Iterable[Condition]:
    about = _stream(account)
    if account in accounts.people:
        yield fail(Code.ID_TAKEN, message("new_identifier"), as_written(account), about)
    for what, text in ((message("account"), account), (message("persons_name"), printed_name)):
        if not text.strip():
            yield fail(Code.VALUE_NOT_USABLE, what, ABSENT, about)
    others = {_as_compared(person.printed_name) for person in accounts.people.values() if not person.is_closed}
    if _as_compared(printed_name) in others:
        yield fail(Code.VALUE_NOT_USABLE, message("name_that_distinguishes_persons"), as_written(printed_name), about)


def _as_compared(printed_name: str) -> str:
    """Return a name as its readers tell it from another: beside every signature they see the name, not the account.

    Otherwise one person with two accounts gives both signatures of an act that asks for two.
    """
    return " ".join(unicodedata.normalize("NFKC", printed_name).casefold().split())


def open_account(
    accounts: Accounts,
    account: str,
    printed_name: str,
    *,
    signs: bool,
    by: Administration,
    reason: str,
    now: datetime,
    settings: LogInSettings,
) -> Ruling:
    """Open the account of one person with a password that is for once; a name once used is never given again."""
    facts = (events.AccountOpened(account, printed_name, signs), events.PasswordSet(account))
    failed = _check_new(accounts, account, printed_name)
    return _administered(accounts, by, account, reason, now, settings, failed, *facts)


def close_account(
    accounts: Accounts, account: str, *, by: Administration, reason: str, now: datetime, settings: LogInSettings
) -> Ruling:
    """Close an account for good; its sessions end."""
    failed = _check_known(accounts, account)
    return _administered(accounts, by, account, reason, now, settings, failed, events.AccountClosed(account))


def unlock_account(
    accounts: Accounts, account: str, *, by: Administration, reason: str, now: datetime, settings: LogInSettings
) -> Ruling:
    """Unlock an account that failed attempts had locked."""
    failed, person = [*_check_known(accounts, account)], accounts.people.get(account)
    if person is not None and not person.is_locked:
        failed.append(fail(Code.ALREADY_DONE, message("locked_account"), message("open"), _stream(account)))
    return _administered(accounts, by, account, reason, now, settings, failed, events.AccountUnlocked(account))


def lock_account(
    accounts: Accounts, account: str, *, by: Administration, reason: str, now: datetime, settings: LogInSettings
) -> Ruling:
    """Lock an account until an administrator unlocks it; its sessions end."""
    failed, person = [*_check_known(accounts, account)], accounts.people.get(account)
    if person is not None and person.is_locked and person.locked_until is None:
        failed.append(fail(Code.ALREADY_DONE, message("open_account"), message("locked"), _stream(account)))
    return _administered(accounts, by, account, reason, now, settings, failed, events.AccountLocked(account, None))


def reset_password(
    accounts: Accounts, account: str, *, by: Administration, reason: str, now: datetime, settings: LogInSettings
) -> Ruling:
    """Give an account a password that is for once; its second factor is void and its sessions end.

    Its owner must change it before the first log-in, because a password that two persons know is a shared account.
    """
    failed = _check_known(accounts, account)
    return _administered(accounts, by, account, reason, now, settings, failed, events.PasswordSet(account))


def make_administrator(
    accounts: Accounts, account: str, *, by: Administration, reason: str, now: datetime, settings: LogInSettings
) -> Ruling:
    """Let a person administer accounts, who must have an account that signs, and so a second factor."""
    failed, person = [*_check_known(accounts, account)], accounts.people.get(account)
    if person is not None and person.administers:
        failed.append(fail(Code.ALREADY_DONE, message("no_administrator"), as_written(account), _stream(account)))
    if person is not None and not person.signs:
        failed.append(
            fail(Code.SIGNATURE_MISSING, message("account_that_signs"), as_written(account), _stream(account))
        )
    return _administered(accounts, by, account, reason, now, settings, failed, events.AdministratorMade(account))


def end_administrator(
    accounts: Accounts, account: str, *, by: Administration, reason: str, now: datetime, settings: LogInSettings
) -> Ruling:
    """Let a person administer accounts no more; the last one cannot be ended, since nobody ends their own."""
    failed, person = [*_check_known(accounts, account)], accounts.people.get(account)
    if person is not None and not person.administers:
        failed.append(fail(Code.NOT_ADMINISTRATOR, message("an_administrator"), as_written(account), _stream(account)))
    return _administered(accounts, by, account, reason, now, settings, failed, events.AdministratorEnded(account))


def set_password(
    accounts: Accounts, account: str, password: str, *, proof: Proof, now: datetime, settings: LogInSettings
) -> Ruling:
    """Say whether the owner of an account may set this password, who proves the one before it.

    The fact says that it was set, never what it is.
    """
    person = accounts.people.get(account)
    if person is None or person.is_closed:
        return _answer(_check_known(accounts, account), now)
    if not person.has_password:
        needed = message("first_password_from_an_administrator")
        return _answer([fail(Code.OWN_ACCESS, needed, as_written(account), _stream(account))], now)
    refused = throttled(accounts, now, settings) or _unproved(person, proof.password, now, settings)
    if refused is not None:
        return refused
    if _is_expired(person, now, settings):
        return Refused((_expired(person, settings),))
    with_code = person.signs or person.has_second_factor
    weak = weakness_of(password, account, person.printed_name, with_code=with_code, settings=settings)
    failed = [] if weak is None else [fail(Code.CREDENTIAL_WEAK, *weak, _stream(account))]
    return _answer(failed, now, events.PasswordSet(account))


def set_second_factor(
    accounts: Accounts, account: str, *, proof: Proof, now: datetime, settings: LogInSettings
) -> Ruling:
    """Say whether the owner of an account may set a second factor, who proves the password and the factor before it."""
    person = accounts.people.get(account)
    if person is None or person.is_closed:
        return _answer(_check_known(accounts, account), now)
    proved = proof.password and (not person.has_second_factor or _is_fresh(person, proof))
    refused = throttled(accounts, now, settings) or _unproved(person, proved, now, settings)
    if refused is not None:
        return refused
    if not person.password_is_own:
        return Refused((_initial(person),))
    return _answer((), now, events.SecondFactorSet(account))


def _unproved(person: Person, proved: bool, now: datetime, settings: LogInSettings) -> Refused | None:  # noqa: FBT001
    """Return the refusal of an owner who is locked out or did not prove who they are; it counts as a failed log-in."""
    if person.locked_at(now):
        return Refused((_locked(person, now),), _drafts(now, events.LogInFailed(person.account, person.failures)))
    return None if proved else _failed(person, now, settings)


def _locked(person: Person, now: datetime) -> Condition:
    until = message("unlocked") if person.locked_until is None else message("open_from", when=person.locked_until)
    return fail(Code.ACCOUNT_LOCKED, until, now, _stream(person.account))


def throttled(accounts: Accounts, now: datetime, settings: LogInSettings) -> Refused | None:
    """Return the refusal of every attempt while too many failed within a minute; it is not looked at and leaves no fact.

    The lock holds back who tries one account often; this holds back who tries many accounts a little.
    """
    recent = sum(1 for item in accounts.failures if timedelta(0) <= now - item < MINUTE)
    if recent < settings.attempts:
        return None
    needed = less_than(Count(settings.attempts, "failed_log_in"))
    return Refused((fail(Code.ATTEMPTS_TOO_MANY, needed, Count(recent, "failed_log_in"), "log-in"),))


def _is_expired(person: Person, now: datetime, settings: LogInSettings) -> bool:
    return person.issued is not None and now - person.issued >= settings.first_password


def _expired(person: Person, settings: LogInSettings) -> Condition:
    limit = Duration(settings.first_password // timedelta(hours=1), "h")
    assert person.issued is not None
    return fail(Code.CREDENTIAL_EXPIRED, at_most(limit), person.issued, _stream(person.account))


def _initial(person: Person) -> Condition:
    return fail(
        Code.CREDENTIAL_INITIAL, message("password_of_ones_own"), message("set_by_another"), _stream(person.account)
    )


def log_in(
    accounts: Accounts, account: str, proof: Proof, session: str, *, now: datetime, settings: LogInSettings
) -> Ruling:
    """Open a session, or refuse with one answer for every wrong component, and count the failure.

    session: a new, unguessable identifier.
    """
    person, too_many = accounts.people.get(account), throttled(accounts, now, settings)
    if too_many is not None:
        return too_many
    if person is None or person.is_closed:
        return _wrong(now, events.LogInFailed("", 0))
    if person.locked_at(now):
        return Refused((_locked(person, now),), _drafts(now, events.LogInFailed(account, person.failures)))
    if proof.password and not person.password_is_own:
        reason = _expired(person, settings) if _is_expired(person, now, settings) else _initial(person)
        return Refused((reason,), _drafts(now, events.LogInFailed(account, person.failures)))
    if proof.password and person.signs and not person.has_second_factor:
        needed = fail(Code.SECOND_FACTOR_MISSING, message("second_factor_for_who_signs"), ABSENT, _stream(account))
        return Refused((needed,), _drafts(now, events.LogInFailed(account, person.failures)))
    asks_code = person.signs or person.has_second_factor
    if not proof.password or (asks_code and not _is_fresh(person, proof)):
        return _failed(person, now, settings)
    step = proof.step if asks_code else None
    components = ("password", "code") if asks_code else ("password",)
    return Accepted(_drafts(now, events.LoggedIn(account, session, components, step)))


def log_in_to_sign(
    accounts: Accounts, account: str, proof: Proof, session: str, *, now: datetime, settings: LogInSettings
) -> Ruling:
    """Open a session for one signature: both components, typed over what is signed, open it and sign (21 CFR 11.200(a)(1)).

    Refused as a log-in is, and where the account does not sign.
    """
    answer, person = log_in(accounts, account, proof, session, now=now, settings=settings), accounts.people.get(account)
    if not isinstance(answer, Accepted) or person is None:
        return answer
    if not person.signs:
        needed = fail(Code.SIGNATURE_MISSING, message("account_that_signs"), as_written(account), _stream(account))
        return Refused((needed,))
    proved = events.SigningProved(account, session, ("password", "code"), proof.step)
    return Accepted((*answer.drafts, *_drafts(now, proved)))


def _is_fresh(person: Person, proof: Proof) -> bool:
    return proof.step is not None and proof.step > person.last_step


def _wrong(now: datetime, *facts: Any) -> Refused:
    return Refused(
        (fail(Code.LOG_IN_WRONG, message("account_and_every_component_right"), message("not_so"), "log-in"),),
        _drafts(now, *facts),
    )


def _failed(person: Person, now: datetime, settings: LogInSettings) -> Refused:
    """Count one more failure in a row; the last one allowed locks the account."""
    lapsed = person.is_locked and not person.locked_at(now)
    failures = 1 if lapsed else person.failures + 1
    facts: list[Any] = [events.LogInFailed(person.account, failures)]
    if failures >= settings.failed_log_ins:
        until = None if settings.lock is None else now + settings.lock
        facts.append(events.AccountLocked(person.account, until))
    return _wrong(now, *facts)


def ending_of(
    accounts: Accounts, session: str, last_seen: datetime, *, now: datetime, settings: LogInSettings
) -> events.Ending | None:
    """Return why a session is over at a request now; None while it goes on."""
    held = accounts.sessions.get(session)
    if held is None:
        return events.Ending.LOGGED_OUT
    person = accounts.people[held.account]
    if person.is_closed or person.locked_at(now):
        return events.Ending.ACCOUNT
    if now - held.opened >= settings.longest:
        return events.Ending.LONGEST
    return events.Ending.IDLE if now - last_seen >= settings.idle else None


def end_session(accounts: Accounts, session: str, ending: events.Ending, *, now: datetime) -> Ruling:
    """End a session."""
    held = accounts.sessions.get(session)
    if held is None:
        return Refused((fail(Code.SESSION_ENDED, message("open_session"), message("ended"), "session"),))
    return Accepted(_drafts(now, events.SessionEnded(held.account, session, ending)))


def prove_signing(accounts: Accounts, session: str, proof: Proof, *, now: datetime, settings: LogInSettings) -> Ruling:
    """Let the person of a session sign: with both components the first time, with at least one after that.

    A wrong component counts as a failed attempt and can lock the account (21 CFR 11.200(a)(1), 11.300(d)).
    """
    held = accounts.sessions.get(session)
    if held is None:
        return Refused((fail(Code.SESSION_ENDED, message("open_session"), message("ended"), "session"),))
    person = accounts.people[held.account]
    if not person.signs:
        return Refused(
            (
                fail(
                    Code.SIGNATURE_MISSING,
                    message("account_that_signs"),
                    as_written(person.account),
                    _stream(person.account),
                ),
            )
        )
    components = _proved(person, held, proof)
    if not components:
        return _failed(person, now, settings)
    step = proof.step if "code" in components else None
    return Accepted(_drafts(now, events.SigningProved(person.account, session, components, step)))


def sign_justification(
    accounts: Accounts,
    session: str,
    proof: Proof,
    signed: events.JustificationSigned,
    *,
    now: datetime,
    settings: LogInSettings,
) -> Ruling:
    """Let the person of a session sign the justification of a clause, proved anew as for any signature; once for each text."""
    held = accounts.sessions.get(session)
    mine = [item.fact for item in accounts.justified if held is not None and item.fact.account == held.account]
    same = (signed.protocol, signed.clause, signed.text, signed.read)
    if any((item.protocol, item.clause, item.text, item.read) == same for item in mine):
        return Refused(
            (fail(Code.ALREADY_DONE, message("signature_of_another_person"), message("signed_already"), signed.clause),)
        )
    answer = prove_signing(accounts, session, proof, now=now, settings=settings)
    if not isinstance(answer, Accepted) or held is None or not isinstance(answer.drafts[0].fact, events.SigningProved):
        return answer
    return Accepted((*answer.drafts, *_drafts(now, replace(signed, account=held.account, session=session))))


def _proved(person: Person, held: OpenSession, proof: Proof) -> tuple[str, ...]:
    """Return the components that were proved; empty where they do not suffice."""
    proved = _components(person, proof)
    return proved if len(proved) == 2 or (held.has_signed and proved) else ()


def _components(person: Person, proof: Proof) -> tuple[str, ...]:
    """Return the components that a proof holds; a code that was taken before is none."""
    return (("password",) if proof.password else ()) + (("code",) if _is_fresh(person, proof) else ())

"""Log-in wired: the ledger of accounts, the secrets, the clock and chance. The pages and the API come in through here.

with open_accounts("accounts.db", FileCredentials(path)) as book:
    ticket = book.log_in("ann", "password", "123456")     # a Ticket, or Refused
    ticket = book.seen(ticket)                            # at every request: the next ticket, or why it is over
    book.sign(ticket, ledger, "BC-1", ...)                # proves the components, then signs

Every accepted step and every failed attempt is a record of the ledger of accounts, which is a ledger like any other:
append-only, hash-chained, verified by `celltrial verify`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b32encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from celltrial.app.anchoring import anchor, prepare
from celltrial.app.credentials import Credential, CredentialStore
from celltrial.app.installation import make_folder, marks_folder, turn, write_private
from celltrial.conduct.acts.log_in import rules
from celltrial.conduct.envelope import Actor, LogIn, Role
from celltrial.conduct.facts.events import EVENTS, UPCASTERS
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.facts.log_in.events import LOG_IN_EVENTS, Ending, JustificationSigned
from celltrial.conduct.facts.log_in.settings import LogInSettings
from celltrial.conduct.facts.log_in.state import NO_ACCOUNTS, Accounts, evolve_log_in
from celltrial.conduct.facts.log_in.totp import matching_step
from celltrial.conduct.facts.log_in.verifiers import COST, is_outdated, make_verifier, matches, nobody
from celltrial.conduct.ruling import Accepted, Refused, Ruling
from celltrial.conduct.views.granted import check_granted
from celltrial.core.dates import Instant
from celltrial.core.errors import ConflictError, UserError, fault
from celltrial.ledger.codec import Codec
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.port import SYSTEM_CLOCK, Clock, Ledger
from celltrial.ledger.receipts import Occasion, hash_at
from celltrial.ledger.signatures import Meaning, Signature, sign

#: The one chain of a ledger of accounts.
CHAIN: Final = "accounts"
_ATTEMPTS: Final = 16
_INSTALLATION: Final = Actor("installation", Role.SYSTEM, None, "Installation")
_DOOR: Final = Actor("log-in", Role.SYSTEM, None, "Log-in")


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a logged-in person carries from request to request; `session` is secret, the ledger holds its digest.

    bound: what the session is bound to, such as a user of a machine; with another one there is no such session.
    seal:  a code over the session and when it was last seen, by a key that only the secrets hold: whoever edits the time
           to outlive an idle end has no session.
    """

    session: str
    account: str
    printed_name: str
    last_seen: datetime
    bound: str = ""
    seal: str = ""

    @property
    def name(self) -> str:
        """The name of the session in the ledger of accounts."""
        return hashlib.sha256(f"{self.session}\0{self.bound}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Administrator:
    """An administrator at work: the session, and the components proved anew for one act.

    code: "" where both components were proved within `LogInSettings.administration`.
    """

    ticket: Ticket
    password: str
    code: str = ""

    @property
    def actor(self) -> Actor:
        """The administrator as the ledger of accounts names them."""
        return Actor(self.ticket.account, Role.ADMINISTRATOR, None, self.ticket.printed_name)


#: A rule of `conduct.acts.log_in` by which an administrator acts on another's account.
Administering = Callable[..., Ruling]


class AccountBook:
    """Accounts, log-ins and sessions of an installation."""

    def __init__(
        self,
        ledger: Ledger,
        credentials: CredentialStore,
        clock: Clock,
        settings: LogInSettings | None = None,
        cost: int | None = None,
    ) -> None:
        self._journal = Journal(ledger, Codec(LOG_IN_EVENTS))
        self._credentials = credentials
        self._clock = clock
        self._settings = settings or LogInSettings()
        self._cost = cost or COST
        self._accounts = NO_ACCOUNTS
        self._position = 0
        self._check_mark()

    @property
    def accounts(self) -> Accounts:
        """Every account as it is now, by whichever process it was changed."""
        for event in self._journal.events(CHAIN, after=self._position):
            self._accounts = evolve_log_in(self._accounts, event)
            self._position = event.position
        return self._accounts

    def initialise(self, account: str, printed_name: str) -> str | Refused:
        """Open the first account, the administrator's; returns a password that is for once, shown only now."""
        return self._issue(
            account, lambda held, now: rules.initialise(held, account, printed_name, now=now), _INSTALLATION, ""
        )

    def open_account(
        self, account: str, printed_name: str, *, signs: bool, by: Administrator, reason: str
    ) -> str | Refused:
        """Open the account of one person; returns a password that is for once, shown only now."""

        def rule(held: Accounts, now: datetime, admin: rules.Administration) -> Ruling:
            return rules.open_account(
                held, account, printed_name, signs=signs, by=admin, reason=reason, now=now, settings=self._settings
            )

        return self._issue(account, self._as_administrator(rule, by), by.actor, reason)

    def reset_password(self, account: str, *, by: Administrator, reason: str) -> str | Refused:
        """Give an account a password that is for once and void its second factor; the password is shown only now."""

        def rule(held: Accounts, now: datetime, admin: rules.Administration) -> Ruling:
            return rules.reset_password(held, account, by=admin, reason=reason, now=now, settings=self._settings)

        return self._issue(account, self._as_administrator(rule, by), by.actor, reason)

    def administer(self, act: Administering, account: str, *, by: Administrator, reason: str) -> Ruling:
        """Carry out one act of an administrator on another's account: close, lock, unlock, make or end administrators.

        A closed account's secrets are forgotten.
        """

        def rule(held: Accounts, now: datetime, admin: rules.Administration) -> Ruling:
            return act(held, account, by=admin, reason=reason, now=now, settings=self._settings)

        answer = self._decide(self._as_administrator(rule, by), by.actor, reason)
        if isinstance(answer, Accepted) and self.accounts.people[account].is_closed:
            self._credentials.write(account, Credential())
        return answer

    def set_password(self, account: str, password: str, *, current: str) -> Ruling:
        """Set the password of its owner, who proves the one before it; only its salted verifier is kept, outside."""
        proof = self._proof(account, current, "")
        answer = self._decide(
            lambda held, now: rules.set_password(
                held, account, password, proof=proof, now=now, settings=self._settings
            ),
            self._owner(account),
        )
        if isinstance(answer, Accepted):
            self._keep(account, password)
        return answer

    def set_second_factor(self, account: str, *, password: str, code: str = "") -> str | Refused:
        """Make a new key of one-time codes and return its address for an authenticator, the only time it is shown.

        password, code: what its owner proves; the code of the key before it, where there is one.
        """
        proof = self._proof(account, password, code)
        answer = self._decide(
            lambda held, now: rules.set_second_factor(held, account, proof=proof, now=now, settings=self._settings),
            self._owner(account),
        )
        if isinstance(answer, Refused):
            return answer
        key = secrets.token_bytes(20)
        self._credentials.write(account, replace(self._credentials.read(account), code_key=key))
        return f"otpauth://totp/celltrial:{quote(account)}?secret={b32encode(key).decode()}&issuer=celltrial"

    @property
    def installation(self) -> str:
        """Which installation this is: the hash that begins its ledger of accounts; "" while it holds no account."""
        first = next(iter(self._journal.ledger.read(CHAIN)), None)
        return "" if first is None else first.hash

    def log_in(
        self, account: str, password: str, code: str = "", *, bound: str = "", to_sign: bool = False
    ) -> Ticket | Refused:
        """Open a session; one answer for every wrong component, which takes as long as a right one.

        While too many attempts fail nobody's is looked at, which costs nothing.
        to_sign: what is proved to open the session is proved to sign too; the person was shown what.
        """
        too_many = rules.throttled(self.accounts, self._clock.now(), self._settings)
        if too_many is not None:
            return too_many
        proof = self._proof(account, password, code)
        ticket = Ticket(secrets.token_urlsafe(32), account, "", self._clock.now(), bound)
        rule = rules.log_in_to_sign if to_sign else rules.log_in
        answer = self._decide(
            lambda held, now: rule(held, account, proof, ticket.name, now=now, settings=self._settings), _DOOR
        )
        if isinstance(answer, Refused):
            return answer
        verifier = self._credentials.read(account).verifier
        if verifier is not None and is_outdated(verifier, self._cost):
            self._keep(account, password)
        return self._sealed(replace(ticket, printed_name=self._accounts.people[account].printed_name))

    def seen(self, ticket: Ticket, *, touch: bool = True) -> Ticket | Ending:
        """Return the ticket for the next request, or why the session is over; the end is recorded once.

        touch: whether somebody did something. A page that asks by itself for what is new does not put off the end of an
               idle session: the ticket stays as it was.
        """
        now, accounts = self._clock.now(), self.accounts
        held = accounts.sessions.get(ticket.name)
        sealed = hmac.compare_digest(ticket.seal.encode(), self._sealed(ticket).seal.encode())
        if held is None or held.account != ticket.account or ticket.last_seen > now or not sealed:
            return Ending.LOGGED_OUT
        ending = rules.ending_of(accounts, ticket.name, ticket.last_seen, now=now, settings=self._settings)
        if ending is None:
            return self._sealed(replace(ticket, last_seen=now)) if touch else ticket
        self._end(ticket, ending)
        return ending

    def _sealed(self, ticket: Ticket) -> Ticket:
        said = f"{ticket.name}\0{ticket.account}\0{ticket.last_seen.isoformat()}"
        return replace(ticket, seal=hmac.digest(self._credentials.session_key(), said.encode(), "sha256").hex())

    def ends(self, ticket: Ticket) -> tuple[datetime, datetime]:
        """Return when a session is over if nothing more is asked in it, and when it is over in any case."""
        longest = self.accounts.sessions[ticket.name].opened + self._settings.longest
        return min(ticket.last_seen + self._settings.idle, longest), longest

    def person_of(self, ticket: Ticket) -> LogIn | Ending:
        """Return who a session belongs to, with the components proved last and when; or why the session is over.

        This is what a request of a real trial carries (`Request.log_in`). To sign, prove the components anew first.
        """
        seen = self.seen(ticket)
        if isinstance(seen, Ending):
            return seen
        held = self.accounts.sessions[ticket.name]
        name = self._accounts.people[held.account].printed_name
        return LogIn(held.account, name, self.installation, held.session, held.components, held.proved)

    def prove_anew(self, ticket: Ticket, password: str = "", code: str = "") -> LogIn | Refused:
        """Let the person of a session prove again who they are, to sign: both components first, then at least one.

        A wrong one counts as a failed log-in and can lock the account; a code is taken once.
        """
        if isinstance(self.seen(ticket), Ending):
            return self._end_refusal(ticket)
        proof = self._proof(ticket.account, password, code)
        answer = self._decide(
            lambda held, now: rules.prove_signing(held, ticket.name, proof, now=now, settings=self._settings), _DOOR
        )
        if isinstance(answer, Refused):
            return answer
        person = self.person_of(ticket)
        return self._end_refusal(ticket) if isinstance(person, Ending) else replace(person, signing=True)

    def sign_justification(
        self, ticket: Ticket, signed: JustificationSigned, password: str = "", code: str = ""
    ) -> Ruling:
        """Let the person of a session sign the justification of a clause; account and session are those of the ticket."""
        if isinstance(self.seen(ticket), Ending):
            return self._end_refusal(ticket)
        proof = self._proof(ticket.account, password, code)
        return self._decide(
            lambda held, now: rules.sign_justification(
                held, ticket.name, proof, signed, now=now, settings=self._settings
            ),
            _DOOR,
        )

    def log_out(self, ticket: Ticket) -> None:
        """End a session."""
        self._end(ticket, Ending.LOGGED_OUT)

    def sign(
        self,
        ticket: Ticket,
        ledger: Ledger,
        trial: str,
        *,
        role: Role,
        meaning: Meaning,
        positions: Iterable[int],
        zone: str,
        site: str | None = None,
        password: str = "",
        code: str = "",
        reason: str = "",
    ) -> Signature | Refused:
        """Prove who signs, then sign records of a trial with the components that were proved, and write a receipt of it.

        Refused where the session is over, the trial does not grant the role, or the components do not suffice.
        """
        signer = Actor(ticket.account, role, site, ticket.printed_name)
        kept = Journal(ledger, Codec(EVENTS, UPCASTERS)).events(trial, streams=("account/",))
        not_granted = tuple(check_granted(fold(kept), signer))
        if not_granted:
            return Refused(not_granted)
        prepare(ledger.place, ledger, trial)
        person = self.prove_anew(ticket, password, code)
        if isinstance(person, Refused):
            return person
        moment = Instant(self._clock.now(), zone)
        signature = sign(
            ledger, trial, actor=signer, meaning=meaning, occurred=moment, positions=tuple(positions),
            components=person.components, reason=reason,
        )  # fmt: skip
        anchor(ledger.place, ledger, trial, Occasion.SIGNATURE)
        return signature

    def _owner(self, account: str) -> Actor:
        """Return the owner of an account, who changes its components."""
        known = self.accounts.people.get(account)
        return Actor(account, Role.SYSTEM, None, known.printed_name if known is not None else "")

    def _as_administrator(
        self, rule: Callable[[Accounts, datetime, rules.Administration], Ruling], by: Administrator
    ) -> Callable[[Accounts, datetime], Ruling]:
        """Return a rule with what its administrator proves; a session that is over is none."""
        if isinstance(self.seen(by.ticket), Ending):
            return lambda held, now: rule(held, now, rules.Administration("", rules.Proof(password=False)))
        admin = rules.Administration(by.ticket.name, self._proof(by.ticket.account, by.password, by.code))
        return lambda held, now: rule(held, now, admin)

    def _issue(
        self, account: str, rule: Callable[[Accounts, datetime], Ruling], by: Actor, reason: str
    ) -> str | Refused:
        """Decide on a password that is for once; return it where it was issued."""
        answer = self._decide(rule, by, reason)
        if isinstance(answer, Refused):
            return answer
        password = "-".join(b32encode(secrets.token_bytes(10)).decode().lower()[at : at + 4] for at in range(0, 16, 4))
        self._credentials.write(account, Credential())
        self._keep(account, password)
        return password

    def _keep(self, account: str, password: str) -> None:
        verifier = make_verifier(password, secrets.token_bytes(16), cost=self._cost)
        self._credentials.write(account, replace(self._credentials.read(account), verifier=verifier))

    def _end(self, ticket: Ticket, ending: Ending) -> None:
        self._decide(lambda held, now: rules.end_session(held, ticket.name, ending, now=now), _DOOR)

    def _end_refusal(self, ticket: Ticket) -> Refused:
        answer = rules.end_session(self.accounts, ticket.name, Ending.LOGGED_OUT, now=self._clock.now())
        assert isinstance(answer, Refused)
        return answer

    def _proof(self, account: str, password: str, code: str) -> rules.Proof:
        held = self._credentials.read(account)
        right = matches(held.verifier or nobody(self._cost), password) and held.verifier is not None
        step = matching_step(held.code_key, code, self._clock.now()) if held.code_key and code else None
        return rules.Proof(right, step)

    def _check_mark(self) -> None:
        """Refuse a ledger that lacks what was written here: of an older copy a code would be taken twice, a passphrase
        that was changed would be right, an account that was closed open (APP-249).
        """
        path, ledger = marks_folder() / self.installation, self._journal.ledger
        position, _, known = path.read_text().partition(" ") if self.installation and path.is_file() else ("0", "", "")
        if position.isdecimal() and known and hash_at(ledger, CHAIN, int(position)) != known:
            raise UserError(fault("APP-249", ledger.place, position=int(position), mark=path))

    def _mark(self, position: int) -> None:
        folder, found = marks_folder(), hash_at(self._journal.ledger, CHAIN, position)
        make_folder(folder)
        with turn(folder):
            write_private(folder / self.installation, f"{position} {found}".encode())

    def _decide(self, rule: Callable[[Accounts, datetime], Ruling], by: Actor, reason: str = "") -> Ruling:
        """Decide on the accounts as they are and remember what came of it, a failed attempt too."""
        for _ in range(_ATTEMPTS):
            answer = rule(self.accounts, self._clock.now())
            if not answer.drafts:
                return answer
            try:
                [*_, last] = self._journal.append(CHAIN, self._position, answer.drafts, actor=by, reason=reason)
            except ConflictError:
                continue
            self._mark(last.position)
            return answer
        raise ConflictError(fault("APP-020", CHAIN, found=_ATTEMPTS))


@contextmanager
def open_accounts(
    where: str | Path,
    credentials: CredentialStore,
    *,
    create: bool = False,
    clock: Clock = SYSTEM_CLOCK,
    settings: LogInSettings | None = None,
    cost: int | None = None,
) -> Iterator[AccountBook]:
    """Open the ledger of accounts; it is a place of its own, never that of trials (APP-247).

    cost: what a verifier of a password costs (`verifiers.COST` unless given); lower only in tests.
    """
    with open_ledger(where, create=create, clock=clock) as ledger:
        others = [name for name in ledger.trials() if name != CHAIN]
        if others:
            raise UserError(fault("APP-247", ledger.place, found=", ".join(others)))
        yield AccountBook(ledger, credentials, clock, settings, cost)

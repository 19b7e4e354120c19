"""Are the acts of a trial those of persons who were granted them, and is what was signed signed over what took effect?

A chain that is consistent in itself says nothing of this: whoever writes a ledger past the program can append a release
with names typed into it. In a trial of logged-in persons every record is held to a grant that stood, and every signature in
a fact to one that its person gave in the own session over the hash of the act that took effect.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any, Final

from celltrial.app.logging_in import CHAIN
from celltrial.app.session import codec
from celltrial.conduct.acts.scope.suspension import SIGNERS
from celltrial.conduct.acts.signing.content import sha256_of
from celltrial.conduct.acts.signing.deciders import LENGTH, MEANINGS
from celltrial.conduct.envelope import Event
from celltrial.conduct.facts.account.events import AccessGranted, AccessRevoked
from celltrial.conduct.facts.account.state import Account
from celltrial.conduct.facts.batch.events import CustodyHandedOver, IdentityConfirmed
from celltrial.conduct.facts.events import EVENTS
from celltrial.conduct.facts.evolve import evolve
from celltrial.conduct.facts.log_in.events import LOG_IN_EVENTS, LoggedIn, PasswordSet, SessionEnded, SigningProved
from celltrial.conduct.facts.log_in.settings import LogInSettings
from celltrial.conduct.facts.scope.events import ResumeItemRecorded
from celltrial.conduct.facts.signing import events as signing
from celltrial.conduct.facts.signing.events import Part
from celltrial.conduct.facts.signing.state import PendingAct, fits
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.conduct.facts.trial.events import TrialRegistered
from celltrial.conduct.views.granted import signatures_in
from celltrial.conduct.vocabulary import Persons
from celltrial.core.errors import Fault, fault
from celltrial.core.shapes import shape_of, writer
from celltrial.core.values import ABSENT
from celltrial.ledger.codec import Codec
from celltrial.ledger.port import Ledger
from celltrial.ledger.record import parse_record, parse_utc

#: A record is taken by the ledger this long after it was decided on, at the most.
_AT_ONCE: Final = timedelta(minutes=5)
#: An act that was asked for in a session may be recorded this long after its person ended it at another desk.
_IN_FLIGHT: Final = timedelta(seconds=10)
#: Part of a line that holds a signature as a value; within the content of an act, which is text, the quotes are escaped.
_SIGNED: Final = b'"meaning":"'
_RECORDED: Final = b'"recorded":"'
_WHO: Final = (b'"actor":"', b',"reason":"')

#: Types of facts that nobody records without a signature.
_ALWAYS_SIGNED: Final = frozenset(
    kind
    for kind in EVENTS.values()
    if kind in {CustodyHandedOver, IdentityConfirmed}
    or any(item.name == "signatures" and item.default != () for item in fields(kind))
)
_ALWAYS_NAMES: Final = tuple(
    f'"type":"{name.partition("/")[0]}/'.encode()
    for name, kind in EVENTS.items()
    if kind in _ALWAYS_SIGNED or kind is ResumeItemRecorded
)
_ASKED: Final = (b'"type":"signing.', b'"type":"account.access_', b'"type":"trial.registered/')


#: Facts that begin, prove or end a session.
_TELLS_SESSIONS: Final = tuple(
    f"log_in.{name}/" for name in ("succeeded", "signing_proved", "session_ended", "account_closed", "password_set")
)


@dataclass(frozen=True, slots=True)
class Sessions:
    """What a ledger of accounts knows of an installation.

    proved: when each person proved to sign in which session.   open: of each account, the times from log-in to the end.
    """

    installation: str
    proved: Mapping[tuple[str, str], Sequence[datetime]]
    open: Mapping[str, Sequence[tuple[datetime, datetime]]]


def read_sessions(accounts: Ledger) -> Sessions:
    """Return the sessions of a ledger of accounts whose chain was verified."""
    read, first = Codec(LOG_IN_EVENTS), ""
    proved: dict[tuple[str, str], list[datetime]] = {}
    spans: dict[str, dict[str, tuple[datetime, datetime]]] = {}
    for record in accounts.read(CHAIN):
        first = first or record.hash
        if not record.type.startswith(_TELLS_SESSIONS):
            continue
        event = read.event(record)
        account, at, mine = event.fact.account, event.recorded, spans.setdefault(event.fact.account, {})
        match event.fact:
            case SigningProved():
                proved.setdefault((account, event.fact.session), []).append(at)
            case LoggedIn():
                mine[event.fact.session] = (at, at + LogInSettings().longest)
            case SessionEnded():
                mine[event.fact.session] = (mine[event.fact.session][0], at)
            case _:  # closed, or given a passphrase by another: every session is over
                own = isinstance(event.fact, PasswordSet) and event.actor.id == account
                mine.update({} if own else {name: (since, min(until, at)) for name, (since, until) in mine.items()})
    return Sessions(first, proved, {account: (*held.values(),) for account, held in spans.items()})


def act_faults(
    ledger: Ledger, trial: str, registered: TrialRegistered, sessions: Sessions | None = None
) -> Iterator[Fault]:
    """Yield each record of a trial of logged-in persons that its persons did not make or sign, one fault a record.

    LDG-078: an act of an account that did not hold the role; LDG-079: a signature that nobody gave over the act; LDG-080:
    an act that took effect without all its signatures; LDG-081: another content than was signed; LDG-082: a signature that
    could not be given; LDG-083: a fact that is always signed, without a signature; LDG-084: a fact that says something else
    than the act that was signed; LDG-085: a signature in a session in which its person proved nothing to sign; LDG-086: the
    ledger of accounts is another installation's; LDG-087: an act at a time when its person had no session.

    sessions: of the ledger of accounts; without them it is not known whether the sessions of acts and signatures were ever
              open.

    A trial in which nobody was logged in has no such acts.
    """
    if registered.persons_known is not Persons.LOGGED_IN and not registered.installation:
        return
    if sessions is not None and sessions.installation != registered.installation:
        yield fault("LDG-086", trial, expected=registered.installation, found=sessions.installation or ABSENT)
        sessions = None
    walk, read = _Walk(trial, sessions, in_time=registered.persons_known is Persons.LOGGED_IN), codec()
    for line, digest in ledger.lines(trial):
        told = any(name in line for name in _ASKED) or _SIGNED in line or any(name in line for name in _ALWAYS_NAMES)
        who = line[line.find(_WHO[0]) : line.find(_WHO[1])]
        if not told and not walk.ended and who in walk.known and walk.has_session(who, line):
            walk.position += 1
            continue
        event = read.event(parse_record(line, digest.decode()))
        found = next(walk.faults(event), None)
        if found is not None:
            yield found
        else:
            walk.known.add(who)
            walk.accounts[who] = event.actor.id
            walk.take(event)
        walk.position = event.position


@dataclass(slots=True)
class _Walk:
    """What is known after the records so far.

    sessions: see `act_faults`; in_time: whether the trial runs by the same clock as they do.
    known:  parts of lines that name persons who hold their role now; accounts: of which account each is.
    signed: the act that took effect last, with its fields, while the facts that follow in the same write are read.
    ended:  grants taken back by the write that is being read; what that write holds is still its person's.
    """

    trial: str
    sessions: Sessions | None
    in_time: bool
    state: TrialState = EMPTY
    position: int = 0
    known: set[bytes] = field(default_factory=set)
    accounts: dict[bytes, str] = field(default_factory=dict)
    signed: tuple[PendingAct, datetime] | None = None
    ended: list[Event[AccessRevoked]] = field(default_factory=list)

    def faults(self, event: Event[Any]) -> Iterator[Fault]:
        """Yield what is wrong with the next record."""
        self._end_revoked(event)
        yield from self._granted(event)
        by_last_signature = self._act_of(event) is not None  # who asked for the act need not be there then
        if not by_last_signature and not self._in_session(event.actor.id, event.recorded):
            yield self._fault("LDG-087", event, account=event.actor.id)
        match event.fact:
            case signing.SignatureRequested():
                yield from self._requested(event)
            case signing.SignatureGiven():
                yield from self._given(event)
            case signing.SignedActCarriedOut():
                yield from self._carried_out(event)
            case signing.SignatureDeclined() | signing.SignatureWithdrawn():
                if event.fact.signing not in self.state.pending:
                    yield self._fault("LDG-082", event, signing=event.fact.signing, account=event.actor.id)
            case _:
                yield from self._facts(event)

    def has_session(self, who: bytes, line: bytes) -> bool:
        """Tell whether the person of a line, who holds the role, had a session when the ledger took it."""
        if self.sessions is None or not self.in_time:
            return True
        at = line.index(_RECORDED) + len(_RECORDED)
        return self._in_session(self.accounts[who], parse_utc(line[at : line.index(b'"', at)].decode()))

    def _in_session(self, account: str, recorded: datetime) -> bool:
        if self.sessions is None or not self.in_time:
            return True
        spans = self.sessions.open.get(account, ())
        return any(since - _IN_FLIGHT <= recorded <= until + _IN_FLIGHT for since, until in reversed(spans))

    def take(self, event: Event[Any]) -> None:
        """Remember what a record changes of grants and of acts that wait."""
        if isinstance(event.fact, AccessRevoked):
            self.ended.append(event)
        elif isinstance(event.fact, signing.SignedActCarriedOut):
            self.signed = (self.state.pending[event.fact.signing], event.recorded)
            self.state = evolve(self.state, event)
        elif isinstance(event.fact, AccessGranted) or type(event.fact).__module__ == signing.__name__:
            self.known.clear()
            self.state = evolve(self.state, event)

    def _end_revoked(self, event: Event[Any]) -> None:
        for past in [item for item in self.ended if item.recorded < event.recorded]:
            if past.fact.account in self.state.accounts:
                self.state = evolve(self.state, past)
            self.ended.remove(past)
            self.known.clear()

    def _fault(self, code: str, event: Event[Any], **params: Any) -> Fault:
        return fault(code, self.trial, position=event.position, **params)

    def _granted(self, event: Event[Any]) -> Iterator[Fault]:
        """Yield a record of somebody who did not hold the role; before the first grant there is nobody who could."""
        who, fact = event.actor, event.fact
        first = not self.state.accounts and (isinstance(fact, TrialRegistered | AccessGranted))
        known: Account | None = self.state.accounts.get(who.id)
        if first or (known is not None and known.may(who.role, who.site) and who.printed_name == known.printed_name):
            return
        held = ", ".join(f"{item.role.value} {item.site or ''}".strip() for item in known.grants) if known else ""
        yield self._fault("LDG-078", event, account=who.id, found=who.role.value, expected=held or ABSENT)

    def _requested(self, event: Event[signing.SignatureRequested]) -> Iterator[Fault]:
        fact, digest = event.fact, sha256_of(event.fact.content)
        said = _said(fact)
        whose = {"account": event.actor.id, "name": event.actor.printed_name,
                 "role": event.actor.role.value, "site": event.actor.site}  # fmt: skip
        same = (said.get("trial"), said.get("command"), said.get("actor")) == (self.trial, fact.command, whose)
        if digest != fact.sha256 or fact.signing != digest[:LENGTH] or not same:
            yield self._fault("LDG-081", event, signing=fact.signing, expected=fact.sha256, found=digest)

    def _given(self, event: Event[signing.SignatureGiven]) -> Iterator[Fault]:
        fact, who = event.fact, event.actor
        act = self.state.pending.get(fact.signing)
        if act is not None and fact.sha256 != act.asked.sha256:
            yield self._fault("LDG-081", event, signing=fact.signing, expected=act.asked.sha256, found=fact.sha256)
        elif act is None or not _could_be_given(act, event):
            yield self._fault("LDG-082", event, signing=fact.signing, account=who.id)
        elif not self._was_proved(event):
            yield self._fault("LDG-085", event, signing=fact.signing, account=who.id)

    def _was_proved(self, event: Event[signing.SignatureGiven]) -> bool:
        """Tell whether the person of a signature proved to sign in its session, at that time where both clocks are one."""
        if self.sessions is None:
            return True
        moments = self.sessions.proved.get((event.actor.id, event.fact.session), ())
        return any(not self.in_time or abs(event.recorded - moment) <= _AT_ONCE for moment in moments)

    def _carried_out(self, event: Event[signing.SignedActCarriedOut]) -> Iterator[Fault]:
        act = self.state.pending.get(event.fact.signing)
        missing = ABSENT if act is None else ", ".join(" / ".join(item.roles) or item.part.value for item in act.open)
        if act is None or act.open or not act.given:
            yield self._fault("LDG-080", event, signing=event.fact.signing, expected=missing or ABSENT)

    def _facts(self, event: Event[Any]) -> Iterator[Fault]:
        """Yield a fact whose signatures are not those of the act that took effect with it, or that says something else."""
        given = signatures_in(event.fact)
        always = type(event.fact) in _ALWAYS_SIGNED or (
            isinstance(event.fact, ResumeItemRecorded) and bool(SIGNERS.get(event.fact.item))
        )
        if not given:
            if always:
                yield self._fault("LDG-083", event, type=type(event.fact).__name__)
            return
        act = self._act_of(event)
        strange = [item for item in given if act is None or item not in [one for _, one in act.given]]
        if strange or act is None:
            yield self._fault("LDG-079", event, account=strange[0].account, role=strange[0].role)
            return
        other = next(_differing(event.fact, _said(act.asked).get("fields")), None)
        if other is not None:
            yield self._fault("LDG-084", event, signing=act.asked.signing, field=other)

    def _act_of(self, event: Event[Any]) -> PendingAct | None:
        """Return the act that took effect in the same write, of the person who began it; None where none did."""
        if self.signed is None:
            return None
        act, recorded = self.signed
        return act if recorded == event.recorded and act.initiator == event.actor else None


def _could_be_given(act: PendingAct, event: Event[signing.SignatureGiven]) -> bool:
    """Tell whether the person of a record could sign an act then: in time, in a role it needs, once, and proved."""
    fact, who = event.fact, event.actor
    in_time = not act.is_over(event.occurred) and event.recorded - _AT_ONCE < act.asked.expires.utc
    needed = any(fits(item, fact.part, who.role) for item in act.open)
    again = who.id in {item.account for _, item in act.given}
    itself = fact.part is not Part.SIGNATURES and who.id == act.initiator.id
    proved = bool(fact.components and fact.session) and fact.meaning == MEANINGS[fact.part]
    return in_time and needed and proved and not again and not itself


def _said(asked: signing.SignatureRequested) -> Mapping[str, Any]:
    """Return what an act says; nothing where it is no act."""
    try:
        said = json.loads(asked.content)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _differing(fact: Any, said: Any) -> Iterator[str]:
    """Yield each field that a fact and the signed command both have, beside signatures, and that they tell differently."""
    if not isinstance(said, dict):
        return
    kind: Any = type(fact)
    stored = writer(shape_of(kind))(fact)
    for name in stored.keys() & said.keys() - {part.value for part in Part}:
        if stored[name] != said[name]:
            yield name

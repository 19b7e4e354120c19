"""Handlers of conduct: one act in a running trial, and its status and what is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.envelope import Actor, LogIn, Request, Role
from celltrial.core.dates import Instant, parse_instant, zone
from celltrial.core.errors import UserError, fault
from celltrial.core.reading.bounds import check_values
from celltrial.core.reading.json_text import read_json
from celltrial.core.reading.text import MOST_BYTES
from celltrial.core.values import Identifier
from celltrial.forms.description import CommandForm, describe
from celltrial.forms.reading import near, nested, read

if TYPE_CHECKING:
    from celltrial.conduct.facts.state import TrialState
    from celltrial.conduct.ruling import Condition, Ruling
    from celltrial.conduct.views.contacts import Contact
    from celltrial.conduct.views.in_flight import InFlight
    from celltrial.conduct.views.readiness import Retention
    from celltrial.conduct.views.worklist import WorkItem


def read_command(name: str, text: str, settings: Iterable[str] = (), *, zone_name: str | None = None) -> Any:
    """Return a command of conduct from its name, its fields as JSON, and further ones as `path=value`.

    zone_name: of the place, for moments that state no offset.

    APP-061: no such command; COR-053 to COR-058: no usable JSON; APP-062: not a JSON object; COR-052, COR-056, COR-057:
    a character, a number or a date that cannot be meant; APP-064, APP-065, APP-067, APP-068: every fault of the fields, at
    once; APP-069, APP-075: a setting that names no field.
    """
    form = form_of(name)
    fields = read_json(text or "{}", name, most_characters=MOST_BYTES)
    if not isinstance(fields, dict):
        raise UserError(fault("APP-062", name, found=type(fields).__name__))
    command = read(form, {**fields, **nested(settings_of(name, settings), name)}, zone=zone_name)
    check_values(command, name)
    return command


def form_of(name: str) -> CommandForm:
    """Return the description of a command by its name; APP-061 where there is none."""
    kind = COMMANDS.get(name)
    if kind is None:
        raise UserError(fault("APP-061", expected=near(name, sorted(COMMANDS)), found=Identifier(name[:80])))
    return describe(kind)


def settings_of(name: str, settings: Iterable[str]) -> dict[str, str]:
    """Return `path=value` as words by their paths."""
    found: dict[str, str] = {}
    for setting in settings:
        path, equals, value = setting.partition("=")
        if not equals or not path.strip() or path.strip() in found:
            raise UserError(fault("APP-075", name, found=Identifier(setting[:80])))
        found[path.strip()] = value
    return found


def role_of(role: str) -> Role:
    """Return a role by its name; APP-063 for one that does not exist."""
    try:
        return Role(role)
    except ValueError:
        raise UserError(fault("APP-063", expected=", ".join(Role), found=role)) from None


def moment_of(at: str | None, zone_name: str | None, now: datetime | None = None) -> Instant:
    """Return the moment of an act: as given, else now, by the clock of the trial where one is given; with a zone.

    zone_name: of the place; a time without offset is one of its clock, and without a zone it is refused (COR-011).
    """
    place = zone(zone_name or "UTC").key
    return Instant(parse_instant(at, zone_name) if at else now or datetime.now(UTC), place)


def act(
    ledger: str,
    trial: str,
    command: Any,
    actor: Actor,
    occurred: Instant,
    *,
    reason: str = "",
    request_id: str = "",
    create: bool = False,
    log_in: LogIn | None = None,
) -> Ruling:
    """Submit one request to a trial in a ledger and return the decision; what was accepted is durable.

    log_in: what the actor's log-in proved; without it only a rehearsal takes the act.
    """
    from celltrial.app.rehearsing import trial_session

    with trial_session(ledger, trial, create=create, command=command, at=occurred) as session:
        return session.submit(Request(command, actor, occurred, reason=reason, id=request_id, log_in=log_in))


@dataclass(frozen=True, slots=True)
class Standing:
    """The status of a trial: its state, who is on the way, what is due.

    retention: of the treated subjects in follow-up.
    contacts:  every planned contact of follow-up: its status, and what was answered.
    at:        the moment of all this.
    faults:    what must never be, such as a treated subject without a follow-up schedule (AC-F2.1).
    """

    state: TrialState
    in_flight: tuple[InFlight, ...]
    due: tuple[WorkItem, ...]
    retention: Retention
    faults: tuple[Condition, ...]
    contacts: tuple[Contact, ...]
    at: Instant


def standing(
    ledger: str, trial: str | None, at: str | None, zone_name: str | None = None, reader: Actor | None = None
) -> Standing:
    """Return the status of a trial at a moment, now unless given, without arms where the reader is blinded."""
    from celltrial.app.reading_once import state_for
    from celltrial.app.rehearsing import trial_session
    from celltrial.conduct.views.contacts import contacts
    from celltrial.conduct.views.in_flight import in_flight
    from celltrial.conduct.views.readiness import retention
    from celltrial.conduct.views.scheduling import check_reconciled
    from celltrial.conduct.views.worklist import worklist

    name, whole, state = state_for(ledger, trial, reader)
    with trial_session(ledger, name, start=whole) as session:
        moment = moment_of(at, zone_name, session.now())
    return Standing(
        state,
        in_flight(state, moment),
        worklist(state, moment),
        retention(state, moment.local_date),
        tuple(check_reconciled(state)),
        tuple(contacts(state, moment)),
        moment,
    )

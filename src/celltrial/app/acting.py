"""Handlers of conduct: one act in a running trial, and what stands and is owed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, is_dataclass
from dataclasses import fields as fields_of
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, get_args, get_type_hints

from celltrial.app.session import codec, only_trial
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.subject.commands import RecordHistorical
from celltrial.conduct.envelope import Actor, LogIn, Request, Role
from celltrial.core.dates import Instant, parse_instant, zone
from celltrial.core.errors import UserError, fault
from celltrial.core.measured import Measured
from celltrial.core.reading.bounds import check_values
from celltrial.core.reading.json_text import read_json
from celltrial.core.reading.text import MOST_BYTES
from celltrial.ledger.codec import Codec

if TYPE_CHECKING:
    from celltrial.conduct.decision import Condition, Decision
    from celltrial.conduct.facts.state import TrialState
    from celltrial.conduct.views.contacts import Contact
    from celltrial.conduct.views.in_flight import InFlight
    from celltrial.conduct.views.readiness import Retention
    from celltrial.conduct.views.worklist import WorkItem

#: Where the records that commands carry are defined; the codec knows the scalars of `core`.
_RECORDS: Final = "celltrial.conduct."
_WORDS: Final = re.compile(r"(?<!^)(?=[A-Z])")


def _name(command: str) -> str:
    return f"command.{_WORDS.sub('_', command).lower()}/1"


def read_command(name: str, text: str) -> Any:
    """Return a command of conduct from its name and its fields as JSON.

    APP-061: no such command; COR-053 to COR-058: no usable JSON; APP-062: not a JSON object; COR-052, COR-056, COR-057:
    a character, a number or a date that cannot be meant; APP-064: an unknown field; APP-065: a
    missing one; LDG-022: a field of another type.
    """
    kind = COMMANDS.get(name)
    if kind is None:
        raise UserError(fault("APP-061", expected=", ".join(sorted(COMMANDS)), found=name))
    if kind is RecordHistorical:  # its facts are of any type and come from tables, not from fields
        raise UserError(fault("APP-009", name))
    fields = read_json(text or "{}", name, most_characters=MOST_BYTES)
    if not isinstance(fields, dict):
        raise UserError(fault("APP-062", name, found=type(fields).__name__))
    command = Codec({_name(name): kind}).decode(_name(name), _as_stored(kind, fields, name), name)
    check_values(command, name)
    return command


def _as_stored(kind: type[Any], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the fields as the codec reads them: defaults added, numbers of cells and doses in their one form.

    A fact inside a command is read in the same way, field by field.
    """
    known = {item.name: item for item in fields_of(kind)}
    owed = [name for name, item in known.items() if item.default is MISSING and item.default_factory is MISSING]
    faults = [fault("APP-064", where, found=name, expected=", ".join(known)) for name in given if name not in known]
    faults += [fault("APP-065", where, expected=name) for name in owed if name not in given]
    if faults:
        raise UserError(*faults)
    hints = get_type_hints(kind)
    found: dict[str, Any] = {}
    for name, item in known.items():
        if name in given:
            found[name] = _value(hints[name], given[name], f"{where}.{name}")
        elif item.default is not MISSING:
            value = item.default
            found[name] = list(value) if isinstance(value, tuple) else getattr(value, "value", value)
    return found


def _value(hint: Any, given: Any, where: str) -> Any:
    kinds = {hint, *get_args(hint)}
    if Decimal in kinds:
        return _decimal(given)
    if Measured in kinds and isinstance(given, int | float) and not isinstance(given, bool):
        return str(given)
    classes = (item for item in kinds if isinstance(item, type) and is_dataclass(item))
    record: type[Any] | None = next((item for item in classes if item.__module__.startswith(_RECORDS)), None)
    if record is None:
        return given
    if isinstance(given, list):
        return [_as_stored(record, item, where) if isinstance(item, dict) else item for item in given]
    return _as_stored(record, given, where) if isinstance(given, dict) else given


def _decimal(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        return str(Decimal(str(value)))
    except InvalidOperation:
        return value


def role_of(role: str) -> Role:
    """Return a role by its name; APP-063 for one that does not exist."""
    try:
        return Role(role)
    except ValueError:
        raise UserError(fault("APP-063", expected=", ".join(Role), found=role)) from None


def moment_of(at: str | None, zone_name: str, now: datetime | None = None) -> Instant:
    """Return the moment of an act: as given, else now, by the clock of the trial where one is given; with a zone."""
    zone(zone_name)
    return Instant(parse_instant(at) if at else now or datetime.now(UTC), zone_name)


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
) -> Decision:
    """Submit one request to a trial in a ledger and return the decision; what was accepted is durable.

    log_in: what the actor's log-in proved; without it only a rehearsal takes the act.
    """
    from celltrial.app.rehearsing import trial_session

    with trial_session(ledger, trial, create=create, command=command, at=occurred) as session:
        return session.submit(Request(command, actor, occurred, reason=reason, id=request_id, log_in=log_in))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a trial stands: its state, who is on the way, what is owed.

    retention: of the treated subjects in follow-up.
    contacts:  every planned contact of follow-up: where it stands, and what was answered.
    at:        the moment of all this.
    faults:    what must never be, such as a treated subject without a follow-up schedule (AC-F2.1).
    """

    state: TrialState
    in_flight: tuple[InFlight, ...]
    owed: tuple[WorkItem, ...]
    retention: Retention
    faults: tuple[Condition, ...]
    contacts: tuple[Contact, ...]
    at: Instant


def standing(
    ledger: str, trial: str | None, at: str | None, zone_name: str = "UTC", reader: Role | None = None
) -> Standing:
    """Return how a trial stands at a moment, now unless given, without arms where the reader's role is blinded."""
    from celltrial.app.rehearsing import trial_session
    from celltrial.conduct.acts.account.blinding import hides_arms, without_closed
    from celltrial.conduct.facts.evolve import fold
    from celltrial.conduct.views.contacts import contacts
    from celltrial.conduct.views.in_flight import in_flight
    from celltrial.conduct.views.readiness import retention
    from celltrial.conduct.views.scheduling import check_reconciled
    from celltrial.conduct.views.worklist import worklist
    from celltrial.ledger.journal import Journal
    from celltrial.ledger.opening import open_ledger

    with open_ledger(ledger) as opened:
        name = only_trial(opened, trial)
    with trial_session(ledger, name) as session:
        state, moment = session.state, moment_of(at, zone_name, session.now())
    if reader is not None and hides_arms(state.protocol, reader):
        with open_ledger(ledger) as opened:
            state = fold(without_closed(Journal(opened, codec()).events(name), reader))
    return Standing(
        state,
        in_flight(state, moment),
        worklist(state, moment),
        retention(state, moment.local_date),
        tuple(check_reconciled(state)),
        tuple(contacts(state, moment)),
        moment,
    )

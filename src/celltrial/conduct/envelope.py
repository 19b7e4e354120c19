"""What surrounds a fact: who, where, when it happened, when we knew, and why.

`decide` returns `Draft`s; the ledger gives them a position, a recording time
and a place in the hash chain; `evolve` and the datasets read them as `Event`s.
A trial is one ordered sequence of events. A stream names what a fact is about:
`subject/BC-001`, `batch/B-17`, `cohort/2`, `site/S1`, `trial`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Generic, NamedTuple, TypeVar

from celltrial.core.dates import Instant

TRIAL: Final = "trial"
"""The stream of what is about the trial as a whole."""


def subject_stream(subject: str) -> str:
    """Return the stream of a subject."""
    return f"subject/{subject}"


def batch_stream(batch: str) -> str:
    """Return the stream of a batch."""
    return f"batch/{batch}"


def cohort_stream(cohort: str) -> str:
    """Return the stream of a cohort."""
    return f"cohort/{cohort}"


def site_stream(site: str) -> str:
    """Return the stream of a site."""
    return f"site/{site}"


class Role(StrEnum):
    """What a person may do; the table command x role is in `conduct.acts.roles`.

    A nurse works at the chair and the bedside of a site; a monitor holds what a site entered against its source documents.
    An administrator keeps the accounts of an installation and acts in no trial.
    """

    INVESTIGATOR = "investigator"
    COORDINATOR = "coordinator"
    NURSE = "nurse"
    CELL_PROCESSING = "cell_processing"
    QUALITY_ASSURANCE = "quality_assurance"
    MEDICAL_MONITOR = "medical_monitor"
    SPONSOR = "sponsor"
    STATISTICIAN = "statistician"
    DATA_MANAGER = "data_manager"
    MONITOR = "monitor"
    SAFETY_BOARD = "safety_board"
    INDEPENDENT_REVIEWER = "independent_reviewer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    SYSTEM = "system"


class Precision(StrEnum):
    """How exactly the time of occurrence is known; UNKNOWN where a source states none and the moment only orders."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: account, printed name, role, and site where the role belongs to one."""

    id: str
    role: Role
    site: str | None = None
    printed_name: str = ""


@dataclass(frozen=True, slots=True)
class LogIn:
    """What a log-in proved of the person who acts; made from an open session only, never from what somebody typed.

    installation: the hash that begins the ledger of accounts where the person logged in.
    session:      name of the session there; not the secret that opens it.
    components:   what was proved last, such as ("password", "code").
    proved:       when, UTC.
    signing:      whether they were proved anew to sign; a log-in alone is no intention to sign.
    """

    account: str
    printed_name: str
    installation: str
    session: str
    components: tuple[str, ...]
    proved: datetime
    signing: bool = False


C = TypeVar("C")
F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Request(Generic[C]):
    """A command with who gives it, when the act happened, and why.

    command:   what is asked for, an imperative dataclass of this room.
    actor:     who asks.
    occurred:  when the act happened or is to happen, with the site's zone.
    precision: how exactly that time is known.
    reason:    why, where a reason is required (corrections, overrides); else "".
    id:        the caller's identifier; the same id is carried out once only.
    log_in:    what the actor's log-in proved; None where the identity was typed, which only a rehearsal takes.
    """

    command: C
    actor: Actor
    occurred: Instant
    precision: Precision = Precision.SECOND
    reason: str = ""
    id: str = ""
    log_in: LogIn | None = None


@dataclass(frozen=True, slots=True)
class Draft(Generic[F]):
    """A fact that `decide` wants remembered, on its stream, with the time it happened.

    actor, reason: whose act it is and why, where that is not who asks now: an act that another person's signature completes.
    """

    stream: str
    fact: F
    occurred: Instant
    precision: Precision = Precision.SECOND
    actor: Actor | None = None
    reason: str | None = None


class Event(NamedTuple, Generic[F]):
    """A remembered fact; a named tuple, because a large trial is rebuilt from a quarter of a million of them.

    position: 1, 2, ... within the trial, without gaps.
    version:  1, 2, ... within the stream.
    recorded: when the ledger took it, UTC.
    cause:    identifier of the request that led to it.
    protocol_version: the version in force when it was recorded; "" before the first approval.
    """

    trial: str
    position: int
    stream: str
    version: int
    fact: F
    occurred: Instant
    precision: Precision
    recorded: datetime
    actor: Actor
    reason: str = ""
    cause: str = ""
    protocol_version: str = ""

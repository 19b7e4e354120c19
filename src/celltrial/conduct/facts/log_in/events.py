"""Facts of log-in. No secret and no verifier is ever in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final


class Ending(StrEnum):
    """Why a session is over."""

    LOGGED_OUT = "logged_out"
    IDLE = "idle"
    LONGEST = "longest"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """One person has an account; `signs` where the person signs, which asks for a second factor."""

    account: str
    printed_name: str
    signs: bool


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """An account got a new password; every earlier one is void. Set by another, it is for once and voids the second factor."""

    account: str


@dataclass(frozen=True, slots=True)
class SecondFactorSet:
    """An account got a new second factor; the earlier one is void."""

    account: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A person proved who they are; `step` is the step of the one-time code, which is never taken again."""

    account: str
    session: str
    components: tuple[str, ...]
    step: int | None


@dataclass(frozen=True, slots=True)
class LogInFailed:
    """An attempt failed: the `failures`-th in a row; "" where there is no such account (a password typed there stays out)."""

    account: str
    failures: int


@dataclass(frozen=True, slots=True)
class AccountLocked:
    """Too many attempts failed; no log-in until then, or (None) until an administrator unlocks."""

    account: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AccountUnlocked:
    """An administrator unlocked an account; the reason is in the envelope."""

    account: str


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """A session is over."""

    account: str
    session: str
    ending: Ending


@dataclass(frozen=True, slots=True)
class SigningProved:
    """A person proved again who they are, to sign; the signature itself is in its trial."""

    account: str
    session: str
    components: tuple[str, ...]
    step: int | None


@dataclass(frozen=True, slots=True)
class JustificationSigned:
    """A person signed why a protocol departs from a clause of the guideline; no trial need be registered yet.

    protocol, version: identifiers of the protocol; clause: the clause.
    text: SHA-256 of the reason with its evidence; read: SHA-256 of what the review found there and of the parts of the protocol where it lies.
    """

    account: str
    session: str
    protocol: str
    version: str
    clause: str
    text: str
    read: str


@dataclass(frozen=True, slots=True)
class AdministrationProved:
    """A person proved again who they are, to administer accounts; both components at first, then the password."""

    account: str
    session: str
    components: tuple[str, ...]
    step: int | None


@dataclass(frozen=True, slots=True)
class AdministratorMade:
    """A person administers accounts from now on, beside those who do; the first account of all does from the start."""

    account: str


@dataclass(frozen=True, slots=True)
class AdministratorEnded:
    """A person administers accounts no more."""

    account: str


@dataclass(frozen=True, slots=True)
class AccountClosed:
    """A person left; the account is never given to another."""

    account: str


LOG_IN_EVENTS: Final[Mapping[str, type[Any]]] = MappingProxyType(
    {
        "log_in.account_opened/1": AccountOpened,
        "log_in.password_set/1": PasswordSet,
        "log_in.second_factor_set/1": SecondFactorSet,
        "log_in.succeeded/1": LoggedIn,
        "log_in.failed/1": LogInFailed,
        "log_in.account_locked/1": AccountLocked,
        "log_in.account_unlocked/1": AccountUnlocked,
        "log_in.session_ended/1": SessionEnded,
        "log_in.signing_proved/1": SigningProved,
        "log_in.justification_signed/1": JustificationSigned,
        "log_in.account_closed/1": AccountClosed,
        "log_in.administration_proved/1": AdministrationProved,
        "log_in.administrator_made/1": AdministratorMade,
        "log_in.administrator_ended/1": AdministratorEnded,
    }
)
"""Stored name to fact type; they are in the ledger of the installation."""

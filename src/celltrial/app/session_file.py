"""The session of a person between commands: one file of mode 0600 in a folder of its user's own.

`CELLTRIAL_STATE` names the folder; else `celltrial` in `XDG_STATE_HOME`, else `~/.local/state/celltrial`. The file says
which ledger of accounts the session is in, and holds the secret that opens it. It is refused where others could have
read or written it, and it opens nothing for another user or on another machine: the session is bound to both.
"""

from __future__ import annotations

import json
import os
import platform
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from celltrial.app.logging_in import Ticket
from celltrial.core.errors import UserError, WorldError, fault
from celltrial.core.os_reasons import os_reason
from celltrial.core.values import Value, message

FOLDER_VARIABLE: Final = "CELLTRIAL_STATE"
_FILE: Final = "session.json"
#: A longer file was not written here.
_LARGEST: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class HeldSession:
    """A session as the file keeps it: the ledger of accounts, its file of secrets (None: beside it), the ticket."""

    accounts: str
    secrets: Path | None
    ticket: Ticket


def state_folder() -> Path:
    """Return the folder that holds this user's session."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "celltrial"


def this_user() -> str:
    """Return what a session is bound to: the user of this machine."""
    return f"{os.getuid()}@{platform.node()}"


def read_session() -> HeldSession | None:
    """Return the session of this user; None where nobody is logged in.

    APP-174: the file is a link or another user's, is open to others, or is no session.
    """
    path = state_folder() / _FILE
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(_refused(path, os_reason(error))) from None
    try:
        wrong = _wrong(os.fstat(handle))
        if wrong:
            raise UserError(_refused(path, wrong))
        content = os.read(handle, _LARGEST)
    finally:
        os.close(handle)
    return _held(path, content)


def _wrong(about: os.stat_result) -> Value | str:
    """Return why a file is not used: of what kind it is, whose, or who else may read or write it; "" where nothing is."""
    if not stat.S_ISREG(about.st_mode):
        return message("no_plain_file")
    if about.st_uid != os.getuid():
        return f"user {about.st_uid}"
    return f"mode {stat.S_IMODE(about.st_mode):04o}" if about.st_mode & 0o077 else ""


def write_session(held: HeldSession) -> None:
    """Keep a session; replaced whole."""
    path, ticket = state_folder() / _FILE, held.ticket
    plain = {
        "accounts": held.accounts,
        "secrets": None if held.secrets is None else str(held.secrets),
        "session": ticket.session,
        "account": ticket.account,
        "printed_name": ticket.printed_name,
        "last_seen": ticket.last_seen.isoformat(),
        "seal": ticket.seal,
    }
    partial = path.with_name(f"{_FILE}.{os.getpid()}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)
        handle = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(plain, stream, ensure_ascii=False)
        partial.replace(path)
    except OSError as error:
        raise WorldError(fault("APP-005", str(path), found=os_reason(error))) from None


def remove_session() -> None:
    """Forget the session of this user."""
    path = state_folder() / _FILE
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WorldError(fault("APP-005", str(path), found=os_reason(error))) from None


def _held(path: Path, content: bytes) -> HeldSession:
    try:
        plain: dict[str, Any] = json.loads(content)
        seen = datetime.fromisoformat(plain["last_seen"])
        texts = {name: plain[name] for name in ("accounts", "session", "account", "printed_name", "seal")}
        secrets = plain["secrets"]
    except (ValueError, KeyError, TypeError):
        raise UserError(_refused(path, message("no_session"))) from None
    strings = [*texts.values(), *([] if secrets is None else [secrets])]
    if seen.tzinfo is None or not all(isinstance(item, str) for item in strings):
        raise UserError(_refused(path, message("no_session")))
    ticket = Ticket(texts["session"], texts["account"], texts["printed_name"], seen, this_user(), texts["seal"])
    return HeldSession(texts["accounts"], None if secrets is None else Path(secrets), ticket)


def _refused(path: Path, found: Value | str) -> Any:
    return fault("APP-174", str(path), found=found)

"""Where secrets live: verifiers of passwords and second factors, outside every ledger, readable by their owner only."""

from __future__ import annotations

import json
import os
import secrets
from base64 import b64decode, b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from celltrial.conduct.facts.log_in.verifiers import Verifier
from celltrial.core.errors import UserError, WorldError, fault
from celltrial.core.os_reasons import os_reason
from celltrial.core.values import message

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where the file keeps what is of no account; an account has a name.
_NOBODY: Final = ""


@dataclass(frozen=True, slots=True)
class Credential:
    """What proves who somebody is: the verifier of the password, the key of the one-time codes."""

    verifier: Verifier | None = None
    code_key: bytes | None = None


class CredentialStore(Protocol):
    """Secrets by account. Unlike a ledger it forgets: a new secret replaces the old one for good."""

    def read(self, account: str) -> Credential:
        """Return what is kept of an account; an empty credential where there is nothing."""
        ...

    def write(self, account: str, credential: Credential) -> None:
        """Replace what is kept of an account; durable on return."""
        ...

    def session_key(self) -> bytes:
        """Return the key that seals sessions, 32 random bytes made at first need."""
        ...


class MemoryCredentials:
    """Secrets until the process ends."""

    def __init__(self) -> None:
        self._kept: dict[str, Credential] = {}
        self._session_key = secrets.token_bytes(32)

    def read(self, account: str) -> Credential:
        """Return what is kept of an account."""
        return self._kept.get(account, Credential())

    def write(self, account: str, credential: Credential) -> None:
        """Replace what is kept of an account."""
        self._kept[account] = credential

    def session_key(self) -> bytes:
        """Return the key that seals sessions."""
        return self._session_key


class FileCredentials:
    """Secrets in one JSON file of mode 0600, replaced whole; writers take turns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, account: str) -> Credential:
        """Return what is kept of an account; APP-090 where the file is spoilt or open to others."""
        return _credential(self._read().get(account, {}))

    def write(self, account: str, credential: Credential) -> None:
        """Replace what is kept of an account; durable on return."""
        with self._turn():
            kept = self._read()
            kept[account] = _plain(credential)
            self._replace(json.dumps(kept))

    def session_key(self) -> bytes:
        """Return the key that seals sessions; APP-090 as `read`."""
        held = self._read().get(_NOBODY, {}).get("session_key")
        if held is None:
            with self._turn():
                kept = self._read()
                held = kept.setdefault(_NOBODY, {}).setdefault("session_key", _text(secrets.token_bytes(32)))
                self._replace(json.dumps(kept))
        return b64decode(held)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        import fcntl

        lock = self._path.with_name(self._path.name + ".lock")
        try:
            handle = os.open(lock, os.O_CREAT | os.O_RDWR, 0o600)
        except OSError as error:
            raise self._failed(error) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _read(self) -> dict[str, Any]:
        try:
            if self._path.stat().st_mode & 0o077:
                raise UserError(
                    fault("APP-090", str(self._path), expected="mode 0600", found=message("open_to_others"))
                )
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise self._failed(error) from None
        except ValueError:
            kept = None
        if not isinstance(kept, dict):
            raise UserError(fault("APP-090", str(self._path), expected="credentials", found="-"))
        return kept

    def _replace(self, text: str) -> None:
        partial = self._path.with_name(self._path.name + ".new")
        try:
            handle = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(self._path)
        except OSError as error:
            raise self._failed(error) from None

    def _failed(self, error: OSError) -> WorldError:
        return WorldError(fault("APP-005", str(self._path), found=os_reason(error)))


def _plain(credential: Credential) -> dict[str, Any]:
    held = credential.verifier
    plain: dict[str, Any] = {}
    if held is not None:
        plain["verifier"] = [_text(held.salt), _text(held.digest), held.cost, held.block, held.parallel]
    if credential.code_key is not None:
        plain["code_key"] = _text(credential.code_key)
    return plain


def _credential(plain: dict[str, Any]) -> Credential:
    held, key = plain.get("verifier"), plain.get("code_key")
    verifier = None if held is None else Verifier(b64decode(held[0]), b64decode(held[1]), *held[2:])
    return Credential(verifier, None if key is None else b64decode(key))


def _text(data: bytes) -> str:
    return b64encode(data).decode()

"""What belongs to this installation and to no ledger: its folder, its signing key, where receipts are kept.

| setting (environment) | meaning | where it is absent |
|---|---|---|
| `CELLTRIAL_DATA` | folder of the installation | `$XDG_DATA_HOME/celltrial`, else `~/.local/share/celltrial` |
| `CELLTRIAL_KEY` | file of the signing key | `receipt.key` in that folder |
| `CELLTRIAL_RECEIPTS` | folder with a folder of receipts for each ledger | beside a file: `trial.db.receipts`; PostgreSQL: none |
| `CELLTRIAL_DOCUMENTS` | folder with a folder of documents for each ledger | beside a file: `trial.db.documents`; PostgreSQL: `documents` in that folder |
| `CELLTRIAL_SNAPSHOTS` | `off`: keep and read no snapshots of folded states (`app.snapshots`) | `snapshots` in that folder |
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from celltrial.core.errors import UserError, WorldError, fault
from celltrial.core.os_reasons import os_reason
from celltrial.ledger.opening import file_of, is_server
from celltrial.ledger.postgres_server import place_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def data_folder() -> Path:
    """Return the folder of this installation; it need not be there yet."""
    given = os.environ.get("CELLTRIAL_DATA")
    if given:
        return Path(given)
    shared = os.environ.get("XDG_DATA_HOME")
    return (Path(shared) if shared else Path.home() / ".local" / "share") / "celltrial"


def marks_folder() -> Path:
    """Return where the installation keeps how far it saw each ledger of accounts: a file `POSITION HASH` for each."""
    return data_folder() / "accounts"


def own_copies(folder: Path) -> Path:
    """Return where the installation keeps a copy of every receipt that it wrote into a folder."""
    return data_folder() / "receipts" / hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:32]


def key_file() -> Path:
    """Return where the signing key of this installation is kept, or will be."""
    given = os.environ.get("CELLTRIAL_KEY")
    return Path(given) if given else data_folder() / "receipt.key"


def receipts_folder(where: str) -> Path | None:
    """Return the folder of receipts of a ledger; None where it has none: a server without the setting, or memory."""
    file = file_of(where)
    given = os.environ.get("CELLTRIAL_RECEIPTS")
    if file is not None and not given:
        return beside(file)
    if not given or (file is None and not is_server(where)):
        return None
    place = str(file.resolve()) if file is not None else place_of(where)
    name = place.rpartition("/")[2] or "postgresql"
    return Path(given) / f"{name}-{hashlib.sha256(place.encode()).hexdigest()[:12]}"


def beside(file: Path) -> Path:
    """Return the folder of receipts beside a ledger file."""
    return file.with_name(f"{file.name}.receipts")


def known_folders(where: str) -> list[Path]:
    """Return every folder that may hold receipts of a ledger: that of the setting, and the one beside a file."""
    file, kept = file_of(where), receipts_folder(where)
    return list(dict.fromkeys([*([kept] if kept is not None else []), *([beside(file)] if file is not None else [])]))


def signing_key() -> Ed25519PrivateKey:
    """Return the signing key of this installation, made at first need with mode 0600.

    APP-180: the file holds no such key, or others can read it.
    """
    path = key_file()
    if not path.exists():
        _make_key(path)
    key = read_key(path)
    assert key is not None
    return key


def read_key(path: Path) -> Ed25519PrivateKey | None:
    """Return the signing key in a file; None where there is no file. APP-180 as `signing_key`."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        text, mode = path.read_bytes(), path.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _failed(path, error) from None
    if mode & 0o077:
        raise UserError(fault("APP-180", str(path), expected="mode 0600", found=f"mode {mode & 0o777:04o}"))
    try:
        key = load_pem_private_key(text, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UserError(fault("APP-180", str(path), expected="Ed25519 (PEM)", found="-")) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise UserError(fault("APP-180", str(path), expected="Ed25519 (PEM)", found=type(key).__name__))
    return key


def secret(purpose: str) -> bytes | None:
    """Return a secret of this installation for one purpose, derived from its signing key; None where there is no key.

    HMAC-SHA-256 of the purpose by the bytes of the key's file. A key that others can read gives none.
    """
    try:
        text, mode = key_file().read_bytes(), key_file().stat().st_mode
    except OSError:
        return None
    return None if mode & 0o077 else hmac.digest(text, purpose.encode(), "sha256")


def _make_key(path: Path) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    text = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    make_folder(path.parent)
    with turn(path.parent):
        if not path.exists():  # nobody else was faster
            write_private(path, text)


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner opens, and those above it that are missing; APP-005 where it cannot be made."""
    try:
        for missing in reversed([item for item in (folder, *folder.parents) if not item.is_dir()]):
            missing.mkdir(exist_ok=True)
            missing.chmod(0o700)
    except OSError as error:
        raise _failed(folder, error) from None


def check_writable(folder: Path) -> None:
    """Raise APP-005 where a folder, or the first one above it that is there, cannot be written into."""
    there = next((item for item in (folder, *folder.absolute().parents) if item.exists()), folder)
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise WorldError(
            fault("APP-005", str(folder), found=os_reason(PermissionError(errno.EACCES, os.strerror(errno.EACCES))))
        )


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Let processes that write into a folder take turns."""
    try:
        handle = os.open(folder / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise _failed(folder, error) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def write_private(path: Path, content: bytes) -> None:
    """Write a whole file of mode 0600 or none, durable on return; APP-005 where it cannot be written."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        handle = os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise _failed(path, error) from None


def _failed(path: Path, error: OSError) -> WorldError:
    return WorldError(fault("APP-005", str(path), found=os_reason(error)))

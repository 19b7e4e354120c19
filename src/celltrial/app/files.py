"""Reading and writing files for the edges: one message for what is missing, nothing half-written."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from celltrial.core.errors import Fault, UserError, WorldError, fault
from celltrial.core.os_reasons import os_reason
from celltrial.core.reading.bounds import shown
from celltrial.core.reading.text import MOST_BYTES, Encoding, decode
from celltrial.core.values import Value, message


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was read: its text, how it was written, and the SHA-256 of its bytes."""

    text: str
    encoding: Encoding
    sha256: str


#: What is to be said about files that were read, such as one that was not UTF-8; the edge that runs a command sets the list.
NOTES: Final[ContextVar[list[Fault] | None]] = ContextVar("celltrial_notes", default=None)
#: The file of a folder that holds the hash of every other one, in the form of `sha256sum`.
SUMS: Final = "SHA256SUMS"


def read_source(path: Path, *, encoding: Encoding | None = None, most: int = MOST_BYTES) -> Source:
    """Return an ordinary file of at most so many bytes as text.

    APP-001 missing; APP-002 unreadable; APP-006 a device, a pipe or a folder; COR-050 larger; COR-051 no text of an
    encoding that is known, or of the chosen one.
    """
    data = read_bytes(path, most=most)
    found = decode(data, str(path), encoding)
    return Source(found.text, found.encoding, hashlib.sha256(data).hexdigest())


def read_text(path: Path, *, most: int = MOST_BYTES) -> str:
    """Return the text of a file as `read_source` does; one that is not UTF-8 is said among the notes (APP-007)."""
    source = read_source(path, most=most)
    notes = NOTES.get()
    if source.encoding is not Encoding.UTF_8 and notes is not None:
        notes.append(fault("APP-007", str(path), found=source.encoding.value))
    return source.text


def read_bytes(path: Path, *, most: int = MOST_BYTES) -> bytes:
    """Return the bytes of an ordinary file; APP-001, APP-002, APP-006 and COR-050 as `read_source`."""
    try:
        kind = path.stat().st_mode
        if not stat.S_ISREG(kind):
            raise UserError(fault("APP-006", str(path), found=_kind_of(kind)))
        with path.open("rb") as stream:
            data = stream.read(most + 1)
            size = os.fstat(stream.fileno()).st_size
    except FileNotFoundError:
        raise UserError(fault("APP-001", str(path))) from None
    except (OSError, ValueError) as error:  # a name with a null character is a ValueError
        found = os_reason(error)
        raise UserError(fault("APP-002", str(path), found=found)) from None
    if len(data) > most:
        raise UserError(fault("COR-050", str(path), found=max(size, len(data)), expected=most))
    return data


def _kind_of(mode: int) -> Value:
    kinds = {"file_folder": stat.S_ISDIR, "file_pipe": stat.S_ISFIFO, "file_socket": stat.S_ISSOCK}
    return message(next((name for name, holds in kinds.items() if holds(mode)), "file_device"))


def refuse_existing(path: Path, *, force: bool = False) -> None:
    """Raise APP-004 where the file exists and is not to be replaced, APP-001 where its folder does not exist.

    APP-002 for a name that no file can have, such as one too long.
    """
    try:
        exists = path.exists()
    except (OSError, ValueError) as error:
        found = os_reason(error)
        raise UserError(fault("APP-002", shown(path), found=found)) from None
    if exists and not force:
        raise UserError(fault("APP-004", str(path)))
    if not path.parent.is_dir():
        raise UserError(fault("APP-001", str(path.parent)))


def write_text(path: Path, text: str) -> None:
    """Write a whole file or none, as UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def make_folder(path: Path) -> None:
    """Make a folder where there is none; APP-005 where there can be none or nothing can be written into it.

    APP-001: the folder that it is to lie in is not there; APP-004: there is a file of this name.
    """
    if path.exists() and not path.is_dir():
        raise UserError(fault("APP-004", str(path)))
    if not path.parent.is_dir():
        raise UserError(fault("APP-001", str(path.parent)))
    try:
        path.mkdir(exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()
    except OSError as error:
        raise WorldError(fault("APP-005", str(path), found=os_reason(error))) from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file or none: a neighbour first, then renamed over it; APP-005 where it cannot be written."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise WorldError(fault("APP-005", str(path), found=os_reason(error))) from None
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        umask = os.umask(0)
        os.umask(umask)
        partial.chmod(0o666 & ~umask)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise WorldError(fault("APP-005", str(path), found=os_reason(error))) from None


def with_sums(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return files with the one that holds the hash of each."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    return {**files, SUMS: "".join(lines).encode()}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write a whole folder or none: a neighbour first, then renamed."""
    try:
        partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise WorldError(fault("APP-005", str(folder), found=os_reason(error))) from None
    try:
        for name, content in files.items():
            (partial / name).write_bytes(content)
        partial.chmod(0o755)
        partial.rename(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise WorldError(fault("APP-005", str(folder), found=os_reason(error))) from None

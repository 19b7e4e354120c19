"""Reading and writing files for the edges: one message for what is missing, nothing half-written."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from celltrial.core.errors import UserError, WorldError, fault

__all__ = ["read_text", "refuse_existing", "write_bytes", "write_text"]


def read_text(path: Path) -> str:
    """Return the UTF-8 text of a file; APP-001 missing, APP-002 a folder or unreadable, APP-003 not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise UserError(fault("APP-001", str(path))) from None
    except UnicodeDecodeError as error:
        raise UserError(fault("APP-003", str(path), found=f"byte {error.start}")) from None
    except OSError as error:
        raise UserError(fault("APP-002", str(path), found=error.strerror or type(error).__name__)) from None


def refuse_existing(path: Path, *, force: bool = False) -> None:
    """Raise APP-004 where the file exists and is not to be replaced, APP-001 where its folder does not exist."""
    if path.exists() and not force:
        raise UserError(fault("APP-004", str(path)))
    if not path.parent.is_dir():
        raise UserError(fault("APP-001", str(path.parent)))


def write_text(path: Path, text: str) -> None:
    """Write a whole file or none, as UTF-8."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, content: bytes) -> None:
    """Write a whole file or none: a neighbour first, then renamed over it; APP-005 where it cannot be written."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise WorldError(fault("APP-005", str(path), found=error.strerror or type(error).__name__)) from None
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
        raise WorldError(fault("APP-005", str(path), found=error.strerror or type(error).__name__)) from None

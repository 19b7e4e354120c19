"""Snapshots of a folded state, so that a large trial is opened without folding every record again.

A snapshot belongs to this installation alone. It lies in its folder, mode 0600, and carries a code (HMAC-SHA-256, RFC 2104)
by a secret of the installation's key: a byte changed in it, or a file from elsewhere, is not read. It names the trial, the
record at which it was taken with that record's hash, and the program that folded it. Where the ledger has another record
there, or the program is another, all is folded anew. A snapshot can be deleted at any time, and is written again.

What a snapshot leaves out: records before it are not read and not hashed when a trial is opened. `celltrial verify` reads
them all, and so do reports, copies and data sets. `CELLTRIAL_SNAPSHOTS=off` keeps and reads none.
"""

from __future__ import annotations

import copyreg
import hashlib
import hmac
import io
import json
import os
import pickle
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import celltrial
from celltrial.app.installation import data_folder, make_folder, secret, signing_key, write_private
from celltrial.conduct.facts.state import EMPTY, TrialState
from celltrial.conduct.plan import Plan, compile_plan
from celltrial.core.errors import CelltrialError
from celltrial.ledger.port import Ledger
from celltrial.ledger.receipts import hash_at
from celltrial.protocol import canonical_json

FORMAT: Final = "celltrial-snapshot/1"
#: So many records must have been folded since the last snapshot before another is worth its writing.
WORTH: Final = 5_000
#: So many snapshots are kept; the oldest go.
MOST: Final = 32
#: A file above this is no snapshot of ours.
LARGEST: Final = 1 << 30
#: The rooms that what is folded depends on.
ROOMS: Final = ("core", "clinical", "designs", "protocol", "conduct", "ledger")
_CODE_BYTES: Final = 32
#: What a packed state may name besides classes of ours.
_NAMED: Final = frozenset(
    {
        ("builtins", "frozenset"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "timedelta"),
        ("datetime", "timezone"),
        ("decimal", "Decimal"),
    }
)


def opened_at(ledger: Ledger, trial: str) -> TrialState:
    """Return the newest usable snapshot of a trial, else the empty state; a snapshot that cannot be used is no fault."""
    path = _path(ledger, trial)
    if path is None:
        return EMPTY
    try:
        found = _read(path)
        if found is None or found.trial != trial or hash_at(ledger, trial, found.position) != found.head:
            return EMPTY
        state = unpack(found.content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, LookupError, pickle.PickleError, CelltrialError):
        return EMPTY
    return state if state.position == found.position else EMPTY


def keep(ledger: Ledger, trial: str, state: TrialState, before: TrialState) -> None:
    """Write a snapshot where enough was folded since the one that was opened; that none can be written is no fault."""
    path = _path(ledger, trial) if state.position - before.position >= WORTH else None
    head = hash_at(ledger, trial, state.position) if path is not None else ""
    if path is None or not head:
        return
    try:
        make_folder(path.parent)
        signing_key()
        write_private(path, _sealed(Snapshot(trial, state.position, head, pack(state))))
        for old in sorted(path.parent.glob("*.snapshot"), key=lambda item: item.stat().st_mtime)[:-MOST]:
            old.unlink(missing_ok=True)
    except (OSError, CelltrialError, pickle.PickleError):
        return


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a trial at a record: its position and hash, and the packed state."""

    trial: str
    position: int
    head: str
    content: bytes


def _path(ledger: Ledger, trial: str) -> Path | None:
    """Return where the snapshot of a trial is kept; None where none is, as of a ledger in memory."""
    if os.environ.get("CELLTRIAL_SNAPSHOTS") == "off" or not ledger.place or ledger.place == ":memory:":
        return None
    place = ledger.place if "://" in ledger.place else str(Path(ledger.place).resolve())
    name = hashlib.sha256(f"{place}\n{trial}".encode()).hexdigest()
    return data_folder() / "snapshots" / f"{name}.snapshot"


def _sealed(snapshot: Snapshot) -> bytes:
    """Return the file of a snapshot: the code over the rest, a line that says what it is, and the packed state."""
    named = {
        "format": FORMAT,
        "trial": snapshot.trial,
        "position": snapshot.position,
        "head": snapshot.head,
        "program": program(),
    }
    rest = json.dumps(named).encode() + b"\n" + snapshot.content
    return _code(rest, secret(FORMAT)) + rest


def _read(path: Path) -> Snapshot | None:
    """Return a snapshot that this installation and this program wrote; None where there is none or it is anything else."""
    if not path.is_file() or path.stat().st_size > LARGEST:
        return None
    data, key = path.read_bytes(), secret(FORMAT)
    code, rest = data[:_CODE_BYTES], data[_CODE_BYTES:]
    if key is None or not hmac.compare_digest(code, _code(rest, key)):
        return None
    line, _, content = rest.partition(b"\n")
    named = json.loads(line)
    if named["format"] != FORMAT or named["program"] != program():
        return None
    return Snapshot(named["trial"], named["position"], named["head"], content)


def _code(rest: bytes, key: bytes | None) -> bytes:
    if key is None:
        raise OSError("there is no key")
    return hmac.digest(key, rest, "sha256")


@cache
def program() -> str:
    """Return what folds: SHA-256 of the source of every room that a fold depends on, and the version of Python.

    The text is hashed, not its date: whoever changes an evolver, a field of the state or a protocol's model has another
    program, and its snapshots are not read by the one before or after.
    """
    root, found = Path(celltrial.__file__).parent, hashlib.sha256(platform.python_version().encode())
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            found.update(f"\n{path.relative_to(root)}\n".encode())
            found.update(path.read_bytes())
    return found.hexdigest()


def pack(state: TrialState) -> bytes:
    """Return a state as bytes; a plan as its protocol, from which it is compiled again."""
    out = io.BytesIO()
    packer = pickle.Pickler(out, 5)
    packer.dispatch_table = _PACKED
    packer.dump(state)
    return out.getvalue()


def unpack(content: bytes) -> TrialState:
    """Return the state that was packed; pickle.UnpicklingError where the bytes name anything that is no part of a state.

    Only bytes whose code was found right come here; what they may name is limited all the same.
    """
    state = _Unpacker(io.BytesIO(content)).load()
    if not isinstance(state, TrialState):
        raise pickle.UnpicklingError(type(state).__name__)
    return state


def _mapping(held: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(held)


_PACKED: Final[Mapping[type[Any], Any]] = {
    **copyreg.dispatch_table,
    MappingProxyType: lambda held: (_mapping, (dict(held),)),
    Plan: lambda plan: (compile_plan, (canonical_json(plan.protocol),)),
}


class _Unpacker(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return a class of ours, or one of the few others that a state is made of."""
        found = super().find_class(module, name)
        ours = module.startswith(tuple(f"celltrial.{room}." for room in ROOMS)) and isinstance(found, type)
        if ours or (module, name) in _NAMED or found in (_mapping, compile_plan):
            return found
        raise pickle.UnpicklingError(f"{module}.{name}")

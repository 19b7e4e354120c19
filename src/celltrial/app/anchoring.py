"""Receipts written and read: at each signature, report and copy, and when somebody asks for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from celltrial.app.installation import (
    check_writable,
    key_file,
    make_folder,
    own_copies,
    read_key,
    receipts_folder,
    signing_key,
    turn,
    write_private,
)
from celltrial.app.rehearsing import registered
from celltrial.app.time_stamps import time_stamper
from celltrial.conduct.vocabulary import Persons
from celltrial.core.errors import Fault, UserError, WorldError, fault
from celltrial.core.os_reasons import os_reason
from celltrial.core.values import message
from celltrial.ledger.anchors import named
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.port import Ledger
from celltrial.ledger.receipts import (
    Occasion,
    Receipt,
    contradicts,
    in_order,
    make_receipt,
    parse_receipt,
    public_hex,
)

_SUFFIX = ".receipt.json"
#: A receipt takes below 2 kB, 10 kB with a time stamp; a file above this is none.
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    """A receipt and where it lies."""

    receipt: Receipt
    path: Path


def anchor(
    where: str,
    ledger: Ledger,
    trial: str,
    occasion: Occasion,
    *,
    folder: Path | None = None,
    account: str = "",
    reason: str = "",
) -> Written | None:
    """Write a receipt of where a trial ends now; None for a ledger that has no folder of receipts.

    folder: the folder of receipts, where it is not the one that the installation keeps for the ledger.

    APP-181: the trial no longer holds what its last receipt names, so it is not anchored again as if it did; a
    restore that was signed for may.
    """
    folder = folder or receipts_folder(where)
    if folder is None:
        return None
    signing_key()
    make_folder(folder)
    with turn(folder):
        return write_receipt(folder, ledger, trial, occasion, account=account, reason=reason)


def write_receipt(
    folder: Path, ledger: Ledger, trial: str, occasion: Occasion, *, account: str = "", reason: str = ""
) -> Written:
    """Write the next receipt of a folder, whose turn the caller holds; see `anchor`."""
    last, own = _latest(folder, trial)
    if occasion is not Occasion.RESTORE:
        _check_own(ledger, own, folder)
    receipt = make_receipt(
        ledger, trial, occasion, key=signing_key(), last=last, account=account, reason=reason, stamp=time_stamper()
    )
    if not _is_played(ledger, trial):
        copies = own_copies(folder)
        make_folder(copies)
        _store(copies, receipt)  # first: a receipt that only the folder has could be taken away unseen
    return Written(receipt, _store(folder, receipt))


def _is_played(ledger: Ledger, trial: str) -> bool:
    """Tell whether a trial was registered as a rehearsal, a simulation or an import, which is made again at will."""
    try:
        begun = registered(ledger, trial)
    except UserError:
        return False
    return begun is not None and begun.persons_known is not Persons.LOGGED_IN


def prepare(where: str, ledger: Ledger, trial: str) -> None:
    """Raise what would keep a receipt from being written, before the act that it is for: APP-005, 180, 181, 189."""
    folder = receipts_folder(where)
    if folder is not None:
        time_stamper()
        signing_key()
        check_writable(folder)
        _check_own(ledger, _latest(folder, trial)[1], folder)


def _check_own(ledger: Ledger, own: Receipt | None, folder: Path) -> None:
    if own is not None and contradicts(ledger, own):
        raise UserError(fault("APP-181", ledger.place, trial=own.trial, receipt=named(own), folder=folder))


def _latest(folder: Path, trial: str) -> tuple[Receipt | None, Receipt | None]:
    """Return the last receipt of a folder and the last one of a trial in it, reading no more files than that takes.

    The copies that the installation keeps count as well: after receipts were deleted the next one has the next number.
    """
    last: Receipt | None = None
    found = [*((path.name, 0, path) for path in _paths(folder)), *((p.name, 1, p) for p in _paths(own_copies(folder)))]
    for _, _, path in sorted(found, reverse=True):
        receipt = read_receipt(path)
        last = last or receipt
        if receipt.trial == trial:
            return last, receipt
    return last, None


def deleted_receipts(folders: Iterable[Path], found: Iterable[Receipt]) -> dict[Path, list[Receipt]]:
    """Return, by folder, the receipts that this installation wrote into it and that are found nowhere."""
    there = {item.hash for item in found}
    written = {folder: survey_folder(own_copies(folder))[0] for folder in folders}
    lost = {folder: [item for item in kept if item.hash not in there] for folder, kept in written.items()}
    return {folder: items for folder, items in lost.items() if items}


def _paths(folder: Path) -> list[Path]:
    """Return the files of receipts in a folder; their names are their numbers."""
    try:
        return sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else []
    except OSError as error:
        raise WorldError(fault("APP-005", str(folder), found=os_reason(error))) from None


def _store(folder: Path, receipt: Receipt) -> Path:
    path = folder / f"{receipt.number:06d}{_SUFFIX}"
    write_private(path, receipt.text.encode())
    return path


def read_folder(folder: Path) -> list[Receipt]:
    """Return the receipts of a folder in their order; LDG-060 where a file of theirs is none."""
    receipts, faults = survey_folder(folder)
    if faults:
        raise UserError(*faults)
    return receipts


def survey_folder(folder: Path) -> tuple[list[Receipt], list[Fault]]:
    """Return the receipts of a folder in their order, and what is wrong with files of theirs that are none."""
    receipts: list[Receipt] = []
    faults: list[Fault] = []
    for path in _paths(folder):
        try:
            receipts.append(read_receipt(path))
        except UserError as error:
            faults += error.faults
    return in_order(receipts), faults


def holds_receipts(folder: Path) -> bool:
    """Tell whether there is anything in a folder that should be a receipt."""
    return any(survey_folder(folder))


def read_receipt(path: Path) -> Receipt:
    """Return the receipt in a file; APP-001 where there is no file, LDG-060 where it is none."""
    try:
        if not path.is_file():
            raise UserError(fault("APP-001", str(path)))
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        raise WorldError(fault("APP-002", str(path), found=os_reason(error))) from None
    if len(content) > _LARGEST:
        raise UserError(fault("LDG-060", str(path), found=f"> {_LARGEST} bytes"))
    return parse_receipt(content, str(path))


def anchor_ledger(where: str, out: Path | None) -> list[Written]:
    """Write a receipt of every trial of a ledger, and bring a further folder up to date with all of its receipts.

    What the further folder holds already is held against the ledger first, also where it was lost beside the ledger.

    APP-022: no trials; APP-182: the ledger has no folder of receipts, and none is given.
    """
    with open_ledger(where) as ledger:
        names = ledger.trials()
        if not names:
            raise UserError(fault("APP-022", ledger.place))
        folder = receipts_folder(where) or out
        if folder is None:
            raise UserError(fault("APP-182", ledger.place))
        if out is not None and out != folder:
            copy_receipts(out, folder)
        written = [anchor(where, ledger, name, Occasion.COMMAND, folder=folder) for name in names]
    if out is not None and out != folder:
        copy_receipts(folder, out)
    return [item for item in written if item is not None]


def copy_receipts(source: Path, target: Path, keys: Sequence[str] = ()) -> None:
    """Copy every receipt that a further folder does not hold and a trusted key signed; what it holds is never replaced.

    APP-183: it holds another receipt under the same number.
    """
    trusted = trusted_keys(keys)
    receipts = [item for item in read_folder(source) if item.key in trusted and item.is_authentic]
    if not receipts:
        return
    make_folder(target)
    with turn(target):
        there = {item.number: item for item in read_folder(target)}
        for receipt in receipts:
            kept = there.get(receipt.number)
            if kept is not None and kept.hash != receipt.hash:
                raise UserError(fault("APP-183", str(target), found=receipt.number))
            if kept is None:
                _store(target, receipt)


def trusted_keys(given: Sequence[str]) -> frozenset[str]:
    """Return the public keys that receipts may be signed with: those given, as 64 hexadecimal digits or a PEM file, and the installation's own.

    APP-184: not a public key.
    """
    own = read_key(key_file())
    return frozenset([*map(_public_key, given), *([public_hex(own)] if own is not None else [])])


def _public_key(text: str) -> str:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    expected = message("public_key")
    try:
        if len(text) == 64 and not Path(text).exists():
            return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text)).public_bytes_raw().hex()
        key = load_pem_public_key(Path(text).read_bytes())
    except (ValueError, OSError, UnsupportedAlgorithm):
        raise UserError(fault("APP-184", text[:80], expected=expected)) from None
    if not isinstance(key, Ed25519PublicKey):
        raise UserError(fault("APP-184", text[:80], expected=expected))
    return key.public_bytes_raw().hex()

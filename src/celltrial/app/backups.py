"""Backup and restore: a whole ledger as it is at one moment, verified, with its receipts beside it.

A restore that would lose records which a receipt names is refused. A person may
sign for the loss: passphrase and one-time code are proved in the ledger of
accounts, the trial's last record is signed with the reason, and a receipt says
what was given up, so that a later verification shows it and does not take it
for a tail cut off.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from celltrial.app.accounts import open_book
from celltrial.app.acting import role_of
from celltrial.app.anchoring import Written, copy_receipts, prepare, read_folder, write_receipt
from celltrial.app.documents import beside as documents_beside
from celltrial.app.documents import copy_documents, documents_folder
from celltrial.app.installation import (
    beside,
    known_folders,
    make_folder,
    own_copies,
    receipts_folder,
    signing_key,
    turn,
)
from celltrial.app.rehearsing import registered
from celltrial.app.session import codec
from celltrial.app.verifying import LedgerCheck, verify_ledger
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Actor, LogIn
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.ruling import Refused, fail
from celltrial.conduct.views.granted import check_granted
from celltrial.core.dates import Instant
from celltrial.core.errors import Fault, UserError, WorldError, fault
from celltrial.core.os_reasons import os_reason
from celltrial.core.progress import Progress
from celltrial.core.values import message
from celltrial.ledger.drafting import signature_chain
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import file_of, open_ledger
from celltrial.ledger.port import Store
from celltrial.ledger.receipts import Occasion
from celltrial.ledger.signatures import Meaning, sign
from celltrial.ledger.sqlite import SqliteLedger

#: Findings that only say that records are missing at the end: a person may sign for that loss, for nothing else.
_BEHIND = frozenset({"LDG-066"})
#: Receipts that are gone from where the ledger was: a restore brings the installation's copies of them back.
_BROUGHT_BACK = frozenset({"LDG-088"})
#: Bytes of a document that are gone or changed: the ledger itself is whole, and a copy of it is worth having.
_LOST = frozenset({"APP-415", "APP-416"})


@dataclass(frozen=True, slots=True)
class Backup:
    """What came of a backup: its verification, and the receipts where it holds; nothing was left where it does not."""

    check: LedgerCheck
    receipts: tuple[Written, ...] = ()


@dataclass(frozen=True, slots=True)
class Loss:
    """Who signs for records that a restore gives up, and why.

    accounts, secrets: the ledger of accounts and its file of secrets.   password, code: what is proved there.
    """

    accounts: str
    secrets: Path | None
    account: str
    role: str
    site: str | None
    reason: str
    password: str
    code: str


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of a restore.

    check:   of the backup, held against every receipt known; of the restored ledger where it was carried out.
    behind:  what a restore loses; empty where it loses nothing.
    refused: why the person may not sign for the loss.
    done:    whether the ledger was restored.
    """

    check: LedgerCheck
    behind: tuple[Fault, ...] = ()
    refused: Refused | None = None
    done: bool = False


def back_up(where: str, target: Path, progress: Progress) -> Backup:
    """Copy a whole ledger while it runs into a new SQLite file, verify it, and write a receipt of each trial beside it.

    A ledger on PostgreSQL is read record by record; lines and hashes are the same bytes. While the copy is made no
    other receipt is written, so that none names a record that the copy lacks.

    APP-004: the target exists; APP-022: no trials; APP-180, APP-181 as `anchor`.
    """
    _refuse_ledger(target)
    with open_ledger(where) as ledger:
        names = ledger.trials()
        if not names:
            raise UserError(fault("APP-022", ledger.place))
        for name in names:
            prepare(where, ledger, name)
        folder = receipts_folder(where) or beside(target)
        signing_key()
        make_folder(folder)
        with _private_file(target) as partial, turn(folder):
            _copy(ledger, partial)
            with open_ledger(partial) as copy:
                written = [write_receipt(folder, copy, name, Occasion.BACKUP) for name in copy.trials()]
            check = verify_ledger(str(partial), None, progress, (folder,), documents=documents_folder(where))
            if any(item.id not in _LOST for item in check.findings):
                for item in written:
                    item.path.unlink()
                    (own_copies(folder) / item.path.name).unlink(missing_ok=True)
                return Backup(check)
            partial.replace(target)
    if folder != beside(target):
        copy_receipts(folder, beside(target))
    copy_documents(documents_folder(where), documents_beside(target))
    return Backup(check, tuple(written))


def restore(
    backup: Path,
    where: str,
    progress: Progress,
    *,
    anchors: Sequence[Path] = (),
    keys: Sequence[str] = (),
    loss: Loss | None = None,
) -> Restored:
    """Put a backup in the place of a ledger that is gone, unless that loses records which a receipt names.

    where:   a path where there is no file, or a PostgreSQL database without records.
    anchors: receipts kept elsewhere, beside those of the backup and those that lie where the ledger was.
    loss:    who signs for what is lost; None where nobody does.

    APP-004: there is a ledger already; the further errors are those of `verify_ledger`.
    """
    file = file_of(where)
    if file is not None:
        _refuse_ledger(file)
    kept = [folder for folder in known_folders(where) if folder.is_dir() and read_folder(folder)]
    check = verify_ledger(
        str(backup), None, progress, (*kept, *anchors), keys, place=where, documents=documents_beside(backup)
    )
    behind = tuple(item for item in check.findings if item.id in _BEHIND)
    others = [item for item in check.findings if item.id not in _BEHIND | _BROUGHT_BACK | _LOST]
    if others or (behind and loss is None):
        return Restored(check, behind)
    person: LogIn | None = None
    if behind:
        assert loss is not None
        proved = _proved(loss, backup, sorted({_trial(item) for item in behind}))
        if isinstance(proved, Refused):
            return Restored(check, behind, proved)
        person = proved
    with open_ledger(backup) as source:
        if file is None:
            _fill_server(source, where)
            _finish(where, where, backup, behind, loss, person, keys)
        else:
            with _private_file(file) as partial:
                _copy(source, partial)
                _finish(str(partial), where, backup, behind, loss, person, keys)
                partial.replace(file)
    copy_documents(documents_beside(backup), documents_folder(where))
    return Restored(verify_ledger(where, None, progress, anchors, keys), behind, done=True)


def _trial(item: Fault) -> str:
    return item.where.removesuffix(signature_chain(""))


def _proved(loss: Loss, backup: Path, trials: Sequence[str]) -> LogIn | Refused:
    """Return who signs for a loss, both components proved and on record; the refusal where something does not suffice.

    APP-187: no reason; APP-188: an account without a second factor.
    """
    if not loss.reason.strip():
        raise UserError(fault("APP-187"))
    with open_book(loss.accounts, loss.secrets) as book:
        known = book.accounts.people.get(loss.account)
        if known is not None and not known.has_second_factor:
            raise UserError(fault("APP-188", loss.account))
        ticket = book.log_in(loss.account, loss.password, loss.code)
        if isinstance(ticket, Refused):
            return ticket
        person = book.person_of(ticket)
        assert isinstance(person, LogIn), "a session that was opened a moment ago"
        book.log_out(ticket)
    signer = _signer(loss, person)
    with open_ledger(backup) as ledger:
        for trial in trials:
            begun, kept = registered(ledger, trial), Journal(ledger, codec()).events(trial, streams=("account/",))
            conditions = list(check_granted(fold(kept), signer))
            if begun is not None and begun.installation not in {"", person.installation}:
                about = f"account/{person.account}"
                needed, found = message("log_in_to_the_trials_installation"), message("another_installation")
                conditions.append(fail(Code.PERSON_NOT_PROVED, needed, found, about))
            if conditions:
                return Refused(tuple(conditions))
    return person


def _signer(loss: Loss, person: LogIn) -> Actor:
    return Actor(person.account, role_of(loss.role), loss.site, person.printed_name)


def _finish(
    place: str,
    where: str,
    backup: Path,
    behind: Sequence[Fault],
    loss: Loss | None,
    person: LogIn | None,
    keys: Sequence[str],
) -> None:
    """Bring the receipts of the restored ledger together; where records are given up, say so in them and sign for it.

    The receipt of the restore comes first and names what is kept; the signature is then the first thing after it.
    """
    folder = receipts_folder(where)
    if folder is not None:
        copy_receipts(beside(backup), folder, keys)
        copy_receipts(own_copies(folder), folder, keys)
    if person is None or loss is None:
        return
    signer = _signer(loss, person)
    if folder is None:
        raise UserError(fault("APP-182", where))
    make_folder(folder)
    with open_ledger(place) as ledger, turn(folder):
        for trial in sorted({_trial(item) for item in behind}):
            lost = ", ".join(f"{item.where} {item.params['found']}" for item in behind if _trial(item) == trial)
            reason = f"restored without {lost}: {loss.reason}"
            write_receipt(folder, ledger, trial, Occasion.RESTORE, account=signer.id, reason=reason)
            last = ledger.head(trial).position
            if last:
                sign(
                    ledger, trial, actor=signer, meaning=Meaning.RESPONSIBILITY, positions=[last], reason=reason,
                    occurred=Instant(datetime.now(UTC), "UTC"), components=person.components,
                )  # fmt: skip
                write_receipt(folder, ledger, trial, Occasion.SIGNATURE)


def _copy(source: Store, target: Path) -> None:
    """Write all of a ledger into an empty file.

    Signatures are read before the records: a signature that comes meanwhile would name a record that the copy lacks.
    """
    if isinstance(source, SqliteLedger):
        source.copy_to(target)
        return
    with open_ledger(target, create=True) as copy:
        _take_all(source, copy)


def _take_all(source: Store, target: Store) -> None:
    for trial in source.trials():
        signed = list(source.lines(signature_chain(trial)))
        target.take(trial, source.lines(trial))
        target.take(signature_chain(trial), signed)


def _fill_server(source: Store, where: str) -> None:
    """Write all of a ledger into a server; APP-004 where it holds records already."""
    with open_ledger(where, create=True) as target:
        if target.trials():
            raise UserError(fault("APP-004", target.place))
        _take_all(source, target)


def _refuse_ledger(path: Path) -> None:
    """Raise APP-004 where a ledger or one of its side files lies at a path, APP-001 where its folder does not exist.

    A log that was left behind belongs to another ledger, and SQLite would read it into this one.
    """
    for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        if name.exists():
            raise UserError(fault("APP-004", str(name)))
    if not path.parent.is_dir():
        raise UserError(fault("APP-001", str(path.parent)))


@contextmanager
def _private_file(beside_of: Path) -> Iterator[Path]:
    """Give a file of mode 0600 in a new folder on the same disk, and take what is left of it away at the end."""
    try:
        folder = tempfile.TemporaryDirectory(dir=beside_of.parent, prefix=f".{beside_of.name}.")
    except OSError as error:
        raise WorldError(fault("APP-005", str(beside_of), found=os_reason(error))) from None
    with folder as name:
        path = Path(name) / beside_of.name
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        path.chmod(0o600)
        yield path

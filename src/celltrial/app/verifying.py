"""Handler of verification: the store, every chain, and what receipts kept outside show of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from celltrial.app.anchoring import read_receipt, survey_folder, trusted_keys
from celltrial.app.installation import known_folders
from celltrial.app.rehearsing import foreign_clock, registered
from celltrial.app.time_stamps import Stamp, check_stamp
from celltrial.conduct.vocabulary import Persons
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.progress import Progress
from celltrial.core.values import ABSENT
from celltrial.ledger.anchors import Anchored, held_against, receipt_faults
from celltrial.ledger.chain import Verification
from celltrial.ledger.opening import is_server, open_ledger
from celltrial.ledger.port import Store
from celltrial.ledger.receipts import Receipt
from celltrial.ledger.record import genesis

#: Damage that opening a ledger already meets: it is a finding. Where receipts say that there was a ledger, so is a file
#: that is none.
_DAMAGED = frozenset({"LDG-004", "LDG-051"})
_REPLACED = _DAMAGED | {"LDG-002"}


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What a verification of a ledger found.

    store:    findings about tables, triggers, indexes, and the file.
    receipts: findings about the receipts themselves.
    trials:   each trial with its chains, held against its receipts.
    folder:   where receipts of this ledger lie; None where none do.
    server:   whether it is a database server, whose own files were then not looked at.
    stamps:   the time stamp of each receipt that carries one, by the hash of the receipt.
    persons:  how the persons of each trial are known; nothing of what is no trial or cannot be read.
    """

    store: tuple[Fault, ...] = ()
    receipts: tuple[Fault, ...] = ()
    trials: tuple[Anchored, ...] = field(default=())
    folder: Path | None = None
    persons: Mapping[str, Persons] = field(default_factory=dict)
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    server: bool = False

    @property
    def findings(self) -> tuple[Fault, ...]:
        """Everything found, in the order in which it is shown."""
        return (*self.store, *self.receipts, *(item for trial in self.trials for item in trial.findings))


def verify_ledger(
    where: str,
    trial: str | None,
    progress: Progress,
    anchors: Sequence[Path] = (),
    keys: Sequence[str] = (),
) -> LedgerCheck:
    """Verify one trial or every trial of a ledger, and every trial that a receipt names.

    anchors: files of receipts, or folders of them, beside those that this installation keeps for the ledger.
    keys:    public keys that receipts may be signed with, beside the installation's own.

    APP-021: no such trial; APP-022: a ledger without trials that no receipt names; APP-185: no receipt in an anchor;
    APP-186: receipts, and no key to hold them against.
    """
    kept = {folder: seen for folder in known_folders(where) if any(seen := survey_folder(folder))}
    own = next(iter(kept), None)
    found = [*((receipts, spoilt, True) for receipts, spoilt in kept.values()), *(_read(path) for path in anchors)]
    receipts = [item for group, _, _ in found for item in group]
    trusted = trusted_keys(keys)
    if receipts and not trusted:
        raise UserError(fault("APP-186", str(anchors[0] if anchors else own)))
    faults = [item for _, spoilt, _ in found for item in spoilt]
    faults += [item for group, _, whole in found for item in receipt_faults(group, trusted, whole=whole)]
    stamped = {item.hash: check_stamp(item) for item in receipts if item.stamp}
    faults += [item for item in stamped.values() if isinstance(item, Fault)]
    stamps = {name: item for name, item in stamped.items() if isinstance(item, Stamp)}
    given = {item.trial for group, _, _ in found[len(kept) :] for item in group}
    if trial is not None and given and trial not in given:
        faults.append(fault("LDG-068", trial, found=", ".join(sorted(given))))
    about = tuple(item for at, item in enumerate(faults) if item not in faults[:at])
    try:
        with open_ledger(where) as ledger:
            return replace(
                _verify(ledger, trial, receipts, trusted, progress, about, own), stamps=stamps, server=is_server(where)
            )
    except UserError as error:
        if not {item.id for item in error.faults} <= (_REPLACED if receipts else _DAMAGED):
            raise
        return LedgerCheck(tuple(error.faults), about, (), own)


def _read(path: Path) -> tuple[list[Receipt], list[Fault], bool]:
    """Return the receipts that somebody named, what is wrong with files among them, and whether they are a folder.

    A file that is no receipt is a finding among others in a folder, and a mistake of whoever names it alone.
    """
    if not path.is_dir():
        return [read_receipt(path)], [], False
    receipts, spoilt = survey_folder(path)
    if not receipts and not spoilt:
        raise UserError(fault("APP-185", str(path)))
    return receipts, spoilt, True


def _verify(
    ledger: Store,
    trial: str | None,
    receipts: Sequence[Receipt],
    trusted: frozenset[str],
    progress: Progress,
    faults: tuple[Fault, ...],
    folder: Path | None,
) -> LedgerCheck:
    store = list(ledger.examine())
    try:
        names = ledger.trials()
    except UserError as error:
        store += [item for item in error.faults if item not in store]
        return LedgerCheck(tuple(store), faults, (), folder)
    known = sorted({*names, *(item.trial for item in receipts)})
    if trial is not None and trial not in known:
        raise UserError(fault("APP-021", ledger.place, expected=", ".join(known) or ABSENT, found=trial))
    if not known and not store:
        raise UserError(fault("APP-022", ledger.place))
    wanted = known if trial is None else [trial]
    checks = tuple(_held(ledger, name, receipts, trusted, progress) for name in wanted)
    persons = {item.check.trial: _persons(ledger, item.check) for item in checks}
    known_persons = {name: item for name, item in persons.items() if item is not None}
    timed = tuple(_timed(ledger, item, persons[item.check.trial]) for item in checks)
    return LedgerCheck(tuple(store), faults, timed, folder, known_persons)


def _persons(ledger: Store, check: Verification) -> Persons | None:
    """Return how the persons of a trial are known; None where its first record does not hold or cannot be read."""
    try:
        fact = registered(ledger, check.trial) if check.records else None
    except UserError:
        return None
    return None if fact is None else fact.persons_known


def _timed(ledger: Store, found: Anchored, persons: Persons | None) -> Anchored:
    """Add what a trial of logged-in persons must not hold: a record by a clock that somebody moved (LDG-076)."""
    other = foreign_clock(ledger, found.check.trial) if persons is Persons.LOGGED_IN else None
    if other is None:
        return found
    position, clock = other
    return replace(
        found, findings=(*found.findings, fault("LDG-076", found.check.trial, position=position, found=clock))
    )


def _held(
    ledger: Store, trial: str, receipts: Sequence[Receipt], trusted: frozenset[str], progress: Progress
) -> Anchored:
    """Return what a trial is; what cannot even be read is a finding, not the end of the verification."""
    try:
        return held_against(ledger, trial, receipts, trusted, progress)
    except UserError as error:
        return Anchored(Verification(trial, 0, genesis(trial), error.faults[0]), tuple(error.faults))

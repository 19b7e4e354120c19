"""Handler of verification: the store, every chain, and what receipts kept outside show of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from celltrial.app.anchoring import deleted_receipts, read_receipt, survey_folder, trusted_keys
from celltrial.app.documents import DocumentCheck, Kept, check_documents, documents_folder
from celltrial.app.installation import known_folders, own_copies
from celltrial.app.logging_in import CHAIN
from celltrial.app.rehearsing import foreign_clock, registered
from celltrial.app.session import codec
from celltrial.app.time_stamps import Stamp, check_stamp
from celltrial.app.verifying_acts import Sessions, act_faults, read_sessions
from celltrial.conduct.facts.trial.events import TrialRegistered
from celltrial.conduct.vocabulary import Persons
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.progress import Progress
from celltrial.core.values import ABSENT
from celltrial.ledger.anchors import Anchored, held_against, named, receipt_faults
from celltrial.ledger.chain import Verification, verify
from celltrial.ledger.opening import is_server, open_ledger
from celltrial.ledger.port import Store
from celltrial.ledger.receipts import Receipt
from celltrial.ledger.record import genesis, parse_line

#: Damage that opening a ledger already meets: it is a finding. Where receipts say that there was a ledger, so is a file
#: that is none.
_DAMAGED = frozenset({"LDG-004", "LDG-051"})
_REPLACED = _DAMAGED | {"LDG-002"}
#: Stands in the line of every record about a document.
_FILED = b'"document.'


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What a verification of a ledger found.

    store:    findings about tables, triggers, indexes, and the file.
    receipts: findings about the receipts themselves.
    trials:   each trial with its chains, held against its receipts.
    folder:   where receipts of this ledger lie; None where none do.
    server:   whether it is a database server, whose own files were then not looked at.
    sessions: whether signatures were held to the sessions of a ledger of accounts.
    stamps:   the time stamp of each receipt that carries one, by the hash of the receipt.
    persons:  how the persons of each trial are known; nothing of what is no trial or cannot be read.
    documents: of each trial whose chain holds, what became of the bytes of each document on record.
    """

    store: tuple[Fault, ...] = ()
    receipts: tuple[Fault, ...] = ()
    trials: tuple[Anchored, ...] = field(default=())
    folder: Path | None = None
    persons: Mapping[str, Persons] = field(default_factory=dict)
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    server: bool = False
    sessions: bool = False
    documents: Mapping[str, tuple[DocumentCheck, ...]] = field(default_factory=dict)

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
    accounts: str | None = None,
    place: str | None = None,
    documents: Path | None = None,
) -> LedgerCheck:
    """Verify one trial or every trial of a ledger, and every trial that a receipt names.

    anchors: files of receipts, or folders of them, beside those that this installation keeps for the ledger.
    keys:    public keys that receipts may be signed with, beside the installation's own.
    accounts: the ledger of accounts, whose sessions every signature is then held to; its own findings are among those of
             the store.
    place:   where the ledger is to stand, where it is a backup of the one there; the installation's copies are of that place.
    documents: folder with the bytes of its documents; that of the ledger unless given.

    APP-021: no such trial; APP-022: a ledger without trials that no receipt names; APP-185: no receipt in an anchor;
    APP-186: receipts, and no key to hold them against.
    """
    kept = {folder: seen for folder in known_folders(where) if any(seen := survey_folder(folder))}
    own = next(iter(kept), None)
    found = [*((receipts, spoilt, True) for receipts, spoilt in kept.values()), *(_read(path) for path in anchors)]
    receipts = [item for group, _, _ in found for item in group]
    deleted = deleted_receipts([*known_folders(place or where), *(path for path in anchors if path.is_dir())], receipts)
    receipts += [item for items in deleted.values() for item in items]
    trusted = trusted_keys(keys)
    if receipts and not trusted:
        raise UserError(fault("APP-186", str(anchors[0] if anchors else own)))
    faults = [item for _, spoilt, _ in found for item in spoilt]
    faults += [item for group, _, whole in found for item in receipt_faults(group, trusted, whole=whole)]
    faults += [item for folder, items in deleted.items() for item in _deleted(folder, items)]
    stamped = {item.hash: check_stamp(item) for item in receipts if item.stamp}
    faults += [item for item in stamped.values() if isinstance(item, Fault)]
    stamps = {name: item for name, item in stamped.items() if isinstance(item, Stamp)}
    given = {item.trial for group, _, _ in found[len(kept) :] for item in group}
    if trial is not None and given and trial not in given:
        faults.append(fault("LDG-068", trial, found=", ".join(sorted(given))))
    about = tuple(item for at, item in enumerate(faults) if item not in faults[:at])
    sessions, unsound = (None, ()) if accounts is None else _sessions(accounts, progress)
    try:
        with open_ledger(where) as ledger:
            check = _verify(
                ledger, trial, receipts, trusted, progress, about, own, sessions, documents or documents_folder(where)
            )
            return replace(
                check,
                store=(*check.store, *unsound),
                stamps=stamps,
                server=is_server(where),
                sessions=sessions is not None,
            )
    except UserError as error:
        if not {item.id for item in error.faults} <= (_REPLACED if receipts else _DAMAGED):
            raise
        return LedgerCheck(tuple(error.faults), about, (), own)


def _deleted(folder: Path, receipts: Sequence[Receipt]) -> Iterator[Fault]:
    """Yield for each trial which of its receipts are gone from a folder, the installation's own copies being the measure."""
    for trial in sorted({item.trial for item in receipts}):
        lost = [named(item) for item in receipts if item.trial == trial]
        yield fault("LDG-088", trial, found=", ".join(lost), folder=str(folder), copies=str(own_copies(folder)))


def _sessions(accounts: str, progress: Progress) -> tuple[Sessions | None, tuple[Fault, ...]]:
    """Return the sessions of a ledger of accounts, and what is wrong with it; of a chain that does not hold nothing is read.

    APP-248: no ledger of accounts.
    """
    with open_ledger(accounts) as book:
        if CHAIN not in book.trials():
            raise UserError(fault("APP-248", book.place))
        unsound = [*book.examine()]
        found = verify(book, CHAIN, progress=progress).finding
        unsound += [] if found is None else [found]
        return (None if unsound else read_sessions(book)), tuple(unsound)


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
    sessions: Sessions | None,
    kept: Path,
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
    filed: dict[str, list[tuple[bytes, bytes]]] = {name: [] for name in wanted}
    checks = tuple(_held(ledger, name, receipts, trusted, progress, filed[name]) for name in wanted)
    facts = {item.check.trial: _registered(ledger, item.check) for item in checks}
    persons = {name: fact.persons_known for name, fact in facts.items() if fact is not None}
    whole = tuple(_acted(ledger, item, facts[item.check.trial], sessions) for item in checks)
    documents = {item.check.trial: _documents(kept, item, filed.get(item.check.trial, ())) for item in whole}
    return LedgerCheck(
        tuple(store),
        faults,
        tuple(_with_lost(item, documents[item.check.trial]) for item in whole),
        folder,
        persons,
        documents=documents,
    )


def _documents(folder: Path, found: Anchored, filed: Sequence[tuple[bytes, bytes]]) -> tuple[DocumentCheck, ...]:
    """Return what became of the bytes of each document; of a chain that does not hold nothing more is asked."""
    if found.check.first_bad is not None or not found.check.records:
        return ()
    lines = (parse_line(line.decode(), stored.decode()) for line, stored in filed)
    try:
        return check_documents(folder, [codec().event(item) for item in lines if item.type.startswith("document.")])
    except UserError:  # a record of a form that no program wrote is a finding of its own
        return ()


def _with_lost(found: Anchored, documents: tuple[DocumentCheck, ...]) -> Anchored:
    """Add each document whose bytes were kept and are not there (APP-415), or are others (APP-416)."""
    trial, codes = found.check.trial, {Kept.ABSENT: "APP-415", Kept.DIFFERS: "APP-416"}
    lost = [
        fault(codes[item.kept], trial, found=item.filed.document, name=item.filed.name)
        for item in documents
        if item.kept in codes
    ]
    return replace(found, findings=(*found.findings, *lost)) if lost else found


def _registered(ledger: Store, check: Verification) -> TrialRegistered | None:
    """Return how a trial was registered; None where its first record does not hold or cannot be read."""
    try:
        return registered(ledger, check.trial) if check.records else None
    except UserError:
        return None


def _acted(ledger: Store, found: Anchored, fact: TrialRegistered | None, sessions: Sessions | None) -> Anchored:
    """Add what a trial of logged-in persons must not hold: a record by a clock that somebody moved (LDG-076), and acts
    and signatures that are not its persons' (`act_faults`); of a chain that does not hold nothing more is asked.
    """
    if fact is None:
        return found
    trial, more = found.check.trial, list[Fault]()
    other = foreign_clock(ledger, trial) if fact.persons_known is Persons.LOGGED_IN else None
    if other is not None:
        more.append(fault("LDG-076", trial, position=other[0], found=other[1]))
    if found.check.first_bad is None:
        more += _read_faults(ledger, trial, fact, sessions)
    return replace(found, findings=(*found.findings, *more)) if more else found


def _read_faults(ledger: Store, trial: str, fact: TrialRegistered, sessions: Sessions | None) -> list[Fault]:
    try:
        return list(act_faults(ledger, trial, fact, sessions))
    except UserError as error:  # a record of a form that no program wrote
        return list(error.faults)


def _held(
    ledger: Store,
    trial: str,
    receipts: Sequence[Receipt],
    trusted: frozenset[str],
    progress: Progress,
    filed: list[tuple[bytes, bytes]],
) -> Anchored:
    """Return what a trial is; what cannot even be read is a finding, not the end of the verification.

    filed: takes the stored lines about documents.
    """

    def see(line: bytes, stored: bytes) -> None:
        if _FILED in line:
            filed.append((line, stored))

    try:
        return held_against(ledger, trial, receipts, trusted, progress, see)
    except UserError as error:
        return Anchored(Verification(trial, 0, genesis(trial), error.faults[0]), tuple(error.faults))

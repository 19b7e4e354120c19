"""The ledger: append-only records in hash chains, on memory, SQLite or PostgreSQL.

with open_ledger("trial.db", create=True) as ledger:
    journal = Journal(ledger, Codec(EVENTS, UPCASTERS))
    events = journal.append("BC-1", 0, drafts, actor=actor, cause="request-1")
    assert verify(ledger, "BC-1").holds
"""

from celltrial.ledger.chain import Verification, verify, verify_all
from celltrial.ledger.codec import Codec, Upcaster
from celltrial.ledger.journal import Journal
from celltrial.ledger.memory import MemoryLedger
from celltrial.ledger.opening import open_ledger
from celltrial.ledger.port import SYSTEM_CLOCK, Clock, Context, Entry, Head, Ledger
from celltrial.ledger.record import Record
from celltrial.ledger.signatures import Meaning, RecordsSigned, Signature, sign, signatures

__all__ = [
    "SYSTEM_CLOCK",
    "Clock",
    "Codec",
    "Context",
    "Entry",
    "Head",
    "Journal",
    "Ledger",
    "Meaning",
    "MemoryLedger",
    "Record",
    "RecordsSigned",
    "Signature",
    "Upcaster",
    "Verification",
    "open_ledger",
    "sign",
    "signatures",
    "verify",
    "verify_all",
]

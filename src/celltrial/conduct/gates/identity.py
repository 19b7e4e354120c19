"""Identity gate: the batch is this subject's, and what was scanned says so."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.batch.state import BatchState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import fail
from celltrial.core.values import Identifier, as_written


def check_batch_of(batch: BatchState, subject: SubjectState) -> Conditions:
    """Yield a batch that was made for somebody else."""
    if batch.subject != subject.subject or batch.identity != subject.identity:
        yield fail(
            Code.BATCH_OF_OTHER_SUBJECT,
            as_written(subject.subject),
            as_written(batch.subject),
            f"batch/{batch.batch}",
            "2.1.3-a",
        )


def mismatches(batch: BatchState, identity: str, label: str) -> Iterator[tuple[str, str]]:
    """Yield what was expected and what was scanned where the two differ: subject first, then bag."""
    return (
        (needed, scanned) for needed, scanned in ((batch.identity, identity), (batch.batch, label)) if scanned != needed
    )


def check_scan(batch: BatchState, identity: str, label: str) -> Conditions:
    """Yield a scanned subject that is not the batch's, and a scanned bag that is not the batch."""
    for needed, scanned in mismatches(batch, identity, label):
        yield fail(Code.IDENTITY_MISMATCH, Identifier(needed), as_written(scanned), f"batch/{batch.batch}", "2.1.3-a")

"""Verify a chain: recompute every hash and name the first record that does not hold.

A verification shows that a chain is consistent in itself. Whoever rewrites
everything from a record to the end leaves it so. Against that stand the
anchors: hashes kept elsewhere, in receipts, exported trails and printed reports.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from celltrial.core.canonical import canonical
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.progress import Progress, Silent
from celltrial.ledger.drafting import signature_chain
from celltrial.ledger.port import Head, Ledger
from celltrial.ledger.record import genesis, parse_record
from celltrial.ledger.signatures import signed_hashes

_STEP: Final = 10_000
#: What follows the opening quote of the stream: its name, its version, and when the record was taken.
_AFTER: Final = re.compile(rb'([^"\\]*(?:\\.[^"\\]*)*)","version":([0-9]+),"recorded":"(.{27})"', re.DOTALL)
_NO_ANCHORS: Final[Mapping[int, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification of one trial found.

    records: records that hold, counted from the first.
    head:    hash of the last of them, 64 hexadecimal digits.
    finding: why the next one does not hold; None where the whole chain does.
    """

    trial: str
    records: int
    head: str
    finding: Fault | None = None

    @property
    def holds(self) -> bool:
        """Whether every record is as it was written."""
        return self.finding is None

    @property
    def first_bad(self) -> int | None:
        """Position of the first record that does not hold."""
        return None if self.finding is None else self.records + 1


def verify(
    ledger: Ledger,
    trial: str,
    *,
    anchors: Mapping[int, str] = _NO_ANCHORS,
    progress: Progress | None = None,
    held: tuple[Iterable[tuple[bytes, bytes]], Head] | None = None,
) -> Verification:
    """Verify the chain of a trial and the chain of its signatures.

    anchors:  position -> hash, known from elsewhere (a printed report, an exported trail).
    progress: listener; one step for each 10,000 records.
    held:     the stored lines of the trial and its head, where they were read already.

    Finding ids: LDG-030 hash, LDG-031 link, LDG-032 position, LDG-033 stream version, LDG-034 recording
    time, LDG-035 records missing at the end, LDG-036 unreadable, LDG-037 anchor, LDG-038 signed record.
    """
    records, signatures = verify_both(ledger, trial, anchors, progress=progress, held=held)
    return records if signatures.holds else signatures


def verify_both(
    ledger: Ledger,
    trial: str,
    anchors: Mapping[int, str] = _NO_ANCHORS,
    signature_anchors: Mapping[int, str] = _NO_ANCHORS,
    progress: Progress | None = None,
    held: tuple[Iterable[tuple[bytes, bytes]], Head] | None = None,
) -> tuple[Verification, Verification]:
    """Verify the chain of a trial and, separately, the chain of its signatures; the arguments are those of `verify`.

    What signatures say about records is held against the trial only where their own chain holds.
    """
    signing = signature_chain(trial)
    signatures = verify_lines(signing, ledger.lines(signing), ledger.head(signing), signature_anchors)
    known = signed_hashes(ledger, trial) if signatures.holds else {}
    listener = progress or Silent()
    lines, head = held or (ledger.lines(trial), ledger.head(trial))
    listener.start("ledger.verify", head.position // _STEP)
    differing = {at: f"{known[at]} {anchors[at]}" for at in known if anchors.get(at, known[at]) != known[at]}
    result = verify_lines(trial, lines, head, {**known, **anchors, **differing}, listener)
    listener.finish()
    at = result.first_bad
    if result.finding is not None and result.finding.id == "LDG-037" and at in known and at not in anchors:
        result = replace(result, finding=replace(result.finding, id="LDG-038"))
    return result, signatures


def verify_all(ledger: Ledger, progress: Progress | None = None) -> tuple[Verification, ...]:
    """Verify every trial of a ledger."""
    return tuple(verify(ledger, trial, progress=progress) for trial in ledger.trials())


def verify_lines(
    chain: str,
    lines: Iterable[tuple[bytes, bytes]],
    head: Head | None = None,
    anchors: Mapping[int, str] = _NO_ANCHORS,
    progress: Progress | None = None,
) -> Verification:
    """Verify stored lines with their hashes; `head` is where the chain must not end before."""
    walk = _Walk(chain, anchors)
    finding: Fault | None = None
    try:
        for line, stored in lines:
            finding = walk.take(line, stored)
            if finding is not None:
                break
            if progress is not None and walk.position % _STEP == 0:
                progress.advance()
    except UserError as error:
        finding = walk.fault("LDG-036", found=str(error))
    if finding is None:
        finding = walk.end(head)
    return Verification(chain, walk.position, walk.previous, finding)


class _Walk:
    """The walk along one chain: where it stands, what the next line must continue, up to where an anchor agreed."""

    def __init__(self, chain: str, anchors: Mapping[int, str]) -> None:
        self.chain = chain
        self.anchors = anchors
        self.position = 0
        self.agreed = 0
        self.previous = genesis(chain)
        self.recorded = b""
        self.versions: dict[bytes, int] = {}
        self._middle = f'","trial":{canonical(chain)},"position":'

    def take(self, line: bytes, stored: bytes) -> Fault | None:
        """Move on over the next line, or tell why it does not hold and stay."""
        if type(line) is not bytes or type(stored) is not bytes:  # a damaged file may hold anything
            return self.fault("LDG-036", found=type(line).__name__)
        found = hashlib.sha256(line).hexdigest()
        if found.encode() != stored:
            return self.fault("LDG-030", expected=found, found=stored.decode("utf-8", "replace"), **_named(line))
        start = f'{{"previous":"{self.previous}{self._middle}{self.position + 1},"stream":"'.encode()
        if not line.startswith(start):
            return self._misplaced(line)
        rest = _AFTER.match(line, len(start))
        if rest is None:
            return self.fault("LDG-036", found=ascii(line[:120]))
        stream, digits, recorded = rest.groups()
        version, expected = int(digits), self.versions.get(stream, 0) + 1
        if version != expected:
            return self.fault("LDG-033", expected=expected, found=version, **_named(line))
        if recorded < self.recorded:
            return self.fault("LDG-034", expected=self.recorded.decode(), found=recorded.decode(), **_named(line))
        if self.anchors and self.position + 1 in self.anchors:
            known = self.anchors[self.position + 1]
            if known != found:
                return self.fault("LDG-037", expected=known, found=found, agreed=self.agreed, **_named(line))
            self.agreed = self.position + 1
        self.versions[stream] = version
        self.position += 1
        self.previous, self.recorded = found, recorded
        return None

    def end(self, head: Head | None) -> Fault | None:
        """Tell whether the chain ends too early: before its head, or before an anchor."""
        last = max((*self.anchors, head.position if head else 0), default=0)
        if last > self.position:
            return self.fault("LDG-035", expected=last, found=self.position)
        if head is not None and (head.position, head.hash) != (self.position, self.previous):
            return self.fault(
                "LDG-035", expected=f"{head.position} {head.hash}", found=f"{self.position} {self.previous}"
            )
        return None

    def fault(self, code: str, **params: object) -> Fault:
        """Build a finding about the next record."""
        return fault(code, where=self.chain, position=self.position + 1, **params)

    def _misplaced(self, line: bytes) -> Fault:
        try:
            record = parse_record(line, "")
        except UserError as error:
            return self.fault("LDG-036", found=str(error))
        if (record.trial, record.position) != (self.chain, self.position + 1):
            return self.fault("LDG-032", expected=self.position + 1, found=f"{record.trial} {record.position}")
        return self.fault("LDG-031", expected=self.previous, found=record.previous, **_named(line))


def _named(line: bytes) -> dict[str, str]:
    """Return stream and type of a record as far as its line can still be read."""
    try:
        record = parse_record(line, "")
    except UserError:
        return {"stream": "?", "type": "?"}
    return {"stream": record.stream, "type": record.type}

"""Hold a ledger against receipts that were kept outside it: what was anchored must still be there, as it was.

Between two receipts nothing is anchored, so the first record that differs is
named exactly where its own hash gives it away, and else as one of those after
the last receipt that agrees, up to the first that does not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from celltrial.core.errors import Fault, fault
from celltrial.core.progress import Progress
from celltrial.ledger.chain import Verification, verify_both
from celltrial.ledger.drafting import signature_chain
from celltrial.ledger.port import Ledger
from celltrial.ledger.receipts import NO_RECEIPT, Occasion, Receipt, in_order
from celltrial.ledger.record import genesis


@dataclass(frozen=True, slots=True)
class Anchored:
    """What a trial is, and what receipts show of it.

    check:    the verification of its chains, receipts included.
    findings: everything found, the check's own first.
    receipt:  the newest receipt that the ledger agrees with; None: nothing shows that this is the history as written.
    set_aside: receipts that a signed restore gave up, with that restore.
    """

    check: Verification
    findings: tuple[Fault, ...]
    receipt: Receipt | None = None
    set_aside: tuple[tuple[Receipt, Receipt], ...] = ()

    @property
    def anchored(self) -> int:
        """Up to which record the history is anchored; 0 where nothing is."""
        return self.receipt.position if self.receipt is not None else 0


def receipt_faults(receipts: Sequence[Receipt], trusted: Collection[str], *, whole: bool) -> Iterator[Fault]:
    """Yield what is wrong with receipts themselves.

    trusted: public keys that receipts may be signed with.   whole: they are a folder, in which none may be missing.

    LDG-061 signature, LDG-062 another key, LDG-063 missing between others, LDG-064 does not continue the one before.
    """
    number, previous = 0, NO_RECEIPT
    for item in in_order(receipts):
        where = named(item)
        if item.key not in trusted:
            yield fault("LDG-062", where, expected=", ".join(sorted(trusted)), found=item.key)
        elif not item.is_authentic:
            yield fault("LDG-061", where)
        if whole and item.number > number + 1:
            yield fault("LDG-063", where, found=span(number + 1, item.number - 1))
        elif whole and (item.number <= number or item.previous != previous):
            yield fault("LDG-064", where, expected=previous, found=item.previous)
        number, previous = item.number, item.hash


def held_against(
    ledger: Ledger,
    trial: str,
    receipts: Sequence[Receipt],
    trusted: Collection[str],
    progress: Progress | None = None,
    see: Callable[[bytes, bytes], None] | None = None,
) -> Anchored:
    """Verify a trial and hold it against the receipts that name it.

    see: is shown every stored line with its hash while it is verified, so that nobody reads the chain again for what is in it.

    LDG-065: a record is not the one that was anchored; LDG-066: anchored records are missing at the end;
    LDG-067: two receipts name different records for one position.
    """
    good = [item for item in in_order(receipts) if item.trial == trial and item.key in trusted and item.is_authentic]
    good.sort(key=lambda item: item.time)
    standing, aside = _standing(good)
    chains = (
        (trial, {item.position: item.head for item in standing if item.position}),
        (signature_chain(trial), {item.signatures: item.signatures_head for item in standing if item.signatures}),
    )
    held = None if see is None else (_shown(ledger, trial, see), ledger.head(trial))
    records, signatures = verify_both(ledger, trial, dict(chains[0][1]), dict(chains[1][1]), progress, held)
    findings = [*_named(records, standing, signed=False), *_named(signatures, standing, signed=True)]
    findings += _disagreements(trial, standing)
    check = signatures if signatures.finding is not None else records
    newest = next((item for item in reversed(standing) if _agrees(item, records, signatures)), None)
    return Anchored(check, tuple(findings), newest, tuple(aside))


def _shown(ledger: Ledger, trial: str, see: Callable[[bytes, bytes], None]) -> Iterator[tuple[bytes, bytes]]:
    for line, stored in ledger.lines(trial):
        see(line, stored)
        yield line, stored


def _standing(receipts: Sequence[Receipt]) -> tuple[list[Receipt], list[tuple[Receipt, Receipt]]]:
    """Return the receipts that the ledger must answer, and those that a later signed restore gave up."""
    standing: list[Receipt] = []
    aside: list[tuple[Receipt, Receipt]] = []
    for item in receipts:
        if item.occasion == Occasion.RESTORE:
            lost = [old for old in standing if old.position > item.position or old.signatures > item.signatures]
            aside += [(old, item) for old in lost]
            standing = [old for old in standing if old not in lost]
        standing.append(item)
    return standing, aside


def _agrees(receipt: Receipt, records: Verification, signatures: Verification) -> bool:
    return receipt.position <= records.records and receipt.signatures <= signatures.records


def _disagreements(trial: str, receipts: Sequence[Receipt]) -> Iterator[Fault]:
    known: dict[tuple[str, int], tuple[str, Receipt]] = {}
    for item in receipts:
        ends = ((trial, item.position, item.head), (signature_chain(trial), item.signatures, item.signatures_head))
        for chain, position, found in ends:
            before, other = known.setdefault((chain, position), (found, item))
            expected = genesis(chain) if position == 0 else before
            if found != expected:
                yield fault("LDG-067", chain, position=position, receipt=named(item), other=named(other))


def _named(check: Verification, receipts: Sequence[Receipt], *, signed: bool) -> Iterator[Fault]:
    """Yield the finding of a chain, in the words of the receipts where it is them that it contradicts."""
    finding = check.finding
    if finding is None:
        return
    ends: Mapping[int, Receipt] = {
        at: item for item in reversed(receipts) if (at := item.signatures if signed else item.position)
    }
    bad = check.records + 1
    if finding.id == "LDG-037" and bad in ends:
        agreed = max((at for at in ends if at < bad), default=0)
        first = max(agreed, int(str(finding.params.get("agreed", 0)))) + 1
        before = named(ends[agreed]) if agreed else "-"
        yield fault(
            "LDG-065", check.trial, found=span(first, bad), receipt=named(ends[bad]), before=before, agreed=first - 1
        )
    elif finding.id == "LDG-035" and any(at > check.records for at in ends):
        last = max(ends)
        yield fault("LDG-066", check.trial, found=span(bad, last), receipt=named(ends[last]), last=check.records)
    else:
        yield finding


def named(receipt: Receipt) -> str:
    """Return a receipt as a person finds it again: its number and its time."""
    return f"{receipt.number} ({receipt.time[:19]}Z)"


def span(first: int, last: int) -> str:
    """Return one position, or the first and the last of several.

    >>> span(7, 7), span(8, 12)
    ('7', '8-12')
    """
    return str(first) if first >= last else f"{first}-{last}"

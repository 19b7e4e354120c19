"""Receipts: signed statements of where a trial's chains ended, kept outside the ledger.

A chain that is consistent in itself can be rewritten from end to end. A receipt
cannot: it names the position and the hash of the last record and of the last
signature, and carries an Ed25519 signature (RFC 8032) by the key of the
installation, which no ledger holds. Receipts of one folder form a chain of
their own: each holds the SHA-256 of the one before.

A receipt is one JSON object. What is signed is that object without `signature`
and `stamp`, as canonical JSON (sorted keys, no blanks, UTF-8); what the next
receipt names is the SHA-256 of the object without `stamp`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from celltrial.core.canonical import canonical, parse_object
from celltrial.core.errors import UserError, fault
from celltrial.core.values import message
from celltrial.ledger.drafting import signature_chain
from celltrial.ledger.port import Ledger
from celltrial.ledger.record import format_utc, genesis

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT: Final = "celltrial-receipt/1"
#: What the first receipt of a folder names as the one before it.
NO_RECEIPT: Final = hashlib.sha256(f"{FORMAT}\n".encode()).hexdigest()
_HEX: Final = {"previous": 64, "head": 64, "signatures_head": 64, "key": 64, "signature": 128}


class Occasion(StrEnum):
    """What a receipt was written for; `restore` sets aside what was anchored beyond its position."""

    SIGNATURE = "signature"
    REPORT = "report"
    COPY = "copy"
    BACKUP = "backup"
    COMMAND = "command"
    RESTORE = "restore"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Where the two chains of a trial ended at a time.

    number:     1, 2, ... within its folder.   previous: hash of the receipt before.
    position, head:               the last record and its hash; 0 and the genesis hash where there is none.
    signatures, signatures_head:  the same of the chain of signatures.
    time:       UTC, fixed width.   key: the public key, 64 hexadecimal digits.
    account, reason: of a restore that gave records up: who signed for it, and why.
    signature:  Ed25519 over the rest, 128 hexadecimal digits.
    stamp:      RFC 3161 time stamp over `signature`, base64; "" where no server is configured.
    """

    number: int
    previous: str
    trial: str
    position: int
    head: str
    signatures: int
    signatures_head: str
    occasion: str
    time: str
    key: str
    account: str = ""
    reason: str = ""
    signature: str = ""
    stamp: str = ""

    @property
    def hash(self) -> str:
        """What the next receipt names."""
        return hashlib.sha256(canonical({**_plain(self), "signature": self.signature}).encode()).hexdigest()

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return canonical(_plain(self)).encode()

    @property
    def is_authentic(self) -> bool:
        """Whether the signature is that of the key which the receipt names; says nothing about whose key it is."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
            public.verify(bytes.fromhex(self.signature), self.signed_bytes)
        except (InvalidSignature, ValueError):
            return False
        return True

    @property
    def text(self) -> str:
        """The file that holds it."""
        held = {"format": FORMAT, **asdict(self)}
        return "{\n" + ",\n".join(f" {canonical(name)}: {canonical(value)}" for name, value in held.items()) + "\n}\n"


def _plain(receipt: Receipt) -> dict[str, Any]:
    values = asdict(receipt)
    del values["signature"], values["stamp"]
    return {"format": FORMAT, **values}


_TYPES: Final = {item.name: int if item.type == "int" else str for item in fields(Receipt)}
_POSITION: Final = 1 << 53


def parse_receipt(text: bytes, where: str) -> Receipt:
    """Read a receipt; LDG-060 where it is none."""
    try:
        value = parse_object(text, where)
    except UserError as error:
        raise UserError(fault("LDG-060", where, found=str(error.faults[0].params["found"])[:120])) from None
    form = value.pop("format", None)
    wrong = next((name for name, kind in _TYPES.items() if type(value.get(name)) is not kind), "")
    if form != FORMAT or set(value) != set(_TYPES) or wrong:
        found = f"format {form}" if form != FORMAT else wrong or ", ".join(sorted(set(value) - set(_TYPES)))
        raise UserError(fault("LDG-060", where, found=found))
    for name, length in _HEX.items():
        if not re.fullmatch(f"[0-9a-f]{{{length}}}", value[name]):
            raise UserError(fault("LDG-060", where, found=f"{name} {value[name][:80]!r}"))
    if not all(0 <= value[name] < _POSITION for name in ("number", "position", "signatures")):
        raise UserError(fault("LDG-060", where, found=message("number_out_of_range")))
    return Receipt(**value)


def make_receipt(
    ledger: Ledger,
    trial: str,
    occasion: Occasion,
    *,
    key: Ed25519PrivateKey,
    last: Receipt | None,
    account: str = "",
    reason: str = "",
    stamp: Callable[[bytes], str] | None = None,
) -> Receipt:
    """Return a signed receipt of where a trial's chains end now.

    last:  the receipt before it in its folder.   stamp: gives the RFC 3161 time stamp of bytes, base64.

    The end of the signatures is read first: a signature names records that were there before it. The time never goes
    back behind that of the receipt before.
    """
    signed, head = ledger.head(signature_chain(trial)), ledger.head(trial)
    receipt = Receipt(
        number=last.number + 1 if last else 1,
        previous=last.hash if last else NO_RECEIPT,
        trial=trial,
        position=head.position,
        head=head.hash,
        signatures=signed.position,
        signatures_head=signed.hash,
        occasion=occasion.value,
        time=max(format_utc(datetime.now(UTC)), last.time if last else ""),
        key=public_hex(key),
        account=account,
        reason=reason,
    )
    signature = key.sign(receipt.signed_bytes)
    return replace(receipt, signature=signature.hex(), stamp=stamp(signature) if stamp else "")


def public_hex(key: Ed25519PrivateKey) -> str:
    """Return the public key of a private one, 64 hexadecimal digits: the identity of an installation."""
    return key.public_key().public_bytes_raw().hex()


def hash_at(ledger: Ledger, chain: str, position: int) -> str:
    """Return the stored hash of one record; the genesis hash at 0, "" where the chain is shorter."""
    if position == 0:
        return genesis(chain)
    record = next(iter(ledger.read(chain, after=position - 1)), None)
    return record.hash if record is not None and record.position == position else ""


def contradicts(ledger: Ledger, receipt: Receipt) -> bool:
    """Tell whether a ledger no longer holds what a receipt names; the cheap check before the next receipt is written."""
    ends = (
        (receipt.trial, receipt.position, receipt.head),
        (signature_chain(receipt.trial), receipt.signatures, receipt.signatures_head),
    )
    return any(hash_at(ledger, chain, position) != known for chain, position, known in ends)


def in_order(receipts: Iterable[Receipt]) -> list[Receipt]:
    """Return receipts by number, each once."""
    return sorted({item.hash: item for item in receipts}.values(), key=lambda item: (item.number, item.time))

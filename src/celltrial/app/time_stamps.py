"""RFC 3161 time stamps of receipts: somebody else's word for when a receipt was there. Off unless a server is set.

| setting (environment) | meaning | where it is absent |
|---|---|---|
| `CELLTRIAL_TIMESTAMP_URL` | server that is asked over HTTP, RFC 3161 section 3.4 | no time stamps |
| `CELLTRIAL_TIMESTAMP_ROOTS` | PEM file of the root certificates that its stamps must lead to | stamps are kept and not checked |
"""

from __future__ import annotations

import hashlib
import os
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.values import message
from celltrial.ledger.anchors import named
from celltrial.ledger.receipts import Receipt

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

_SECONDS: Final = 10.0
_LARGEST: Final = 1 << 18
_QUERY: Final = "application/timestamp-query"
_GRANTED: Final = (0, 1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time stamp over a receipt: its time, and whether it leads to a root certificate that was set."""

    time: datetime
    checked: bool


def server() -> str:
    """Return the address of the time-stamp server; "" where none is set. APP-189: it is no HTTP address."""
    url = os.environ.get("CELLTRIAL_TIMESTAMP_URL", "")
    if url and not url.startswith(("http://", "https://")):
        raise UserError(fault("APP-189", "CELLTRIAL_TIMESTAMP_URL", expected="http:// | https://", found=url[:80]))
    return url


def time_stamper() -> Callable[[bytes], str] | None:
    """Return what asks the server for a time stamp of bytes; None where no server is set.

    A server that cannot be reached or answers anything else gives "": a receipt without a time stamp is better than
    an act without a receipt, and verification says that it carries none.
    """
    url = server()
    if not url:
        return None
    roots = _roots()

    def stamp(message: bytes) -> str:
        answer = _asked(url, message)
        if answer is None or _stamp(answer, message, roots) is None:
            return ""
        return b64encode(answer.as_bytes()).decode()

    return stamp


def _asked(url: str, message: bytes) -> TimeStampResponse | None:
    """Return the answer of a server, granted, to this request and no other; None for anything else."""
    from http.client import HTTPException
    from urllib.request import Request, urlopen

    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

    query = TimestampRequestBuilder().data(message).hash_algorithm(HashAlgorithm.SHA256).build()
    request = Request(url, query.as_bytes(), {"Content-Type": _QUERY})  # noqa: S310 - an HTTP address, see `server`
    try:
        with urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            answer = decode_timestamp_response(response.read(_LARGEST))
        if answer.status not in _GRANTED or answer.tst_info.nonce != query.nonce:
            return None
    except (OSError, HTTPException, ValueError):
        return None
    return answer


def check_stamp(receipt: Receipt) -> Stamp | Fault:
    """Return the time stamp of a receipt that carries one; LDG-069 where it is not one over this receipt."""
    from rfc3161_client import decode_timestamp_response

    message = bytes.fromhex(receipt.signature)
    try:
        answer = decode_timestamp_response(b64decode(receipt.stamp, validate=True))
        found = _stamp(answer, message, _roots())
    except ValueError:
        found = None
    return found or fault("LDG-069", named(receipt))


def _stamp(answer: TimeStampResponse, message: bytes, roots: list[Certificate]) -> Stamp | None:
    """Return the time stamp of an answer; None where it is over something else or does not lead to a root."""
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        info = answer.tst_info
        if not roots:
            digests = {hashlib.new(name, message).digest() for name in ("sha256", "sha384", "sha512")}
            return Stamp(info.gen_time, checked=False) if info.message_imprint.message in digests else None
        builder = VerifierBuilder()
        for root in roots:
            builder = builder.add_root_certificate(root)
        builder.build().verify_message(answer, message)
    except (VerificationError, ValueError):
        return None
    return Stamp(info.gen_time, checked=True)


def _roots() -> list[Certificate]:
    """Return the root certificates that were set; APP-189 where the file holds none."""
    from cryptography.x509 import load_pem_x509_certificates

    path = os.environ.get("CELLTRIAL_TIMESTAMP_ROOTS", "")
    if not path:
        return []
    try:
        return list(dict.fromkeys(load_pem_x509_certificates(Path(path).read_bytes())))
    except (OSError, ValueError):
        expected = message("pem_file_of_certificates")
        raise UserError(fault("APP-189", "CELLTRIAL_TIMESTAMP_ROOTS", expected=expected, found=path[:80])) from None

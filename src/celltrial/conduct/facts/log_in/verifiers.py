"""Verifiers of passwords: salted scrypt, RFC 7914. Checked against the vectors of its section 12.

Cost: N = 2^17, r = 8, p = 1 (128 MiB), the least that the OWASP Password Storage Cheat Sheet asks of scrypt (read
2026-11); Argon2id would come first there, and is not in Python's library. A verifier made at a lower cost is made anew
at the next log-in (`is_outdated`).
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from dataclasses import dataclass
from typing import Final

COST: Final = 2**17
_BLOCK: Final = 8
_PARALLEL: Final = 1
_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Verifier:
    """What is kept of a password: the salt, the cost, and the digest; the password cannot be read out of it."""

    salt: bytes
    digest: bytes
    cost: int
    block: int = _BLOCK
    parallel: int = _PARALLEL


def _derive(password: str, salt: bytes, cost: int, block: int, parallel: int) -> bytes:
    text = unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")
    memory = 128 * block * (cost + parallel + 2)
    return hashlib.scrypt(text, salt=salt, n=cost, r=block, p=parallel, maxmem=memory, dklen=_LENGTH)


def make_verifier(password: str, salt: bytes, *, cost: int = COST) -> Verifier:
    """Return the verifier of a password under a salt of its own."""
    return Verifier(salt, _derive(password, salt, cost, _BLOCK, _PARALLEL), cost)


def is_outdated(verifier: Verifier, cost: int = COST) -> bool:
    """Tell whether a verifier cost less than one made today."""
    return verifier.cost < cost or verifier.block < _BLOCK or verifier.parallel < _PARALLEL


def matches(verifier: Verifier, password: str) -> bool:
    """Tell whether a password is the one of the verifier; takes as long either way."""
    derived = _derive(password, verifier.salt, verifier.cost, verifier.block, verifier.parallel)
    return hmac.compare_digest(derived, verifier.digest)


def nobody(cost: int = COST) -> Verifier:
    """Return a verifier that no password matches, compared where there is no such account."""
    return Verifier(bytes(16), bytes(_LENGTH), cost)

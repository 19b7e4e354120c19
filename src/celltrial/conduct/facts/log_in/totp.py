"""Time-based one-time codes, RFC 6238, on HOTP, RFC 4226. Checked against every vector of RFC 6238, Appendix B."""

from __future__ import annotations

import hmac
from datetime import datetime
from typing import Final

STEP_SECONDS: Final = 30
_DIGITS: Final = 6


def step_of(moment: datetime) -> int:
    """Return the number of the 30-second step that holds a moment (UTC)."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int, *, digits: int = _DIGITS, algorithm: str = "sha1") -> str:
    """Return the code of a step.

    >>> code_at(b"12345678901234567890", 59 // 30, digits=8)
    '94287082'
    """
    digest = hmac.digest(secret, step.to_bytes(8, "big"), algorithm)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, now: datetime, *, window: int = 1) -> int | None:
    """Return the step whose code this is, at most `window` steps before or after now; None where there is none.

    The caller refuses a step that was used before (RFC 6238, 5.2).
    """
    here = step_of(now)
    given = "".join(code.split()).encode()
    found = None
    for step in range(here - window, here + window + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), given):
            found = step
    return found

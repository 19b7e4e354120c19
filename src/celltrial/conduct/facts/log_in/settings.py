"""The limits of log-in; an installation may be stricter or looser, and these are the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from celltrial.core.errors import UserError, fault


@dataclass(frozen=True, slots=True)
class LogInSettings:
    """Limits of log-in.

    failed_log_ins:  attempts in a row that lock an account.
    lock:            how long it stays locked; None until an administrator unlocks it.
    idle:            a session without a request this long is over.
    longest:         a session is over this long after log-in, idle or not.
    password_length: least number of characters.
    """

    failed_log_ins: int = 5
    lock: timedelta | None = timedelta(minutes=30)
    idle: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=12)
    password_length: int = 12

    def __post_init__(self) -> None:
        """Refuse limits that lock everybody out or nobody (CND-017)."""
        spans = [span for span in (self.lock, self.idle, self.longest) if span is not None]
        if self.failed_log_ins < 1 or self.password_length < 8 or any(span <= timedelta(0) for span in spans):
            expected = "failed_log_ins >= 1, password_length >= 8, lock, idle and longest > 0"
            raise UserError(fault("CND-017", "log-in", about="log-in", needed=expected, found=repr(self)))

"""The limits of log-in; an installation may be stricter, and these are the defaults.

Lengths: NIST SP 800-63B-4 (2025), 3.1.1.2: at least 15 characters where a password is the only factor, at least 8 beside
another one; no rules of composition, no change without cause, and a comparison with what is commonly used
(`passwords.weakness_of`). The default beside a code is 12.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from celltrial.core.errors import UserError, fault

#: Least lengths that the standard allows: a password alone, and beside a second factor.
SHORTEST_ALONE: Final = 15
SHORTEST_WITH_CODE: Final = 8


@dataclass(frozen=True, slots=True)
class LogInSettings:
    """Limits of log-in.

    failed_log_ins:  attempts in a row that lock an account.
    lock:            how long it stays locked; None until an administrator unlocks it.
    idle:            a session without a request this long is over.
    longest:         a session is over this long after log-in, idle or not.
    administration:  an administrator proves both components again after this long, and the password at every act.
    first_password:  a password that another set is void this long after it was issued; the first administrator's is not.
    attempts:        failed attempts of everybody together within a minute, after which nobody's is looked at for the rest of it.
    password_length: least number of characters where a password is the only factor.
    password_length_with_code: least number beside a second factor.
    """

    failed_log_ins: int = 5
    lock: timedelta | None = timedelta(minutes=30)
    idle: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(hours=12)
    administration: timedelta = timedelta(minutes=5)
    first_password: timedelta = timedelta(hours=72)
    attempts: int = 30
    password_length: int = SHORTEST_ALONE
    password_length_with_code: int = 12

    def __post_init__(self) -> None:
        """Refuse limits that lock everybody out or nobody (CND-017)."""
        spans = [
            span
            for span in (self.lock, self.idle, self.longest, self.administration, self.first_password)
            if span is not None
        ]
        short = self.password_length < SHORTEST_ALONE or self.password_length_with_code < SHORTEST_WITH_CODE
        if min(self.failed_log_ins, self.attempts) < 1 or short or any(span <= timedelta(0) for span in spans):
            expected = (
                f"failed_log_ins >= 1, attempts >= 1, password_length >= {SHORTEST_ALONE}, "
                f"password_length_with_code >= {SHORTEST_WITH_CODE}, lock > 0, idle > 0, longest > 0, administration > 0, first_password > 0"
            )
            raise UserError(fault("CND-017", "log-in", about="log-in", needed=expected, found=repr(self)))

"""An installation with persons who can log in, for tests of every edge."""

from __future__ import annotations

from base64 import b32decode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlparse

from celltrial.app.credentials import FileCredentials
from celltrial.app.logging_in import Administrator, open_accounts
from celltrial.conduct.facts.log_in.totp import code_at, step_of
from celltrial.conduct.ruling import Accepted
from celltrial.ledger import Clock

#: Cost of a verifier in tests that are not about it.
CHEAP = 2**10


class Installation:
    """Persons who can log in: accounts with a passphrase of their own and an authenticator, made the day before."""

    PASSPHRASE = "seven herons over the lake"

    def __init__(self, folder):
        self.accounts, self.keys = folder / "accounts.db", {}
        self.credentials = FileCredentials(folder / "accounts.db.secrets")
        self._time, self._ticket = datetime.now(UTC) - timedelta(days=1), None

    def enrol(self, account, printed_name):
        """Open an account whose person then sets passphrase and second factor; the first is the administrator's."""
        clock = Clock("test", lambda: self._time)
        with open_accounts(str(self.accounts), self.credentials, create=not self.keys, clock=clock, cost=CHEAP) as book:
            if self.keys:
                by = Administrator(self._ticket, self.PASSPHRASE, self._code(next(iter(self.keys))))
                once = book.open_account(account, printed_name, signs=True, by=by, reason="joined")
            else:
                once = book.initialise(account, printed_name)
            assert isinstance(book.set_password(account, self.PASSPHRASE, current=once), Accepted)
            address = book.set_second_factor(account, password=self.PASSPHRASE)
            self.keys[account] = b32decode(parse_qs(urlparse(address).query)["secret"][0])
            self._ticket = self._ticket or book.log_in(account, self.PASSPHRASE, self._code(account))

    def _code(self, account):
        self._time += timedelta(seconds=30)
        return code_at(self.keys[account], step_of(self._time))


def installed(folder, *people):
    """Return an installation with these persons."""
    made = Installation(folder)
    for account, name in people:
        made.enrol(account, name)
    return made

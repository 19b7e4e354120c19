"""What a site keeps beside its ledger: the ledger of accounts, the key that signs cookies, and forms that were not sent."""

from __future__ import annotations

from pathlib import Path

from celltrial.app.installation import data_folder, make_folder
from celltrial.app.logging_in import CHAIN
from celltrial.core.errors import UserError, fault
from celltrial.ledger.opening import file_of, open_ledger


def accounts_of(ledger: str) -> str:
    """Return the ledger of accounts beside a ledger file; APP-170 for a server, where nobody says which it is."""
    file = file_of(ledger)
    if file is None:
        raise UserError(fault("APP-170", ledger))
    return f"{file}.accounts"


def key_of(ledger: str) -> Path:
    """Return the file of the site's key: beside a ledger file, else in the folder of the installation."""
    file = file_of(ledger)
    if file is not None:
        return file.with_name(f"{file.name}.site-key")
    make_folder(data_folder())
    return data_folder() / "site.key"


def unsent_of(ledger: str) -> Path:
    """Return the file of what people typed and have not sent; beside the key of the site."""
    return key_of(ledger).with_suffix(".unsent")


def make_ledger(ledger: str, *, create: bool) -> None:
    """Open a ledger once, so that a mistyped name is refused before anything is served; made where that is asked for."""
    with open_ledger(ledger, create=create):
        pass


def has_accounts(accounts: str) -> bool:
    """Tell whether there is a ledger of accounts with an account in it."""
    file = file_of(accounts)
    if file is not None and not file.exists():
        return False
    with open_ledger(accounts, create=True) as book:
        return CHAIN in book.trials()

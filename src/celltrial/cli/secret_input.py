"""Secrets from the keyboard, unseen, or line by line from standard input; never from an argument."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

from celltrial.core.errors import UserError, fault

if TYPE_CHECKING:
    from celltrial.locale import Language


def read_secret(name: str, language: Language, *, required: bool = True) -> str:
    """Return one secret, by the name of its text `cli.account.<name>`; APP-172 where it is required and none came."""
    from celltrial.locale import translate

    label = translate(f"cli.account.{name}", language)
    given = getpass.getpass(f"{label}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    if required and not given:
        raise UserError(fault("APP-172", expected=label))
    return given


def read_new_secret(name: str, language: Language) -> str:
    """Return a new secret; at the keyboard it is typed twice (APP-173)."""
    given = read_secret(name, language)
    if sys.stdin.isatty() and read_secret(f"{name}_again", language) != given:
        raise UserError(fault("APP-173"))
    return given

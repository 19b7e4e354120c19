"""Options that several commands share, declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from celltrial.locale import Language


class LanguageChoice(StrEnum):
    """A language of the pages and messages."""

    EN = "en"
    ZH = "zh"
    ZH_HANS = "zh-Hans"

    @property
    def language(self) -> Language:
        """The language as the catalogues name it."""
        return "en" if self is LanguageChoice.EN else "zh"


LanguageOption = Annotated[
    LanguageChoice, typer.Option("--lang", "-l", help="Language: en or zh (also written zh-Hans).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
RoleOption = Annotated[
    str | None, typer.Option("--as", help="Role, where you are granted several; of a rehearsal's typed person.")
]
AccountOption = Annotated[
    str | None, typer.Option("--account", help="Rehearsals only: account of a person who is not logged in.")
]
SiteOption = Annotated[
    str | None,
    typer.Option("--site", help="Site, where the role is granted at several; of a rehearsal's typed person."),
]
NameOption = Annotated[str, typer.Option("--name", help="Rehearsals only: printed name of the typed person.")]
NowOption = Annotated[
    str | None, typer.Option("--now", help="Rehearsals only: where the clock is to stand, ISO 8601 with offset.")
]
RehearsalOption = Annotated[
    bool, typer.Option("--rehearsal", help="Register a rehearsal, or act only if the trial is one.")
]
AccountsOption = Annotated[
    str,
    typer.Option(
        "--accounts",
        envvar="CELLTRIAL_ACCOUNTS",
        help="The ledger of accounts: a file, or postgresql://...",
        show_default=False,
    ),
]
ReadAccountsOption = Annotated[
    str,
    typer.Option(
        "--accounts",
        envvar="CELLTRIAL_ACCOUNTS",
        help="The ledger of accounts with the signatures of persons; that of your session unless given.",
        show_default=False,
    ),
]
SecretsOption = Annotated[
    Path | None,
    typer.Option(
        "--secrets",
        envvar="CELLTRIAL_SECRETS",
        help="File of secrets; ACCOUNTS.secrets unless given.",
        show_default=False,
    ),
]
ZoneOption = Annotated[
    str | None,
    typer.Option("--zone", help="IANA zone of the place, of times that state no offset; UTC unless given."),
]
TrialOption = Annotated[str | None, typer.Option("--trial", help="The trial, where the ledger holds several.")]
AsKnownOption = Annotated[str | None, typer.Option("--as-known", help="Data cut: what was recorded by this time.")]
AsOccurredOption = Annotated[
    str | None, typer.Option("--as-occurred", help="Data cut: what had happened by this time.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Root seed; the same seed gives the same trial.")]
ProtocolArgument = Annotated[Path, typer.Argument(help="The protocol, a YAML file.", show_default=False)]
LedgerArgument = Annotated[str, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)]
MomentOption = Annotated[str | None, typer.Option("--at", help="The moment: ISO 8601 with offset; now unless given.")]
ReaderZoneOption = Annotated[str | None, typer.Option("--zone", help="IANA zone of the reader; UTC unless given.")]

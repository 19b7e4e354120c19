"""Options that several commands share, declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from celltrial.locale import Language

__all__ = [
    "AccountOption",
    "AsKnownOption",
    "AsOccurredOption",
    "JsonOption",
    "LanguageChoice",
    "LanguageOption",
    "NameOption",
    "ProtocolArgument",
    "RoleOption",
    "SeedOption",
    "SiteOption",
    "TrialOption",
]


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
RoleOption = Annotated[str | None, typer.Option("--as", help="Role of the person who reads.")]
AccountOption = Annotated[str | None, typer.Option("--account", help="Account of the person who reads.")]
SiteOption = Annotated[str | None, typer.Option("--site", help="Site of the person, where the role has one.")]
NameOption = Annotated[str, typer.Option("--name", help="Printed name of the person.")]
TrialOption = Annotated[str | None, typer.Option("--trial", help="The trial, where the ledger holds several.")]
AsKnownOption = Annotated[str | None, typer.Option("--as-known", help="Data cut: what was recorded by this time.")]
AsOccurredOption = Annotated[
    str | None, typer.Option("--as-occurred", help="Data cut: what had happened by this time.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Root seed; the same seed gives the same trial.")]
ProtocolArgument = Annotated[Path, typer.Argument(help="The protocol, a YAML file.", show_default=False)]

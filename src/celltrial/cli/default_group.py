"""A group of commands whose first one is meant where none is named: `celltrial design p.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.core import TyperGroup


class DefaultGroup(TyperGroup):
    """A group that takes `show` where the first word is no command of its own; `list` for `--list` where it has one.

    A first word that is a key of a list that the group has a command `of` for, and no file, is meant for that command.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command that is meant before the words where the first is neither a command nor an option of the group."""
        if args and args[0] == "--list" and "list" in self.commands:
            args = ["list", *args[1:]]
        elif args and args[0] not in self.commands and args[0] != "--help":
            args = ["of" if "of" in self.commands and _is_key(args[0]) else "show", *args]
        return list(super().parse_args(ctx, args))


def _is_key(word: str) -> bool:
    """Tell whether a word has the form of a key and is no file: letters, digits, +, - and _."""
    return "." not in word and "/" not in word and not Path(word).exists()

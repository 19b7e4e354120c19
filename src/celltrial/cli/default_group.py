"""A group of commands whose first one is meant where none is named: `celltrial design p.yaml`."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


class DefaultGroup(TyperGroup):
    """A group that takes `show` where the first word is no command of its own."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `show` before the words where the first is neither a command nor an option of the group."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["show", *args]
        return list(super().parse_args(ctx, args))

"""The command line: one file per command, one place where failures become text and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer

__all__ = ["application", "main"]


def application() -> typer.Typer:
    """Return the command line with every command."""
    import typer

    from celltrial.cli.commands import CLASSES, COMMANDS, GROUPS, PLAIN_GROUPS, SUBGROUPS
    from celltrial.cli.default_group import DefaultGroup

    app = typer.Typer(
        name="celltrial",
        help="Plan, run, analyse and follow a trial of an immune cell therapy.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True)(_version_option(typer))
    for name, command in COMMANDS.items():
        app.command(name, cls=CLASSES.get(name))(command)
    for name, commands in GROUPS.items():
        first = next(iter(commands.values()))
        group = typer.Typer(cls=DefaultGroup, help=first.__doc__, no_args_is_help=True, rich_markup_mode=None)
        for word, command in commands.items():
            group.command(word)(command)
        for word, inner in SUBGROUPS.get(name, {}).items():
            group.add_typer(_plain_group("Decision tables as files", inner), name=word)
        app.add_typer(group, name=name)
    for name, (about, commands) in PLAIN_GROUPS.items():
        app.add_typer(_plain_group(about, commands), name=name)
    return app


def _version_option(typer: Any) -> Callable[..., None]:
    """Return what stands before every command: `--version`, which prints the version and ends."""

    def options(
        version: bool = typer.Option(False, "--version", help="Print the version and end."),
    ) -> None:
        if version:
            from celltrial import __version__

            print(f"celltrial {__version__}")
            raise typer.Exit

    return options


def _plain_group(about: str, commands: Mapping[str, Callable[..., Any]]) -> typer.Typer:
    """Return a group of commands of which none is meant where none is named."""
    import typer

    words = ", ".join(commands)
    group = typer.Typer(help=f"{about}: {words}.", no_args_is_help=True, rich_markup_mode=None)
    for word, command in commands.items():
        group.command(word)(command)
    return group


def main() -> None:
    """Run the command line; exit 0, 1 (answer is no), 2 (the user can fix it), 3 (the world failed), 70 (our defect)."""
    from celltrial.cli.failures import run

    sys.exit(run(application()))

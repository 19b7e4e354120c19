"""The command line: one file per command, one place where failures become text and exit codes."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import typer

    from celltrial.cli.commands import Place

__all__ = ["application", "main"]


def application(words: Sequence[str] | None = None) -> typer.Typer:
    """Return the command line with every command.

    words: what was typed. A command that is not among them cannot be meant: it is listed with its summary and not imported.
    """
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
    listed = {} if words is None else _summaries()
    listed = {name: summary for name, summary in listed.items() if name not in (words or ())}
    for name, place in COMMANDS.items():
        if name in listed:
            app.command(name, help=listed[name])(_listed_only)
        else:
            app.command(name, cls=_found(CLASSES[name]) if name in CLASSES else None)(_found(place))
    for name, places in GROUPS.items():
        app.add_typer(
            _only_listed(listed[name]) if name in listed else _group(DefaultGroup, places, SUBGROUPS.get(name, {})),
            name=name,
        )
    for name, (about, places) in PLAIN_GROUPS.items():
        app.add_typer(_only_listed(listed[name]) if name in listed else _plain_group(about, places), name=name)
    return app


def _found(place: Place) -> Any:
    """Return what is at `module:name`."""
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(f"celltrial.cli.{module}"), name)


def _summaries() -> dict[str, str]:
    """Return what is said of each command where all are listed; the file is made from their docstrings."""
    lines = Path(__file__).with_name("summaries.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t", 1) for line in lines)


def _listed_only() -> None:
    """Stand for a command that was not named."""


def _only_listed(summary: str) -> typer.Typer:
    """Return what stands for a group that was not named."""
    import typer

    return typer.Typer(help=summary, rich_markup_mode=None)


def _version_option(typer: Any) -> Callable[..., None]:
    """Return what comes before every command: `--version`, which prints the version and ends."""

    def options(
        version: bool = typer.Option(False, "--version", help="Print the version and end."),
    ) -> None:
        if version:
            _print_version()
            raise typer.Exit

    return options


def _is_help(words: Sequence[str]) -> bool:
    """Tell whether the words ask for help with the command line; what a command of a trial asks is told by its description."""
    if "--help" not in words:
        return False
    return words[0] != "act" or not any(word[:1].isupper() and not word.isupper() for word in words)


def _without_language(words: Sequence[str]) -> list[str]:
    """Return what asks for help in English without its language: the whole and its groups have no option for it."""
    kept: list[str] = []
    for word in words:
        if word == "en" and kept and kept[-1] in {"--lang", "-l"}:
            kept.pop()
        elif word not in {"--lang=en", "-l=en"}:
            kept.append(word)
    return kept


def _is_chinese_help(words: Sequence[str]) -> bool:
    """Tell whether the words ask for help in Chinese: by `--lang`, else by the language of the system."""
    if words and not _is_help(words):
        return False
    for name in ("--lang", "-l"):
        if name in words:
            return any(word in {"zh", "zh-Hans"} for word in words)
    if any(word.startswith("--lang=") for word in words):
        return any(word.startswith("--lang=zh") for word in words)
    said = next((os.environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(name)), "")
    return said.startswith("zh")


def _print_chinese_help(words: Sequence[str]) -> None:
    import typer.main

    from celltrial.cli.chinese_help import chinese_help

    print(chinese_help(typer.main.get_command(application(words)), words))


def _print_version() -> None:
    from celltrial import __version__

    print(f"celltrial {__version__}")


def _group(kind: type[Any], places: Mapping[str, Place], subgroups: Mapping[str, Mapping[str, Place]]) -> typer.Typer:
    """Return a group of commands of which the first is meant where none is named."""
    import typer

    commands = {word: _found(place) for word, place in places.items()}
    first = next(iter(commands.values()))
    group = typer.Typer(cls=kind, help=first.__doc__, no_args_is_help=True, rich_markup_mode=None)
    for word, command in commands.items():
        group.command(word)(command)
    for word, inner in subgroups.items():
        group.add_typer(_plain_group("Decision tables as files", inner), name=word)
    return group


def _plain_group(about: str, places: Mapping[str, Place]) -> typer.Typer:
    """Return a group of commands of which none is meant where none is named."""
    import typer

    words = ", ".join(places)
    group = typer.Typer(help=f"{about}: {words}.", no_args_is_help=True, rich_markup_mode=None)
    for word, place in places.items():
        group.command(word)(_found(place))
    return group


def main() -> None:
    """Run the command line; exit 0, 1 (answer is no), 2 (the user can fix it), 3 (the world failed), 70 (our defect)."""
    gc.set_threshold(100_000, 20, 100)  # what is imported and folded stays: to look for garbage in it costs a tenth
    code = 0
    try:
        code = _answer(sys.argv[1:])
        _flush()
    except BrokenPipeError:  # whoever read has read enough, as `head` does: nothing is left to say
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
    sys.exit(code)


def _flush() -> None:
    """Write what is still held; a full disk is left to the end of the interpreter, which tells it with an exit code of its own."""
    try:
        print(end="", flush=True)
    except BrokenPipeError:
        raise
    except OSError:
        return


def _answer(words: list[str]) -> int:
    """Do what the words ask and return the exit code."""
    if words == ["--version"]:
        _print_version()
        return 0
    if _is_chinese_help(words):
        _print_chinese_help(words)
        return 0
    if _is_help(words):
        words = _without_language(words)
        sys.argv[1:] = words
    if words == ["--help"]:
        application(words)(prog_name="celltrial", standalone_mode=False)
        return 0
    from celltrial.cli.failures import run

    return run(application(words))

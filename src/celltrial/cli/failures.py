"""Failures as text: every fault in the user's language on standard error, and the exit code of its family."""

from __future__ import annotations

import errno
import re
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from celltrial.app.files import NOTES
from celltrial.core.errors import EXIT_DEFECT, EXIT_USER, EXIT_WORLD, Fault, UserError, WorldError, fault
from celltrial.core.os_reasons import os_reason
from celltrial.core.progress import COMPILING
from celltrial.core.reading.bounds import shown
from celltrial.core.reading.text import forbidden_in
from celltrial.locale import Language, translate

if TYPE_CHECKING:
    import typer
    from typer.exceptions import TyperException


#: So many faults are printed; the rest is of the same kinds.
MOST_SHOWN: Final = 300
#: Faults of the system that another name or other rights would mend.
_OF_A_NAME: Final = frozenset(
    {
        errno.ENAMETOOLONG,
        errno.EINVAL,
        errno.ELOOP,
        errno.EISDIR,
        errno.ENOTDIR,
        errno.ENOENT,
        errno.EACCES,
        errno.EPERM,
    }
)
#: So many subjects of one kind are named in its line.
MOST_NAMED: Final = 60


def _print(item: Fault, language: Language) -> None:
    from celltrial.locale.wording import fault_sentence

    print(fault_sentence(item, language), file=sys.stderr)


def by_kind(faults: Sequence[Fault], language: Language) -> list[str]:
    """Return one line for each kind of fault, by its id: the first of it, and of more how many, of what and where.

    Items of a list are counted together: `population.criteria.*.concept (31)`.
    """
    kinds: dict[str, list[Fault]] = {}
    for item in faults:
        kinds.setdefault(item.id, []).append(item)
    return [_kind_line(items, language) for items in kinds.values()]


def _kind_line(items: Sequence[Fault], language: Language) -> str:
    from celltrial.locale.wording import fault_sentence

    first = fault_sentence(items[0], language)
    if len(items) == 1:
        return first
    counts = Counter(_subject(item, language) for item in items)
    named = list(counts.items())[:MOST_NAMED]
    names = ", ".join(name if count == 1 else f"{name} ({count})" for name, count in named if name)
    names += "…" if len(counts) > MOST_NAMED else ""
    file = items[0].where.partition("#")[0]
    places = ", ".join(dict.fromkeys(item.where.removeprefix(file) or file for item in items[:3]))
    return f"{first} {translate('cli.of_this_kind', language, count=len(items), names=names, places=places)}"


def _subject(item: Fault, language: Language) -> str:
    """Return what a fault is about: its field with the numbers of list items left open, else what was found."""
    field = item.params.get("field")
    if isinstance(field, str):
        return re.sub(r"(?<=\.)[0-9]+(?=\.|$)", "*", field)
    from celltrial.core.values import Value
    from celltrial.locale.wording import in_words

    found = item.params.get("found", "")
    return in_words(found, language) if isinstance(found, Value) else str(found)


def asked_language(arguments: list[str]) -> Language:
    """Return the language named by `--lang` or `-l` anywhere on the line; English otherwise."""
    for position, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name in {"--lang", "-l"}:
            value = value or (arguments[position + 1] if position + 1 < len(arguments) else "")
            return "zh" if value in {"zh", "zh-Hans"} else "en"
    return "en"


def _show_usage_error(error: TyperException, language: Language) -> int:
    """Say what is wrong with the words of a command; a group without a command shows its help instead."""
    from celltrial.cli.usage_errors import usage_fault, usage_pieces

    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.message, file=sys.stderr)
        return EXIT_USER
    _print(usage_fault(error), language)
    usage = usage_pieces(error)
    if usage:
        print(translate("cli.usage", language, usage=usage), file=sys.stderr)
    return EXIT_USER


def _show_faults(faults: Sequence[Fault], language: Language) -> None:
    """Print the faults, of very many the first, and how many more there are."""
    for item in faults[:MOST_SHOWN]:
        _print(item, language)
    if len(faults) > MOST_SHOWN:
        print(translate("cli.more_faults", language, n=len(faults) - MOST_SHOWN), file=sys.stderr)


def run(app: typer.Typer) -> int:
    """Run the application and return its exit code."""
    language = asked_language(sys.argv[1:])
    try:
        return _run(app, language)
    except Exception:  # noqa: BLE001 - the one place where a defect of ours, one in saying a fault too, becomes an exit code
        traceback.print_exc()
        print(translate("cli.defect", language), file=sys.stderr)
        return EXIT_DEFECT


def _run(app: typer.Typer, language: Language) -> int:
    import typer
    from typer.exceptions import TyperException

    notes: list[Fault] = []
    NOTES.set(notes)
    COMPILING.set(compiling_said(language) if sys.stderr.isatty() else None)
    try:
        _check_words(sys.argv[1:])
        answer = app(standalone_mode=False, prog_name="celltrial")
    except typer.Exit as stop:
        return stop.exit_code
    except TyperException as error:
        return _show_usage_error(error, language)
    except (KeyboardInterrupt, typer.Abort):
        print(translate("cli.interrupted", language), file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except UserError as error:
        _show_faults(error.faults, language)
        return EXIT_USER
    except WorldError as error:
        _print(error.fault, language)
        if error.retryable:
            print(translate("cli.retry", language), file=sys.stderr)
        return EXIT_WORLD
    except OSError as error:  # what no room caught: a name too long, a folder that may not be read, a full disk
        where = shown(error.filename if error.filename is not None else "-")
        _print(fault("APP-008", where, found=os_reason(error)), language)
        return EXIT_USER if error.errno in _OF_A_NAME else EXIT_WORLD
    finally:
        for note in notes:
            _print(note, language)
    return answer if isinstance(answer, int) else 0


def compiling_said(language: Language) -> Callable[[], None]:
    """Return what says once, to whoever watches, that kernels are compiled: it happens after an installation."""
    said: list[bool] = []

    def say() -> None:
        if not said:
            said.append(True)
            print(translate("cli.compiling", language), file=sys.stderr, flush=True)

    return say


def _check_words(words: Sequence[str]) -> None:
    """Refuse a word of the command that holds a character which cannot be seen (COR-052)."""
    bad = [(number, forbidden_in(word)) for number, word in enumerate(words, start=1)]
    faults = [fault("COR-052", f"celltrial #{number}", found=found) for number, found in bad if found]
    if faults:
        raise UserError(*faults)

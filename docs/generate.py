"""Write the reference pages that are made from the code; with --check, fail where one is stale.

Pages: the command line, the tables of designs, the error ids in both languages; and those that have a module of their own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import clinical_page
import conduct_page
import datasets_page
import guideline_page
import protocol_page
import validation_page
import verdicts_page
import vocabulary_page
from page_writing import keep

FOLDER = Path(__file__).resolve().parent / "reference"
SUMMARIES = FOLDER.parents[1] / "src" / "celltrial" / "cli" / "summaries.txt"
NOTE = "<!-- Made by `make docs`; edit the code, not this page. -->\n"


def command_line() -> Iterator[str]:
    """The help text of every command."""
    from typer.main import get_command

    from celltrial.cli import application

    root = get_command(application())
    yield "# The command line\n"
    yield "For anyone who runs celltrial from a shell. Every command takes `--help`.\n"
    for name, command in sorted(_leaves(root)):
        yield f"## celltrial {name}\n"
        yield f"{(command.help or '').strip()}\n"
        for parameter in command.params:
            is_option = parameter.param_type_name == "option"
            shown = " or ".join(parameter.opts) if is_option else str(parameter.name).upper()
            yield f"- `{shown}` {getattr(parameter, 'help', None) or ''}".rstrip()
        yield ""


def _leaves(group: Any, lead: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command with its words, groups within groups included."""
    for word, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _leaves(command, f"{lead}{word} ")
        else:
            yield f"{lead}{word}", command


def designs() -> Iterator[str]:
    """The tables of designs, modifiers, stopping rules and of designs that rest on parameters alone."""
    from celltrial.designs import DESIGNS, MODIFIERS, STOPPING_RULES
    from celltrial.designs.randomised import RANDOMISED_DESIGNS
    from celltrial.designs.single_arm import SINGLE_ARM_DESIGNS
    from celltrial.designs.sizing import SIZINGS

    yield "# Designs\n"
    yield "For statisticians: every key a protocol may use, with its parameters and references. Designs of other packages can"
    yield "stand beside them: see [how to add a design](../how-to/add-a-design.md).\n"
    for title, table in (("Dose finding", DESIGNS), ("Modifiers", MODIFIERS), ("Stopping rules", STOPPING_RULES)):
        yield f"## {title}\n"
        yield "| key | what it is | parameters (an example) | references | since |"
        yield "|---|---|---|---|---|"
        for key, row in table.items():
            shown = ", ".join(f"{name}={value}" for name, value in row.example.items())
            yield f"| `{key}` | {_first_line(row.build)} | {shown} | {', '.join(row.references)} | {row.since} |"
        yield ""
    yield "The designs below rest on parameters alone: `confirmatory.sample_size` of a protocol, and `celltrial size KEY`."
    yield "`celltrial size KEY --example` shows an example.\n"
    for title, rows in (("Sizing", SIZINGS), ("Single arm", SINGLE_ARM_DESIGNS), ("Randomised", RANDOMISED_DESIGNS)):
        yield f"## {title}\n"
        yield "| key | what it is | parameters | result | references | since |"
        yield "|---|---|---|---|---|---|"
        for key, item in rows.items():
            shown = ", ".join(field.name for field in fields(item.params))
            how = "an arm" if item.allocates else "computed" if item.exact else "simulated"
            yield f"| `{key}` | {_first_line(item.function)} | {shown} | {how} | {', '.join(item.references)} | {item.since} |"
        yield ""


def _first_line(thing: Any) -> str:
    """Return the title of the module that holds a design."""
    return (sys.modules[thing.__module__].__doc__ or "").split("\n")[0].rstrip(".").replace("|", "\\|")


def errors() -> Iterator[str]:
    """Every message id with its texts."""
    from celltrial.locale import catalogues

    yield "# Message ids\n"
    yield "For anyone who reads a message: the id is permanent, the text may improve.\n"
    yield "| id | English | 中文 |"
    yield "|---|---|---|"
    for key, texts in sorted(catalogues().items()):
        if key[:3].isupper() and key[3:4] == "-":
            yield f"| `{key}` | {texts['en']} | {texts['zh']} |"


def values() -> Iterator[str]:
    """The kinds of values that a condition or a fault holds, their messages and code lists."""
    from typing import get_args

    from celltrial.core.values import Value
    from celltrial.locale import catalogue

    yield "# Values of conditions and faults\n"
    yield "For whoever reads `celltrial act --json`: what was needed and what was found is a value with a `kind` and the fields"
    yield "below, and `text`, the same in words of the language asked for. Nothing has to be parsed.\n"
    yield "| kind | what it is | fields |"
    yield "|---|---|---|"
    for kind in get_args(Value):
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in kind.__name__).lstrip("_")
        if name != "protected":
            parts = ", ".join(f"`{field.name}`" for field in fields(kind))
            yield f"| `{name}` | {(kind.__doc__ or '').strip().splitlines()[0]} | {parts} |"
    yield "\nA value that a blinded role may not learn is `redacted`. Numbers that no decimal can hold, such as NaN, are identifiers.\n"
    texts = catalogue("values")
    for title, lead in (("Messages", "value."), ("Code lists", "term.")):
        yield f"## {title}\n"
        yield "| code | English | 中文 |"
        yield "|---|---|---|"
        rows = texts if lead == "value." else catalogue("terms")
        for key, said in sorted(rows.items()):
            if key.startswith(lead):
                yield f"| `{key.removeprefix(lead)}` | {said['en']} | {said['zh']} |"
        yield ""


def summaries() -> str:
    """What the command line says of each command where all are listed, so that none need be imported for it."""
    from typer.main import get_command

    from celltrial.cli import application

    root: Any = get_command(application())
    return "".join(f"{word}\t{' '.join((command.help or '').split())}\n" for word, command in root.commands.items())


PAGES: dict[str, Callable[[], Iterator[str]]] = {
    "command-line.md": command_line,
    "designs.md": designs,
    "messages.md": errors,
    "values.md": values,
}


def main(*, check: bool) -> int:
    """Write or compare every page; return the number of stale ones."""
    stale = sum(
        keep(FOLDER / name, NOTE + "\n".join(make()).rstrip() + "\n", check=check) for name, make in PAGES.items()
    )
    makers = (
        clinical_page,
        conduct_page,
        datasets_page,
        guideline_page,
        protocol_page,
        validation_page,
        verdicts_page,
        vocabulary_page,
    )
    stale += keep(SUMMARIES, summaries(), check=check)
    return stale + sum(maker.main(check=check) for maker in makers)


if __name__ == "__main__":
    sys.exit(1 if main(check="--check" in sys.argv[1:]) else 0)

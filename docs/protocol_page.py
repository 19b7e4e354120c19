"""Write the reference page of the protocol's fields; with --check, fail where it is stale."""

from __future__ import annotations

import re
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import guideline_page
from page_writing import keep
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

PAGE = Path(__file__).resolve().parent / "reference" / "protocol.md"
NOTE = "<!-- Made by `python docs/protocol_page.py`; edit the code, not this page. -->"

INTRODUCTION = """# The protocol file

For whoever writes a protocol: every field of the YAML file, section by section. `celltrial new` writes a file to start from.

- A field that is not listed is refused, with the nearest name that exists.
- *must* stands where a field has no default. A part that may be left out is a finding of the review where a clause asks for
  it, and conduct refuses what depends on it; silence is never read as permission.
- A time is a number with its unit: `36 h`, `28 d`, `6 wk`, `3 mo`, `15 y`. A dose is a number of cells: `1.0e6`.
- A text is given in both languages, `{en: ..., zh: ...}`; no rule is read from it.
- `clauses` names the clauses of the guideline whose check reads the field.

Contradictions between fields are refused when the file is read, each at its line: criteria that nobody can meet, units that
do not fit, windows that overlap, days after the end, a name that stands twice, a size that cannot hold another. They are
faults of the file, not findings of the review.
"""
_NAMES: Mapping[object, str] = {
    str: "text", int: "whole number", float: "number", bool: "true or false", type(None): "nothing"
}  # fmt: skip


def lines() -> Iterator[str]:
    """Return the page, line by line."""
    from celltrial.core.quantities import observations
    from celltrial.protocol.model import Protocol

    yield NOTE
    yield INTRODUCTION
    readers = _readers()
    yield from _section(Protocol, "", readers, set())
    yield "## Concepts of a criterion\n"
    yield "Units are read in every spelling that laboratories print (`×10⁹/L`, `G/L`, `K/µL`), and evidence in one of them is"
    yield "converted; so is what converts to one. A concept without a unit is a code, a count, a score or a yes and no; `other` is"
    yield "for what no program can compute, and then names its assessor.\n"
    yield "| concept | English | 中文 | units |"
    yield "|---|---|---|---|"
    for item in observations():
        units = ", ".join(symbol for symbol in item.symbols if symbol) or "none"
        yield f"| `{item.code}` | {item.names['en'][0]} | {item.names['zh'][0]} | {units} |"


def _readers() -> dict[str, list[str]]:
    """Return field path to the clauses whose checks name it."""
    from celltrial.guideline.checks import CHECKS

    found: dict[str, list[str]] = {}
    for clause in CHECKS:
        for field in guideline_page.fields_of(clause):
            found.setdefault(field, []).append(clause)
    return found


def _section(
    model: type[BaseModel], path: str, readers: Mapping[str, list[str]], seen: set[type[BaseModel]]
) -> Iterator[str]:
    yield f"## {f'`{path}`' if path else 'The whole file'}\n"
    yield from _told(model)
    yield "| field | value | default | clauses |"
    yield "|---|---|---|---|"
    parts: list[tuple[str, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        inner = _models_in(field.annotation)
        known = [item for item in inner if item.__name__ in _SHARED]
        parts += [(here, item) for item in inner if item not in known]
        clauses = ", ".join(readers.get(here.replace("[]", ""), ()))
        yield f"| `{name}` | {_value(field.annotation, field.metadata)} | {_default(field)} | {clauses} |"
    yield ""
    for here, item in parts:
        if item in seen:
            yield f"## `{here}`\n\nAs `{item.__name__}` above.\n"
            continue
        yield from _section(item, here, readers, seen | {item})
        seen.add(item)


#: Parts that are in many places and are told once, in the introduction or by name.
_SHARED = {"LocalText", "Evidence"}


def _told(model: type[BaseModel]) -> Iterator[str]:
    """Return the docstring of a section; what it says of single fields becomes a list."""
    for block in (model.__doc__ or "").strip().split("\n\n"):
        rows = [" ".join(row.split()) for row in block.splitlines()]
        text: list[str] = []
        for row in rows:
            found = re.match(r"([a-z_, ]+?): +(.*)", row)
            starts = found is not None and all(name.strip() in model.model_fields for name in found[1].split(","))
            if starts and found is not None:
                text.append(f"- `{found[1]}`: {found[2]}")
            elif text:
                text[-1] += f" {row}"
            else:
                text.append(row)
        yield "\n".join(text) + "\n"


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in typing.get_args(annotation) for model in _models_in(argument)]


def _value(annotation: Any, metadata: list[Any]) -> str:
    limits = ", ".join(shown for item in metadata if (shown := _limit(item)))
    text = _type(annotation)
    return f"{text} ({limits})" if limits else text


def _limit(item: Any) -> str:
    for name, sign in (("gt", ">"), ("ge", ">="), ("lt", "<"), ("le", "<=")):
        if getattr(item, name, None) is not None:
            return f"{sign} {getattr(item, name):g}"
    pattern = getattr(item, "pattern", None)
    return f"of the form `{pattern}`".replace("|", "\\|") if isinstance(pattern, str) else ""


def _type(annotation: Any) -> str:
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in _NAMES:
        return _NAMES[annotation]
    if origin is typing.Annotated:
        return _value(arguments[0], list(arguments[1:]))
    if origin is typing.Literal:
        return ", ".join(f"`{item}`" for item in arguments)
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(dict.fromkeys(_type(item) for item in arguments if item is not type(None)))
    if origin is tuple:
        return f"list of {_type(arguments[0])}" if arguments[-1] is Ellipsis else ", ".join(map(_type, arguments))
    if origin is dict:
        return f"{_type(arguments[0])} to {_type(arguments[1])}"
    names = {"LocalText": "text in both languages", "Duration": "time", "Decimal": "number", "date": "date"}
    return names.get(
        annotation.__name__, "evidence" if annotation.__name__ == "Evidence" else f"`{annotation.__name__}`"
    )


def _default(field: Any) -> str:
    if field.is_required():
        return "*must*"
    value = field.default
    if value is PydanticUndefined or isinstance(value, BaseModel) or value in (None, (), {}):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def main(*, check: bool) -> int:
    """Write the page, or return 1 where it is stale."""
    return keep(PAGE, "\n".join(lines()).rstrip() + "\n", check=check)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))

"""The whole protocol, field by field, as extension attributes under a namespace of our own.

Every field that the author wrote becomes one attribute. Its URL is the namespace and the dotted path of the field,
`urn:celltrial:protocol:1#dose.levels.0.cells`; numbers in a path count items of a list from 0. A name of a mapping
that is not plain is percent-encoded. A text is in `valueString`, a yes or no in `valueBoolean`, a whole number in
`valueInteger`, another number in `valueQuantity` without a unit; an attribute without a value says `null`. An empty list
or mapping is an attribute whose path ends in `*empty-list` or `*empty-map`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, unquote

from celltrial.core.errors import Fault, fault
from celltrial.core.reading.yaml_text import MAXIMUM_VALUES, Path
from celltrial.exchange.usdm.minting import Mint
from celltrial.exchange.usdm.model.base import ExtensionAttribute, Quantity
from celltrial.protocol import Protocol

#: The namespace; the number is that of the protocol's form (`schema_version`).
NAMESPACE: Final = "urn:celltrial:protocol:1#"
_EMPTY_LIST: Final = "*empty-list"
_EMPTY_MAP: Final = "*empty-map"
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}")
_VALUES: Final = ("value_string", "value_boolean", "value_integer", "value_quantity")
_FOREIGN_VALUES: Final = ("value_id", "value_range", "value_code", "value_alias_code", "value_extension_class")


def field_url(path: Path) -> str:
    """Return the URL of a field.

    >>> field_url(("dose", "levels", 0, "cells"))
    'urn:celltrial:protocol:1#dose.levels.0.cells'
    >>> field_url(("stopping", "rules", 0, "params", "0", "a.b"))
    'urn:celltrial:protocol:1#stopping.rules.0.params.%30.a%2Eb'
    """
    return NAMESPACE + ".".join(_part(part) for part in path)


def write_fields(protocol: Protocol, mint: Mint) -> tuple[ExtensionAttribute, ...]:
    """Return one attribute for each field that was written in the protocol, in the order of the model."""
    data = protocol.model_dump(mode="json", exclude_unset=True)
    return tuple(mint(ExtensionAttribute, url=url, **_value(value, mint)) for url, value in _leaves(data, ()))


def _leaves(value: Any, path: Path) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _leaves(inner, (*path, str(name)))
    elif isinstance(value, Sequence) and not isinstance(value, str) and value:
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    elif isinstance(value, Mapping):
        yield f"{field_url(path)}.{_EMPTY_MAP}", None
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield f"{field_url(path)}.{_EMPTY_LIST}", None
    else:
        yield field_url(path), value


def _value(value: Any, mint: Mint) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"value_boolean": value}
    if isinstance(value, int):
        return {"value_integer": value}
    if isinstance(value, float):
        return {"value_quantity": mint(Quantity, value=value)}
    return {} if value is None else {"value_string": str(value)}


def _part(part: str | int) -> str:
    if isinstance(part, int):
        return str(part)
    shown = quote(part, safe="").replace(".", "%2E").replace("~", "%7E") or "%"
    return f"%{ord(shown[0]):02X}{shown[1:]}" if _INDEX.fullmatch(shown) else shown


@dataclass(slots=True)
class Fields:
    """The fields read back.

    data:   nested mappings and lists, as a YAML file would give them.
    places: JSON pointer of the attribute of every field.
    faults: attributes of the namespace that say nothing usable.
    """

    data: Any = None
    places: dict[Path, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read_fields(attributes: Sequence[ExtensionAttribute], pointer: str, file: str) -> Fields:
    """Return the fields of our namespace among `attributes`; others are passed over.

    pointer: JSON pointer of the list of attributes; one that is there again is the same. Faults: EXC-130 where the path or the value is no field's,
    EXC-131 where two attributes speak of one place.
    """
    found = Fields()
    tree: dict[str | int, Any] = {}
    seen: set[str] = set()
    for number, item in enumerate(attributes[:MAXIMUM_VALUES]):
        if not item.url.startswith(NAMESPACE) or item.id in seen:
            continue
        seen.add(item.id)
        where = f"{file}#{pointer}/{number}"
        path, value = _read(item)
        if path is None:
            found.faults.append(fault("EXC-130", where, found=item.url))
        elif not _put(tree, path, value):
            found.faults.append(fault("EXC-131", where, found=item.url))
        else:
            found.places.setdefault(path, f"{pointer}/{number}")
    found.data = _listed(tree, (), found, file)
    return found


def _read(item: ExtensionAttribute) -> tuple[Path | None, Any]:
    """Return path and value; the path is None where the attribute has none, or a value that no field has."""
    given = [name for name in _VALUES if getattr(item, name) is not None]
    foreign = [name for name in _FOREIGN_VALUES if getattr(item, name) is not None]
    parts = item.url.removeprefix(NAMESPACE).split(".")
    empty = parts[-1] if parts[-1] in {_EMPTY_LIST, _EMPTY_MAP} else ""
    if len(given) > 1 or foreign or item.extension_attributes or (empty and given):
        return None, None
    if empty:
        parts = parts[:-1]
    if not parts or not all(parts):
        return None, None
    path = tuple(int(part) if _INDEX.fullmatch(part) else _name(part) for part in parts)
    if empty:
        return path, [] if empty == _EMPTY_LIST else {}
    value = getattr(item, given[0]) if given else None
    return path, value.value if isinstance(value, Quantity) else value


def _name(part: str) -> str:
    return "" if part == "%" else unquote(part)


def _put(tree: dict[str | int, Any], path: Path, value: Any) -> bool:
    here = tree
    for part in path[:-1]:
        inner = here.setdefault(part, {})
        if not isinstance(inner, dict) or inner is value:
            return False
        here = inner
    if path[-1] in here:
        return False
    here[path[-1]] = value
    return True


def _listed(tree: Any, path: Path, found: Fields, file: str) -> Any:
    """Turn mappings whose names are all numbers into lists; EXC-132 where an item is missing."""
    if not isinstance(tree, dict) or not tree:
        return tree
    numbers = [name for name in tree if isinstance(name, int)]
    inner = {name: _listed(value, (*path, name), found, file) for name, value in tree.items()}
    if not numbers:
        return inner
    if len(numbers) != len(tree) or max(numbers) != len(tree) - 1:
        where = f"{file}#{_first_place(found, path)}"
        found.faults.append(fault("EXC-132", where, field=".".join(str(part) for part in path), found=len(tree)))
        return list(inner.values())
    return [inner[index] for index in range(len(tree))]


def _first_place(found: Fields, path: Path) -> str:
    return next((place for known, place in found.places.items() if known[: len(path)] == path), "")

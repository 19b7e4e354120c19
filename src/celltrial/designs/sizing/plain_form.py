"""Parameters as plain data, and back: what a protocol file or a web form holds.

A frozen dataclass of parameters becomes a mapping of numbers, texts, lists and mappings, and is read back from one. Reading follows
the types declared by the dataclass: a nested dataclass is a mapping, a tuple a list; where several dataclasses are possible,
the one whose fields fit is taken. Every fault is found with its path ("params.scenario.control.rates[1]"); then the dataclass itself
checks the values.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from celltrial.core.errors import Fault, UserError, fault
from celltrial.designs.sizing.ranges import demand


def plain_from_params(params: Any) -> Any:
    """Return parameters as mappings, lists, numbers and texts; sets become sorted lists.

    >>> from celltrial.designs.sizing.event_detection import EventDetection
    >>> plain_from_params(EventDetection(0.01))
    {'event_rate': 0.01, 'chance': 0.95}
    """
    if is_dataclass(params) and not isinstance(params, type):
        return {f.name: plain_from_params(getattr(params, f.name)) for f in fields(params)}
    if isinstance(params, Mapping):
        return {key: plain_from_params(value) for key, value in params.items()}
    if isinstance(params, tuple):
        return [plain_from_params(item) for item in params]
    return sorted(params) if isinstance(params, frozenset) else params


def params_from_plain(cls: type[Any], values: Mapping[str, Any], *, where: str = "params") -> Any:
    """Return the parameters of this class from plain data; `where` is the path of the data in its file.

    Raises UserError: DSG-007 unknown field, DSG-008 missing field, DSG-405 value of another kind, and what the class itself refuses.

    >>> from celltrial.designs.sizing.event_detection import EventDetection
    >>> params_from_plain(EventDetection, {"event_rate": 0.01})
    EventDetection(event_rate=0.01, chance=0.95)
    """
    found: list[Fault] = []
    read = _read(cls, values, where, found)
    demand(*found)
    return read


def _read(hint: Any, value: Any, where: str, found: list[Fault]) -> Any:
    """Return the value in the declared type, or None with a fault noted."""
    origin, arguments = get_origin(hint), get_args(hint)
    if is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint, value, where, found)
    if origin in {Union, types.UnionType}:
        return _union(arguments, value, where, found)
    if origin is tuple and isinstance(value, list | tuple):
        inner = [arguments[0]] * len(value) if arguments[-1] is Ellipsis else list(arguments)
        if len(inner) == len(value):
            pairs = enumerate(zip(inner, value, strict=True))
            return tuple(_read(kind, item, f"{where}[{k}]", found) for k, (kind, item) in pairs)
    if origin is frozenset and isinstance(value, list | tuple | set | frozenset):
        return frozenset(_read(arguments[0], item, where, found) for item in value)
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, Mapping):
        return {key: _read(arguments[1], item, f"{where}.{key}", found) for key, item in value.items()}
    if _fits(hint, value):
        return value
    found.append(fault("DSG-405", where, expected=_name(hint), found=repr(value)))
    return None


def _dataclass(cls: type[Any], value: Any, where: str, found: list[Fault]) -> Any:
    if not isinstance(value, Mapping):
        found.append(fault("DSG-405", where, expected=_name(cls), found=repr(value)))
        return None
    known = {f.name: f for f in fields(cls)}
    needed = [n for n, f in known.items() if f.default is MISSING and f.default_factory is MISSING]
    before = len(found)
    allowed = ", ".join(known)
    found += [fault("DSG-007", where, expected=allowed, found=str(name)) for name in value if name not in known]
    given = ", ".join(map(str, value)) or "-"
    found += [fault("DSG-008", where, expected=name, found=given) for name in needed if name not in value]
    hints = get_type_hints(cls)
    read = {name: _read(hints[name], item, f"{where}.{name}", found) for name, item in value.items() if name in known}
    if len(found) > before:
        return None
    try:
        return cls(**read)
    except UserError as refused:
        found += [Fault(item.id, item.where or where, item.params) for item in refused.faults]
        return None


def _union(kinds: tuple[Any, ...], value: Any, where: str, found: list[Fault]) -> Any:
    """Read the first kind that fits; of dataclasses, the one whose fields fit the keys."""
    if value is None and type(None) in kinds:
        return None
    for kind in kinds:
        if isinstance(kind, type) and is_dataclass(kind):
            if isinstance(value, Mapping) and _keys_fit(kind, value):
                return _read(kind, value, where, found)
        elif get_origin(kind) is tuple and isinstance(value, list | tuple):
            return _read(kind, value, where, found)
        elif _fits(kind, value):
            return value
    found.append(fault("DSG-405", where, expected=" | ".join(map(_name, kinds)), found=repr(value)))
    return None


def _keys_fit(cls: type[Any], value: Mapping[str, Any]) -> bool:
    needed = {f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING}
    return needed <= set(value) <= {f.name for f in fields(cls)}


def _fits(hint: Any, value: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return hint in {str, bool} and isinstance(value, hint)


def _name(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return " | ".join(map(str, get_args(hint)))
    if hint is type(None):
        return "null"
    if is_dataclass(hint) and isinstance(hint, type):
        return f"{{{', '.join(f.name for f in fields(hint))}}}"
    names = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}
    return names.get(hint, "a list" if get_origin(hint) in {tuple, frozenset} else "a mapping")

"""The kinds of values that parameters may hold: a value of another kind is a fault at its place, before anything is built.

>>> from celltrial.designs.escalation.boin import BoinParams
>>> [str(item) for item in type_faults("boin", BoinParams, {"target_dlt_rate": 0.3, "cohort_size": 3.5})]
['DSG-405 at boin.cohort_size: expected a whole number; found 3.5']
"""

from __future__ import annotations

import math
import types
from collections.abc import Iterator, Mapping
from numbers import Integral, Real
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from celltrial.core.errors import Fault, fault

_NAMES: Final[Mapping[Any, str]] = {
    float: "a number",
    int: "a whole number",
    str: "a text",
    bool: "true or false",
    type(None): "null",
}


def type_faults(kind: str, cls: type, values: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield a fault for every value that is not of the kind that `cls` declares for its field; unknown fields are left out."""
    hints = get_type_hints(cls)
    for name, value in values.items():
        if name in hints:
            yield from _faults(hints[name], value, f"{kind}.{name}")


def _faults(hint: Any, value: Any, where: str) -> Iterator[Fault]:
    if get_origin(hint) is tuple and isinstance(value, list | tuple):
        inner = get_args(hint)
        kinds = [inner[0]] * len(value) if inner[-1] is Ellipsis else list(inner)
        if len(kinds) == len(value):
            for k, (one, item) in enumerate(zip(kinds, value, strict=True)):
                yield from _faults(one, item, f"{where}[{k}]")
            return
    elif get_origin(hint) in {Union, types.UnionType}:
        if any(not list(_faults(one, value, where)) for one in get_args(hint)):
            return
    elif _fits(hint, value):
        return
    yield fault("DSG-405", where, expected=_name(hint), found=repr(value))


def _fits(hint: Any, value: Any) -> bool:
    origin = get_origin(hint)
    if hint is Any:
        return True
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, Mapping)
    if origin is Literal:  # which words there are is for the class to say
        return isinstance(value, str)
    if hint is float:
        return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    if hint is int:
        return isinstance(value, Integral) and not isinstance(value, bool)
    return isinstance(hint, type) and isinstance(value, hint)


def _name(hint: Any) -> str:
    if get_origin(hint) in {Union, types.UnionType}:
        return " | ".join(_name(one) for one in get_args(hint))
    if get_origin(hint) is tuple:
        inner = get_args(hint)
        return "a list" if inner[-1] is Ellipsis else f"a list of {len(inner)}"
    if get_origin(hint) is Literal:
        return _NAMES[str]
    return _NAMES.get(hint, "a mapping")

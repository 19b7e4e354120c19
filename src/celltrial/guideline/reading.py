"""What the checks of a clause read and can find, taken from their own source: fields of the protocol, codes of findings."""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from types import FunctionType
from typing import Any, Final

from celltrial.guideline.checks import CHECKS
from celltrial.protocol.model import Protocol

_FIELD: Final = re.compile(r"[a-z_]+(\.[a-z_]+)*")
#: Functions that build a finding from its code.
_BUILDERS: Final = frozenset({"finding", "danger"})
_CHECKS: Final = "celltrial.guideline.checks"


@cache
def fields_read(clause: str) -> tuple[str, ...]:
    """Return the protocol fields that the checks of a clause name.

    >>> fields_read("2.1.2.4-c")
    ('stopping', 'stopping.in_flight')
    """
    found: dict[str, None] = {}
    for node in _nodes(clause, deep=False):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            text = str(node.values[0].value).removesuffix(".")
        if isinstance(text, str) and _FIELD.fullmatch(text):
            section = text.partition(".")[0]
            if section in Protocol.model_fields and ("." in text or section != "dose"):
                found[text] = None
    return tuple(found)


@cache
def findings_possible(clause: str) -> tuple[str, ...]:
    """Return the codes of the findings that the checks of a clause can yield, in the order of their source.

    >>> findings_possible("2.1.2.4-c")
    ('no_in_flight_rule',)
    """
    found: dict[str, None] = {}
    for node in _nodes(clause, deep=True):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _BUILDERS and node.args:
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str):
                found[code.value] = None
    return tuple(found)


def _nodes(clause: str, *, deep: bool) -> Iterator[ast.AST]:
    """Yield the syntax of the checks of a clause; deep: also of the functions of the checks that they call."""
    waiting = [_plain(check) for check in CHECKS.get(clause, ())]
    seen: set[Callable[..., Any]] = set()
    while waiting:
        function = waiting.pop(0)
        if function in seen:
            continue
        seen.add(function)
        names = vars(sys.modules[function.__module__])
        for node in ast.walk(ast.parse(inspect.getsource(function))):
            yield node
            called = names.get(node.id) if deep and isinstance(node, ast.Name) else None
            if isinstance(called, FunctionType) and called.__module__.startswith(_CHECKS):
                waiting.append(called)


def _plain(check: Callable[..., Any]) -> Callable[..., Any]:
    inner: Callable[..., Any] = getattr(check, "func", check)
    return inner

"""The parts of scipy that the program uses, each imported when something in it is first asked for.

A table of designs names every design, a protocol is read with that table, and nearly every command reads a protocol;
few of them ever evaluate a special function. Write `from celltrial.core.lazy_scipy import special`, not
`from scipy import special`, and use it as before: a type checker sees scipy's own modules.

>>> float(special.ndtr(0.0))
0.5
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["integrate", "optimize", "special", "stats"]

if TYPE_CHECKING:
    from scipy import integrate, optimize, special, stats
else:

    class _Later(ModuleType):
        """A module that is imported at the first name asked of it; the names asked for are kept."""

        def __getattr__(self, name: str) -> Any:
            found = getattr(importlib.import_module(self.__name__), name)
            setattr(self, name, found)
            return found

    integrate = _Later("scipy.integrate")
    optimize = _Later("scipy.optimize")
    special = _Later("scipy.special")
    stats = _Later("scipy.stats")

"""Progress as a port: long work reports to it and does not know who listens."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final, Protocol

#: What is to be done when a kernel has to be compiled first, which takes seconds once; the edge sets it.
COMPILING: Final[ContextVar[Callable[[], None] | None]] = ContextVar("celltrial_compiling", default=None)


class Progress(Protocol):
    """A listener to long work."""

    def start(self, code: str, total: int) -> None:
        """Begin a phase, named by a message code, of `total` steps."""

    def advance(self, steps: int = 1) -> None:
        """Tell that `steps` more steps are done."""

    def finish(self) -> None:
        """End the phase."""


class Silent:
    """A listener that does nothing."""

    def start(self, code: str, total: int) -> None:
        """Ignore."""

    def advance(self, steps: int = 1) -> None:
        """Ignore."""

    def finish(self) -> None:
        """Ignore."""

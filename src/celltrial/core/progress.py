"""Progress as a port: long work reports to it and does not know who listens."""

from __future__ import annotations

from typing import Protocol


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

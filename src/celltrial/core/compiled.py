"""Inner loops compiled by numba and kept on disk, with a word to whoever waits while the compiler works.

Import this only from modules of kernels, which are imported when a kernel is run: numba takes longer to import than most
commands take.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numba
from numba.core import event

from celltrial.core.progress import COMPILING


def compiled(function: Callable[..., Any]) -> Any:
    """Return a function compiled at its first call for each kind of arguments; what was compiled before is read from disk."""
    _listen()
    return numba.njit(cache=True)(function)


@cache
def _listen() -> None:
    event.register("numba:compile", _Listener())


class _Listener(event.Listener):  # type: ignore[misc]
    def on_start(self, event: Any) -> None:  # noqa: ARG002
        told = COMPILING.get()
        if told is not None:
            told()

    def on_end(self, event: Any) -> None:
        """Do nothing: the kernel runs next."""

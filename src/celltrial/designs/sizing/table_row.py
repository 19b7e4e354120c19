"""One row of a visible table of designs that are computed from parameters alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["ConfirmatoryDesign"]


@dataclass(frozen=True, slots=True)
class ConfirmatoryDesign:
    """A design, by what the protocol states and what answers it.

    params:     the frozen dataclass a protocol fills in.
    function:   params -> the design with its operating characteristics.
    references: citation keys; the module's docstring holds the full citation.
    exact:      False where the answer is simulated and carries a Monte Carlo error.
    """

    params: type[Any]
    function: Callable[..., Any]
    references: tuple[str, ...]
    exact: bool = True

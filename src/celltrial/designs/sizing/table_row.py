"""One row of a visible table of designs that are computed from parameters alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from celltrial.designs.policy import Message


@dataclass(frozen=True, slots=True)
class ConfirmatoryDesign:
    """A design, by what the protocol states and what answers it.

    params:     the frozen dataclass a protocol fills in.
    function:   params -> the design with its operating characteristics; a simulated one also takes `root_seed`.
                A way of randomising: params, subjects before, the next subject's stratum, uniforms -> arm.
    describe:   (params, result) -> the sentence for the protocol; a way of randomising: params -> sentence.
    references: citation keys; the module's docstring holds the full citation.
    example:    valid parameters, for tests, forms and the reference page.
    exact:      False where the answer is simulated and carries a Monte Carlo error.
    allocates:  True for a way of randomising.
    since:      version of celltrial that first had it.
    """

    params: type[Any]
    function: Callable[..., Any]
    describe: Callable[..., Message]
    references: tuple[str, ...]
    example: Any
    exact: bool = True
    allocates: bool = False
    since: str = "0.1"

"""How the design commands write parameters and simulated numbers, declared once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celltrial.locale import Language
    from celltrial.simulation.characteristics import OperatingCharacteristics

__all__ = ["basis_lines", "shown_params", "with_error"]


def shown_params(params: Mapping[str, Any]) -> str:
    """Return parameters as `name=value, ...`, numbers to four significant digits.

    >>> shown_params({"skeleton": (0.20395600763, 0.3), "cohort_size": 3})
    'skeleton=[0.204, 0.3], cohort_size=3'
    """
    return ", ".join(f"{name}={_shown(value)}" for name, value in params.items())


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_shown(item)}" for name, item in value.items()) + "}"
    return str(value)


def with_error(oc: OperatingCharacteristics, name: str, index: int = 0, *, share: bool = True, digits: int = 1) -> str:
    """Return a number of the characteristics, a share in per cent, with ± its standard error where simulated."""
    value = getattr(oc, name)
    scale = 100 if share else 1
    shown = f"{scale * (value[index] if isinstance(value, tuple) else value):.{digits}f}"
    errors = oc.standard_error.get(name)
    return shown if errors is None else f"{shown} ± {scale * errors[index]:.{digits}f}"


def basis_lines(found: Sequence[OperatingCharacteristics], language: Language) -> list[str]:
    """Return how the numbers were found: exact with states and rounding, or simulated with trials and seed."""
    from celltrial.locale import translate

    if not found:
        return []
    first = found[0]
    worst = max((item.total_probability_error or 0.0) for item in found)
    key = "cli.design.exact" if first.exact else "cli.design.simulated"
    states = None if first.states is None else f"{first.states:,}"
    trials = None if first.trials is None else f"{first.trials:,}"
    return [translate(key, language, states=states, error=f"{worst:.0e}", trials=trials, seed=first.seed)]

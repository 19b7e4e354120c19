"""Parameters of a design as one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def format_params(params: Mapping[str, Any]) -> str:
    """Return parameters as `name=value, ...`, numbers to four significant digits.

    >>> format_params({"skeleton": (0.20395600763, 0.3), "cohort_size": 3})
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

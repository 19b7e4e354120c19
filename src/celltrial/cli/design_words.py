"""How the design commands write exact and simulated numbers, declared once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from celltrial.app.planning import Computed
    from celltrial.locale import Language
    from celltrial.simulation.characteristics import OperatingCharacteristics

__all__ = ["basis_lines", "print_durations", "with_error"]


def with_error(oc: OperatingCharacteristics, name: str, index: int = 0, *, share: bool = True, digits: int = 1) -> str:
    """Return a number of the characteristics, a share in per cent, with ± its standard error where simulated."""
    value = getattr(oc, name)
    scale = 100 if share else 1
    shown = f"{scale * (value[index] if isinstance(value, tuple) else value):.{digits}f}"
    errors = oc.standard_error.get(name)
    return shown if errors is None else f"{shown} ± {scale * errors[index]:.{digits}f}"


def basis_lines(computed: Computed, language: Language) -> list[str]:
    """Return how the numbers were found: exact with states and rounding, or simulated with trials and seed."""
    from celltrial.locale import translate

    found = computed.characteristics
    if not found:
        return []
    first = found[0]
    worst = max((item.total_probability_error or 0.0) for item in found)
    states = None if first.states is None else f"{first.states:,}"
    trials = None if first.trials is None else f"{first.trials:,}"
    if computed.calendar is not None:
        timing = computed.calendar
        window, gap = f"{timing.window:g}", f"{timing.arrival_gap:.1f}"
        return [
            translate("cli.design.in_calendar", language, trials=trials, seed=first.seed, window=window, gap=gap,
                      late=f"{100 * timing.late_share:g}")
        ]  # fmt: skip
    key = "cli.design.exact" if first.exact else "cli.design.simulated"
    return [translate(key, language, states=states, error=f"{worst:.0e}", trials=trials, seed=first.seed)]


def print_durations(computed: Computed, names: Sequence[str], language: Language) -> None:
    """Print the mean duration under each scenario, from the first infusion to the end of the last window."""
    from celltrial.cli.terminal import print_table
    from celltrial.locale import translate

    rows = [(name, f"{mean:.0f} ± {error:.0f}") for name, (mean, error) in zip(names, computed.durations, strict=True)]
    heads = [translate(f"cli.design.{name}", language) for name in ("scenario", "days")]
    print_table(translate("cli.design.durations", language), heads, rows)

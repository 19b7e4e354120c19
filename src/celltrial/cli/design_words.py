"""How the design commands write exact and simulated numbers, declared once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from celltrial.app.planning import Computed
    from celltrial.locale import Language
    from celltrial.simulation.characteristics import OperatingCharacteristics


_EARLY = ("stop_lowest_too_toxic", "stop_no_admissible_dose", "stop_rule_crossed")


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


def bases_of(found: Mapping[str, Computed], language: Language) -> list[str]:
    """Return how the numbers of several designs were found, once for all that were found alike.

    found: by the name that is before the line.
    """
    from celltrial.locale import translate

    exact = {name: one for name, one in found.items() if one.characteristics and one.characteristics[0].exact}
    lines: dict[str, list[str]] = {}
    for name, one in found.items():
        if name not in exact:
            for line in basis_lines(one, language):
                lines.setdefault(line, []).append(name)
    told = [f"{', '.join(names)}: {line}" for line, names in lines.items()]
    if exact:
        worst = max(oc.total_probability_error or 0.0 for one in exact.values() for oc in one.characteristics)
        states = ", ".join(f"{name} {one.characteristics[0].states:,}" for name, one in exact.items())
        told.insert(0, translate("cli.design.exact_all", language, states=states, error=f"{worst:.0e}"))
    return told


def print_ends(computed: Computed, names: Sequence[str], language: Language) -> None:
    """Print how trials end under each scenario: early for safety, overdosing, and the spread of their size."""
    from celltrial.cli.terminal import percent, print_table
    from celltrial.locale import translate

    rows = []
    for name, oc in zip(names, computed.characteristics, strict=True):
        early = sum(oc.prob_stop.get(reason, 0.0) for reason in _EARLY)
        sizes = " / ".join(str(_quantile(oc.n_distribution, share)) for share in (0.05, 0.5, 0.95))
        rows.append((name, percent(early), percent(oc.prob_select_overdose), percent(oc.prob_overdosing), sizes))
    heads = ["scenario", "early", "select_overdose", "overdosing", "sizes"]
    print_table(
        translate("cli.design.ends", language), [translate(f"cli.design.{name}", language) for name in heads], rows
    )


def _quantile(distribution: Mapping[int, float], share: float) -> int:
    """Return the least size that this share of trials does not exceed."""
    reached = 0.0
    for size, weight in sorted(distribution.items()):
        reached += weight
        if reached >= share - 1e-12:
            return size
    return max(distribution)


def print_durations(computed: Computed, names: Sequence[str], language: Language) -> None:
    """Print the mean duration under each scenario, from the first infusion to the end of the last window."""
    from celltrial.cli.terminal import print_table
    from celltrial.locale import translate

    rows = [(name, f"{mean:.0f} ± {error:.0f}") for name, (mean, error) in zip(names, computed.durations, strict=True)]
    heads = [translate(f"cli.design.{name}", language) for name in ("scenario", "days")]
    print_table(translate("cli.design.durations", language), heads, rows)


def plain(value: Any) -> dict[str, Any]:
    """Return a result as plain data, field by field."""
    fields = {name: getattr(value, name) for name in value.__dataclass_fields__}
    return {name: dict(item) if hasattr(item, "items") else item for name, item in fields.items()}

"""Figures: from content to an inline SVG whose text stays text. One drawing per file, one visible table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.report.content.output import Figure
from celltrial.report.figures import dose_path, forest, kinetics, survival, swimlane, swimmer
from celltrial.report.figures.svg import to_svg
from celltrial.report.render.words import Words

__all__ = ["DRAWINGS", "draw"]

#: Name of a drawing to the function that draws it: data and words in, chart out.
DRAWINGS: Final[Mapping[str, Callable[[Mapping[str, Any], Words], Any]]] = MappingProxyType(
    {
        "dose_path": dose_path.chart,
        "forest": forest.chart,
        "kinetics": kinetics.chart,
        "survival": survival.chart,
        "swimlane": swimlane.chart,
        "swimmer": swimmer.chart,
    }
)
#: Drawings whose data stand apart from the chart, by name.
DATASETS: Final[Mapping[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]]] = MappingProxyType(
    {"kinetics": kinetics.datasets}
)


def draw(figure: Figure, words: Words, *, prefix: str) -> str:
    """Return the SVG of a figure; `prefix` keeps the ids of several figures on one page apart."""
    named = DATASETS[figure.drawing](figure.data) if figure.drawing in DATASETS else {}
    return to_svg(DRAWINGS[figure.drawing](figure.data, words), prefix=prefix, datasets=named)

"""From a chart to an SVG that can be inside a page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from celltrial.report.figures.convert import vegalite_to_svg
from celltrial.report.figures.theme import FONTS, configure

#: Vega labels every mark by its data fields, in English; the page describes the figure as a whole instead.
_PER_MARK: Final = re.compile(r' (?:aria-label|aria-roledescription|role)="[^"]*"')
#: Several legends are one under another; the schema of altair does not know this part of Vega's configuration.
_LEGENDS: Final = {"top": {"direction": "vertical", "anchor": "start", "margin": 4}}
_ID: Final = re.compile(r'\bid="([^"]+)"')


def to_svg(chart: Any, *, prefix: str, datasets: Mapping[str, Any] | None = None) -> str:
    """Return the SVG of a chart, its ids prefixed and counted from zero; text stays text.

    datasets: rows by the name under which the chart speaks of them.

    Raises ConversionError for a chart that cannot be drawn: a defect of ours.
    """
    spec = configure(chart).to_dict(validate=False)
    spec.setdefault("datasets", {}).update(datasets or {})
    spec["config"]["legend"]["layout"] = _LEGENDS
    svg = vegalite_to_svg(spec)
    for i, name in enumerate(dict.fromkeys(_ID.findall(svg))):
        svg = re.sub(rf'(\bid="|url\(#|href="#){re.escape(name)}(?=["\)])', rf"\g<1>{prefix}-{i}", svg)
    svg = _PER_MARK.sub("", svg).replace(f' font-family="{FONTS}"', "")
    return svg.replace("<svg ", f'<svg font-family="{FONTS}" ', 1)

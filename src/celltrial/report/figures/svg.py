"""From a chart to an SVG that can stand inside a page."""

from __future__ import annotations

import re
from typing import Any, Final

from celltrial.report.figures.theme import FONTS, configure

__all__ = ["to_svg"]

#: Several legends stand one under another; the schema of altair does not know this part of Vega's configuration.
_LEGENDS: Final = {"top": {"direction": "vertical", "anchor": "start", "margin": 4}}
_ID: Final = re.compile(r'\bid="([^"]+)"')


def to_svg(chart: Any, *, prefix: str) -> str:
    """Return the SVG of a chart, its ids prefixed and counted from zero; text stays text.

    Raises what vl-convert raises for a chart that it cannot draw: a defect of ours.
    """
    import vl_convert

    spec = configure(chart).to_dict()
    spec["config"]["legend"]["layout"] = _LEGENDS
    svg: str = vl_convert.vegalite_to_svg(spec)
    for i, name in enumerate(dict.fromkeys(_ID.findall(svg))):
        svg = re.sub(rf'(\bid="|url\(#|href="#){re.escape(name)}(?=["\)])', rf"\g<1>{prefix}-{i}", svg)
    return svg.replace(f'font-family="{FONTS.split(",")[0]}"', f'font-family="{FONTS}"')

"""Colours, fonts and sizes shared by the figures.

Colours are those of Okabe and Ito, distinguished by people with any colour vision; wherever a colour means
something a shape, a dash or a label means it too, so that a grey print can be read.
"""

from __future__ import annotations

from typing import Any, Final

BLACK: Final = "#1b1f24"
GREY: Final = "#9aa3ad"
BLUE: Final = "#0072b2"
SKY: Final = "#56b4e9"
GREEN: Final = "#009e73"
YELLOW: Final = "#f0e442"
ORANGE: Final = "#e69f00"
VERMILLION: Final = "#d55e00"
PURPLE: Final = "#cc79a7"
#: Width of the plot, pixels.
WIDTH: Final = 880
FONTS: Final = "Helvetica Neue, Arial, Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif"


def row_step(rows: int) -> int:
    """Return the height of one subject's lane, pixels: smaller the more there are."""
    return 20 if rows <= 30 else 14 if rows <= 80 else 9


def configure(chart: Any) -> Any:
    """Return the chart with the house's look."""
    return (
        chart.configure(font=FONTS, background="white", padding=6)
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelColor=BLACK,
            titleColor=BLACK,
            gridColor="#e8ebee",
            domainColor=GREY,
            tickColor=GREY,
            labelLimit=220,
            titleLimit=700,
        )
        .configure_legend(
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelLimit=400,
            symbolStrokeWidth=1.5,
        )
        .configure_title(fontSize=13, fontWeight="bold", anchor="start", color=BLACK)
        .configure_header(labelFontSize=13, labelFontWeight="bold")
    )

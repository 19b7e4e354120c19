"""The program that draws: one chart a line on standard input (JSON), one SVG a line on standard output (JSON).

A line with `svg` and `scale` asks for the picture of that SVG as PNG instead, answered in base 64.

It runs by itself, beside the process that asks (`convert.py`), and imports nothing of celltrial.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import vl_convert


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        try:
            answer = _answer(json.loads(line))
        except ValueError as wrong:
            answer = {"error": str(wrong)}
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer


def _answer(asked: dict[str, Any]) -> dict[str, str]:
    if set(asked) == {"svg", "scale"}:
        return {"png": base64.b64encode(vl_convert.svg_to_png(asked["svg"], scale=asked["scale"])).decode("ascii")}
    return {"svg": vl_convert.vegalite_to_svg(asked)}


if __name__ == "__main__":
    main()

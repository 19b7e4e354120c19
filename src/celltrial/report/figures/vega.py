"""The program that draws: one chart a line on standard input (JSON), one SVG a line on standard output (JSON).

It runs by itself, beside the process that asks (`convert.py`), and imports nothing of celltrial.
"""

from __future__ import annotations

import json
import sys

import vl_convert


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin:
        try:
            answer = {"svg": vl_convert.vegalite_to_svg(json.loads(line))}
        except ValueError as wrong:
            answer = {"error": str(wrong)}
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()

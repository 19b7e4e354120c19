"""What `make bench` measures of the review: one core, warm, wall time, on the largest study file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from celltrial.guideline.comparison import compare_reviews
from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.protocol import Protocol, read_protocol

#: name, measured, unit, goal
Row = tuple[str, float, str, str]

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def seconds(act: Callable[[], object], repeats: int = 5) -> float:
    """Return the best of some runs after a warm-up."""
    act()
    best = float("inf")
    for _ in range(repeats):
        start = time.perf_counter()
        act()
        best = min(best, time.perf_counter() - start)
    return best


def run() -> Iterator[Row]:
    """Yield the rows."""
    path = max(EXAMPLES.glob("*.yaml"), key=lambda item: item.stat().st_size)
    text, register = path.read_text(encoding="utf-8"), packaged_register()
    protocol = read_protocol(text, path.name)
    edited = protocol.model_copy(update={"stopping": None})

    def read() -> Protocol:
        return read_protocol(text, path.name)

    size = f"{len(text.splitlines())} lines"
    yield f"review of the largest example ({path.stem})", seconds(lambda: review(protocol, register)), "s", "< 1"
    yield f"read it from YAML, every fault with its line ({size})", seconds(read), "s", "< 1"
    yield "read + review", seconds(lambda: review(read(), register)), "s", "< 2"
    yield (
        "re-run after one edit: the changed verdicts alone",
        seconds(lambda: compare_reviews(review(protocol, register), review(edited, register))),
        "s",
        "< 1",
    )

"""How long a command takes before it does anything: a fresh process, processor time of it alone.

Peers, `Rscript` with the package loaded, user CPU on two AMD EPYC cores, November 2026: bare R 0.14 s, gsDesign 0.70 s,
rpact 0.74 s, crmPack 1.3 s, escalation 2.5 s.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

CELLTRIAL = Path(sys.executable).with_name("celltrial")


def seconds(*words: str, times: int = 5) -> float:
    """Return the least processor time of some runs of a command, after one that is not counted."""
    found = []
    for _ in range(times + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([CELLTRIAL, *words], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found[1:])


def run() -> Iterator[tuple[str, float, str, str]]:
    """Yield (name, measured, unit, goal)."""
    yield "celltrial --help", seconds("--help"), "s", "<= 0.3; bare R 0.14, rpact 0.74, escalation 2.5"
    yield "celltrial design --help", seconds("design", "--help"), "s", "-"

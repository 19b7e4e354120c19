"""How long a command takes as a whole process, warm bytecode: processor time of it alone, beside a bare Python in turn.

A ratio holds on any machine; seconds are those of the machine that runs this. Commands and bare Python alternate, so that
both see the same load, and the least of each counts.

Peers, `Rscript` with the package loaded, user CPU on two AMD EPYC cores, November 2026: bare R 0.14 s, gsDesign 0.70 s,
rpact 0.74 s, crmPack 1.3 s, escalation 2.5 s.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench_conduct import large_trial

from celltrial.app.session import codec
from celltrial.conduct.envelope import Draft
from celltrial.ledger import open_ledger
from celltrial.ledger.journal import Journal

CELLTRIAL = str(Path(sys.executable).with_name("celltrial"))
BARE = (sys.executable, "-c", "pass")
#: Bytecode is kept between runs, whatever the shell that starts this says.
WARM = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
RECORDS, MANY = 1_000, 200_000
#: A person of a rehearsal; its ledger takes a typed one.
WHO = ("--as", "coordinator", "--account", "c")
LABORATORY = json.dumps({"subject": "P1", "test": "creatinine", "unit": "umol/L", "value": 80})


def processor_time(words: Sequence[str]) -> float:
    """Return the processor time of one process; it must end well, or with the answer no."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(words, check=False, stdout=subprocess.DEVNULL, env=WARM)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"exit {done.returncode}: {' '.join(words)}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def beside_bare(words: Sequence[str], times: int = 5) -> tuple[float, float]:
    """Return the least processor time of a command and its ratio to bare Python, after one run of each that is not counted."""
    pairs = [(processor_time(words), processor_time(BARE)) for _ in range(times + 1)][1:]
    least = min(command for command, _ in pairs)
    return least, least / min(bare for _, bare in pairs)


def write_trial(where: Path, subjects: int, size: int) -> None:
    """Write a rehearsal of treated subjects and so many records."""
    _, events = large_trial(subjects=subjects, size=size)
    drafts = [Draft(item.stream, item.fact, item.occurred, item.precision) for item in events]
    with open_ledger(where, create=True) as ledger:
        Journal(ledger, codec()).append("trial", 0, drafts, actor=events[0].actor, protocol_version="1.0")


def run() -> Iterator[tuple[str, float, str, str]]:
    """Yield (name, measured, unit, goal)."""
    largest = max(EXAMPLES.glob("*.yaml"), key=lambda item: item.stat().st_size)
    with tempfile.TemporaryDirectory() as folder:
        ledger, large = str(Path(folder, "trial.db")), str(Path(folder, "large.db"))
        write_trial(Path(ledger), 6, RECORDS)
        write_trial(Path(large), 400, MANY)
        WARM["CELLTRIAL_DATA"] = str(Path(folder, "installation"))  # snapshots go with the ledgers that they are of
        asked = ("RecordLaboratory", "--trial", "trial", *WHO, "--fields", LABORATORY)
        first = processor_time((CELLTRIAL, "act", large, *asked))
        yield f"celltrial act on {MANY:,} records, the first that opens them", first, "s", "-"
        rows = (
            ("--help", ("--help",), "-", "<= 8"),
            ("--version", ("--version",), "-", "<= 8"),
            ("design --help", ("design", "--help"), "-", "-"),
            (f"review of the largest example ({largest.stem})", ("review", str(largest)), "<= 0.9", "-"),
            (f"act on {RECORDS:,} records", ("act", ledger, *asked), "<= 0.7", "-"),
            (f"act on {MANY:,} records", ("act", large, *asked), "<= 1.2", "-"),
            (f"status of {RECORDS:,} records", ("status", ledger, *WHO), "-", "-"),
            (f"status of {MANY:,} records", ("status", large, *WHO), "-", "-"),
            (f"verify of {RECORDS:,} records", ("verify", ledger), "-", "-"),
        )
        WARM["NUMBA_CACHE_DIR"] = str(Path(folder, "compiled"))
        design = (CELLTRIAL, "design", str(largest))
        yield "celltrial design of the largest example, nothing compiled yet", processor_time(design), "s", "<= 8"
        yield "  the same, with what was compiled", processor_time(design), "s", "-"
        for name, words, goal, goal_of_ratio in rows:
            least, ratio = beside_bare((CELLTRIAL, *words))
            yield f"celltrial {name}", least, "s", goal
            yield "  beside bare Python", ratio, "x", goal_of_ratio

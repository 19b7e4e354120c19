"""Handler of the virtual trial: a new ledger, a simulated clock, nothing left behind where it fails."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from celltrial.app.files import refuse_existing
from celltrial.app.installation import receipts_folder
from celltrial.app.session import SimulatedClock, open_session
from celltrial.core.progress import Progress
from celltrial.protocol import Protocol

if TYPE_CHECKING:
    from celltrial.simulation.twin import TwinSummary
    from celltrial.simulation.twin.happenings import Happening


def remove_ledger(path: Path, *, receipts: bool = False) -> None:
    """Remove an SQLite ledger that was begun and not finished, with its side files; of a rehearsal its receipts too."""
    for name in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        name.unlink(missing_ok=True)
    folder = receipts_folder(str(path)) if receipts else None
    if folder is not None and folder.is_dir():
        shutil.rmtree(folder)


def simulate_into(
    ledger: Path,
    protocol: Protocol,
    *,
    seed: int,
    scenario: str | None,
    years: float,
    progress: Progress,
    start: date | None = None,
    happenings: Sequence[Happening] = (),
) -> TwinSummary:
    """Simulate a trial into a new ledger file, from a fixed first day unless one is given; a failure leaves no file."""
    from celltrial.app.statistician import VirtualStatistician
    from celltrial.simulation.twin import FIRST_DAY, simulate_trial
    from celltrial.simulation.twin.scenarios import scenario_of

    refuse_existing(ledger)
    scenario_of(protocol, scenario)
    clock = SimulatedClock()
    try:
        with open_session(ledger, protocol.identification.id, create=True, clock=clock) as session:
            return simulate_trial(
                protocol,
                session,
                seed=seed,
                scenario=scenario,
                start=start or FIRST_DAY,
                years=years,
                progress=progress,
                statistician=VirtualStatistician(session),
                happenings=happenings,
            )
    except BaseException:
        remove_ledger(ledger)
        raise

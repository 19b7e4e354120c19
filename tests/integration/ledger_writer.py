"""A process that writes to a ledger; `test_ledger_processes` starts, races and kills it.

fight URL TRIAL   reads positions from standard input, tries to take each, answers won or lost.
stream URL TRIAL  appends three records at a time until it is killed, printing each acknowledged request.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from celltrial.conduct.envelope import Actor, Role
from celltrial.core.dates import Instant
from celltrial.core.errors import ConflictError
from celltrial.ledger import Context, Entry, Ledger, open_ledger

HERE = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def fight(ledger: Ledger, trial: str, name: str) -> None:
    actor = Actor(name, Role.COORDINATOR)
    say("ready")
    for line in sys.stdin:
        try:
            ledger.append(
                trial, int(line), [Entry("cohort/1", "cohort.slot_taken/1", {"by": name}, HERE)], Context(actor)
            )
        except ConflictError:
            say("lost")
        else:
            say("won")


def stream(ledger: Ledger, trial: str, name: str) -> None:
    actor = Actor(name, Role.COORDINATOR)
    position = ledger.head(trial).position
    say("ready")
    while True:
        cause = f"{name}-{position}"
        notes = [Entry(f"subject/{part}", "subject.noted/1", {"cause": cause, "part": part}, HERE) for part in range(3)]
        position = ledger.append(trial, position, notes, Context(actor, cause=cause))[-1].position
        say(cause)


if __name__ == "__main__":
    _, mode, where, trial_name, writer = sys.argv
    with open_ledger(where) as opened:
        (fight if mode == "fight" else stream)(opened, trial_name, writer)

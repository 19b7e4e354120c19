"""A process that writes to a ledger; `test_ledger_processes` starts, races and kills it.

fight URL TRIAL   reads positions from standard input, tries to take each, answers won or lost.
slot URL TRIAL    reads rounds from standard input; in each asks, by the command and for a subject of its own, for the
                  one infusion moment that all want; answers won, or the codes of the conditions it was refused for.
stream URL TRIAL  appends three records at a time until it is killed, printing each acknowledged request.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from celltrial.app.session import TrialSession
from celltrial.conduct.acts.subject.commands import PlanLymphodepletion
from celltrial.conduct.envelope import Actor, Request, Role
from celltrial.conduct.ruling import Refused
from celltrial.core.dates import Instant
from celltrial.core.errors import ConflictError
from celltrial.ledger import Context, Entry, Ledger, open_ledger

HERE = Instant(datetime(2025, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai")
#: First day of lymphodepletion, and the infusion moment that everybody wants.
STARTS = Instant(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
INFUSION = Instant(datetime(2025, 1, 11, 2, tzinfo=UTC), "Asia/Shanghai")


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


def slot(ledger: Ledger, trial: str, name: str) -> None:
    session = TrialSession(ledger, trial, lambda: STARTS.utc, lambda _: None)
    subject, actor = name.replace("w", "P"), Actor(name, Role.INVESTIGATOR)
    command = PlanLymphodepletion(subject, name.replace("w", "B"), STARTS.local_date, INFUSION)
    say("ready")
    for line in sys.stdin:
        session.catch_up()
        answer = session.submit(Request(command, actor, STARTS, id=f"{name}-{line.strip()}"))
        say(" ".join(item.code.value for item in answer.conditions) if isinstance(answer, Refused) else "won")


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
        {"fight": fight, "slot": slot, "stream": stream}[mode](opened, trial_name, writer)

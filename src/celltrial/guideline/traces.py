"""From a clause to where it acts: checks on the plan, gates, monitors, analyses and reports."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.guideline.checks import CHECKS
from celltrial.guideline.register import Clause, Register
from celltrial.guideline.traces_data import ACTS


@dataclass(frozen=True, slots=True)
class Trace:
    """Where one clause acts.

    checks: names of the checks that judge the plan, such as `protection.check_stopping_rules`.
    acts:   modules that act on it elsewhere, such as `conduct.gates.stagger`.
    """

    clause: str
    checks: tuple[str, ...]
    acts: tuple[str, ...]


def trace_of(clause: Clause) -> Trace:
    """Return where a clause acts.

    >>> from celltrial.guideline.register import packaged_register
    >>> trace_of(packaged_register().clause("2.2.4-a"))
    Trace(clause='2.2.4-a', checks=('exploratory.check_staggering',), acts=('conduct.gates.stagger',))
    """
    checks = tuple(
        f"{check.__module__.rsplit('.', 1)[-1]}.{getattr(check, '__name__', 'check')}"
        for check in CHECKS.get(clause.id, ())
    )
    return Trace(clause.id, checks, ACTS.get(clause.id, ()))


def check_words(trace: Trace) -> tuple[str, ...]:
    """Return the message keys that name what its checks look at.

    >>> check_words(Trace("2.2.4-a", ("exploratory.check_staggering",), ()))
    ('gdl.check.exploratory.staggering',)
    """
    return tuple(f"gdl.check.{name.replace('check_', '', 1)}" for name in trace.checks)


def place_words(trace: Trace) -> tuple[str, ...]:
    """Return the message keys of the parts of the product in which it acts, each once.

    >>> place_words(Trace("2.2.4-a", (), ("conduct.gates.stagger", "conduct.gates.site", "ledger.chain")))
    ('gdl.place.conduct.gates', 'gdl.place.ledger')
    """
    rooms = (name.split(".") for name in trace.acts)
    return tuple(dict.fromkeys("gdl.place." + ".".join(parts[: 2 if parts[0] == "conduct" else 1]) for parts in rooms))


def untraced(register: Register) -> tuple[Clause, ...]:
    """Return the clauses that act nowhere."""
    return tuple(clause for clause in register.clauses.values() if not (CHECKS.get(clause.id) or ACTS.get(clause.id)))

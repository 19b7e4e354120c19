"""Handlers of experiments: one by its name, or all, on a protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celltrial.app.reviewing import the_register
from celltrial.core.errors import UserError, fault

if TYPE_CHECKING:
    from celltrial.guideline.experiments import Outcome
    from celltrial.protocol import Protocol


def try_out(protocol: Protocol, name: str = "") -> tuple[Outcome, ...]:
    """Return what comes of one experiment, or of every one where none is named; APP-285 where there is none of this name."""
    from celltrial.guideline.experiments import EXPERIMENTS, opened, run

    if name and name not in EXPERIMENTS:
        raise UserError(fault("APP-285", expected=", ".join(EXPERIMENTS), found=name))
    trial = opened(protocol)
    return tuple(run(one, trial) for one in ((name,) if name else EXPERIMENTS))


def applying(protocol: Protocol, register: str = "") -> frozenset[str]:
    """Return the clauses of a packaged register that apply to a protocol, or may (APP-030)."""
    from celltrial.core.truth import Truth
    from celltrial.guideline.facts import facts_of
    from celltrial.guideline.risk_tier import risk_tier
    from celltrial.guideline.trigger import applicability

    facts = facts_of(protocol, risk_tier(protocol.product))
    clauses = the_register(register).clauses.values()
    return frozenset(item.id for item in clauses if applicability(item.trigger, facts).truth is not Truth.FALSE)

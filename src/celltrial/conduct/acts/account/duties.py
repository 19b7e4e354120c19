"""Segregated duties: what one person must not do both of, whatever roles an account holds. A visible table.

Roles segregate most duties (`conduct.acts.roles`); a person may hold two roles.
What somebody did to a batch or a query is remembered by account, and the act that
must be another's is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.acts.batch import commands as batch
from celltrial.conduct.acts.safety import commands as safety
from celltrial.conduct.acts.subject import commands as subject
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request
from celltrial.conduct.facts.account.duties import Duty, of_batch, of_query, people
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import fail
from celltrial.core.values import Term, as_written, message

SEGREGATED: Final[Mapping[type[Any], Duty]] = MappingProxyType(
    {
        batch.ReleaseBatch: Duty(of_batch, "made"),
        batch.ApproveOutOfSpecificationUse: Duty(of_batch, "made"),
        subject.RecordInfusion: Duty(of_batch, "released"),
        safety.CloseQuery: Duty(lambda command: of_query(command.fact), "answered"),
    }
)
"""Command to the duty that its person, and everybody who signs it, must not have had."""


def check_duties(state: TrialState, request: Request[Any]) -> Conditions:
    """Yield everybody in a request who had the duty that must be another's."""
    row = SEGREGATED.get(type(request.command))
    if row is None:
        return
    about = row.key(request.command)
    had = state.duties.get((row.duty, about), frozenset())
    for account in sorted(had.intersection(people(request.actor.id, request.command))):
        yield fail(
            Code.DUTIES_NOT_SEPARATE,
            message("another_than_who", duty=Term("duty", row.duty)),
            as_written(account),
            about,
        )

"""What a gate looks at: the state, the subject, the site, the protocol in force, and the moment of the act."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.site.state import SiteState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.facts.subject.state import SubjectState
from celltrial.conduct.plan import Plan
from celltrial.conduct.ruling import Condition, fail
from celltrial.core.dates import Instant
from celltrial.core.errors import DefectError
from celltrial.core.values import at_most
from celltrial.protocol import Protocol
from celltrial.protocol.regimen import regimen_of

Conditions = Iterator[Condition]


class GateSection(StrEnum):
    """A part of a gate, so that what is fulfilled can be shown beside what is not; texts are under `conduct.gate.<value>`."""

    STAGE = "stage"
    SITE = "site"
    STOCK = "stock"
    BATCH = "batch"
    CELLS = "cells"
    CONSENTS = "consents"
    CRITERIA = "criteria"
    BEDSIDE = "bedside"
    ROUTE = "route"
    OPERATOR = "operator"
    LEVEL = "level"
    STOPS = "stops"
    MOMENT = "moment"
    STAGGER = "stagger"


#: The parts of a gate in order, each with what it yields when it is asked.
Sections = Iterator[tuple[GateSection, Conditions]]


@dataclass(frozen=True, slots=True)
class Act:
    """One act on one subject at one moment."""

    state: TrialState
    subject: SubjectState
    site: SiteState
    plan: Plan
    at: Instant

    @property
    def protocol(self) -> Protocol:
        """The protocol in force."""
        return self.plan.protocol

    @property
    def today(self) -> date:
        """The site-local day of the act."""
        return Instant(self.at.utc, self.site.zone).local_date

    @property
    def may_repeat(self) -> bool:
        """Whether the protocol plans a further dose for this subject."""
        following = regimen_of(self.protocol).following(self.subject.done)
        return bool(self.subject.infusions) and following is not None and self.subject.is_active

    @property
    def about(self) -> str:
        """The subject's stream."""
        return f"subject/{self.subject.subject}"


def found_act(state: TrialState, subject_id: str, at: Instant) -> Act | None:
    """Return the act; None where there can be none: no protocol, an unknown subject."""
    plan, subject = state.plan, state.subjects.get(subject_id)
    return None if plan is None or subject is None else Act(state, subject, state.site_of(subject.site), plan, at)


def act_of(state: TrialState, subject_id: str, at: Instant) -> Act:
    """Return the act of a command whose subject is known (`acts.references`), of a trial with a protocol (`acts.access`)."""
    act = found_act(state, subject_id, at)
    if act is None:
        raise DefectError(f"a decider was asked before its references: subject/{subject_id}")
    return act


def check_alive(act: Act, on: date) -> Conditions:
    """Yield a day after the subject's death: what is said to have begun or been seen then was not."""
    died = act.subject.died_on
    if died is not None and on > died:
        yield fail(Code.ORDER_WRONG, at_most(died), on, act.about)

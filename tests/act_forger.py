"""Somebody who may write a ledger and knows the program, and what they write past it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from celltrial.app.session import codec
from celltrial.conduct.acts.scope.commands import SignEvaluation
from celltrial.conduct.acts.signing.content import content_of, sha256_of
from celltrial.conduct.envelope import TRIAL as TRIAL_STREAM
from celltrial.conduct.envelope import Actor, Draft, Request, Role
from celltrial.conduct.facts.scope.events import ResumeItemRecorded
from celltrial.conduct.facts.signing.events import (
    NeededSignature,
    Part,
    SignatureGiven,
    SignatureRequested,
    SignedActCarriedOut,
)
from celltrial.conduct.facts.trial.events import TaskClosed
from celltrial.conduct.vocabulary import ResumeItem, Signature
from celltrial.core.dates import Instant
from celltrial.core.values import Identifier
from celltrial.ledger import Journal, open_ledger

TRIAL = "CT-BCMA-01"
LEAD = Actor("lead", Role.SPONSOR, None, "Lead Office")
EVE = Actor("eve", Role.MEDICAL_MONITOR, None, "Eve Office")
WARD = Actor("pi", Role.INVESTIGATOR, None, "Ward One")
ANYBODY = TaskClosed("t", Identifier("done"))


class Forger:
    """Somebody who may write the database and knows the program: every chain that results is consistent in itself."""

    def __init__(self, ledger):
        self.ledger, self.now = ledger, Instant(datetime.now(UTC), "UTC")
        on = self.now.utc.date()
        self.item = ResumeItemRecorded("X", ResumeItem.EVALUATION, on, "report 3")
        content = content_of(TRIAL, Request(SignEvaluation("X", on, "report 3", ()), LEAD, self.now))
        self.sha256 = sha256_of(content)
        needed = tuple(NeededSignature(Part.SIGNATURES, (role,)) for role in ("medical_monitor", "sponsor"))
        later = Instant(self.now.utc + timedelta(days=7), "UTC")
        self.asked = SignatureRequested(
            self.sha256[:16], "SignEvaluation", content, self.sha256, TRIAL_STREAM, needed, later
        )
        self.given = SignatureGiven(
            self.asked.signing, self.sha256, Part.SIGNATURES, "approval", ("password", "code"), "s"
        )
        self.done = SignedActCarriedOut(self.asked.signing)
        self.both = tuple(Signature(who.id, who.printed_name, who.role, "approval", self.now) for who in (EVE, LEAD))

    def write(self, *facts):
        """Append facts in one write; a pair names whose it is, otherwise it is the lead's."""
        said = [item if isinstance(item, tuple) else (item, LEAD) for item in facts]
        with open_ledger(self.ledger) as opened:
            drafts = [Draft(TRIAL_STREAM, fact, self.now, actor=who) for fact, who in said]
            Journal(opened, codec()).append(TRIAL, opened.head(TRIAL).position, drafts, actor=LEAD)

"""The judge of random conduct: whether each remembered fact was allowed, from the events before it alone.

It asks neither the state nor the rules. What a run met is counted, because a run that met nothing proves nothing.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from typing import Any

from celltrial.conduct.facts.batch import events as made
from celltrial.conduct.facts.cohort import events as grouped
from celltrial.conduct.facts.follow_up import events as followed
from celltrial.conduct.facts.scope import events as scoped
from celltrial.conduct.facts.subject import events as lived
from celltrial.conduct.vocabulary import ResumeItem, ScopeKind
from celltrial.core.dates import Instant

__all__ = ["ASKED", "RARE", "SITES", "judge"]

#: Sites of the judged trial and their zones.
SITES = {"S1": "Asia/Shanghai", "S2": "Europe/Berlin", "S3": "America/New_York"}

#: What the machine met since the process began; the long run goes on until 200,000 commands.
ASKED = Counter[str]()

#: Fact to what the machine has then met; each must be met, or the run has proved little.
MET = {
    scoped.ScopeSuspended: "suspended",
    scoped.ScopeResumed: "resumed",
    scoped.TrialHalted: "halted",
    scoped.HaltLifted: "halt lifted",
    scoped.InFlightExceptionSigned: "excepted in flight",
    made.BatchRecalled: "recalled",
    made.BatchQuarantined: "quarantined",
    made.BatchExpired: "expired",
    made.IdentityMismatchFound: "scanned wrong",
    grouped.LevelClosed: "level closed",
    lived.LymphodepletionStarted: "depleted",
    lived.SubjectDied: "died",
}
#: All that a long run must meet, and a short one most of.
RARE = {*MET.values(), "infused again", "infused in flight", *(f"infused at {site}" for site in SITES)}


def judge(events: list[Any], event: Any) -> None:
    """Judge one event by those before it, without asking the state."""
    before = [item for item in events if item.position < event.position]
    fact = event.fact
    if isinstance(fact, lived.SubjectEnrolled | lived.LymphodepletionStarted | lived.CellsInfused):
        assert not open_scopes(before, fact), "an act while suspended or halted"
    if isinstance(fact, lived.LymphodepletionStarted):
        judge_batch(before, fact, fact.infusion)
    if isinstance(fact, lived.CellsInfused):
        ASKED["infused"] += 1
        ASKED["infused again"] += fact.number > 1
        ASKED[f"infused at {fact.site}"] += 1
        if [key for key in stopped_scopes(before, fact) if key not in open_scopes(before, fact)]:
            ASKED["infused in flight"] += 1
        judge_batch(before, fact, event.occurred)
        judge_stagger([*before, event])
        after = [item.fact for item in events if item.position > event.position and item.cause == event.cause]
        assert any(isinstance(item, followed.FollowUpScheduled | followed.FollowUpRescheduled) for item in after)
        seen = [item for item in after if isinstance(item, made.IdentityConfirmed)]
        assert [(item.batch, item.subject, item.act) for item in seen] == [(fact.batch, fact.subject, "infusion")]
        assert seen[0].witness.account != event.actor.id
    for kind, met in MET.items():
        ASKED[met] += isinstance(fact, kind)


def judge_batch(before: list[Any], fact: Any, needed: Instant) -> None:
    """A batch must be planned for this subject, released, not taken back, received, and live until it is needed."""
    own = [item for item in before if getattr(item.fact, "batch", None) == fact.batch]
    planned = next(item.fact for item in own if isinstance(item.fact, made.BatchPlanned))
    assert planned.subject == fact.subject
    released = [item.fact for item in own if isinstance(item.fact, made.BatchReleased)]
    assert released
    assert released[-1].expires.utc > needed.utc
    assert any(isinstance(item.fact, made.BatchReceived) and item.fact.intact for item in own)
    assert not any(isinstance(item.fact, made.BatchRecalled) for item in own)
    aside = False
    for item in own:
        if isinstance(item.fact, made.BatchQuarantined):
            aside = True
        elif isinstance(item.fact, made.QuarantineLifted):
            aside = False
        assert not isinstance(item.fact, made.BatchInfused | made.BatchDestroyed | made.BatchExpired)
    assert not aside


def stopped_scopes(before: list[Any], fact: Any) -> set[str]:
    """Return what was suspended or halted, for this level and site, when the act was allowed; exceptions aside.

    After a resume a site is open from its own acceptance on.
    """
    stopped: set[str] = set()
    elsewhere: dict[str, set[str]] = {}
    levels: dict[str, int] = {}
    at: dict[str, str] = {}
    for item in before:
        done = item.fact
        if isinstance(done, lived.SubjectScreened):
            at[done.subject] = done.site
        elif isinstance(done, lived.SubjectEnrolled):
            levels[done.subject] = done.level
        elif isinstance(done, lived.LevelReassigned):
            levels[done.subject] = done.to_level
        elif isinstance(done, scoped.TrialHalted):
            stopped.add(done.halt)
        elif isinstance(done, scoped.ScopeResumed):
            elsewhere[done.suspension] = set(done.sites)
        elif isinstance(done, scoped.ResumeItemRecorded) and done.item is ResumeItem.SITE_ACCEPTANCE:
            elsewhere.get(done.suspension, set()).add(done.site)
        elif isinstance(done, scoped.HaltLifted):
            stopped.discard(done.halt)
    level = getattr(fact, "level", None) or levels[fact.subject]
    for item in before:
        done = item.fact
        if isinstance(done, scoped.ScopeSuspended) and (done.scope is ScopeKind.TRIAL or level >= int(done.target)):
            open_at = elsewhere.get(done.suspension)
            if open_at is None or (open_at and at[fact.subject] not in open_at):
                stopped.add(done.suspension)
    return stopped


def open_scopes(before: list[Any], fact: Any) -> set[str]:
    """Return what was suspended or halted when the act was allowed and no signed exception covers."""
    signed = (item.fact for item in before if isinstance(item.fact, scoped.InFlightExceptionSigned))
    excepted = {item.suspension for item in signed if item.subject == fact.subject}
    return stopped_scopes(before, fact) - (excepted if isinstance(fact, lived.CellsInfused) else set())


def judge_stagger(events: list[Any]) -> None:
    """Infusions of the escalation keep 3 d after the first of a level, 2 d between later ones, 28 d between levels."""
    infused = [
        (item.occurred.utc, item.fact.level_assigned) for item in events if isinstance(item.fact, lived.CellsInfused)
    ]
    infused.sort()
    for (earlier, one), (later, other) in pairwise(infused):
        if one != other:
            assert later - earlier >= timedelta(days=28)
    for level in {level for _, level in infused}:
        times = [moment for moment, where in infused if where == level]
        for index, (earlier, later) in enumerate(pairwise(times)):
            assert later - earlier >= timedelta(days=2 if index else 3)

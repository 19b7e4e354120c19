"""What happens when something must wait: a second subject too soon, a suspension with somebody in flight, a resume with nothing done."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from celltrial.conduct.acts.batch.commands import PlanBatch
from celltrial.conduct.acts.cohort.commands import OpenCohort
from celltrial.conduct.acts.scope import commands as scope
from celltrial.conduct.acts.subject import commands as subject
from celltrial.conduct.codes import Code
from celltrial.conduct.rehearsal import signature
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.conduct.vocabulary import CohortKind, ResumeItem, ScopeKind
from celltrial.core.dates import Instant
from celltrial.guideline.experiments.outcome import Answer, NotTriedError
from celltrial.guideline.experiments.trying import FIRST, FIRST_BATCH, SITE, Trying, cited, codes

#: Hours after the first infusion at which the second subject asks for theirs.
_SOON: Final = 1
_SUSPENSION: Final = "SUS-1"


def second_subject(trial: Trying) -> Iterator[Answer]:
    """The second subject of a level asks for an infusion an hour after the first one's; then a higher level is asked for (2.2.4-a)."""
    plan = trial.protocol.escalation
    if plan is None:
        raise NotTriedError("no_dose_finding")
    for name, batch in (("S-201", "B-201"), ("S-202", "B-202")):
        trial.admit(name)
        trial.supply(name, batch)
    first = trial.book("S-201", "B-201")
    trial.note("first_booked", subject="S-201", when=first)
    soon = Instant(first.utc + timedelta(hours=_SOON), first.zone)
    trial.refresh("S-202")
    depletes = trial.protocol.treatment.lymphodepletion is not None
    wanted = subject.StartLymphodepletion if depletes else subject.BookInfusion
    asked = trial.send("second_too_soon", wanted("S-202", "B-202", soon), hours=_SOON)
    opens = trial.next_infusion("S-202")
    days = (opens.utc - first.utc) / timedelta(days=1)
    trial.note("second_opens", when=opens, days=f"{days:.1f}")
    path = "escalation.staggering.after_first_of_level"
    holds = Code.STAGGER in codes(asked)
    found = f"refused ({cited(asked)})" if holds else "allowed"
    yield Answer(
        ("2.2.4-a",),
        "second_subject",
        path,
        found,
        "refused",
        {"hours": _SOON, "days": f"{days:.1f}", "by": cited(asked)},
        holds=holds,
    )
    yield from _skipped_level(trial)


def _skipped_level(trial: Trying) -> Iterator[Answer]:
    """Ask for a higher level while nobody of the first one has been observed (2.2.1.1-d)."""
    levels, start = len(trial.protocol.dose.levels), trial.protocol.dose.start_level
    if start >= levels:
        return
    asked = trial.send("next_level_unseen", OpenCohort("C2", start + 1, 3, CohortKind.ESCALATION), level=start + 1)
    holds = Code.DECISION_MISSING in codes(asked)
    yield Answer(
        ("2.2.1.1-d",),
        "next_level_unseen",
        "escalation.design",
        f"refused ({cited(asked)})" if holds else "opened",
        "refused",
        {"level": start + 1, "by": cited(asked)},
        holds=holds,
    )


def in_flight(trial: Trying) -> Iterator[Answer]:
    """The trial is suspended while one subject is lymphodepleted, one waits to be collected and one asks to enter (2.1.2.4-c)."""
    protocol = trial.protocol
    trial.go_to("ready")
    trial.admit("S-212")
    trial.do(PlanBatch("B-212", "S-212"))
    trial.screen("S-213", SITE)
    trial.check(FIRST)
    trial.thaw(FIRST_BATCH)
    trial.send("suspended", scope.SuspendScope(_SUSPENSION, ScopeKind.TRIAL, "", "experiment"))
    enters = trial.enter("enters_suspended", "S-213")
    collected = trial.send("collected_suspended", trial.collection("S-212", "B-212"))
    given = trial.send("infused_suspended", trial.infusion(FIRST, FIRST_BATCH, thawed=False))
    stand = [Code.SUSPENDED in codes(one) for one in (enters, given)]
    found = f"entry: {_word(enters)}, collection: {_word(collected)}, infusion: {_word(given)}"
    yield Answer(
        ("2.1.2.4-c",),
        "in_flight",
        "stopping",
        found,
        "refused",
        {"entry": _word(enters), "collection": _word(collected), "infusion": _word(given)},
        holds=all(stand),
    )
    rule = protocol.stopping.in_flight if protocol.stopping is not None else None
    if protocol.treatment.lymphodepletion is None:
        return
    if rule is None:
        trial.note("no_in_flight_rule")
        return
    roles = rule.signatures if len(rule.signatures) > 1 else ("medical_monitor", "investigator")
    signed = tuple(signature(role, trial.moment) for role in roles)
    trial.send("exception_signed", scope.SignInFlightException(_SUSPENSION, FIRST, signed), roles=", ".join(roles))
    after = trial.send("infused_by_exception", trial.infusion(FIRST, FIRST_BATCH, thawed=False))
    allowed = rule.lymphodepleted_may_be_infused
    said = "infused" if allowed else "refused"
    yield Answer(
        ("2.1.2.4-c",),
        "in_flight_rule",
        "stopping.in_flight",
        _given(after),
        said,
        {"roles": ", ".join(roles), "after": _given(after)},
        holds=isinstance(after, Refused) is not allowed,
    )


def _word(decision: Ruling) -> str:
    return "refused" if isinstance(decision, Refused) else "allowed"


def _given(decision: Ruling) -> str:
    return "refused" if isinstance(decision, Refused) else "infused"


def resume(trial: Trying) -> Iterator[Answer]:
    """A suspended trial is to go on with nothing done, and then with everything done (2.1.2.4-e, 2.1.2.4-f)."""
    trial.do(scope.SuspendScope(_SUSPENSION, ScopeKind.TRIAL, "", "experiment"))
    trial.do(scope.OpenEvaluation(_SUSPENSION))
    asked = trial.send("resumed_with_nothing", scope.ResumeScope(_SUSPENSION))
    missing = (
        [item for item in asked.conditions if item.code is Code.RESUME_ITEM_MISSING]
        if isinstance(asked, Refused)
        else []
    )
    yield Answer(
        ("2.1.2.4-e",),
        "resume_nothing",
        "stopping.resume",
        f"refused ({len(missing)})" if missing else "resumed",
        "refused",
        {"count": len(missing)},
        danger=True,
        holds=isinstance(asked, Refused),
    )
    trial.wait(days=1)
    today = trial.moment.local_date
    signed = tuple(signature(role, trial.moment) for role in ("medical_monitor", "sponsor"))
    trial.do(scope.SignEvaluation(_SUSPENSION, today, "document", signed))
    for item in (
        ResumeItem.BENEFIT_RISK,
        ResumeItem.NO_AMENDMENT_NEEDED,
        ResumeItem.ETHICS_APPROVAL,
        ResumeItem.AGENCY_APPROVAL,
        ResumeItem.RECONSENT,
        ResumeItem.SITE_ACCEPTANCE,
    ):
        at_site = SITE if item is ResumeItem.SITE_ACCEPTANCE else ""
        trial.do(trial.resume_item(_SUSPENSION, item, today, site=at_site))
    done = trial.send("resumed_with_all", scope.ResumeScope(_SUSPENSION))
    yield Answer(
        ("2.1.2.4-f",),
        "resume_done",
        "stopping.resume",
        _word(done),
        "allowed",
        {"count": len(missing)},
        holds=not isinstance(done, Refused),
    )

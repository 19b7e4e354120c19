"""Versions in conduct: what keeps one from approval, what an amendment changes, whom it reaches, who consents again."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from rehearsal import Journey, signature, with_fields

from celltrial.conduct.acts.safety.commands import ReportAdverseEvent
from celltrial.conduct.acts.site.commands import AcceptVersion, ActivateSite, CloseSite
from celltrial.conduct.acts.subject.commands import (
    DiscontinueSubject,
    EnrolSubject,
    PlanLymphodepletion,
    ScreenSubject,
    SignConsent,
)
from celltrial.conduct.acts.trial.commands import AmendProtocol, ApproveProtocol, RegisterTrial
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision, Role
from celltrial.conduct.facts.cohort.events import StaggerSlotReleased
from celltrial.conduct.facts.safety.events import AdverseEventReported
from celltrial.conduct.facts.scope.events import StoppingBoundaryCrossed
from celltrial.conduct.facts.trial.events import ProtocolAmended, TaskClosed, TaskOpened
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import ConsentKind, ExitReason, Origin, Relatedness, Resource, ReviewEvidence
from celltrial.core.dates import Instant
from celltrial.protocol import canonical_json

CLEAN = ReviewEvidence("register", "1")
OPEN = ReviewEvidence("register", "1", ("2.1.2.4-a", "3.1-a"))


def approval(trip, protocol, review):
    document = canonical_json(protocol)
    digest = hashlib.sha256(document.encode()).hexdigest()
    signed = (signature("sponsor", trip.moment),)
    return ApproveProtocol(protocol.identification.version, document, digest, signed, review)


def amendment(trip, fields, *, reconsent=False, review=CLEAN):
    if reconsent:
        fields = {"population.consents.main_version": "2.0", **fields}
    protocol = with_fields(trip.state.protocol, {"identification.version": "2.0", **fields})
    document = canonical_json(protocol)
    digest = hashlib.sha256(document.encode()).hexdigest()
    return AmendProtocol("2.0", document, digest, reconsent, (signature("sponsor", trip.moment),), review)


@pytest.fixture
def prospective(escalation_protocol, journey):
    trip = Journey(journey().now)
    trip.do(RegisterTrial("T-1", "A trial", "Sponsor", Origin.PROSPECTIVE, rehearsal=True))
    return trip, escalation_protocol


@pytest.mark.parametrize(
    ("review", "expected"),
    [
        (None, [(Code.REVIEW_MISSING, "")]),
        (OPEN, [(Code.CLAUSE_OPEN, "2.1.2.4-a"), (Code.CLAUSE_OPEN, "3.1-a")]),
    ],
)
def test_a_version_with_an_open_clause_is_not_approved(prospective, review, expected):
    trip, protocol = prospective
    refused = trip.ask(approval(trip, protocol, review))
    assert [(item.code, item.clause) for item in refused.conditions] == expected
    assert trip.state.protocol is None
    assert isinstance(trip.ask(approval(trip, protocol, CLEAN)), Accepted)


def test_an_amendment_is_held_against_the_guideline_too(prospective):
    trip, protocol = prospective
    trip.do(approval(trip, protocol, CLEAN))
    refused = trip.ask(amendment(trip, {}, review=OPEN), reason="risk")
    assert [item.clause for item in refused.conditions] == ["2.1.2.4-a", "3.1-a"]


def amended(trip, fields, **options):
    done = trip.do(amendment(trip, fields, **options), reason="risk")
    return done, next(item.fact for item in done.drafts if isinstance(item.fact, ProtocolAmended))


@pytest.fixture
def three(journey):
    """P1 infused and in its DLT window, P2 enrolled, P3 in screening, P4 gone."""
    trip = journey()
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1")
    assert isinstance(trip.infuse("P1", "B1"), Accepted)
    trip.enrol("P2")
    trip.screen("P3")
    trip.enrol("P4")
    trip.do(DiscontinueSubject("P4", ExitReason.WITHDRAWAL))
    return trip


@pytest.mark.parametrize(
    ("fields", "affected"),
    [
        ({"population.criteria.3.value": 4}, ("P2", "P3")),
        ({"treatment.lymphodepletion.maximum_days_to_infusion": 9}, ("P2", "P3")),
        ({"escalation.dlt.window": "35 d"}, ("P1", "P2", "P3")),
        ({"follow_up.years": 16}, ("P1", "P2", "P3")),
        ({"trial.indication.en": "Other words"}, ()),
        ({"assumptions.target_infused": 30}, ()),
    ],
)
def test_an_amendment_names_whom_its_changed_rules_reach(three, fields, affected):
    _, fact = amended(three, fields)
    assert fact.affected == affected
    assert {item.path for item in fact.changes} >= {"identification.version"}


def test_everybody_on_study_who_consented_is_to_consent_again_and_the_task_ends_with_the_consent(three):
    done, _ = amended(three, {}, reconsent=True)
    tasks = {item.fact.task: item.fact for item in done.drafts if isinstance(item.fact, TaskOpened)}
    assert {task: (fact.kind, fact.about) for task, fact in tasks.items()} == {
        f"reconsent/2.0/{name}": (Code.TASK_RECONSENT, f"subject/{name}") for name in ("P1", "P2", "P3")
    }
    three.wait(days=1)
    old = three.ask(SignConsent("P2", ConsentKind.MAIN, "1.0", three.local("P2").local_date))
    assert [item.code for item in old.conditions] == [Code.VERSION_NOT_IN_FORCE]
    new = three.do(SignConsent("P2", ConsentKind.MAIN, "2.0", three.local("P2").local_date))
    assert [item.fact.task for item in new.drafts if isinstance(item.fact, TaskClosed)] == ["reconsent/2.0/P2"]
    assert set(three.state.tasks) >= {"reconsent/2.0/P1", "reconsent/2.0/P3"}


def test_every_open_site_needs_its_acceptance_of_a_new_version(journey):
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "Europe/Berlin", "S3": "Europe/Berlin"})
    trip.do(CloseSite("S3", "few subjects"))
    amended(trip, {})

    def owing():
        items = worklist(trip.state, trip.moment)
        return [(item.key, item.about, item.owner) for item in items if item.kind is Due.SITE_ACCEPTANCE]

    assert owing() == [("2.0", "site/S1", Role.INVESTIGATOR), ("2.0", "site/S2", Role.INVESTIGATOR)]
    trip.do(AcceptVersion("S1", "2.0"))
    assert owing() == [("2.0", "site/S2", Role.INVESTIGATOR)]


CONTINUING = {
    "id": "X-1", "text": {"en": "Continuing rule", "zh": "持续规则"}, "scope": "trial", "denominator": "exposed",
    "event": {"terms": ["CRS"], "grade_at_least": 4, "window": "28 d"}, "boundary": "beta_binomial",
    "params": {"threshold": 0.3, "certainty": 0.95, "prior_a": 0.6, "prior_b": 1.4, "min_n": 3},
}  # fmt: skip


def test_a_stricter_rule_that_is_met_already_suspends_with_the_amendment(journey):
    """C7: 2 of 3 lie below the old boundary and on the new one; no further write is needed."""
    trip = journey({"stopping.rules": [CONTINUING]})
    for number in (1, 2, 3):
        trip.treat(f"P{number}", f"B{number}")
    for number in (1, 2):
        day = trip.state.subjects[f"P{number}"].dlt_window.opens
        fact = AdverseEventReported(
            f"P{number}", f"AE-{number}", "CRS", "", "CRS", 4, "ASTCT-2019", day, Precision.DAY, (),
            Relatedness.PROBABLE, True, trip.moment,
        )  # fmt: skip
        trip.do(ReportAdverseEvent(fact))
    assert trip.state.plan.rules[0].boundary.boundary(3) == 3
    assert not trip.state.suspensions
    stricter = {**CONTINUING, "params": {**CONTINUING["params"], "threshold": 0.1}}
    done, _ = amended(trip, {"stopping.rules": [stricter]})
    assert trip.state.plan.rules[0].boundary.boundary(3) == 2
    crossed = [item.fact for item in done.drafts if isinstance(item.fact, StoppingBoundaryCrossed)]
    assert [(item.rule, item.events, item.evaluable, item.boundary) for item in crossed] == [("X-1", 2, 3, 2)]
    assert [item.cause for item in trip.state.suspensions.values()] == ["X-1"]


def test_a_longer_interval_gives_back_a_moment_reserved_inside_it(journey):
    """C5: 28 d become 60 d while the next infusion is planned for day 28."""
    trip = journey()
    trip.treat("P1", "B1")
    trip.prepare("P2", "B2")
    moment = trip.next_infusion("P2")
    trip.now = moment.utc - timedelta(days=6)
    trip.refresh("P2")
    trip.watch_sentinels()
    trip.do(PlanLymphodepletion("P2", "B2", moment.local_date - timedelta(days=5), moment))
    done, _ = amended(trip, {"escalation.staggering.after_first_of_level": "60 d"})
    assert [item.fact.subject for item in done.drafts if isinstance(item.fact, StaggerSlotReleased)] == ["P2"]
    assert any(alert.code == Code.ALERT_SLOT_DISPLACED for alert in trip.state.alerts.values())


def refused(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


def signing(trip, name, version, days=0, kind=ConsentKind.MAIN):
    """Ask to record a consent signed so many days from today."""
    return trip.ask(SignConsent(name, kind, version, trip.local(name).local_date + timedelta(days=days)))


@pytest.fixture
def reissued(journey):
    """P1 screened on the tenth day of version 1.0; version 2.0, with a new form, in force ten days later."""
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "America/Los_Angeles"})
    trip.wait(days=10)
    trip.screen("P1")
    trip.do(ScreenSubject("P2", "S2", "ID-P2"))
    trip.wait(days=10)
    amended(trip, {}, reconsent=True)
    return trip


@pytest.mark.parametrize(
    ("version", "days", "counts"),
    [
        ("3.0", 0, False),  # never existed
        ("", 0, False),
        ("1.0 ", 0, False),
        ("2.0", -1, False),  # before its amendment
        ("2.0", 0, True),
        ("1.0", -1, True),  # entered late, in force when it was signed
        ("1.0", -15, True),
        ("1.0", -21, False),  # before the first version
    ],
)
def test_a_consent_names_a_form_that_was_in_force_when_it_was_signed(reissued, version, days, counts):
    assert bool(refused(signing(reissued, "P1", version, days))) is not counts


def test_a_form_that_a_later_version_replaced_is_not_signed_any_more(reissued):
    assert not refused(signing(reissued, "P2", "1.0")), "on the day itself either form may have been at hand"
    reissued.wait(days=1)
    assert refused(signing(reissued, "P2", "1.0")) == [Code.VERSION_NOT_IN_FORCE]
    assert not refused(signing(reissued, "P2", "2.0"))


def test_a_new_form_without_a_new_consent_replaces_the_old_one_at_a_site_once_it_accepted_the_version(journey):
    trip = journey(sites={"S1": "Asia/Shanghai", "S2": "America/Los_Angeles"})
    for name, site in (("P1", "S1"), ("P2", "S2")):
        trip.do(ScreenSubject(name, site, f"ID-{name}"))
    amended(trip, {"population.consents.main_version": "2.0"})
    trip.wait(days=1)
    trip.do(AcceptVersion("S1", "2.0"))
    assert not refused(signing(trip, "P1", "1.0"))
    trip.wait(days=1)
    assert refused(signing(trip, "P1", "1.0")) == [Code.VERSION_NOT_IN_FORCE]
    assert not refused(signing(trip, "P2", "1.0")), "its site works on the old version"


def test_a_consent_corrected_to_a_form_not_in_force_does_not_pass_the_gate(reissued):
    """Whatever is on record, the gate asks again."""
    reissued.wait(days=1)
    reissued.do(AcceptVersion("S1", "2.0"))
    reissued.do(SignConsent("P1", ConsentKind.MAIN, "2.0", reissued.local("P1").local_date))
    reissued.renew("P1")
    person = reissued.state.subjects["P1"]
    signed = person.consents[ConsentKind.MAIN]
    early = replace(signed, signed_on=signed.signed_on - timedelta(days=5))
    backdated = person.changed(consents={**person.consents, ConsentKind.MAIN: early})
    reissued.state = reissued.state.changed(subjects={**reissued.state.subjects, "P1": backdated})
    assert Code.VERSION_NOT_IN_FORCE in refused(reissued.ask(EnrolSubject("P1", "C1")))


def test_a_site_accepts_the_version_in_force_at_that_moment_and_no_other(reissued):
    before, zone = reissued.now - timedelta(hours=1), "Asia/Shanghai"
    reissued.wait(hours=1)
    early = reissued.ask(AcceptVersion("S1", "2.0"), at=Instant(before, zone))
    assert refused(early) == [Code.VERSION_NOT_IN_FORCE]
    assert refused(reissued.ask(AcceptVersion("S1", "1.0"))) == [Code.VERSION_NOT_IN_FORCE]
    assert refused(reissued.ask(AcceptVersion("S1", "3.0"))) == [Code.NOT_KNOWN]
    assert reissued.state.sites["S1"].version == "1.0"
    reissued.do(AcceptVersion("S1", "2.0"))


def test_a_site_is_not_activated_on_a_version_before_it_was_in_force(reissued):
    opened = Instant(reissued.now - timedelta(days=1), "UTC")
    held = tuple(Resource(item.name, 9) for item in reissued.state.protocol.sites.resources)
    command = ActivateSite("S3", "Hospital", "CN", "UTC", held)
    assert refused(reissued.ask(command, at=opened)) == [Code.VERSION_NOT_IN_FORCE]
    reissued.do(command)


def test_an_amendment_is_not_older_than_the_version_it_changes(reissued):
    late = reissued.moment
    reissued.wait(days=1)
    protocol = with_fields(reissued.state.protocol, {"identification.version": "3.0"})
    command = replace(approval(reissued, protocol, CLEAN), version="3.0")
    command = AmendProtocol("3.0", command.document, command.sha256, False, command.signatures, CLEAN)
    back = Instant(late.utc - timedelta(days=1), "UTC")
    assert refused(reissued.ask(command, at=back, reason="x")) == [Code.ORDER_WRONG]
    reissued.do(command, reason="x")

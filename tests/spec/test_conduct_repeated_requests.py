"""A request with an identifier is carried out once: whoever lost the answer asks again and gets the same one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from celltrial.app.session import TrialSession, codec
from celltrial.conduct.acts.batch.commands import PlanBatch
from celltrial.conduct.acts.permit.commands import PermitCollection
from celltrial.conduct.acts.subject.commands import ScreenSubject
from celltrial.conduct.envelope import Actor, Draft, Request, Role
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.core.errors import UserError
from celltrial.ledger import Journal, open_ledger

COORDINATOR = Actor("sc-S1", Role.COORDINATOR, "S1", "Coordinator of S1")


@pytest.fixture
def session(journey, tmp_path):
    trip = journey()
    with open_ledger(tmp_path / "trial.db", create=True) as ledger:
        drafts = [Draft(item.stream, item.fact, item.occurred, item.precision) for item in trip.events]
        Journal(ledger, codec()).append("trial", 0, drafts, actor=COORDINATOR)
        yield TrialSession(ledger, "trial", lambda: trip.now, lambda _: None)


@pytest.fixture
def screen(journey):
    return Request(ScreenSubject("P1", "S1", "ID-1"), COORDINATOR, journey().moment, id="request-1")


@pytest.mark.parametrize("between", [0, 1])
def test_asking_again_gives_the_first_answer_and_writes_nothing(session, screen, between):
    first = session.submit(screen)
    assert isinstance(first, Accepted)
    for number in range(between):  # others go on in the meantime
        other = ScreenSubject(f"P9{number}", "S1", f"ID-9{number}")
        assert session.accept(replace(screen, command=other, id=f"other-{number}"))
    position = session.state.position
    assert session.submit(screen) == first
    assert session.state.position == position


def test_the_same_act_under_another_identifier_is_a_new_act(session, screen):
    session.submit(screen)
    assert isinstance(session.submit(replace(screen, id="request-2")), Refused)
    assert isinstance(session.submit(replace(screen, id="")), Refused)


def test_an_identifier_is_not_used_for_another_act(session, screen):
    session.submit(screen)
    session.submit(replace(screen, command=ScreenSubject("P2", "S1", "ID-2"), id="request-2"))
    with pytest.raises(UserError) as caught:  # refused by its content, and by an identifier that was P1's
        session.submit(replace(screen, command=ScreenSubject("P2", "S1", "ID-2")))
    assert [item.id for item in caught.value.faults] == ["LDG-011"]


def test_an_act_that_would_be_accepted_anew_with_other_facts_is_answered_as_the_first_time(journey, tmp_path):
    """A second permit names another position: asked for again under its identifier it is the first one, not a fault."""
    trip = journey()
    trip.enrol("P1")
    trip.do(PlanBatch("B1", "P1"))
    pi = Actor("pi-S1", Role.INVESTIGATOR, "S1", "Investigator of S1")
    permit = Request(PermitCollection("P1", "B1", "operator-S1"), pi, trip.moment, id="permit-1")
    with open_ledger(tmp_path / "trial.db", create=True) as ledger:
        drafts = [Draft(item.stream, item.fact, item.occurred, item.precision) for item in trip.events]
        Journal(ledger, codec()).append("trial", 0, drafts, actor=COORDINATOR)
        session = TrialSession(ledger, "trial", lambda: trip.now, lambda _: None)
        first = session.submit(permit)
        assert isinstance(first, Accepted)
        position = session.state.position
        assert session.submit(permit) == first
        assert session.state.position == position
        with pytest.raises(UserError, match="LDG-011"):
            session.submit(replace(permit, command=PlanBatch("B2", "P1")))

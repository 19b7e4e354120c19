"""A real trial takes acts of logged-in persons; a rehearsal is marked and stays one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from celltrial.conduct.acts.account.commands import GrantAccess, ReviewAuditTrail
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.trial.commands import RegisterTrial
from celltrial.conduct.codes import Code
from celltrial.conduct.decide import decide
from celltrial.conduct.envelope import Actor, LogIn, Request, Role
from celltrial.conduct.facts.account.events import AccessGranted
from celltrial.conduct.facts.events import EVENTS, UPCASTERS
from celltrial.conduct.facts.evolve import evolve
from celltrial.conduct.facts.state import EMPTY
from celltrial.conduct.rehearsal.trial import Rehearsal
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.vocabulary import Origin, Persons
from celltrial.core.dates import Instant
from celltrial.ledger import Codec

NOW = datetime(2025, 1, 6, tzinfo=UTC)
LEAD = Actor("lead", Role.SPONSOR, None, "Lead Office")
HERE = LogIn("lead", "Lead Office", "a" * 64, "s1", ("password", "code"), NOW)
REGISTER = RegisterTrial("T", "A trial", "Sponsor")
GRANT = GrantAccess("pi", "Ward One", Role.INVESTIGATOR)


def ask(state, command, log_in=HERE, actor=LEAD):
    return decide(state, Request(command, actor, Instant(NOW), reason="why", log_in=log_in), now=NOW)


def after(*commands):
    """Return the state of a trial after commands of the logged-in lead."""
    made, state = Rehearsal(NOW), EMPTY
    for command in commands:
        answer = ask(state, command)
        assert isinstance(answer, Accepted), answer
        for draft in answer.drafts:
            state = evolve(state, made.event(draft.fact, Request(command, LEAD, Instant(NOW)), draft))
    return state


def codes(answer):
    return [item.code for item in answer.conditions] if isinstance(answer, Refused) else []


def test_a_registration_says_how_persons_are_known_and_grants_who_registers():
    answer = ask(EMPTY, REGISTER)
    registered, granted = (draft.fact for draft in answer.drafts)
    assert (registered.persons, registered.installation) == (Persons.LOGGED_IN, "a" * 64)
    assert granted == AccessGranted("lead", "Lead Office", Role.SPONSOR, None)


def test_no_command_is_taken_of_who_did_not_log_in():
    """Every command, with whatever fields: the person is looked at before the act."""
    state = after(REGISTER)
    for name, kind in COMMANDS.items():
        request = Request(kind.__new__(kind), LEAD, Instant(NOW))
        from celltrial.conduct.acts.access import check_person

        assert [item.code for item in check_person(state, request)] == [Code.PERSON_NOT_PROVED], name
    assert codes(ask(EMPTY, REGISTER, None)) == [Code.PERSON_NOT_PROVED]


@pytest.mark.parametrize(
    ("log_in", "actor"),
    [
        (None, LEAD),
        (HERE, Actor("eve", Role.SPONSOR, None, "Lead Office")),
        (HERE, Actor("lead", Role.SPONSOR, None, "Another Office")),
        (HERE, Actor("lead", Role.SPONSOR)),
        (LogIn("lead", "Lead Office", "b" * 64, "s1", ("password", "code"), NOW), LEAD),
        (LogIn("eve", "Eve Office", "a" * 64, "s2", ("password", "code"), NOW), LEAD),
    ],
)
def test_the_actor_is_the_person_of_the_log_in_to_the_trials_installation(log_in, actor):
    assert Code.PERSON_NOT_PROVED in codes(ask(after(REGISTER), GRANT, log_in, actor))


def test_a_logged_in_person_still_needs_the_grant():
    eve = LogIn("eve", "Eve Office", "a" * 64, "s2", ("password", "code"), NOW)
    answer = ask(after(REGISTER), GRANT, eve, Actor("eve", Role.SPONSOR, None, "Eve Office"))
    assert codes(answer) == [Code.ACCESS_NOT_GRANTED]
    assert isinstance(ask(after(REGISTER), GRANT), Accepted)


@pytest.mark.parametrize("origin", list(Origin))
def test_only_a_prospective_trial_is_real_and_a_rehearsal_takes_typed_identities(origin):
    command = RegisterTrial("T", "A trial", "Sponsor", origin, rehearsal=True)
    state = after(command)
    assert state.persons is Persons.REHEARSED
    typed = ask(EMPTY, command, None)
    assert [type(draft.fact).__name__ for draft in typed.drafts] == ["TrialRegistered"]
    plain = after(RegisterTrial("T", "A trial", "Sponsor", origin))
    assert plain.persons is (Persons.LOGGED_IN if origin is Origin.PROSPECTIVE else Persons.REHEARSED)


def test_a_rehearsal_never_becomes_a_real_trial():
    state = after(RegisterTrial("T", "A trial", "Sponsor", rehearsal=True))
    for command in (REGISTER, RegisterTrial("T", "A trial", "Sponsor", Origin.PROSPECTIVE)):
        assert codes(ask(state, command)) == [Code.TRIAL_REGISTERED]


@pytest.mark.parametrize(
    ("origin", "persons"),
    [("prospective", "not_proved"), ("simulated", "rehearsed"), ("retrospective", "rehearsed")],
)
def test_what_was_registered_before_is_read_as_what_it_was(origin, persons):
    stored = {"trial": "T", "title": "A trial", "sponsor": "", "origin": origin}
    fact = Codec(EVENTS, UPCASTERS).decode("trial.registered/1", stored)
    state = evolve(EMPTY, Rehearsal(NOW).event(fact))
    assert state.persons == persons
    if persons == "not_proved":
        review = ReviewAuditTrail("r", "trial", 1, "none")
        assert codes(ask(state, review, None)) == [Code.PERSON_NOT_PROVED]
        assert codes(ask(state, review)) == [Code.ACCESS_NOT_GRANTED]
        assert isinstance(ask(state, GrantAccess("lead", "Lead Office", Role.SPONSOR)), Accepted)


def test_a_rehearsal_that_a_person_began_is_of_persons_and_another_is_not():
    begun = after(RegisterTrial("T", "A trial", "Sponsor", rehearsal=True))
    assert codes(ask(begun, GRANT, None)) == [Code.PERSON_NOT_PROVED]
    assert isinstance(ask(begun, GRANT), Accepted)
    typed = Rehearsal(NOW)
    typed.do(RegisterTrial("T", "A trial", "Sponsor", rehearsal=True))
    assert isinstance(
        typed.ask(GrantAccess("s", "Any", Role.SPONSOR), actor=Actor("s", Role.SPONSOR), reason="x"), Accepted
    )

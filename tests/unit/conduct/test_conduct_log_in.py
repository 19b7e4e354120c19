"""Log-in rules: lock-out, second factor, idle log-out, proof at signing; and the published vectors of both algorithms."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from celltrial.conduct.acts.log_in import decide as rules
from celltrial.conduct.acts.log_in.decide import Proof
from celltrial.conduct.codes import Code
from celltrial.conduct.decision import Accepted, Refused
from celltrial.conduct.envelope import Actor, Event, Precision, Role
from celltrial.conduct.facts.log_in import events
from celltrial.conduct.facts.log_in.events import LOG_IN_EVENTS, Ending
from celltrial.conduct.facts.log_in.settings import LogInSettings
from celltrial.conduct.facts.log_in.state import EVOLVERS, NO_ACCOUNTS, evolve_log_in
from celltrial.conduct.facts.log_in.totp import code_at, matching_step, step_of
from celltrial.conduct.facts.log_in.verifiers import make_verifier, matches
from celltrial.core.errors import UserError

NOW = datetime(2025, 3, 1, 2, tzinfo=UTC)
ADMIN = Actor("lead", Role.SPONSOR, None, "Lead Office")
LIMITS = LogInSettings()
NOTHING = Proof(password=False)


class Door:
    """Accounts in memory; what a decision leaves behind is remembered, refused or not."""

    def __init__(self):
        self.accounts, self.now, self.facts = NO_ACCOUNTS, NOW, []

    def take(self, answer, by=ADMIN):
        for draft in answer.drafts:
            self.facts.append(draft.fact)
            event = Event(
                "accounts",
                len(self.facts),
                draft.stream,
                1,
                draft.fact,
                draft.occurred,
                Precision.SECOND,
                self.now,
                by,
            )
            self.accounts = evolve_log_in(self.accounts, event)
        return answer

    def open(self, account="ann", *, signs=True):
        for name in () if self.accounts.people else (ADMIN.id,):
            self.take(self.opened(name, signs=True))
        assert isinstance(self.take(self.opened(account, signs=signs)), Accepted)
        own = Actor(account, Role.INVESTIGATOR)
        self.take(self.password(account, by=ADMIN, reason="joined"))
        assert isinstance(self.take(self.password(account, by=own, proof=Proof(password=True)), own), Accepted)
        if signs:
            self.take(self.factor(account, by=own, proof=Proof(password=True)), own)

    def opened(self, account, *, signs):
        return rules.open_account(
            self.accounts, account, "Ann Office", signs=signs, by=ADMIN, reason="joined", now=self.now
        )

    def password(self, account="ann", *, by, proof=NOTHING, reason="", password="a long password"):
        return rules.set_password(
            self.accounts, account, password, by=by, proof=proof, reason=reason, now=self.now, settings=LIMITS
        )

    def factor(self, account="ann", *, by, proof):
        return rules.set_second_factor(self.accounts, account, by=by, proof=proof, now=self.now, settings=LIMITS)

    def enter(self, proof, session="s1", account="ann", limits=LIMITS):
        return self.take(rules.log_in(self.accounts, account, proof, session, now=self.now, settings=limits))


@pytest.fixture
def door():
    made = Door()
    made.open()
    return made


def codes(answer):
    return [item.code for item in answer.conditions] if isinstance(answer, Refused) else []


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (59, ("94287082", "46119246", "90693936")),
        (1111111109, ("07081804", "68084774", "25091201")),
        (1111111111, ("14050471", "67062674", "99943326")),
        (1234567890, ("89005924", "91819424", "93441116")),
        (2000000000, ("69279037", "90698825", "38618901")),
        (20000000000, ("65353130", "77737706", "47863826")),
    ],
)
def test_every_vector_of_rfc_6238(moment, expected):
    """RFC 6238, Appendix B: the three modes at six moments."""
    digits = b"1234567890" * 7
    found = tuple(
        code_at(digits[:size], moment // 30, digits=8, algorithm=name)
        for name, size in (("sha1", 20), ("sha256", 32), ("sha512", 64))
    )
    assert found == expected


def test_the_vectors_of_rfc_7914_hold_for_the_scrypt_that_is_used():
    """RFC 7914, section 12, the second vector."""
    derived = hashlib.scrypt(b"password", salt=b"NaCl", n=1024, r=8, p=16, dklen=64).hex()
    assert derived.startswith(
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830da"
    )


def test_a_verifier_is_salted_and_takes_only_its_password():
    one, two = (make_verifier("p" * 12, salt, cost=2**10) for salt in (b"a" * 16, b"b" * 16))
    assert one.digest != two.digest
    assert one.digest == hashlib.scrypt(b"p" * 12, salt=b"a" * 16, n=2**10, r=8, p=1, dklen=32)
    assert matches(one, "p" * 12)
    assert not matches(one, "p" * 11)
    assert matches(make_verifier("Å", b"s" * 16, cost=2**10), "Å"), "one password, however the keyboard composes it"
    assert "pppp" not in repr(one)


def test_a_code_fits_its_step_and_the_neighbours_only():
    key = b"k" * 20
    for lag, expected in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        step = step_of(NOW) + lag
        assert (matching_step(key, code_at(key, step), NOW) == step) is expected
    assert matching_step(key, "abc def", NOW) is None
    spaced = code_at(key, step_of(NOW))
    assert matching_step(key, f"{spaced[:3]} {spaced[3:]}", NOW) == step_of(NOW)


def test_a_signer_needs_both_components(door):
    assert codes(door.enter(Proof(password=True))) == [Code.LOG_IN_WRONG]
    assert codes(door.enter(Proof(password=False, step=7))) == [Code.LOG_IN_WRONG]
    assert isinstance(door.enter(Proof(password=True, step=7)), Accepted)
    assert door.facts[-1] == events.LoggedIn("ann", "s1", ("password", "code"), 7)


def test_a_signer_without_a_second_factor_does_not_get_in():
    door, own = Door(), Actor("ann", Role.INVESTIGATOR)
    for name in (ADMIN.id, "ann"):
        door.take(door.opened(name, signs=True))
    door.take(door.password(by=ADMIN, reason="joined"))
    door.take(door.password(by=own, proof=Proof(password=True)), own)
    assert codes(door.enter(Proof(password=True))) == [Code.SECOND_FACTOR_MISSING]
    assert codes(door.enter(Proof(password=False))) == [Code.LOG_IN_WRONG], "a stranger learns nothing"


def test_who_does_not_sign_may_have_a_password_alone():
    door = Door()
    door.open("bob", signs=False)
    assert isinstance(door.enter(Proof(password=True), account="bob"), Accepted)
    refused = rules.prove_signing(door.accounts, "s1", Proof(password=True, step=1), now=NOW, settings=LIMITS)
    assert codes(refused) == [Code.SIGNATURE_MISSING]


def test_a_code_is_taken_once(door):
    door.enter(Proof(password=True, step=7))
    assert codes(door.enter(Proof(password=True, step=7), "s2")) == [Code.LOG_IN_WRONG]
    assert codes(door.enter(Proof(password=True, step=6), "s2")) == [Code.LOG_IN_WRONG]
    assert isinstance(door.enter(Proof(password=True, step=8), "s2"), Accepted)


def test_failed_log_ins_lock_the_account_and_every_one_is_a_fact(door):
    for number in range(1, 6):
        assert codes(door.enter(Proof(password=False))) == [Code.LOG_IN_WRONG]
        assert events.LogInFailed("ann", number) in door.facts
    assert door.facts[-1] == events.AccountLocked("ann", NOW + timedelta(minutes=30))
    assert codes(door.enter(Proof(password=True, step=9))) == [Code.ACCOUNT_LOCKED], "the right components do not help"
    door.now += timedelta(minutes=30)
    assert isinstance(door.enter(Proof(password=True, step=9)), Accepted)


def test_after_the_lock_has_lapsed_counting_begins_anew(door):
    for _ in range(5):
        door.enter(Proof(password=False))
    door.now += timedelta(minutes=31)
    door.enter(Proof(password=False))
    assert door.facts[-1] == events.LogInFailed("ann", 1)
    assert isinstance(door.enter(Proof(password=True, step=9)), Accepted)


def test_a_success_ends_the_row_of_failures(door):
    for _ in range(4):
        door.enter(Proof(password=False))
    door.enter(Proof(password=True, step=9))
    door.enter(Proof(password=False))
    assert door.facts[-1] == events.LogInFailed("ann", 1)


def test_an_account_may_stay_locked_until_it_is_unlocked(door):
    strict = LogInSettings(failed_log_ins=1, lock=None)
    door.enter(Proof(password=False), limits=strict)
    door.now += timedelta(days=400)
    assert codes(door.enter(Proof(password=True, step=9), limits=strict)) == [Code.ACCOUNT_LOCKED]
    own = rules.unlock_account(door.accounts, "ann", by=Actor("ann", Role.SPONSOR), reason="me", now=NOW)
    assert codes(own) == [Code.OWN_ACCESS]
    no_reason = rules.unlock_account(door.accounts, "ann", by=Actor("pi", Role.INVESTIGATOR), reason=" ", now=NOW)
    assert codes(no_reason) == [Code.ROLE_NOT_ALLOWED, Code.NOT_KNOWN, Code.REASON_MISSING]
    door.take(rules.unlock_account(door.accounts, "ann", by=ADMIN, reason="identity checked by telephone", now=NOW))
    assert isinstance(door.enter(Proof(password=True, step=9), limits=strict), Accepted)
    again = rules.unlock_account(door.accounts, "ann", by=ADMIN, reason="again", now=NOW)
    assert codes(again) == [Code.ALREADY_DONE]


def test_an_unknown_account_is_answered_alike_and_what_was_typed_is_not_kept(door):
    refused = door.enter(Proof(password=False), account="my password by mistake")
    assert refused.conditions == door.enter(Proof(password=False)).conditions
    assert door.facts[-2] == events.LogInFailed("", 0)


@pytest.mark.parametrize(
    ("idle", "lasts", "ending"),
    [
        (timedelta(minutes=14, seconds=59), timedelta(hours=1), None),
        (timedelta(minutes=15), timedelta(hours=1), Ending.IDLE),
        (timedelta(minutes=1), timedelta(hours=11, minutes=59), None),
        (timedelta(minutes=1), timedelta(hours=12), Ending.LONGEST),
    ],
)
def test_an_idle_session_and_a_long_one_are_over(door, idle, lasts, ending):
    door.enter(Proof(password=True, step=9))
    now = NOW + lasts
    assert rules.ending_of(door.accounts, "s1", now - idle, now=now, settings=LIMITS) == ending


def test_a_closed_or_locked_account_ends_its_sessions(door):
    door.enter(Proof(password=True, step=9))
    for _ in range(5):
        door.enter(Proof(password=False), "s2")
    assert rules.ending_of(door.accounts, "s1", NOW, now=NOW, settings=LIMITS) is Ending.ACCOUNT
    door.take(rules.close_account(door.accounts, "ann", by=ADMIN, reason="left", now=NOW))
    assert rules.ending_of(door.accounts, "s1", NOW, now=NOW, settings=LIMITS) is Ending.LOGGED_OUT
    assert codes(door.enter(Proof(password=True, step=99))) == [Code.LOG_IN_WRONG]


def test_both_components_at_the_first_signing_and_at_least_one_after_that(door):
    door.enter(Proof(password=True, step=9))

    def prove(proof):
        return door.take(rules.prove_signing(door.accounts, "s1", proof, now=NOW, settings=LIMITS))

    assert codes(prove(Proof(password=True))) == [Code.LOG_IN_WRONG]
    assert codes(prove(Proof(password=True, step=9))) == [Code.LOG_IN_WRONG], "the code of the log-in is used up"
    assert isinstance(prove(Proof(password=True, step=10)), Accepted)
    assert door.facts[-1].components == ("password", "code")
    assert isinstance(prove(Proof(password=True)), Accepted)
    assert door.facts[-1].components == ("password",)
    assert isinstance(prove(Proof(password=False, step=11)), Accepted)
    assert codes(prove(Proof(password=False))) == [Code.LOG_IN_WRONG]
    door.take(rules.end_session(door.accounts, "s1", Ending.IDLE, now=NOW))
    assert codes(prove(Proof(password=True, step=12))) == [Code.SESSION_ENDED]
    door.enter(Proof(password=True, step=13), "s2")
    again = rules.prove_signing(door.accounts, "s2", Proof(password=True), now=NOW, settings=LIMITS)
    assert codes(again) == [Code.LOG_IN_WRONG], "a new session begins with both components"


def test_an_account_is_one_persons_and_its_name_is_never_given_again(door):
    def reopen():
        return rules.open_account(door.accounts, "ann", "Another", signs=False, by=ADMIN, reason="new", now=NOW)

    assert codes(reopen()) == [Code.ID_TAKEN]
    door.take(rules.close_account(door.accounts, "ann", by=ADMIN, reason="left", now=NOW))
    assert codes(reopen()) == [Code.ID_TAKEN]


@pytest.mark.parametrize(("password", "ok"), [("short", False), ("ann", False), ("x" * 12, True)])
def test_a_password_has_its_least_length_and_the_fact_does_not_hold_it(door, password, ok):
    answer = door.password(by=ADMIN, reason="forgotten", password=password)
    assert codes(answer) == ([] if ok else [Code.CREDENTIAL_WEAK])
    assert not ok or password not in repr(answer)


def test_a_password_that_another_person_set_is_for_once_and_voids_the_second_factor(door):
    """A password that two persons know would be a shared account."""
    own = Actor("ann", Role.INVESTIGATOR)
    assert codes(door.password(by=ADMIN)) == [Code.REASON_MISSING]
    door.take(door.password(by=ADMIN, reason="telephone lost"))
    assert codes(door.enter(Proof(password=True, step=9))) == [Code.CREDENTIAL_INITIAL]
    assert codes(door.factor(by=own, proof=Proof(password=True))) == [Code.CREDENTIAL_INITIAL]
    door.take(door.password(by=own, proof=Proof(password=True)), own)
    assert codes(door.enter(Proof(password=True, step=9))) == [Code.SECOND_FACTOR_MISSING]
    door.take(door.factor(by=own, proof=Proof(password=True)), own)
    assert isinstance(door.enter(Proof(password=True, step=9)), Accepted)


def test_who_changes_a_component_proves_the_one_before_it_and_a_guess_counts_as_a_failed_log_in(door):
    own = Actor("ann", Role.INVESTIGATOR)
    assert codes(door.factor(by=ADMIN, proof=Proof(password=True, step=9))) == [Code.ACCOUNT_OF_ANOTHER]
    assert codes(door.take(door.factor(by=own, proof=Proof(password=True)), own)) == [Code.LOG_IN_WRONG]
    assert door.facts[-1] == events.LogInFailed("ann", 1)
    for _ in range(4):
        assert codes(door.take(door.password(by=own), own)) == [Code.LOG_IN_WRONG]
    assert isinstance(door.facts[-1], events.AccountLocked)
    assert codes(door.password(by=own, proof=Proof(password=True))) == [Code.ACCOUNT_LOCKED]
    assert codes(door.factor(by=own, proof=Proof(password=True, step=9))) == [Code.ACCOUNT_LOCKED]


def test_an_administrator_locks_with_a_reason_and_only_an_administrator_with_an_account(door):
    def lock(by, reason="left early"):
        return rules.lock_account(door.accounts, "ann", by=by, reason=reason, now=NOW)

    assert codes(lock(ADMIN, " ")) == [Code.REASON_MISSING]
    assert codes(lock(Actor("ann", Role.SPONSOR))) == [Code.OWN_ACCESS]
    assert codes(lock(Actor("stranger", Role.SPONSOR))) == [Code.NOT_KNOWN]
    door.enter(Proof(password=True, step=9))
    door.take(lock(ADMIN))
    assert codes(lock(ADMIN)) == [Code.ALREADY_DONE]
    assert codes(door.enter(Proof(password=True, step=10))) == [Code.ACCOUNT_LOCKED]
    assert rules.ending_of(door.accounts, "s1", NOW, now=NOW, settings=LIMITS) is Ending.ACCOUNT


def test_the_first_account_is_the_administrators_own_and_its_password_needs_no_other():
    door = Door()
    assert codes(rules.open_account(NO_ACCOUNTS, "ann", "Ann", signs=True, by=ADMIN, reason="x", now=NOW)) == [
        Code.OWN_ACCESS
    ]
    door.take(door.opened(ADMIN.id, signs=True))
    assert isinstance(door.take(door.password(ADMIN.id, by=ADMIN)), Accepted)
    door.take(door.opened("ann", signs=True))
    ann = Actor("ann", Role.INVESTIGATOR)
    assert codes(door.password("ann", by=ann)) == [Code.OWN_ACCESS], "nobody takes an account that is not theirs yet"


def test_limits_that_lock_out_everybody_are_refused():
    for bad in ({"failed_log_ins": 0}, {"idle": timedelta(0)}, {"password_length": 4}):
        with pytest.raises(UserError):
            LogInSettings(**bad)


def test_the_tables_are_complete_and_hold_no_secret():
    assert set(EVOLVERS) == set(LOG_IN_EVENTS.values())
    fields = {name for kind in LOG_IN_EVENTS.values() for name in kind.__dataclass_fields__}
    assert not fields & {"password", "secret", "verifier", "salt", "digest", "code", "key"}

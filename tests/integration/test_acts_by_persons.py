"""Acts by real persons: log-in from the command line, roles from grants, rehearsals apart from real trials."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from celltrial.app.credentials import FileCredentials
from celltrial.app.logging_in import CHAIN
from celltrial.app.persons import logged_in, prove_anew
from celltrial.app.session import codec
from celltrial.app.session_file import this_user
from celltrial.conduct.envelope import Actor, LogIn, Request, Role
from celltrial.conduct.facts.account.events import AccessGranted
from celltrial.conduct.facts.trial.events import TrialRegistered
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import Origin, Persons
from celltrial.core.errors import UserError
from celltrial.ledger import Journal, open_ledger

FIELDS = json.dumps({"trial": "T-1", "title": "A trial", "sponsor": "Sponsor"})
SITE = json.dumps({"site": "S1", "name": "Ward", "country": "CN", "zone": "Asia/Shanghai"})


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "trial.db"


@pytest.fixture
def real(desk, celltrial, ledger):
    """A real trial, registered by the logged-in lead."""
    assert desk.log_in("lead")[0] == 0
    code, out, err = celltrial("act", ledger, "RegisterTrial", "--trial", "T-1", "--fields", FIELDS, "--create")
    assert (code, err) == (0, ""), out
    return desk


def act(celltrial, ledger, command, fields, *words):
    text = json.dumps(fields)
    return celltrial("act", ledger, command, "--trial", "T-1", "--fields", text, "--reason", "delegation log", *words)


def review(name):
    """Return the fields of an act that needs no protocol."""
    return {"review": name, "about": "trial", "position": 1, "outcome": "none open"}


def grant(celltrial, ledger, account, name, role, site=None):
    fields = {"account": account, "printed_name": name, "role": role, "site": site}
    return act(celltrial, ledger, "GrantAccess", fields)


def events(ledger, trial="T-1"):
    with open_ledger(ledger) as opened:
        return list(Journal(opened, codec()).events(trial))


def ids(out):
    return [line.split()[0].rstrip(":") for line in out.splitlines() if line.startswith("  CND-")]


def test_who_registers_a_real_trial_is_logged_in_and_holds_its_first_grant(real, ledger):
    first, second = events(ledger)
    assert (first.fact.persons, first.fact.origin) == (Persons.LOGGED_IN, Origin.PROSPECTIVE)
    with open_ledger(real.accounts) as accounts:
        assert first.fact.installation == next(iter(accounts.read(CHAIN))).hash
    assert first.actor == Actor("lead", Role.SPONSOR, None, "Lead Office")
    assert second.fact == AccessGranted("lead", "Lead Office", Role.SPONSOR, None)


def test_nobody_registers_a_real_trial_without_logging_in(desk, celltrial, ledger):
    words = ("act", ledger, "RegisterTrial", "--trial", "T-1", "--fields", FIELDS, "--create")
    assert celltrial(*words)[2].startswith("APP-177")
    code, _, err = celltrial(*words, "--as", "sponsor", "--account", "lead", "--name", "Lead Office")
    assert (code, err[:7]) == (2, "APP-176")
    assert celltrial("status", ledger)[0] == 2, "nothing was written"


@pytest.mark.parametrize(
    "typed", [("--account", "lead"), ("--name", "Lead Office"), ("--account", "lead", "--rehearsal")]
)
def test_a_real_trial_takes_no_typed_identity_even_of_who_is_logged_in(real, celltrial, ledger, typed, tmp_path):
    before = len(events(ledger))
    for words in (
        ("act", ledger, "ActivateSite", "--trial", "T-1", "--as", "sponsor", *typed),
        ("status", ledger, "--as", "sponsor", "--account", "lead"),
        ("report", ledger, "--out", tmp_path / "r.html", "--as", "sponsor", "--account", "lead"),
        ("datasets", ledger, "--out", tmp_path / "d", "--as", "sponsor", "--account", "lead"),
        ("audit", "export", ledger, "--out", tmp_path / "a", "--as", "sponsor", "--account", "lead"),
    ):
        fields = ("--fields", SITE) if words[0] == "act" else ()
        code, out, err = celltrial(*words, *fields)
        assert (code, out) == (2, ""), words
        assert err[:7] in {"APP-176", "APP-243"}
    assert len(events(ledger)) == before


def test_the_core_refuses_a_real_act_without_a_log_in_whoever_hands_it_in(real, ledger):
    """The rule is in the core: a program that leaves the command line out meets it too."""
    from celltrial.app.acting import act as hand_in
    from celltrial.conduct.acts.account.commands import GrantAccess
    from celltrial.core.dates import Instant

    lead, now = Actor("lead", Role.SPONSOR, None, "Lead Office"), Instant(datetime.now(UTC))
    command = GrantAccess("eve", "Eve Office", Role.AUDITOR)
    genuine = LogIn("lead", "Lead Office", events(ledger)[0].fact.installation, "s", ("password",), now.utc)
    foreign = LogIn("lead", "Lead Office", "0" * 64, "s", ("password",), now.utc)
    other = LogIn("eve", "Eve Office", genuine.installation, "s", ("password",), now.utc)
    for log_in in (None, foreign, other):
        answer = hand_in(ledger, "T-1", command, lead, now, reason="why", log_in=log_in)
        assert [item.code.name for item in answer.conditions] == ["PERSON_NOT_PROVED"]
    assert not isinstance(hand_in(ledger, "T-1", command, lead, now, reason="why", log_in=genuine), Refused)


def test_role_and_site_come_from_the_grant_and_as_chooses_among_granted_ones(real, celltrial, ledger):
    assert grant(celltrial, ledger, "pi", "Ward One", "data_manager")[0] == 0
    real.log_in("pi")
    assert act(celltrial, ledger, "ReviewAuditTrail", review("t"))[0] == 0
    assert events(ledger)[-1].actor == Actor("pi", Role.DATA_MANAGER, None, "Ward One")
    code, _, err = act(celltrial, ledger, "ReviewAuditTrail", review("t"), "--as", "sponsor")
    assert (code, err[:7], "data_manager" in err) == (2, "APP-178", True)
    real.of("lead")
    assert grant(celltrial, ledger, "pi", "Ward One", "medical_monitor")[0] == 0
    real.of("pi")
    code, _, err = act(celltrial, ledger, "ReviewAuditTrail", review("u"))
    assert (code, err[:7], "medical_monitor" in err) == (2, "APP-179", True)
    assert act(celltrial, ledger, "ReviewAuditTrail", review("u"), "--as", "medical_monitor")[0] == 0
    assert events(ledger)[-1].actor.role is Role.MEDICAL_MONITOR


def test_the_one_granted_role_that_may_give_a_command_is_meant(real, celltrial, ledger):
    for role in ("cell_processing", "auditor"):
        assert grant(celltrial, ledger, "pi", "Ward One", role)[0] == 0
    real.log_in("pi")
    assert act(celltrial, ledger, "ReviewAuditTrail", review("r"))[0] == 0
    assert events(ledger)[-1].actor.role is Role.AUDITOR
    code, _, err = celltrial("status", ledger)
    assert (code, err[:7]) == (2, "APP-179"), "to read, the role is chosen"
    assert celltrial("status", ledger, "--as", "auditor")[0] == 0


def test_a_person_without_a_grant_neither_acts_nor_reads(real, celltrial, ledger, tmp_path):
    real.log_in("eve")
    assert act(celltrial, ledger, "ActivateSite", json.loads(SITE))[2].startswith("APP-178")
    for words in (
        ("status", ledger),
        ("report", ledger, "--out", tmp_path / "r.html"),
        ("datasets", ledger, "--out", tmp_path / "d"),
    ):
        code, out, err = celltrial(*words)
        assert (code, out, err[:7]) == (2, "", "APP-178")
    assert not (tmp_path / "r.html").exists()


def test_a_copy_is_taken_by_the_person_of_the_session(real, celltrial, ledger, tmp_path):
    code, _, err = celltrial("report", ledger, "--out", tmp_path / "r.html")
    assert (code, err) == (0, "")
    assert events(ledger)[-1].actor == Actor("lead", Role.SPONSOR, None, "Lead Office")
    assert "every act by a logged-in person" in (tmp_path / "r.html").read_text().lower()
    assert "REHEARSAL" not in (tmp_path / "r.html").read_text()


def test_whoami_and_logout(real, celltrial, ledger):
    code, out, _ = celltrial("whoami", "--ledger", ledger, "--json")
    said = json.loads(out)
    assert (code, said["account"], said["components"]) == (0, "lead", ["password", "code"])
    assert said["roles"] == [{"role": "sponsor", "site": None}]
    assert "Lead Office" in celltrial("whoami", "--lang", "zh")[1]
    assert celltrial("logout")[0] == 0
    assert celltrial("whoami")[2].startswith("APP-177")
    assert celltrial("logout")[0] == 1
    assert celltrial("status", ledger)[2].startswith("APP-177")


@pytest.mark.parametrize("lines", [("wrong passphrase here", "000000"), ("seven herons over the lake", "")])
def test_a_wrong_component_opens_no_session(desk, celltrial, lines):
    desk.of("pi")
    desk.type(*lines)
    code, out, _ = celltrial("login", "pi", "--accounts", desk.accounts)
    assert (code, "CND-125" in out) == (1, True)
    assert logged_in() is None


def test_a_replayed_code_opens_no_session(desk, celltrial):
    code = desk.code("pi")
    desk.of("pi")
    for expected in (0, 1):
        desk.type(desk.passphrase, code)
        assert celltrial("login", "pi", "--accounts", desk.accounts)[0] == expected


def test_to_sign_the_person_of_the_session_proves_the_components_anew(desk):
    desk.log_in("pi")
    assert prove_anew(desk.passphrase).conditions[0].code.name == "LOG_IN_WRONG", "the first time both"
    proved = prove_anew(desk.passphrase, desk.code("pi"))
    assert (proved.account, proved.printed_name, proved.components) == ("pi", "Ward One", ("password", "code"))
    assert datetime.now(UTC) - proved.proved < timedelta(seconds=30)
    assert prove_anew(desk.passphrase).components == ("password",)
    now = logged_in()
    assert (now.session, now.installation) == (proved.session, proved.installation)
    assert now.components == ("password",), "the session says what was proved last"


def session_file(desk, account):
    return desk.accounts.parent / f"state-{account}" / "session.json"


def test_a_stolen_session_file_opens_nothing(real, celltrial, ledger, monkeypatch):
    path = session_file(real, "lead")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for mode in (0o640, 0o604, 0o666, 0o610):
        path.chmod(mode)
        code, out, err = celltrial("status", ledger)
        assert (code, out, err[:7]) == (2, "", "APP-174"), oct(mode)
    path.chmod(0o600)
    text = path.read_text()
    thief = session_file(real, "thief")
    thief.parent.mkdir()
    thief.symlink_to(path)
    real.of("thief")
    assert celltrial("status", ledger)[2].startswith("APP-174"), "a link"
    thief.unlink()
    thief.write_text(text)
    thief.chmod(0o600)
    monkeypatch.setattr("platform.node", lambda: "another-machine")
    assert celltrial("status", ledger)[2].startswith("APP-175"), "copied to another machine"
    monkeypatch.undo()


def test_a_session_file_copied_by_another_user_opens_nothing(real, celltrial, ledger, monkeypatch):
    mine = os.getuid()
    monkeypatch.setattr("os.getuid", lambda: mine + 1)
    assert celltrial("status", ledger)[2].startswith("APP-174"), "the file is another user's"
    path = session_file(real, "lead")
    if mine == 0:  # only root can give a file away
        os.chown(path, 1, -1)
        assert celltrial("status", ledger)[2].startswith("APP-175"), "the session is bound to its user"


@pytest.mark.parametrize("content", ["", "[]", "{}", "no json", '{"accounts": 1}', "\x00" * 9])
def test_a_spoilt_session_file_is_one_clear_message(desk, celltrial, content):
    desk.log_in("pi")
    session_file(desk, "pi").write_text(content)
    code, out, err = celltrial("whoami")
    assert (code, out, err[:7]) == (2, "", "APP-174")
    assert celltrial("logout")[2].startswith("APP-174")


def test_an_edited_session_file_makes_nobody_another_person(real, celltrial, ledger):
    path = session_file(real, "lead")
    held = json.loads(path.read_text())
    a_little_later = (datetime.fromisoformat(held["last_seen"]) + timedelta(microseconds=1)).isoformat()
    for name, value in (
        ("account", "eve"), ("session", "x" * 43), ("last_seen", "2099-01-01T00:00:00+00:00"),
        ("last_seen", a_little_later), ("seal", "0" * 64), ("seal", "é"),
    ):  # fmt: skip
        path.write_text(json.dumps({**held, name: value}))
        path.chmod(0o600)
        assert celltrial("act", ledger, "ActivateSite", "--trial", "T-1", "--fields", SITE)[2].startswith("APP-175")
        assert not path.exists(), "a session that is over is forgotten"
    path.write_text(json.dumps({**held, "printed_name": "Another Office"}))
    path.chmod(0o600)
    assert logged_in().printed_name == "Lead Office"


def test_an_idle_session_is_over(real, celltrial, ledger):
    path = session_file(real, "lead")
    held = json.loads(path.read_text())
    ago = datetime.now(UTC) - timedelta(minutes=16)
    name = hashlib.sha256(f"{held['session']}\0{this_user()}".encode()).hexdigest()
    seal = hmac.new(
        FileCredentials(Path(f"{real.accounts}.secrets")).session_key(),
        f"{name}\0lead\0{ago.isoformat()}".encode(),
        "sha256",
    ).hexdigest()
    path.write_text(json.dumps({**held, "last_seen": ago.isoformat(), "seal": seal}))
    code, out, err = celltrial("status", ledger)
    assert (code, out, err[:7]) == (2, "", "APP-175")
    with open_ledger(real.accounts) as opened:
        assert list(opened.read(CHAIN))[-1].payload["ending"] == "idle"


def test_the_same_name_in_another_installation_is_another_person(real, celltrial, ledger, desk_elsewhere):
    """An attacker makes an installation of their own with an account `lead`."""
    assert desk_elsewhere.log_in("lead")[0] == 0
    code, out, _ = grant(celltrial, ledger, "eve", "Eve Office", "auditor")
    assert (code, ids(out)) == (1, ["CND-150"])


def rehearse(celltrial, ledger, *words):
    return celltrial(
        "act", ledger, "RegisterTrial", "--trial", "T-1", "--fields", FIELDS, "--create", "--rehearsal", *words
    )


TYPED = ("--as", "sponsor", "--account", "s", "--name", "Any Name")


def test_a_rehearsal_says_so_everywhere_and_is_never_a_real_trial(celltrial, ledger, tmp_path):
    assert rehearse(celltrial, ledger, *TYPED)[0] == 0
    for words in (("status", ledger), ("verify", ledger)):
        assert "REHEARSAL" in celltrial(*words)[1]
        assert "演练" in celltrial(*words, "--lang", "zh")[1]
    assert json.loads(celltrial("verify", ledger, "--json")[1])[0]["persons"] == "rehearsed"
    assert celltrial("report", ledger, "--out", tmp_path / "r.html", *TYPED)[0] == 0
    assert "REHEARSAL" in (tmp_path / "r.html").read_text()
    assert celltrial("report", ledger, "--out", tmp_path / "z.html", "--lang", "zh", *TYPED)[0] == 0
    assert "演练" in (tmp_path / "z.html").read_text()
    again = ("act", ledger, "RegisterTrial", "--trial", "T-1", "--fields", FIELDS, *TYPED)
    code, out, _ = celltrial(*again)
    assert (code, ids(out)) == (1, ["CND-011"])
    assert events(ledger)[0].fact.persons is Persons.REHEARSED


def test_a_rehearsal_runs_on_a_clock_that_its_script_moves(celltrial, ledger):
    assert rehearse(celltrial, ledger, *TYPED, "--at", "2025-01-06T09:00:00+08:00")[0] == 0

    def look(name, *words):
        return act(celltrial, ledger, "ReviewAuditTrail", review(name), *TYPED, *words)

    assert look("months later", "--at", "2025-08-06T09:00:00+08:00")[0] == 0
    assert look("where it stands")[0] == 0
    assert look("entered late", "--at", "2025-08-01T09:00:00+08:00", "--now", "2025-09-01T09:00:00+08:00")[0] == 0
    code, _, err = look("back", "--now", "2025-08-31T09:00:00+08:00")
    assert (code, err[:7]) == (2, "APP-241")
    code, out, _ = look("to come", "--at", "2025-10-01T09:00:00+08:00", "--now", "2025-09-02T09:00:00+08:00")
    assert (code, ids(out)) == (1, ["CND-003"])
    with open_ledger(ledger) as opened:
        found = [(item.recorded[:10], item.occurred[:10], item.clock) for item in opened.read("T-1")]
    assert found == [
        ("2025-01-06", "2025-01-06", "rehearsal"),
        ("2025-08-06", "2025-08-06", "rehearsal"),
        ("2025-08-06", "2025-08-06", "rehearsal"),
        ("2025-09-01", "2025-08-01", "rehearsal"),
    ]


def test_a_rehearsal_is_driven_by_logged_in_persons_through_months(desk, celltrial, ledger):
    desk.log_in("lead")
    assert rehearse(celltrial, ledger, "--at", "2025-01-06T09:00:00+08:00")[0] == 0
    assert grant(celltrial, ledger, "pi", "Ward One", "data_manager")[0] == 0
    desk.log_in("pi")
    assert act(celltrial, ledger, "ReviewAuditTrail", review("t"), "--at", "2025-07-06T09:00:00+08:00")[0] == 0
    last = events(ledger)[-1]
    assert (last.actor, last.recorded.date().isoformat()) == (
        Actor("pi", Role.DATA_MANAGER, None, "Ward One"),
        "2025-07-06",
    )


def test_only_a_rehearsal_has_a_clock_to_move(real, celltrial, ledger):
    code, _, err = celltrial(
        "act", ledger, "ActivateSite", "--trial", "T-1", "--fields", SITE, "--now", "2025-01-06T09:00:00Z"
    )
    assert (code, err[:7]) == (2, "APP-242")
    from celltrial.app.session import SimulatedClock, open_session
    from celltrial.conduct.acts.account.commands import GrantAccess
    from celltrial.core.dates import Instant

    person, clock = logged_in(), SimulatedClock()
    clock.set(datetime(2025, 1, 6, tzinfo=UTC))
    request = Request(
        GrantAccess("eve", "Eve Office", Role.AUDITOR), Actor("lead", Role.SPONSOR, None, "Lead Office"),
        Instant(clock.now()), reason="why", log_in=person,
    )  # fmt: skip
    with open_session(ledger, "T-1", clock=clock) as session, pytest.raises(UserError) as caught:
        session.submit(request)
    assert caught.value.faults[0].id == "APP-242"


def old_ledger(ledger, origin="prospective"):
    """Write what was registered before persons were proved."""
    from celltrial.core.dates import Instant
    from celltrial.ledger import Context, Entry

    payload = {"trial": "T-1", "title": "A trial", "sponsor": "", "origin": origin}
    with open_ledger(ledger, create=True) as opened:
        entry = Entry("trial", "trial.registered/1", payload, Instant(datetime(2025, 1, 6, tzinfo=UTC)))
        opened.append("T-1", 0, [entry], Context(Actor("s", Role.SPONSOR)))


def test_an_old_ledger_says_that_its_persons_are_not_proved_and_goes_on_with_logged_in_ones(
    desk, celltrial, ledger, tmp_path
):
    old_ledger(ledger)
    assert events(ledger)[0].fact == TrialRegistered("T-1", "A trial", "", Origin.PROSPECTIVE, Persons.NOT_PROVED, "")
    assert "typed identities" in celltrial("verify", ledger)[1]
    assert "键入" in celltrial("verify", ledger, "--lang", "zh")[1]
    assert act(celltrial, ledger, "ActivateSite", json.loads(SITE), *TYPED)[2].startswith("APP-176")
    desk.log_in("lead")
    code, out, _ = act(celltrial, ledger, "ActivateSite", json.loads(SITE))
    assert (code, "CND-120" in ids(out)) == (1, True), "accesses are kept before anything else is done"
    assert grant(celltrial, ledger, "lead", "Lead Office", "sponsor")[0] == 0
    assert "typed identities" in celltrial("status", ledger)[1]
    assert celltrial("report", ledger, "--out", tmp_path / "r.html")[0] == 0
    assert "PERSONS NOT PROVED" in (tmp_path / "r.html").read_text()


@pytest.mark.parametrize("origin", ["simulated", "retrospective"])
def test_an_old_ledger_of_no_running_trial_is_a_rehearsal(celltrial, ledger, origin):
    old_ledger(ledger, origin)
    assert "REHEARSAL" in celltrial("verify", ledger)[1]
    assert json.loads(celltrial("status", ledger, "--json")[1])["persons"] == "rehearsed"


def test_a_real_trial_with_a_record_by_another_clock_is_found(real, celltrial, ledger):
    """Somebody with the database writes past the program: the chain is consistent, the clock is not the system's."""
    from celltrial.core.dates import Instant
    from celltrial.ledger import Clock, Context, Entry

    assert celltrial("verify", ledger)[0] == 0
    later = Clock("rehearsal", lambda: datetime.now(UTC) + timedelta(days=1))
    payload = {"task": "t", "outcome": "done"}
    with open_ledger(ledger, clock=later) as opened:
        entry = Entry("trial", "trial.task_closed/1", payload, Instant(datetime.now(UTC)))
        opened.append("T-1", 2, [entry], Context(Actor("lead", Role.SPONSOR, None, "Lead Office")))
    code, out, _ = celltrial("verify", ledger)
    assert (code, "LDG-076" in out, "record 3" in out) == (1, True, True)


def test_data_sets_and_histories_carry_the_mark_too(celltrial, ledger, tmp_path):
    assert rehearse(celltrial, ledger, *TYPED)[0] == 0
    assert celltrial("datasets", ledger, "--out", tmp_path / "d", *TYPED)[0] == 0
    assert json.loads((tmp_path / "d" / "about.json").read_text())["persons"] == "rehearsed"


def sign_what_waits(desk, celltrial, ledger, code=""):
    """Sign the one act that waits, with the passphrase and, the first time in a session, a code."""
    [item] = json.loads(celltrial("sign", ledger, "--json")[1])["waiting"]
    desk.type(desk.passphrase, code)
    status, out, err = celltrial("sign", ledger, item["signing"])
    assert (status, err) == (0, ""), out


def test_versions_are_brought_into_force_by_the_logged_in_sponsor(desk, celltrial, ledger, tmp_path):
    """`approve` registers a real trial; `amend` shows the next version; each waits for its signature; no typed names."""
    from rehearsal import with_fields

    from celltrial.protocol import canonical_json, read_protocol

    example = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
    plan, files = read_protocol(example.read_text(encoding="utf-8"), example.name), []
    for number in ("1.0", "2.0"):
        files.append(tmp_path / f"v{number}.yaml")
        files[-1].write_text(canonical_json(with_fields(plan, {"identification.version": number})), encoding="utf-8")
    approve = ("approve", ledger, files[0], "--create")
    assert celltrial(*approve)[2].startswith("APP-177")
    assert celltrial(*approve, "--account", "so", "--name", "Sponsor office")[2].startswith("APP-176")
    desk.log_in("lead")
    assert celltrial(*approve)[0] == 0
    sign_what_waits(desk, celltrial, ledger, desk.code("lead"))
    trial = plan.identification.id
    assert events(ledger, trial)[0].fact.persons is Persons.LOGGED_IN
    assert {item.actor for item in events(ledger, trial)} == {Actor("lead", Role.SPONSOR, None, "Lead Office")}
    amend = ("amend", ledger, files[1], "--no-reconsent", "--reason", "cap")
    desk.log_in("eve")
    assert celltrial(*amend)[2].startswith("APP-178")
    desk.of("lead")
    assert celltrial(*amend, "--preview")[0] == 0
    assert celltrial(*amend)[0] == 0
    assert json.loads(celltrial("status", ledger, "--json")[1])["version"] == "1.0", "it waits for its signature"
    sign_what_waits(desk, celltrial, ledger)
    assert json.loads(celltrial("status", ledger, "--json")[1])["version"] == "2.0"


@pytest.mark.postgres
def test_on_postgresql_the_same_persons_are_taken_and_refused(desk, desk_elsewhere, celltrial, postgres_server):
    where = postgres_server.fresh()
    register = ("act", where, "RegisterTrial", "--trial", "T-1", "--fields", FIELDS, "--create")
    desk.of("lead")
    assert celltrial(*register)[2].startswith("APP-177")
    assert desk.log_in("lead")[0] == 0
    assert celltrial(*register)[0] == 0
    assert act(celltrial, where, "ReviewAuditTrail", review("r"), *TYPED)[2].startswith("APP-176")
    desk.log_in("eve")
    assert act(celltrial, where, "ReviewAuditTrail", review("r"))[2].startswith("APP-178")
    desk_elsewhere.log_in("lead")
    code, out, _ = grant(celltrial, where, "eve", "Eve Office", "auditor")
    assert (code, ids(out)) == (1, ["CND-150"])
    desk.of("lead")
    assert grant(celltrial, where, "eve", "Eve Office", "auditor")[0] == 0
    assert act(celltrial, where, "ReviewAuditTrail", review("r"))[0] == 0
    code, out, _ = celltrial("verify", where)
    assert (code, "logged-in persons" in out) == (0, True)
    assert celltrial(*register, "--rehearsal")[2].startswith("APP-243"), "a real trial is no rehearsal"
    assert [item.actor.id for item in events(where)] == ["lead"] * 4


def test_the_commands_of_the_how_to_page_work_as_printed(desk, celltrial, tmp_path, monkeypatch):
    page = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "log-in.md").read_text(encoding="utf-8")
    given = [line.strip() for line in page.replace("\\\n", " ").splitlines() if line.startswith("    ")]
    assert len(given) == 9
    monkeypatch.chdir(tmp_path)
    desk.of("lead")
    for line in given:
        words = shlex.split(line, comments=True)
        if words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
            continue
        if words[1] == "login":
            desk.type(desk.passphrase, desk.code("lead"))
        code, out, err = celltrial(*words[1:])
        assert (code, err) == (0, ""), (line, out, err)
    assert {item.name for item in tmp_path.glob("*.db")} == {"accounts.db", "trial.db", "rehearsal.db"}


def test_a_rehearsal_begun_by_a_logged_in_person_takes_no_typed_identity_either(desk, celltrial, ledger):
    """Otherwise its signatures would be typed: who plays with persons plays with persons to the end."""
    desk.log_in("lead")
    assert rehearse(celltrial, ledger, "--at", "2025-01-06T09:00:00+08:00")[0] == 0
    for typed in (TYPED, ("--as", "sponsor", "--account", "lead", "--name", "Lead Office")):
        assert act(celltrial, ledger, "ReviewAuditTrail", review("t"), *typed)[2].startswith("APP-176")
        assert celltrial("status", ledger, *typed[:4])[2].startswith("APP-176")
    desk.of("nobody")
    assert celltrial("status", ledger)[2].startswith("APP-177")
    desk.of("lead")
    assert "REHEARSAL" in celltrial("status", ledger)[1]
    words = ("--at", "2025-03-06T09:00:00+08:00", "--rehearsal")
    assert act(celltrial, ledger, "ReviewAuditTrail", review("t"), *words)[0] == 0, "its clock is moved all the same"


def test_accounts_stand_in_a_ledger_of_their_own(real, celltrial, ledger, tmp_path):
    """Somebody makes accounts inside the trial, to be its installation."""
    before = ledger.read_bytes()
    real.type(real.passphrase, "000000")
    for words in (
        ("account", "init", ledger, "lead", "--name", "Lead Office"),
        ("login", "lead", "--accounts", ledger),
    ):
        code, out, err = celltrial(*words)
        assert (code, out, err[:7]) == (2, "", "APP-247")
    assert ledger.read_bytes() == before
    assert celltrial("account", "init", tmp_path / "new.db", "a~b", "--name", "Any")[0] == 2
    assert celltrial("account", "init", tmp_path / "new.db", "a", "--name", " ")[0] == 1
    assert not list(tmp_path.glob("new.db*")), "nothing half-made is left"


def test_a_folder_or_a_pipe_in_place_of_a_session_file_is_one_clear_message(desk, celltrial):
    desk.log_in("pi")
    path = session_file(desk, "pi")
    for make in (path.mkdir, lambda: os.mkfifo(path, 0o600)):
        path.rmdir() if path.is_dir() else path.unlink()
        make()
        for words in (("whoami",), ("logout",), ("login", "pi", "--accounts", desk.accounts)):
            desk.type(desk.passphrase, "000000")
            code, out, err = celltrial(*words)
            assert (code, out, err[:7]) == (2, "", "APP-174")


def test_a_table_is_entered_as_the_logged_in_person_and_every_row_is_theirs(real, celltrial, ledger, tmp_path):
    """Role and site come from the grant; a typed identity, nobody, and a role that may not give the command write nothing."""
    table = tmp_path / "sites.csv"
    table.write_text(
        "site,name,country,zone\nS1,Ward one,CN,Asia/Shanghai\nS2,病房二,CN,Asia/Shanghai\n", encoding="utf-8"
    )
    ask = ("enter", ledger, table, "--command", "ActivateSite", "--reason", "start-up visits")
    before = len(events(ledger))
    assert celltrial(*ask, *TYPED)[2].startswith("APP-176")
    assert celltrial(*ask, "--as", "investigator")[2].startswith("APP-178")
    real.log_in("pi")
    assert celltrial(*ask)[2].startswith("APP-178")
    real.of("nobody")
    assert celltrial(*ask)[2].startswith("APP-177")
    assert len(events(ledger)) == before
    real.of("lead")
    code, out, err = celltrial(*ask)
    assert (code, "CND-" in out, err) == (1, True, ""), (
        "no protocol is in force: said of both rows, and neither is written"
    )
    assert len(events(ledger)) == before
    table.write_text("account,printed_name,role,site\neve,Eve Office,auditor,\npi,Ward One,investigator,\n")
    ask = ("enter", ledger, table, "--command", "GrantAccess", "--reason", "delegation log")
    code, out, err = celltrial(*ask)
    assert (code, err) == (0, ""), out
    written = events(ledger)[before:]
    assert len(written) == 2
    assert {item.actor for item in written} == {Actor("lead", Role.SPONSOR, None, "Lead Office")}
    assert {item.reason for item in written} == {"delegation log"}
    again = celltrial(*ask)
    assert (again[0], len(events(ledger))) == (0, before + 2), "the same table is entered once"
    code, out, _ = celltrial("verify", ledger, "--accounts", real.accounts)
    assert code == 0, out

"""Signatures from the command line: each by its own person, over what was read; nobody types another's."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from act_forger import ANYBODY, EVE, LEAD, TRIAL, WARD, Forger
from celltrial.app.rehearsing import registered
from celltrial.app.verifying_acts import act_faults, read_sessions
from celltrial.conduct.envelope import Actor, Role
from celltrial.conduct.facts.scope.events import ResumeItemRecorded
from celltrial.conduct.facts.signing.events import (
    SignatureDeclined,
    SignatureGiven,
    SignedActCarriedOut,
)
from celltrial.conduct.facts.trial.events import EvidenceReviewed, ProtocolApproved
from celltrial.core.dates import Instant
from celltrial.ledger import open_ledger
from ledger_rewriting import lines_of, rewrite
from persons_at_work import act, events, signed, waiting


def test_a_version_comes_into_force_when_it_is_signed_not_when_it_is_asked_for(real, celltrial, ledger):
    [item] = waiting(celltrial, ledger)
    assert (item["command"], item["missing"]) == ("ApproveProtocol", [{"part": "signatures", "roles": ["sponsor"]}])
    assert json.loads(celltrial("status", ledger, "--json")[1])["version"] == ""
    wrong = signed(real, celltrial, ledger, "lead", item["signing"], passphrase="not this one at all", code="000000")
    assert wrong[0] == 1
    assert "CND-125" in wrong[1]
    assert not [event for event in events(ledger) if isinstance(event.fact, SignatureGiven)]
    code, out, err = signed(real, celltrial, ledger, "lead", item["signing"])
    assert (code, err) == (0, "")
    assert item["sha256"] in out, "who signs reads what is signed"
    assert json.loads(celltrial("status", ledger, "--json")[1])["version"] == "1.0"
    [given] = [event for event in events(ledger) if isinstance(event.fact, SignatureGiven)]
    assert (given.fact.sha256, given.fact.components) == (item["sha256"], ("password", "code"))
    [fact] = [event.fact for event in events(ledger) if isinstance(event.fact, ProtocolApproved)]
    assert [(one.account, one.printed_name, one.role) for one in fact.signatures] == [
        ("lead", "Lead Office", "sponsor")
    ]
    assert celltrial("verify", ledger)[0] == 0


def test_two_persons_sign_an_evaluation_each_in_the_own_session(running, celltrial, ledger):
    suspension = {"suspension": "X", "scope": "trial", "target": "", "why": "signal"}
    assert act(celltrial, ledger, "SuspendScope", suspension)[0] == 0
    assert act(celltrial, ledger, "OpenEvaluation", {"suspension": "X"})[0] == 0
    today = str(events(ledger)[-1].occurred.local_date)
    evaluation = {"suspension": "X", "on": today, "reference": "report 3", "signatures": []}
    typed = {"account": "eve", "printed_name": "Eve Office", "role": "medical_monitor", "meaning": "approval"}
    moment = {"utc": events(ledger)[-1].occurred.utc.isoformat(), "zone": "UTC"}
    code, out, _ = act(celltrial, ledger, "SignEvaluation", evaluation | {"signatures": [typed | {"signed": moment}]})
    assert code in {1, 2}, "another person's signature is not typed"
    assert code == 2 or {item["id"] for item in json.loads(out)["conditions"]} == {"CND-132"}
    code, out, _ = act(celltrial, ledger, "SignEvaluation", evaluation)
    [key] = json.loads(out)["waiting"]
    running.of("eve")
    code, out, _ = celltrial("status", ledger, "--json")
    mine = [item for item in json.loads(out)["due"] if item["kind"] == "signature"]
    assert {item["owner"] for item in mine} >= {"medical_monitor"}
    assert "report 3" in celltrial("sign", ledger, key, "--read")[1]
    assert "医学监查员" in celltrial("sign", ledger, "--lang", "zh")[1]
    running.of("pi")
    assert signed(running, celltrial, ledger, "pi", key, "--json")[0] == 1
    assert signed(running, celltrial, ledger, "eve", key)[0] == 0
    assert not [event for event in events(ledger) if isinstance(event.fact, ResumeItemRecorded)]
    assert signed(running, celltrial, ledger, "lead", key)[0] == 0
    found = events(ledger)
    [item] = [event for event in found if isinstance(event.fact, ResumeItemRecorded)]
    assert {one.account for one in item.fact.signatures} == {"eve", "lead"}
    assert item.actor.id == "lead"
    [done] = [event for event in found if isinstance(event.fact, SignedActCarriedOut) and event.fact.signing == key]
    assert done.recorded == item.recorded
    assert waiting(celltrial, ledger) == []
    assert celltrial("verify", ledger)[0] == 0


def test_an_act_is_declined_by_who_should_sign_and_withdrawn_by_who_asked_with_a_reason(running, celltrial, ledger):
    suspension = {"suspension": "X", "scope": "trial", "target": "", "why": "signal"}
    act(celltrial, ledger, "SuspendScope", suspension)
    act(celltrial, ledger, "OpenEvaluation", {"suspension": "X"})
    today = str(events(ledger)[-1].occurred.local_date)
    for reference, account, word in (("report 3", "eve", "--decline"), ("report 4", "lead", "--withdraw")):
        running.of("lead")
        evaluation = {"suspension": "X", "on": today, "reference": reference, "signatures": []}
        [key] = json.loads(act(celltrial, ledger, "SignEvaluation", evaluation)[1])["waiting"]
        running.of("pi")
        assert celltrial("sign", ledger, key, word, "not mine")[0] == 1
        running.of(account)
        assert celltrial("sign", ledger, key, word, " ")[0] == 1
        assert celltrial("sign", ledger, key, word, "two events are missing")[0] == 0
        assert waiting(celltrial, ledger) == []
    assert not [event for event in events(ledger) if isinstance(event.fact, ResumeItemRecorded)]


def test_what_does_not_wait_is_named_with_what_does(running, celltrial, ledger):
    code, _, err = celltrial("sign", ledger, "feedbeef")
    assert (code, err[:7]) == (2, "APP-245")
    assert "No act waits" in celltrial("sign", ledger)[1]
    assert "没有等待签署" in celltrial("sign", ledger, "--lang", "zh")[1]


def codes_of(celltrial, ledger):
    code, out, _ = celltrial("verify", ledger, "--json")
    [trial] = json.loads(out)
    assert code == (1 if trial["findings"] else 0)
    assert trial["first_bad"] is None, "the chain is consistent in itself"
    return [(item["id"], item["position"]) for item in trial["findings"]]


FORGED = {
    "an account that nobody knows": ("LDG-078", 0, lambda f: [(ANYBODY, replace(LEAD, id="mallory"))]),
    "a role of another": ("LDG-078", 0, lambda f: [(ANYBODY, replace(EVE, role=Role.SPONSOR))]),
    "the program itself": ("LDG-078", 0, lambda f: [(ANYBODY, Actor("system", Role.SYSTEM))]),
    "another name": ("LDG-078", 0, lambda f: [(ANYBODY, replace(LEAD, printed_name="Eve Office"))]),
    "typed signatures": ("LDG-079", 0, lambda f: [replace(f.item, signatures=f.both)]),
    "one's own, typed": ("LDG-079", 0, lambda f: [EvidenceReviewed(date(2026, 1, 5), "r", f.both[1:])]),
    "no signature": ("LDG-083", 0, lambda f: [EvidenceReviewed(date(2026, 1, 5), "r", ())]),
    "no signature on a resume item": ("LDG-083", 0, lambda f: [f.item]),
    "carried out, unsigned": ("LDG-080", 1, lambda f: [f.asked, f.done]),
    "carried out, half signed": ("LDG-080", 2, lambda f: [f.asked, f.given, f.done]),
    "carried out, never asked for": ("LDG-080", 0, lambda f: [f.done]),
    "nobody needed": ("LDG-080", 1, lambda f: [replace(f.asked, needed=()), f.done]),
    "other content": (
        "LDG-081", 0, lambda f: [replace(f.asked, content=f.asked.content.replace("report 3", "report 4"))],
    ),
    "content of another person": ("LDG-081", 0, lambda f: [(f.asked, EVE)]),
    "another command": ("LDG-081", 0, lambda f: [replace(f.asked, command="OpenEvaluation")]),
    "signed over another hash": ("LDG-081", 1, lambda f: [f.asked, replace(f.given, sha256="0" * 64)]),
    "signed twice": ("LDG-082", 2, lambda f: [f.asked, f.given, f.given]),
    "signed in a role it needs not": ("LDG-082", 1, lambda f: [f.asked, (f.given, WARD)]),
    "signed, nothing proved": ("LDG-082", 1, lambda f: [f.asked, replace(f.given, components=())]),
    "signed in no session": ("LDG-082", 1, lambda f: [f.asked, replace(f.given, session="")]),
    "signed in another meaning": ("LDG-082", 1, lambda f: [f.asked, replace(f.given, meaning="witness")]),
    "signed what does not wait": ("LDG-082", 0, lambda f: [f.given]),
    "declined what does not wait": ("LDG-082", 0, lambda f: [SignatureDeclined(f.asked.signing, "no")]),
    "signed when it was over": ("LDG-082", 1, lambda f: [replace(f.asked, expires=f.now), f.given]),
    "another fact than was signed": (
        "LDG-084", 4,
        lambda f: [f.asked, (f.given, EVE), f.given, f.done, replace(f.item, reference="report 4", signatures=f.both)],
    ),
    "with a third who did not sign": (
        "LDG-079", 4,
        lambda f: [f.asked, (f.given, EVE), f.given, f.done,
                   replace(f.item, signatures=(*f.both, replace(f.both[0], account="pi")))],
    ),
    "signed earlier than it was": (
        "LDG-079", 4,
        lambda f: [f.asked, (f.given, EVE), f.given, f.done, replace(f.item, signatures=tuple(
            replace(one, signed=Instant(datetime(2026, 1, 5, tzinfo=UTC), "UTC")) for one in f.both))],
    ),
}  # fmt: skip


def test_what_is_written_past_the_program_is_found_though_the_chain_is_consistent(running, celltrial, ledger):
    """Each forgery alone: the finding names its record; what two persons did sign is none."""
    running.of("lead")
    assert codes_of(celltrial, ledger) == []
    with open_ledger(ledger) as opened:
        before = opened.head(TRIAL).position
    lines = lines_of(str(ledger), TRIAL)
    found, expected = {}, {}
    for name, (code, nth, forged) in FORGED.items():
        forger = Forger(ledger)
        forger.write(*forged(forger))
        found[name] = codes_of(celltrial, ledger)[:1]
        rewrite(str(ledger), TRIAL, lines)
        expected[name] = [(code, before + 1 + nth)]
    assert found == expected
    forger = Forger(ledger)
    forger.write(forger.asked, (forger.given, EVE))
    forger.write(forger.given, forger.done, replace(forger.item, signatures=forger.both))
    assert codes_of(celltrial, ledger) == []
    forger.write(replace(forger.item, signatures=forger.both))
    assert codes_of(celltrial, ledger) == [("LDG-079", before + 6)], "signatures serve one act"
    assert "did not give over the act" in celltrial("verify", ledger)[1]
    assert "并未对此操作签署" in celltrial("verify", ledger, "--lang", "zh")[1]


def test_what_a_person_does_after_the_role_was_taken_back_is_found(running, celltrial, ledger):
    running.of("lead")
    revoked = {"account": "eve", "role": "medical_monitor", "site": None}
    assert act(celltrial, ledger, "RevokeAccess", revoked)[0] == 0
    assert codes_of(celltrial, ledger) == []
    forger = Forger(ledger)
    forger.write(forger.asked)
    forger.write((forger.given, EVE))
    assert [code for code, _ in codes_of(celltrial, ledger)] == ["LDG-078"]


def test_a_signature_is_held_to_a_session_of_the_ledger_of_accounts_where_it_is_named(
    running, desk_elsewhere, celltrial, ledger
):
    """What somebody wrote whole, in the names of persons who hold the roles, was signed in no session."""
    running.of("lead")
    accounts = ("--accounts", running.accounts)
    assert "was held to the ledger of accounts" in celltrial("verify", ledger, *accounts)[1]
    assert "was not looked at" in celltrial("verify", ledger)[1]
    assert "未核对" in celltrial("verify", ledger, "--lang", "zh")[1]
    code, out, _ = celltrial("verify", ledger, "--json", *accounts)
    assert (code, json.loads(out)[0]["sessions_checked"], json.loads(out)[0]["findings"]) == (0, True, [])
    [own] = [event for event in events(ledger) if isinstance(event.fact, SignatureGiven)]
    forger = Forger(ledger)
    forger.write(forger.asked, (forger.given, EVE))
    with open_ledger(ledger) as opened:
        last = opened.head(TRIAL).position
    forger.write(
        replace(forger.given, session=own.fact.session), forger.done, replace(forger.item, signatures=forger.both)
    )
    assert celltrial("verify", ledger)[0] == 0, "nothing in the ledger itself tells"
    code, out, _ = celltrial("verify", ledger, "--json", *accounts)
    found = [(item["id"], item["position"]) for item in json.loads(out)[0]["findings"]]
    assert (code, found[0]) == (1, ("LDG-085", last))
    elsewhere = celltrial("verify", ledger, "--accounts", desk_elsewhere.accounts)
    assert (elsewhere[0], "LDG-086" in elsewhere[1], "was not looked at" in elsewhere[1]) == (1, True, True)
    assert celltrial("verify", ledger, "--accounts", ledger)[2].startswith("APP-248")


def test_a_session_long_past_signs_nothing(running, celltrial, ledger):
    """Within a real trial the components are proved when the signature is given, not hours before."""
    running.of("lead")
    [own] = [event for event in events(ledger) if isinstance(event.fact, SignatureGiven)]
    with open_ledger(running.accounts) as book:
        sessions = read_sessions(book)
    [(who, moments)] = [item for item in sessions.proved.items() if item[0] == ("lead", own.fact.session)]
    with open_ledger(ledger) as opened:
        fact = registered(opened, TRIAL)
        assert list(act_faults(opened, TRIAL, fact, sessions)) == []
        earlier = replace(sessions, proved={who: [moment - timedelta(hours=1) for moment in moments]})
        assert next(item.id for item in act_faults(opened, TRIAL, fact, earlier)) == "LDG-085"

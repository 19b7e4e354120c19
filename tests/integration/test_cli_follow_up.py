"""Acts of follow-up from the command line: a child who grows up is handed over to adult care."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from celltrial.app.session import codec
from celltrial.conduct.envelope import Actor, Draft, Role
from celltrial.conduct.rehearsal import Journey, with_fields
from celltrial.core.dates import Instant, parse_instant
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
INFUSED = Instant(parse_instant("2015-03-02T10:00:00+08:00"), "Asia/Shanghai")
BORN = date(2005, 9, 1)
NOON = "2023-09-01T12:00:00+08:00"


@pytest.fixture(scope="module")
def facts():
    """Every fact of a trial with one child, born on 2005-09-01 and infused on 2015-03-02."""
    trip = Journey(datetime(2015, 1, 20, 2, tzinfo=UTC), "Asia/Shanghai")
    protocol = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    trip.open_trial(with_fields(protocol, {"population.criteria.0.value": 1}))
    trip.prepare("P1", "B1", born=BORN)
    trip.deplete("P1", "B1", INFUSED)
    trip.infuse("P1", "B1")
    return trip.state.trial, [Draft(item.stream, item.fact, item.occurred, item.precision) for item in trip.events]


@pytest.fixture
def act(facts, celltrial, tmp_path):
    """Return a caller of `celltrial act` on a ledger that holds the facts; its answer is (exit code, JSON)."""
    trial, drafts = facts
    ledger = tmp_path / "t.db"
    with open_ledger(ledger, create=True) as opened:
        sponsor = Actor("sponsor-1", Role.SPONSOR)
        Journal(opened, codec()).append(trial, 0, drafts, actor=sponsor, reason="", cause="", protocol_version="")

    def call(command, fields, *, role="investigator", at=NOON):
        where = ("--trial", trial, "--as", role, "--account", f"{role}-1", "--at", at, "--zone", "Asia/Shanghai")
        code, out, err = celltrial("act", ledger, command, *where, "--fields", json.dumps(fields), "--json")
        assert "Traceback" not in err
        return code, json.loads(out) if out else err

    call.ledger = ledger
    return call


def standing(celltrial, act):
    return json.loads(celltrial("status", act.ledger, "--at", NOON, "--json")[1])


def test_a_grown_child_is_handed_over_with_an_own_consent(act, celltrial):
    found = standing(celltrial, act)
    assert ("adult_care", "coordinator") in [(item["kind"], item["owner"]) for item in found["owed"]]
    assert (found["follow_up"]["grown_up"], found["follow_up"]["in_adult_care"]) == (1, 0)
    fact = {"subject": "P1", "on": "2023-09-01", "clinic": "Adult haematology", "summary": "Summary 1.0"}
    code, told = act("TransitionToAdultCare", {"fact": fact})
    assert (code, [item["id"] for item in told["conditions"]]) == (1, ["CND-114"])
    own = {"subject": "P1", "kind": "majority", "version": "1.0", "signed_on": "2023-09-01"}
    assert act("SignConsent", own)[0] == 0
    assert act("TransitionToAdultCare", {"fact": fact})[0] == 0
    found = standing(celltrial, act)
    assert "adult_care" not in [item["kind"] for item in found["owed"]]
    assert found["follow_up"]["in_adult_care"] == 1
    for language, words in (("en", "handed over to adult care: 1"), ("zh", "已转入成人医疗 1 例")):
        assert words in celltrial("status", act.ledger, "--at", NOON, "--lang", language)[1]
    assert celltrial("verify", act.ledger)[0] == 0

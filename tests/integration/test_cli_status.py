"""The status of a trial, from the command line: who is in follow-up, and records that must never be."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from rehearsal import Journey, signature

from celltrial.app.session import codec
from celltrial.conduct.acts.batch.commands import RecallBatch
from celltrial.conduct.acts.follow_up.commands import DeclareLostToFollowUp, RecordContactAttempt
from celltrial.conduct.acts.scope.commands import (
    HaltTrial,
    LiftHalt,
    OpenEvaluation,
    ResumeScope,
    RuleOutHaltCause,
    SignEvaluation,
    SuspendScope,
)
from celltrial.conduct.acts.subject.commands import RecordEvidence
from celltrial.conduct.envelope import Actor, Draft, Role
from celltrial.conduct.facts.follow_up.events import ContactAttempted, FollowUpScheduled, SubjectLostToFollowUp
from celltrial.conduct.vocabulary import QualityCause, ResumeItem, ScopeKind
from celltrial.core.dates import Instant, parse_instant
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
INFUSED = Instant(parse_instant("2025-03-01T10:00:00+08:00"), "Asia/Shanghai")


@pytest.fixture(scope="module")
def trip():
    """A trial with one subject infused on 2025-03-01 and lost in October 2025."""
    trip = Journey(datetime(2025, 1, 20, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))
    trip.prepare("P1", "B1")
    trip.deplete("P1", "B1", INFUSED)
    trip.infuse("P1", "B1")
    trip.now = INFUSED.utc + timedelta(days=220)
    for _ in range(3):
        trip.do(RecordContactAttempt(ContactAttempted("P1", "telephone", reached=False)))
    return trip


def kept(trip, path, *, without=()):
    """Write the facts of a rehearsal, some left out, into a ledger."""
    drafts = [
        Draft(event.stream, event.fact, event.occurred, event.precision)
        for event in trip.events
        if not isinstance(event.fact, without)
    ]
    with open_ledger(path, create=True) as ledger:
        Journal(ledger, codec()).append(
            trip.state.trial,
            0,
            drafts,
            actor=Actor("sponsor-1", Role.SPONSOR),
            reason="",
            cause="",
            protocol_version="",
        )
    return path


def test_a_treated_subject_without_a_schedule_is_an_error_in_every_language(trip, celltrial, tmp_path):
    """AC-F2.1: treated and scheduled differ; the status names the subject and ends with 1."""
    ledger = kept(trip, tmp_path / "t.db", without=(FollowUpScheduled, ContactAttempted))
    code, out, _ = celltrial("status", ledger, "--json")
    found = json.loads(out)
    assert code == 1
    assert [(item["id"], item["about"]) for item in found["faults"]] == [("CND-110", "subject/P1")]
    assert (found["follow_up"]["treated"], found["follow_up"]["scheduled"]) == (1, 0)
    for language, words in (("en", "subject/P1"), ("zh", "随访")):
        code, out, _ = celltrial("status", ledger, "--lang", language)
        assert code == 1
        assert words in out
    assert celltrial("verify", ledger)[0] == 0


def test_no_loss_in_few_years_does_not_promise_that_all_stay(trip, celltrial, tmp_path):
    """Nobody lost on the 219th day: 100 % at that rate, and at its exact 95 % upper limit of 2.996 in 219 days nobody."""
    ledger = kept(trip, tmp_path / "t.db")
    at = ("--at", "2025-10-06T00:00:00Z")
    found = json.loads(celltrial("status", ledger, "--json", *at)[1])["follow_up"]
    assert (found["lost"], found["forecast"]) == (0, 1)
    assert found["at_worst"] == pytest.approx(0.05 ** (found["years"] / found["person_years"]), rel=1e-6)
    for language, words in (("en", "upper 95% limit of the rate 0%"), ("zh", "按其 95% 上限则为 0%")):
        assert words in " ".join(celltrial("status", ledger, "--lang", language, *at)[1].split())


def test_status_forecasts_how_many_stay_at_the_loss_seen(trip, celltrial, tmp_path):
    """One lost on the day 219 days after the infusion: a rate of 365.25 / 219 per year leaves none after 15 years."""
    last = date(2025, 10, 6)
    trip.do(DeclareLostToFollowUp(SubjectLostToFollowUp("P1", last)))
    ledger = kept(trip, tmp_path / "t.db")
    code, out, _ = celltrial("status", ledger, "--json", "--at", "2025-12-01T00:00:00Z")
    found = json.loads(out)["follow_up"]
    assert code == 0
    assert (found["treated"], found["scheduled"], found["lost"]) == (1, 1, 1)
    assert found["person_years"] == pytest.approx(219 / 365.25)
    assert found["years"] == pytest.approx(15, abs=0.01)
    assert found["forecast"] == pytest.approx(2.718281828459045 ** (-found["years"] * 365.25 / 219), rel=1e-9)
    assert "15 years" in " ".join(celltrial("status", ledger, "--at", "2025-12-01T00:00:00Z")[1].split())


def test_who_is_in_flight_stands_there_with_batch_expiry_days_and_counts(celltrial, tmp_path):
    """AC-C4.4: the batch is recalled on the second day of lymphodepletion."""
    trip = Journey(datetime(2025, 1, 20, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))
    trip.prepare("P1", "B1")
    infusion = trip.start_depletion("P1", "B1")
    trip.wait(days=1)
    today = trip.local("P1").local_date
    trip.do(RecordEvidence("P1", "absolute_neutrophil_count", "0.4", "10^9/L", today, "laboratory"))
    trip.do(RecallBatch("B1", "sterility"))
    ledger = kept(trip, tmp_path / "t.db")
    at = trip.now.isoformat()
    [row] = json.loads(celltrial("status", ledger, "--json", "--at", at)[1])["in_flight"]
    expires = trip.state.batches["B1"].expires.utc.isoformat()
    assert (row["stage"], row["batch_status"], row["batch_expires"]) == ("lymphodepleting", "QUARANTINED", expires)
    assert (row["lymphodepletion_day"], row["days_since_lymphodepletion"]) == (2, None)
    assert row["planned_infusion"] == infusion.utc.isoformat()
    assert row["neutrophils"] == [{"on": str(today), "value": "0.4", "unit": "10^9/L"}]
    for language, words in (("en", "day of lymphodepletion"), ("zh", "清淋第几天")):
        shown = celltrial("status", ledger, "--lang", language, "--at", at)[1]
        assert words.split(maxsplit=1)[0] in shown
        assert "0.4" in shown


def test_a_lifted_suspension_does_not_show_as_in_force(celltrial, tmp_path):
    """Neither in the text nor in the JSON, in both languages; the site that has not accepted is named as closed."""
    trip = Journey(datetime(2025, 1, 20, 2, tzinfo=UTC), "Asia/Shanghai")
    protocol = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
    trip.open_trial(protocol, {"S1": "Asia/Shanghai", "S2": "Asia/Shanghai"})
    trip.do(SuspendScope("X", ScopeKind.TRIAL, "", "signal"))
    trip.do(HaltTrial("H", QualityCause.TRANSPORT, ""))

    def shown(name):
        ledger = kept(trip, tmp_path / name)
        data = json.loads(celltrial("status", ledger, "--json")[1])
        texts = [celltrial("status", ledger, "--lang", language)[1] for language in ("en", "zh")]
        return data["suspensions"][0], texts

    data, (english, chinese) = shown("one.db")
    assert (data["status"], data["in_force"]) == ("SUSPENDED", True)
    assert "Suspension X (the whole trial, cause by_hand): suspended" in english
    assert "Halted H (cause transport" in english
    assert ("暂停 X" in chinese, "已中止 H（原因 运输" in chinese) == (True, True)
    resumed(trip, "X", "S1")
    data, (english, chinese) = shown("two.db")
    assert (data["status"], data["in_force"], data["sites_waiting"]) == ("RESUMED", False, ["S2"])
    assert "Suspension X (the whole trial, cause by_hand) is lifted; still closed until the site accepts: S2" in english
    assert "已解除" in chinese
    trip.do(trip.resume_item("X", ResumeItem.SITE_ACCEPTANCE, trip.moment.local_date, site="S2"))
    signed = tuple(signature(role, trip.moment) for role in ("quality_assurance", "medical_monitor", "sponsor"))
    trip.do(RuleOutHaltCause("H", "bag intact", signed))
    trip.do(LiftHalt("H", signed))
    data, (english, chinese) = shown("three.db")
    assert (data["status"], data["in_force"], data["sites_waiting"]) == ("RESUMED", False, [])
    for word in ("Suspension", "Halted", "evaluate/"):
        assert word not in english
    for word in ("暂停 X", "已中止"):
        assert word not in chinese


def resumed(trip, key, site):
    """Evaluate and resume a suspension, with one site that accepts."""
    today = trip.moment.local_date
    trip.do(OpenEvaluation(key))
    signed = tuple(signature(role, trip.moment) for role in ("medical_monitor", "sponsor"))
    trip.do(SignEvaluation(key, today, "report", signed))
    for item in set(ResumeItem) - {ResumeItem.EVALUATION, ResumeItem.AMENDMENT}:
        trip.do(trip.resume_item(key, item, today, site=site if item is ResumeItem.SITE_ACCEPTANCE else ""))
    trip.do(ResumeScope(key))

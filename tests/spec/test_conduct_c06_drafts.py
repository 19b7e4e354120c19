"""C6: an adverse event that cannot be reported yet is kept, and is on a list until it is reported or withdrawn."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from rehearsal import Journey

from celltrial.app.acting import read_command
from celltrial.app.drafting import draft_of
from celltrial.conduct.acts.safety.commands import DraftAdverseEvent, ReportAdverseEvent, WithdrawAdverseEventDraft
from celltrial.conduct.acts.trial.commands import RegisterTrial
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Precision, Role
from celltrial.conduct.facts.safety.events import (
    AdverseEventDrafted,
    AdverseEventDraftWithdrawn,
    AdverseEventReported,
)
from celltrial.conduct.ruling import Accepted, Refused
from celltrial.conduct.views.worklist import Due, worklist
from celltrial.conduct.vocabulary import Relatedness, Seriousness
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError


def drafts(trip, at=None):
    return [item for item in worklist(trip.state, at or trip.moment) if item.kind is Due.ADVERSE_EVENT_DRAFT]


def draft(trip, subject="P1", event="AE-1", aware=None):
    return DraftAdverseEvent(
        AdverseEventDrafted(subject, event, '{"term": "collapse"}', ("onset",), aware or trip.moment)
    )


def codes(decision):
    return [item.code for item in decision.conditions] if isinstance(decision, Refused) else []


@pytest.fixture
def treated(journey):
    trip = journey({"stopping.rules": []})
    trip.treat("P1", "B1")
    return trip


def test_a_draft_is_on_a_list_until_it_is_reported(treated):
    treated.do(draft(treated))
    [item] = drafts(treated)
    assert (item.key, item.about, item.owner) == ("AE-1", "subject/P1", Role.INVESTIGATOR)
    later = Instant(treated.moment.utc + timedelta(days=1), treated.moment.zone)
    assert drafts(treated, later)[0].owner is Role.MEDICAL_MONITOR
    fact = AdverseEventReported(
        "P1", "AE-1", "Collapse", "", "", None, "CTCAE 5.0", treated.local("P1").local_date, Precision.DAY,
        (Seriousness.LIFE_THREATENING,), Relatedness.UNKNOWN, None, treated.moment,
    )  # fmt: skip
    treated.do(ReportAdverseEvent(fact))
    assert drafts(treated) == []
    assert codes(treated.ask(draft(treated))) == [Code.ID_TAKEN]  # it is reported: nothing to draft


def test_a_draft_of_somebody_unknown_is_kept_too(treated):
    treated.do(draft(treated, subject="P-typing-error"))
    assert [item.about for item in drafts(treated)] == ["trial"]


def test_a_draft_ends_with_a_reason_only(treated):
    treated.do(draft(treated))
    withdraw = WithdrawAdverseEventDraft(AdverseEventDraftWithdrawn("AE-1"))
    assert codes(treated.ask(withdraw)) == [Code.REASON_MISSING]
    assert len(drafts(treated)) == 1
    treated.do(withdraw, reason="entered twice")
    assert drafts(treated) == []
    assert codes(treated.ask(withdraw, reason="again")) == [Code.NOT_KNOWN]


def test_a_draft_can_be_drafted_again_and_not_before_it_was_known(treated):
    treated.do(draft(treated))
    treated.do(draft(treated))
    assert len(drafts(treated)) == 1
    tomorrow = Instant(treated.moment.utc + timedelta(days=1), "UTC")
    assert codes(treated.ask(draft(treated, event="AE-2", aware=tomorrow))) == [Code.TIME_IN_FUTURE]


@pytest.mark.parametrize(
    "text",
    [
        '{"subject": "P1", "onset": "yesterday"}',
        '{"subject": 1',
        "[]",
        '{"fact": {"subject": "P1"}}',
        '"P1\\u202e"',
        "",
    ],
)
def test_a_report_of_any_form_can_be_kept(treated, text):
    kept = draft_of(text, ["term=collapse"], (), treated.moment)
    assert isinstance(treated.ask(kept), Accepted)
    assert kept.fact.event.startswith("draft-")
    assert kept.fact.subject in {"P1", ""}
    json.loads(kept.fact.typed)


def test_wrong_fields_are_named_in_the_draft(treated):
    text = '{"subject": "P1", "event": "AE-9", "onset": "yesterday", "seriousness": ["death"]}'
    with pytest.raises(UserError) as caught:
        read_command("ReportAdverseEvent", text)
    kept = draft_of(text, (), caught.value.faults, treated.moment)
    assert kept.fact.event == "AE-9"
    assert {"term", "onset", "aware", "scale"} <= set(kept.fact.missing)


def test_a_draft_needs_no_protocol_in_force_and_a_report_does():
    trip = Journey(datetime(2025, 1, 6, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.do(RegisterTrial("T-1", "A trial", "Sponsor", rehearsal=True))
    trip.do(draft(trip, subject="", event="AE-9"), role=Role.COORDINATOR)
    assert [item.key for item in drafts(trip)] == ["AE-9"]
    withdrawn = WithdrawAdverseEventDraft(AdverseEventDraftWithdrawn("AE-9"))
    trip.do(withdrawn, role=Role.INVESTIGATOR, reason="none of the trial")
    assert drafts(trip) == []

"""A suspension as a checklist: every line says what conduct says of it, who signs it, and what is on record, no more."""

from __future__ import annotations

import hashlib
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sites import TRIAL, text, today

PAGE = f"/t/{TRIAL}/suspensions/X-1/"


def state_of(running):
    return running.house.trials.get(TRIAL).state()


@pytest.fixture
def suspended(running):
    lead = running.lead = running.person("lead")
    assert lead.act("SuspendScope", suspension="X-1", scope="trial", target="", why="signal").status_code == 302
    return running


def lights(answer):
    return re.findall(r'<li class="(open|closed)"><h3>', answer.content.decode())


@pytest.mark.parametrize(
    ("language", "missing", "who"),
    [
        ("en", "missing: a resume would be refused", "each of medical monitor, sponsor"),
        ("zh", "缺失：恢复将被拒绝", "以下各方签署：医学监查员、申办者"),
    ],
)
def test_at_first_every_thing_is_missing_with_who_signs_it(suspended, language, missing, who):
    shown = suspended.person("monitor", language).get(PAGE)
    assert set(lights(shown)) == {"closed"}
    assert text(shown).count(missing) == len(lights(shown))
    assert who in text(shown)
    refused = text(suspended.lead.act("ResumeScope", suspension="X-1"))
    fields = set(re.findall(r"stopping\.resume\.(\w+)", refused))
    assert len(fields) == len(lights(shown)), "what conduct refuses a resume for"


def test_a_line_turns_when_its_record_is_signed_and_not_before(suspended):
    lead, monitor = suspended.lead, suspended.person("monitor")
    lead.act("OpenEvaluation", suspension="X-1")
    before = lights(monitor.get(PAGE))
    day = str(state_of(suspended).suspensions["X-1"].since.local_date)
    assert lead.act("SignEvaluation", suspension="X-1", on=day, reference="report 3").status_code == 302
    assert lights(monitor.get(PAGE)) == before, "asked for and not signed is not there"
    assert monitor.sign_only().status_code == 302
    assert lead.sign_only().status_code == 302
    after = monitor.get(PAGE)
    assert lights(after).count("open") == 1
    assert "report 3" in text(after)


def test_each_line_leads_to_its_own_act_and_only_for_the_role_that_may_give_it(suspended):
    lead = suspended.lead.get(PAGE).content.decode()
    assert "do/RecordResumeItem/?f.suspension=X-1&amp;f.item=ethics_approval" in lead
    assert "do/SignEvaluation/?f.suspension=X-1" in lead
    assert "do/ResumeScope/" in lead
    coordinator = suspended.person("sc.s1").get(PAGE).content.decode()
    assert "do/ResumeScope/" not in coordinator
    own = suspended.person("pi.s2").get(PAGE).content.decode()
    assert "f.item=site_acceptance&amp;f.site=S2" in own
    body = own.partition('id="sites"')[2]
    assert ">S2<" in body
    assert ">S1<" not in body


def test_the_safety_page_leads_there_and_an_unknown_one_is_none(suspended):
    monitor = suspended.person("monitor")
    assert "/suspensions/X-1/" in monitor.get(f"/t/{TRIAL}/safety/").content.decode()
    assert monitor.get(f"/t/{TRIAL}/suspensions/X-2/").status_code == 404
    assert suspended.person("reader").get(PAGE).status_code == 404


def test_a_document_filed_about_it_stands_there_with_its_hash(suspended):
    monitor = suspended.person("monitor")
    assert "No document up to record" in text(monitor.get(PAGE))
    content = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n"
    kind = re.search(
        r'<select[^>]*name="kind"[^>]*>.*?<option value="(\w+)"',
        monitor.get(f"/t/{TRIAL}/documents/").content.decode(),
        re.DOTALL,
    )[1]
    filed = monitor.post(
        f"/t/{TRIAL}/documents/", file=SimpleUploadedFile("evaluation.pdf", content), kind=kind, about="suspension/X-1",
        on=today().isoformat(), document="D-1",
    )  # fmt: skip
    assert filed.status_code == 302, text(filed)[:600]
    shown = text(monitor.get(PAGE))
    assert "document/D-1" in shown
    assert hashlib.sha256(content).hexdigest()[:12] in shown

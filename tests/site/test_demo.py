"""A demonstration: a virtual trial in mid-course, said to be one on every page, with a person for each role."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.subject.state import Stage
from celltrial.conduct.vocabulary import BatchStatus
from celltrial.core.dates import Instant, parse_instant
from celltrial.datasets.event_log import cut_events
from celltrial.datasets.lanes import StepDates, vein_to_vein_lanes
from celltrial.datasets.trial_data import DataCut
from sites import enter, text


def test_there_is_one_marked_person_for_each_role(demo):
    roles = {person.role for person in demo.persons}
    assert roles == set(Role) - {Role.ADMINISTRATOR, Role.SYSTEM}
    assert all(person.printed_name.startswith("Demo ") for person in demo.persons)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_person_sees_the_mark_of_a_rehearsal_on_every_page(demo, language):
    mark = {"en": "REHEARSAL", "zh": "演练"}[language]
    for person in demo.persons:
        browser = enter(person.account)
        browser.get(f"/language/{language}/")
        home = browser.get("/")
        [trial] = set(re.findall(r"/t/([^/]+)/today/", home.content.decode()))
        for path in ("today/", "signing/", "do/"):
            answer = browser.get(f"/t/{trial}/{path}")
            assert answer.status_code == 200, (person.account, path)
            assert mark in text(answer)


def test_the_virtual_trial_is_in_mid_course(demo):
    from celltrial.site.house import the_house

    trials = the_house().trials
    state = trials.get(trials.names()[0]).state()
    assert any(subject.infusions for subject in state.subjects.values())
    assert any(cohort.is_open for cohort in state.cohorts.values())
    assert state.recommended_level is None


def test_somebody_is_due_at_a_bedside_and_somebody_waits_for_cells(demo):
    """The length of the virtual trial was chosen for it: a change of its course that ends this shows here."""
    from celltrial.site.house import the_house

    held = the_house().trials.get(the_house().trials.names()[0])
    shown = [
        enter(person.account).get(f"/t/{held.trial}/bedside/").content.decode()
        for person in demo.persons
        if person.role is Role.INVESTIGATOR
    ]
    due = {name for page in shown for name in re.findall(r"/bedside/([^/\"]+)/", page)}
    subjects = held.state().subjects
    assert due
    assert all(subjects[name].stage is Stage.LYMPHODEPLETED for name in due)
    assert any(batch.status is BatchStatus.IN_PROCESS for batch in held.state().batches.values())


def test_a_person_of_the_demonstration_signs_without_typing_and_the_record_shows_both_components(demo):
    from celltrial.site.house import the_house

    held = the_house().trials.get(the_house().trials.names()[0])
    monitor, sponsor = enter("demo.medical_monitor"), enter("demo.sponsor")
    path = f"/t/{held.trial}/do/SuspendScope/"
    given = {"request": "demo-1", "f.suspension": "DEMO", "f.scope": "trial", "f.target": "", "f.why": "look"}
    assert sponsor.post(path, given).status_code == 302
    sponsor.post(f"/t/{held.trial}/do/OpenEvaluation/", {"request": "demo-2", "f.suspension": "DEMO"})
    on = str(held.state().suspensions["DEMO"].since.local_date)
    given = {"request": "demo-3", "f.suspension": "DEMO", "f.on": on, "f.reference": "report"}
    assert sponsor.post(f"/t/{held.trial}/do/SignEvaluation/", given).status_code == 302
    [(key, act)] = [(key, act) for key, act in held.state().pending.items() if act.asked.command == "SignEvaluation"]
    for number, browser in enumerate((monitor, sponsor)):
        signed = {"do": "sign", "sha256": act.asked.sha256, "request": f"demo-sign-{number}"}
        assert browser.post(f"/t/{held.trial}/signing/{key}/", signed).status_code == 302
    with held.session() as session:
        given = [event.fact for event in session.events() if type(event.fact).__name__ == "SignatureGiven"]
    assert [fact.components for fact in given[-2:]] == [("password", "code")] * 2


@pytest.mark.parametrize(("language", "said"), [("en", "on record"), ("zh", "已有记录")])
def test_the_board_of_the_demonstration_shows_the_lanes_of_the_records(demo, language, said):
    """The slow judge: every lane with its dates, folded from the whole ledger in one reading."""
    from celltrial.site.house import the_house

    held = the_house().trials.get(the_house().trials.names()[0])
    browser = enter("demo.medical_monitor")
    browser.get(f"/language/{language}/")
    shown = text(browser.get(f"/t/{held.trial}/board/?all=1"))
    assert said in shown
    with held.session() as session:
        events = [*session.events()]
    for lane in vein_to_vein_lanes(StepDates(cut_events(events, DataCut()).events), held.state(), held_now(held)):
        assert lane.subject in shown
        assert all(item.on.isoformat() in shown for item in lane.steps if item.on)


def test_the_board_of_a_site_shows_its_own_subjects_and_of_others_only_that_a_moment_is_taken(demo):
    from celltrial.site.house import the_house

    held = the_house().trials.get(the_house().trials.names()[0])
    person = next(item for item in demo.persons if item.site and item.role is Role.COORDINATOR)
    shown = text(enter(person.account).get(f"/t/{held.trial}/board/?all=1"))
    for subject in held.state().subjects.values():
        if subject.site != person.site:
            assert subject.subject not in shown
    assert any(subject.subject in shown for subject in held.state().subjects.values())


def held_now(held):
    return Instant(held.now(), "Asia/Shanghai")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_follow_up_of_the_demonstration_shows_every_open_visit_of_the_worklist(demo, language):
    from celltrial.conduct.views.worklist import Due, worklist
    from celltrial.site.house import the_house

    held = the_house().trials.get(the_house().trials.names()[0])
    browser = enter("demo.data_manager")
    browser.get(f"/language/{language}/")
    answer = browser.get(f"/t/{held.trial}/follow-up/")
    assert answer.status_code == 200
    shown = text(answer)
    due = [item for item in worklist(held.state(), held_now(held)) if item.kind is Due.FOLLOW_UP_VISIT]
    assert due
    for item in due:
        assert item.about.partition("/")[2] in shown
        assert item.key in shown
    person = next(item for item in demo.persons if item.site and item.role is Role.COORDINATOR)
    own = text(enter(person.account).get(f"/t/{held.trial}/follow-up/"))
    assert not any(item.subject in own for item in held.state().subjects.values() if item.site != person.site)


def test_several_people_enter_at_once(demo):
    import threading

    answers = []

    def look(account):
        answers.append(Client().post("/look-around/", {"account": account}).status_code)

    threads = [threading.Thread(target=look, args=(person.account,)) for person in demo.persons]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == [302] * len(demo.persons)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_gate_shows_every_section_and_refuses_what_the_act_itself_refuses(demo, language):
    from celltrial.conduct.facts.subject.state import Stage
    from celltrial.conduct.gates.act import Act
    from celltrial.conduct.gates.lymphodepletion import check_lymphodepletion, lymphodepletion_sections
    from celltrial.locale import translate
    from celltrial.site.house import the_house

    held = the_house().trials.get(the_house().trials.names()[0])
    state = held.state()
    browser = enter("demo.medical_monitor")
    browser.get(f"/language/{language}/")
    collected = [item for item in state.subjects.values() if item.stage is Stage.COLLECTED]
    assert collected
    for subject in collected:
        answer = browser.get(f"/t/{held.trial}/gate/{subject.subject}/?infusion=2027-06-01T10:00")
        assert answer.status_code == 200
        shown = text(answer)
        zone = state.zone_of(subject.site)
        act = Act(state, subject, state.site_of(subject.site), state.plan, Instant(held.now(), zone))
        batch, infusion = state.batches[subject.batches[-1]], Instant(parse_instant("2027-06-01T10:00", zone), zone)
        parts = [(section, [*found]) for section, found in lymphodepletion_sections(act, batch, infusion)]
        assert [item for _, found in parts for item in found] == [*check_lymphodepletion(act, batch, infusion)]
        for section, found in parts:
            assert translate(f"conduct.gate.{section.value}", language) in shown
            assert all(str(item.code) in shown for item in found)
        unknown = {"en": "not known: the release states", "zh": "未知：放行时说明细胞数"}[language]
        assert (unknown in shown) == (batch.cells is None), "what is not known is not told as fulfilled"


def test_the_gate_of_another_sites_subject_is_no_page(demo):
    from celltrial.site.house import the_house

    held = the_house().trials.get(the_house().trials.names()[0])
    other = next(item for item in demo.persons if item.site and item.role is Role.INVESTIGATOR)
    browser = enter(other.account)
    for subject in held.state().subjects.values():
        status = browser.get(f"/t/{held.trial}/gate/{subject.subject}/").status_code
        assert status == (200 if subject.site == other.site else 404)


def test_a_moment_that_cannot_be_meant_is_told_at_the_gate(demo):
    from celltrial.conduct.facts.subject.state import Stage
    from celltrial.site.house import the_house

    held = the_house().trials.get(the_house().trials.names()[0])
    subject = next(item.subject for item in held.state().subjects.values() if item.stage is Stage.COLLECTED)
    answer = enter("demo.sponsor").get(f"/t/{held.trial}/gate/{subject}/?infusion=soon")
    assert answer.status_code == 422
    assert enter("demo.sponsor").get(f"/t/{held.trial}/gate/NOBODY/").status_code == 404


def test_bench_calendar_and_bedside_of_the_demonstration_open_for_every_role_that_reads_subjects(demo):
    from celltrial.site.house import the_house

    held = the_house().trials.get(the_house().trials.names()[0])
    state = held.state()
    for person in demo.persons:
        browser, reads = enter(person.account), person.role is not Role.INDEPENDENT_REVIEWER
        for path in ("batches/", "batches/?all=1", "calendar/", "bedside/"):
            assert browser.get(f"/t/{held.trial}/{path}").status_code == (200 if reads else 404), (person.account, path)
    people = {person.role: enter(person.account) for person in demo.persons if person.site is None}
    for role in (Role.QUALITY_ASSURANCE, Role.CELL_PROCESSING, Role.STATISTICIAN):
        for name, batch in state.batches.items():
            answer = people[role].get(f"/t/{held.trial}/batches/{name}/")
            assert answer.status_code == 200, (role, name)
            assert batch.subject in text(answer)
    for name, subject in state.subjects.items():
        assert people[Role.SPONSOR].get(f"/t/{held.trial}/bedside/{name}/").status_code == 200, subject.stage


def test_a_chinese_page_says_what_changed_and_of_what_kind_an_event_is_in_chinese(demo):
    from celltrial.site.house import the_house

    held = the_house().trials.get(the_house().trials.names()[0])
    browser = enter("demo.sponsor")
    browser.get("/language/zh/")
    changed = text(browser.get(f"/t/{held.trial}/today/"))
    assert "已授予访问权 · 账户 demo.auditor" in changed
    assert "account/" not in changed
    assert "subject/" not in changed
    kinds = {"crs": "细胞因子释放综合征", "cytopenia": "血细胞减少", "infection": "感染", "icans": "神经毒性（ICANS）"}
    events = [item for subject in held.state().subjects.values() for item in subject.adverse_events.values()]
    listed = text(browser.get(f"/t/{held.trial}/events/"))
    assert {item.category for item in events} == set(kinds)
    for item in events:
        assert f"{item.event} · {kinds[item.category]}" in listed

"""Trials held open: they catch up by new records, several threads may ask at once, and each reader has a state of their own."""

from __future__ import annotations

import shutil
import threading
from types import SimpleNamespace

import pytest

from celltrial.app.holding import Trials
from celltrial.app.persons import Acting
from celltrial.conduct.acts.subject.commands import ScreenSubject
from celltrial.conduct.facts.evolve import fold
from celltrial.conduct.ruling import Accepted
from celltrial.core.dates import Instant
from celltrial.ledger.opening import open_ledger
from celltrial.site.tickets import read_ticket
from sites import TRIAL, Site, text


def test_a_trial_changed_by_another_process_is_seen_without_a_new_fold(running, monkeypatch):
    held = running.house.trials.get(TRIAL)
    before = held.state()
    other = Trials(str(running.ledger))
    assert other.get(TRIAL).state().position == before.position
    running.person("sc.s1").act("ScreenSubject", subject="P1", site="S1", identity="W-1")
    folded = []
    monkeypatch.setattr("celltrial.ledger.journal.replay", lambda *_: folded.append(1) or iter(()))
    assert "P1" in other.get(TRIAL).state().subjects
    assert not folded, "the whole ledger was read again"
    other.close()


def test_threads_that_act_at_once_lose_nothing_and_double_nothing(running):
    """Twenty threads screen twenty subjects while others read; the slow judge is a fold of the ledger afterwards."""
    person = running.person("sc.s1")
    asked = SimpleNamespace(COOKIES={name: item.value for name, item in person.browser.cookies.items()})
    _, log_in = running.house.door.seen(read_ticket(asked, secure=False))
    held, acting = running.house.trials.get(TRIAL), Acting(running.actor("sc.s1"), log_in)
    answers, faults = {}, []

    def screen(number):
        try:
            command = ScreenSubject(f"P{number}", "S1", f"W-{number}")
            answers[number] = held.submit(
                command, acting, Instant(held.now(), "Asia/Shanghai"), request_id=f"r{number}"
            )
        except Exception as error:  # noqa: BLE001
            faults.append(error)

    def read():
        try:
            for _ in range(20):
                state = held.state_for(running.actor("pi.s2"))
                assert not state.subjects
        except Exception as error:  # noqa: BLE001
            faults.append(error)

    threads = [threading.Thread(target=screen, args=(number,)) for number in range(20)]
    threads += [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults
    assert all(isinstance(answer, Accepted) for answer in answers.values())
    with held.session() as session:
        whole = fold(session.events())
    assert sorted(whole.subjects) == sorted(f"P{number}" for number in range(20))
    assert whole == held.state()


@pytest.mark.postgres
def test_a_trial_on_a_server_is_served_to_several_persons_at_once(postgres_server, persons, tmp_path):
    """Two houses on one PostgreSQL ledger, as two processes are: each sees at once what the other wrote."""
    where = postgres_server.fresh()
    with open_ledger(where, create=True):
        pass
    shutil.copytree(persons.accounts.parent, tmp_path / "site")
    made = Site(tmp_path / "site", persons.keys, persons.PASSPHRASE, ledger=where)
    lead = made.person("lead")
    given = {"f.trial": TRIAL, "f.title": "Escalation", "f.sponsor": "Sponsor", "f.origin": "prospective"}
    answer = lead.post("/register/", request="r-1", **given)
    assert answer.status_code == 302, text(answer)
    other = Trials(where)
    before = other.get(TRIAL).state().position
    pages = []
    readers = [
        threading.Thread(target=lambda: pages.append(lead.get(f"/t/{TRIAL}/audit/").status_code)) for _ in range(6)
    ]
    for thread in readers:
        thread.start()
    granted = lead.act(
        "GrantAccess", reason="helps", account="monitor", printed_name="Monitor Office", role="medical_monitor"
    )
    assert granted.status_code == 302, text(granted)
    for thread in readers:
        thread.join(60)
    assert pages == [200] * 6
    assert other.get(TRIAL).state().position == before + 1
    assert "monitor" in other.get(TRIAL).state().accounts
    other.close()
    made.close()

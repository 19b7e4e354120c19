"""The calendar: a moment is decided when it is taken; whoever comes second sees why, and which moment is open next."""

from __future__ import annotations

import re
import threading

import pytest

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.cohort.events import StaggerSlotReserved
from sites import TRIAL, text

CALENDAR = f"/t/{TRIAL}/calendar/"


def slots(site):
    with site.house.trials.get(TRIAL).session() as session:
        return [event.fact for event in session.events() if isinstance(event.fact, StaggerSlotReserved)]


def offered(person):
    """Return the moment that stands in the form, and the form's request."""
    page = person.get(CALENDAR).content.decode()
    return re.search(r'name="infusion"[^>]*value="([^"]+)"', page)[1], re.search(
        r'name="request" value="([^"]+)"', page
    )[1]


@pytest.mark.parametrize(("language", "said"), [("en", "another site"), ("zh", "其他中心")])
def test_a_moment_is_taken_and_the_other_site_sees_it_without_a_name(at_slots, language, said):
    pi = at_slots.person("pi.s1", language)
    moment, request = offered(pi)
    answer = pi.post(CALENDAR, subject="P1", infusion=moment, request=request)
    assert answer.status_code == 302, text(answer)
    assert [(fact.subject, fact.site) for fact in slots(at_slots)] == [("P1", "S1")]
    assert "P1" in text(pi.get(CALENDAR))
    again = pi.post(CALENDAR, subject="P1", infusion=moment, request=request)
    assert again.status_code == 302
    assert len(slots(at_slots)) == 1, "sent twice it is one moment"
    other = text(at_slots.person("pi.s2", language).get(CALENDAR))
    assert said in other.lower()
    assert not re.search(r"\bP1\b", other)


def test_two_sites_at_the_same_second_get_one_moment_and_the_second_the_next_one(at_slots):
    people = {name: at_slots.person(f"pi.{name}") for name in ("s1", "s2")}
    first = {name: offered(person) for name, person in people.items()}
    assert first["s1"][0] == first["s2"][0], "both see the same moment open"
    answers, together = {}, threading.Barrier(2)

    def press(name, subject):
        together.wait(10)
        moment, request = first[name]
        answers[name] = people[name].post(CALENDAR, subject=subject, infusion=moment, request=request)

    threads = [threading.Thread(target=press, args=pair) for pair in (("s1", "P1"), ("s2", "P2"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answer.status_code for answer in answers.values()) == [302, 422]
    [taken] = slots(at_slots)
    loser = "s2" if taken.site == "S1" else "s1"
    told = answers[loser]
    assert str(Code.STAGGER) in text(told)
    assert not re.search(rf"\b{taken.subject}\b", text(told)), "whose moment it is is the other site's"
    subject = {"s1": "P1", "s2": "P2"}[loser]
    following = re.search(r'name="infusion"[^>]*value="([^"]+)"', told.content.decode())[1]
    assert following > first[loser][0]
    request = re.search(r'name="request" value="([^"]+)"', told.content.decode())[1]
    assert people[loser].post(CALENDAR, subject=subject, infusion=following, request=request).status_code == 302
    assert len(slots(at_slots)) == 2


def test_another_sites_subject_and_a_moment_that_cannot_be_meant_are_refused(at_slots):
    pi = at_slots.person("pi.s1")
    assert pi.post(CALENDAR, subject="P2", infusion="2027-01-01T10:00", request="x").status_code == 404
    assert pi.post(CALENDAR, subject="P1", infusion="soon", request="y").status_code == 422
    assert not slots(at_slots)


def test_who_may_not_book_sees_the_moments_without_a_button(at_slots):
    shown = at_slots.person("monitor").get(CALENDAR).content.decode()
    assert 'name="infusion"' not in shown
    assert "P1" in shown

"""Calculators: the same numbers as on the command line, in both languages, with nothing of a trial."""

from __future__ import annotations

import re
from dataclasses import fields
from urllib.parse import quote

import pytest

from celltrial.app.design_by_parameters import design_by_parameters
from celltrial.app.sizing import compute
from celltrial.designs.in_use import designs_in_use
from celltrial.designs.sizes import SIZE_ROWS
from celltrial.locale import has
from celltrial.site.calculators.view import LARGEST, LARGEST_OF
from sites import text

COMPUTED = [key for key, row in SIZE_ROWS.items() if row.exact and not row.allocates]


@pytest.fixture
def person(running):
    return running.person("sc.s1")


def test_every_parameter_and_calculator_has_words():
    for row in [*designs_in_use().values(), *SIZE_ROWS.values()]:
        for item in fields(row.params):
            assert has(f"design.param.{item.name}"), item.name
    assert all(has(f"size.is.{key}") for key in SIZE_ROWS)


def test_they_are_listed_from_the_first_page(person):
    assert "/calculators/" in person.get("/").content.decode()
    listed = person.get("/calculators/").content.decode()
    for key in designs_in_use():
        assert f'href="/calculators/design/{quote(key)}/"' in listed
    assert set(re.findall(r'href="/calculators/size/(\w+)/"', listed)) == set(COMPUTED)


def test_boin_from_three_numbers_is_what_the_command_line_says(person):
    answer = person.get("/calculators/design/boin/?p.target_dlt_rate=.25&p.max_subjects=24&p.doses=4")
    assert answer.status_code == 200
    shown = design_by_parameters("boin", {"target": 0.25, "n": 24, "doses": 4})
    page = answer.content.decode()
    for found in shown.characteristics:
        for share in found.prob_select:
            assert f"<td>{100 * share:.1f}</td>" in page
    assert "exact" in text(answer).lower()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_calculator_opens_with_its_example(running, language):
    person = running.person("sc.s1", language)
    for key in designs_in_use():
        assert person.get(f"/calculators/design/{key}/").status_code == 200, key
    for key in COMPUTED:
        answer = person.get(f"/calculators/size/{key}/")
        assert answer.status_code == 200, (key, text(answer)[:600])


def test_a_size_says_its_sentence(person):
    answer = person.get("/calculators/size/event_detection/?p.event_rate=0.01&p.chance=0.95")
    assert str(compute("event_detection", {"event_rate": 0.01}).result) in text(answer)


@pytest.mark.parametrize(
    "path",
    [
        "design/boin/?p.target_dlt_rate=abc",
        "design/boin/?p.target_dlt_rate=1.5",
        "design/boin/?p.doses=40",
        f"design/boin/?p.max_subjects={LARGEST['max_subjects'] + 1}",
        "design/crm/?p.skeleton=[0.5,0.1]",
        f"size/simon/?p.n_max={LARGEST_OF['simon']['n_max'] + 1}",
        "size/simon/?p.null_rate=0.9",
        "size/simon/?p.null_rate=NaN",
        "size/rates/?p.design=[1",
    ],
)
def test_what_cannot_be_meant_is_told_and_nothing_is_computed(person, path):
    answer = person.get(f"/calculators/{path}")
    assert answer.status_code == 422
    shown = text(answer)
    assert "Not computed" in shown
    assert "Result" not in shown


def test_what_is_no_calculator_is_no_page(person):
    assert person.get("/calculators/design/nonsense/").status_code == 404
    assert person.get("/calculators/size/permuted_blocks/").status_code == 404
    assert person.get("/calculators/size/survival_power/").status_code == 404


def test_nobody_computes_without_logging_in(running):
    from django.test import Client

    assert Client().get("/calculators/").status_code == 302

"""A word that may be JSON: within the bounds of every reader, and a text where it is none."""

from __future__ import annotations

import pytest

from celltrial.app.acting import read_command
from celltrial.core.errors import UserError
from celltrial.core.reading.json_text import json_or_text


@pytest.mark.parametrize(
    ("text", "value"),
    [("1.5", 1.5), ("[1, 2]", [1, 2]), ("true", True), ('"a"', "a"), ("hsd", "hsd"), ("[1,", "[1,"), ("", "")],
)
def test_json_is_read_and_any_other_text_stays(text, value):
    assert json_or_text(text, "x", most_characters=100) == value


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[" * 61 + "]" * 61, "COR-053"),
        ("[" * 100_000, "COR-053"),
        ("1" * 101, "COR-053"),
        ("NaN", "COR-056"),
        ("[1e400]", "COR-056"),
        ('{"a": 1, "a": 2}', "COR-055"),
        ('["\\ud800"]', "COR-058"),
        ('["\\u202e"]', "COR-052"),
    ],
)
def test_json_that_no_reader_takes_is_refused(text, fault):
    with pytest.raises(UserError) as caught:
        json_or_text(text, "x", most_characters=100 if fault != "COR-053" or len(text) < 1000 else 1_000_000)
    assert [item.id for item in caught.value.faults] == [fault]


@pytest.mark.parametrize(
    ("value", "fault"),
    [("[" * 3000 + "]" * 3000, "COR-053"), ('[{"concept": 1e999}]', "COR-056"), ('[{"a": 1, "a": 2}]', "COR-055")],
)
def test_a_field_given_as_json_on_the_command_line_keeps_the_bounds(value, fault):
    with pytest.raises(UserError) as caught:
        read_command("RecordSigns", "{}", [f"findings={value}"])
    assert caught.value.faults[0].id == fault

"""Every row of the visible tables: it answers its example, the same again, and says so in both languages."""

from __future__ import annotations

import dataclasses
import re
import string

import pytest

from celltrial.designs.randomised import RANDOMISED_DESIGNS
from celltrial.designs.single_arm import SINGLE_ARM_DESIGNS
from celltrial.designs.sizing import SIZINGS
from celltrial.locale import LANGUAGES, catalogue, translate

ROWS = {**SIZINGS, **SINGLE_ARM_DESIGNS, **RANDOMISED_DESIGNS}
HAN = re.compile(r"[\u4e00-\u9fff]")


def answer(row):
    if row.allocates:
        levels = {"site": "S1", "prior_lines": "3+"}
        uniforms = 0.4 if row.function.__name__ == "minimise" else (0.1, 0.4)
        return row.function(row.example, [], levels, uniforms)
    return row.function(row.example) if row.exact else row.function(row.example, root_seed=1)


def test_no_key_is_used_twice():
    assert len(ROWS) == len(SIZINGS) + len(SINGLE_ARM_DESIGNS) + len(RANDOMISED_DESIGNS)


@pytest.mark.parametrize("key", sorted(ROWS))
def test_row_is_whole(key):
    row = ROWS[key]
    assert re.fullmatch(r"[a-z][a-z0-9_]*", key)
    assert row.references
    assert isinstance(row.example, row.params)
    assert dataclasses.is_dataclass(row.params)
    assert row.params.__dataclass_params__.frozen
    assert row.params.__doc__
    assert ">>>" in row.function.__doc__


@pytest.mark.parametrize("key", sorted(ROWS))
def test_row_answers_and_describes_itself_in_both_languages(key):
    row = ROWS[key]
    first = answer(row)
    assert first == answer(row)
    message = row.describe(row.example) if row.allocates else row.describe(row.example, first)
    assert message.id == f"design.sentence.{key}"
    texts = {language: translate(message.id, language, **message.params) for language in LANGUAGES}
    assert HAN.search(texts["zh"])
    assert not HAN.search(texts["en"])
    assert not any("{" in text or "nan" in text for text in texts.values())
    for language in LANGUAGES:
        named = {name for _, name, _, _ in string.Formatter().parse(catalogue("sizing")[message.id][language]) if name}
        assert named == set(message.params)


def test_every_fault_of_these_rooms_has_its_texts():
    texts = catalogue("sizing")
    ids = {*range(201, 212), *range(301, 312), *range(401, 406)}
    assert {f"DSG-{k}" for k in ids} == {key for key in texts if key.startswith("DSG-")}
    for key, both in texts.items():
        assert set(both) == {"en", "zh"}, key
        if key.startswith("DSG-"):
            assert all("{expected}" in text and "{found}" in text for text in both.values()), key

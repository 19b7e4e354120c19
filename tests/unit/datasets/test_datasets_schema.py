"""Datasets are held against their schema, and all faults come at once."""

from __future__ import annotations

import doctest
import importlib

import polars as pl
import pytest

from celltrial.core.errors import UserError
from celltrial.datasets import DATASETS, TrialData
from celltrial.datasets.schema import DOSE_LEVELS
from celltrial.datasets.trial_data import DataCut

GOOD = {"level": [2, 1], "label": ["DL2", "DL1"], "cells": [3e8, 1e8], "per_kg": [False, False]}


def test_rows_are_ordered_typed_and_completed():
    table = DOSE_LEVELS.conform(GOOD)
    assert table.schema == pl.Schema(DOSE_LEVELS.schema)
    assert table["level"].to_list() == [1, 2]
    assert table["basis"].to_list() == [None, None]


@pytest.mark.parametrize(
    ("change", "code", "where"),
    [
        ({"dose": [1, 2]}, "DAT-001", "dose_levels.dose"),
        ({"cells": ["many", "few"]}, "DAT-002", "dose_levels.cells"),
        ({"per_kg": [None, False]}, "DAT-004", "dose_levels.per_kg"),
        ({"level": [1, 1]}, "DAT-005", "dose_levels"),
    ],
)
def test_one_fault(change, code, where):
    with pytest.raises(UserError) as caught:
        DOSE_LEVELS.conform(GOOD | change)
    assert [(item.id, item.where) for item in caught.value.faults] == [(code, where)]


def test_code_outside_its_list():
    spec = DATASETS["suspensions"]
    with pytest.raises(UserError) as caught:
        spec.conform({"seq": [1], "outcome": ["forgotten"]})
    assert [item.id for item in caught.value.faults] == ["DAT-003"]
    assert caught.value.faults[0].params["found"] == "forgotten"


def test_all_faults_at_once():
    with pytest.raises(UserError) as caught:
        DOSE_LEVELS.conform(GOOD | {"level": [1, 1], "per_kg": [None, False]})
    assert {item.id for item in caught.value.faults} == {"DAT-004", "DAT-005"}


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_is_sound(name):
    spec = DATASETS[name]
    names = [column.name for column in spec.columns]
    assert len(set(names)) == len(names)
    assert set(spec.keys) | set(spec.order) <= set(names)
    assert all(column.meaning for column in spec.columns)
    adam = list(spec.adam_names.values())
    assert len(set(adam)) == len(adam)
    assert all(word == word.upper() and len(word) <= 8 for word in adam)
    assert spec.conform(spec.empty()).height == 0


def test_trial_data_holds_every_dataset():
    assert set(TrialData("T1", DataCut()).tables()) == set(DATASETS)


@pytest.mark.parametrize("name", ["schema", "trial_data", "derive", "adae"])
def test_examples_in_docstrings(name):
    found = doctest.testmod(importlib.import_module(f"celltrial.datasets.{name}"))
    assert found.attempted > 0
    assert found.failed == 0

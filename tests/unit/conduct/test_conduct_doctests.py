"""The examples in the docstrings of conduct run."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import celltrial.conduct

MODULES = sorted(item.name for item in pkgutil.walk_packages(celltrial.conduct.__path__, "celltrial.conduct."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0

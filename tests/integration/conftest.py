"""The command line, run in this process."""

from __future__ import annotations

import sys

import pytest

from celltrial.cli import application
from celltrial.cli.failures import run


@pytest.fixture
def celltrial(monkeypatch, capsys):
    """Run the command line; returns (exit code, standard output, standard error)."""

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["celltrial", *map(str, arguments)])
        code = run(application())
        out = capsys.readouterr()
        return code, out.out, out.err

    return call

"""Compiled kernels: kept on disk, with a word while the compiler works and none where it need not."""

from __future__ import annotations

import os
import subprocess
import sys

from celltrial.cli.failures import compiling_said

KERNEL = """
from celltrial.core.compiled import compiled
from celltrial.core.progress import COMPILING

def double(x):
    return 2 * x

COMPILING.set(lambda: print("compiling"))
kernel = compiled(double)
print(kernel(21))
print(kernel(21))
"""


def test_who_waits_for_the_compiler_is_told_and_nobody_else(tmp_path):
    script = tmp_path / "kernel.py"
    script.write_text(KERNEL, encoding="utf-8")
    asked = {"capture_output": True, "text": True, "encoding": "utf-8"}
    said = [
        subprocess.run(
            [sys.executable, script], check=True, env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path / "kept")}, **asked
        ).stdout.split()
        for _ in range(2)
    ]
    assert set(said[0][:-2]) == {"compiling"}
    assert said[0][-2:] == ["42", "42"]
    assert said[1] == ["42", "42"]


def test_it_is_said_once_in_the_language_asked_for(capsys):
    for language, word in (("en", "Compiling"), ("zh", "编译")):
        say = compiling_said(language)
        say()
        say()
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert word in err

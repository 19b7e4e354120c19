"""`celltrial serve`: prints one address, and at the first start a passphrase for once; ends when it is told to."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def started(folder, port, *words):
    return subprocess.Popen(
        [sys.executable, "-c", "from celltrial.cli import main; main()", "serve", *words, "--port", str(port)],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip


def ended(process):
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    return out, err


def test_the_first_start_prints_address_and_passphrase_and_the_second_only_the_address(tmp_path):
    port = free_port()
    first = started(tmp_path, port, "trial.db", "--create")
    address = first.stdout.readline()
    once = first.stdout.readline()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/log-in/", timeout=30) as answer:
        assert answer.status == 200
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    ended(first)
    assert address.strip().endswith(f"http://127.0.0.1:{port}")
    assert re.search(r"account administrator, passphrase for once [a-z2-7]{4}(-[a-z2-7]{4}){3}", once)
    kept = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert kept["trial.db.site-key"] == kept["trial.db.accounts.secrets"] == 0o600
    key = (tmp_path / "trial.db.site-key").read_text()
    second = started(tmp_path, port, "trial.db", "--lang", "zh")
    assert second.stdout.readline().startswith("网站：http://127.0.0.1:")
    out, _ = ended(second)
    assert "一次性" not in out
    assert (tmp_path / "trial.db.site-key").read_text() == key


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "APP-262"),
        (("missing.db",), "LDG-001"),
        (("trial.db", "--create", "--host", "0.0.0.0"), "APP-260"),
        (("trial.db", "--create", "--origin", "http://trial.example"), "APP-260"),
        (("postgresql://nowhere/x",), "APP-170"),
    ],
)
def test_what_cannot_be_served_is_refused_before_anything_is_made(tmp_path, celltrial, monkeypatch, words, told):
    monkeypatch.chdir(tmp_path)
    code, _, err = celltrial("serve", *words)
    assert code == 2
    assert told in err
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("trial.db")]

"""The command line, run in this process."""

from __future__ import annotations

import io
import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from celltrial.cli import application
from celltrial.cli.failures import run
from celltrial.conduct.facts.log_in.totp import code_at, step_of
from installing import CHEAP, installed
from persons_at_work import act, signed, waiting

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"


@pytest.fixture
def celltrial(monkeypatch, capsys, tmp_path):
    """Run the command line, with sessions in a folder of the test's own; returns (exit code, output, errors)."""
    monkeypatch.setenv("CELLTRIAL_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("celltrial.app.logging_in.COST", CHEAP)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["celltrial", *map(str, arguments)])
        code = run(application())
        out = capsys.readouterr()
        return code, out.out, out.err

    return call


@pytest.fixture(autouse=True)
def own_marks(monkeypatch, tmp_path):
    """How far each ledger of accounts was seen: of this test alone, since many begin from copies of one ledger."""
    monkeypatch.setattr("celltrial.app.logging_in.marks_folder", lambda: tmp_path / "marks")


class Desk:
    """The command line of an installation, given by one of its persons or another."""

    def __init__(self, installation, celltrial, monkeypatch, folder):
        self.accounts, self.passphrase = folder / "accounts.db", installation.PASSPHRASE
        self._keys, self._used, self._signed = installation.keys, {}, set()
        self.run, self._monkeypatch, self._folder = celltrial, monkeypatch, folder
        for path in installation.accounts.parent.glob("accounts.db*"):
            shutil.copy(path, folder)

    def code(self, account):
        """Return a one-time code that was not taken yet: of this step or of the next."""
        step = max(step_of(datetime.now(UTC)), self._used.get(account, 0) + 1)
        self._used[account] = step
        return code_at(self._keys[account], step)

    def of(self, account):
        """Let the commands that follow be given by this person: every person has a folder of sessions."""
        self._monkeypatch.setenv("CELLTRIAL_STATE", str(self.state(account)))

    def state(self, account):
        """Return the folder of sessions of a person."""
        return self._folder / f"state-{account}"

    def type(self, *lines):
        """Put lines on standard input."""
        self._monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))

    def sign(self, account, ledger, *words):
        """Let a logged-in person sign the one act that waits; both components are typed the first time, then one."""
        self.of(account)
        [item] = json.loads(self.run("sign", ledger, "--json", *words)[1])["waiting"]
        self.type(self.passphrase, "" if account in self._signed else self.code(account))
        self._signed.add(account)
        return self.run("sign", ledger, item["signing"], *words)

    def log_in(self, account):
        """Log a person in at a desk of their own."""
        self.of(account)
        self._signed.discard(account)
        self.type(self.passphrase, self.code(account))
        return self.run("login", account, "--accounts", self.accounts)


@pytest.fixture(scope="session")
def installed_once(tmp_path_factory):
    """An installation with three persons, made once and copied for every test."""
    people = (("lead", "Lead Office"), ("pi", "Ward One"), ("eve", "Eve Office"))
    return installed(tmp_path_factory.mktemp("installation"), *people)


@pytest.fixture(scope="session")
def installed_elsewhere(tmp_path_factory):
    """An installation of somebody else, which holds an account of the same name."""
    return installed(tmp_path_factory.mktemp("elsewhere"), ("lead", "Lead Office"))


@pytest.fixture
def desk(installed_once, celltrial, monkeypatch, tmp_path):
    """The command line beside an installation with three persons who can log in."""
    return Desk(installed_once, celltrial, monkeypatch, tmp_path)


@pytest.fixture
def desk_elsewhere(installed_elsewhere, celltrial, monkeypatch, tmp_path):
    """The command line beside the installation of somebody else."""
    (tmp_path / "elsewhere").mkdir()
    return Desk(installed_elsewhere, celltrial, monkeypatch, tmp_path / "elsewhere")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ledger(request, tmp_path):
    """Where a ledger will be, on either database."""
    return tmp_path / "trial.db" if request.param == "sqlite" else request.getfixturevalue("postgres_server").fresh()


@pytest.fixture
def real(desk, celltrial, ledger):
    """A real trial whose first version the lead asked for; nobody has signed it."""
    for account in ("eve", "pi", "lead"):
        assert desk.log_in(account)[0] == 0
    code, out, err = celltrial("approve", ledger, EXAMPLE, "--create")
    assert (code, err) == (0, ""), out
    assert "celltrial sign" in out
    return desk


@pytest.fixture
def running(real, celltrial, ledger):
    """The same in force, with a medical monitor and an investigator."""
    [item] = waiting(celltrial, ledger)
    assert signed(real, celltrial, ledger, "lead", item["signing"])[0] == 0
    for account, name, role in (("eve", "Eve Office", "medical_monitor"), ("pi", "Ward One", "investigator")):
        fields = {"account": account, "printed_name": name, "role": role, "site": None}
        assert act(celltrial, ledger, "GrantAccess", fields)[0] == 0
    return real

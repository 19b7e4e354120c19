"""Every command of the command line on every kind of trial (field case 2): an answer or a message, never a defect.

The arguments follow from the commands themselves, so a new command is tried here without a word; an option that
must be given and is new needs a value in `VALUES`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from celltrial.app.importing import import_cohort
from celltrial.app.planning import open_protocol
from celltrial.app.simulating import simulate_into
from celltrial.cli.commands import COMMANDS
from celltrial.core.progress import Silent
from every_kind import (
    COHORT,
    COURSES,
    DAY,
    ENDLESS,
    EVERY,
    LEDGER_COMMANDS,
    PROTOCOL_COMMANDS,
    PROTOCOLS,
    SLOW,
    VALUES,
    WITHOUT,
    arguments,
    begin,
    explained,
    must,
    site_of,
)


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory) -> dict[str, Path]:
    """One ledger of every kind of trial."""
    folder = tmp_path_factory.mktemp("trials")
    found = {
        name: folder / f"{name}.db"
        for name in (
            *PROTOCOLS,
            "registered",
            "simulated",
            "simulated_single_arm",
            "courses",
            "imported",
            "imported_with_protocol",
        )
    }
    for name, protocol in PROTOCOLS.items():
        begin(found[name], protocol)
    fields = json.dumps({"trial": "T-1", "title": "A trial", "sponsor": ""})
    who = ("--as", "sponsor", "--account", "so", "--at", DAY, "--fields", fields, "--create", "--rehearsal")
    must("act", found["registered"], "RegisterTrial", "--trial", "T-1", *who)
    simulate_into(
        found["simulated"], open_protocol(PROTOCOLS["escalation"]), seed=1, scenario=None, years=0.5, progress=Silent()
    )
    simulate_into(
        found["simulated_single_arm"], open_protocol(PROTOCOLS["single_arm"]), seed=1, scenario=None, years=0.5,
        progress=Silent(),
    )  # fmt: skip
    simulate_into(found["courses"], open_protocol(COURSES), seed=1, scenario=None, years=0.4, progress=Silent())
    for name, text in COHORT.items():
        (folder / name).write_text(text, encoding="utf-8")
    import_cohort(folder / "map.yaml", folder, found["imported"], Silent())
    shutil.copy(found["imported"], found["imported_with_protocol"])
    plan = ("--account", "so", "--name", "Sponsor office", "--trial", "COHORT-1")
    signed = explained(open_protocol(PROTOCOLS["single_arm"]))
    must("approve", found["imported_with_protocol"], PROTOCOLS["single_arm"], *plan, *signed)
    return found


#: Where a real trial appears once it was begun; every test of it logs in anew.
REAL: dict[str, bytes] = {}


@pytest.fixture
def kept(request, ledgers, tmp_path) -> Path:
    """A copy of the ledger of one kind of trial; a real one with its sponsor's officer logged in."""
    kind, ledger = request.getfixturevalue("kind"), tmp_path / "trial.db"
    if kind != "real":
        shutil.copy(ledgers[kind], ledger)
        return ledger
    desk = request.getfixturevalue("desk")
    assert desk.log_in("lead")[0] == 0
    if not REAL:
        must("approve", ledger, PROTOCOLS["escalation"], "--create")
        assert desk.sign("lead", ledger)[0] == 0
        site = site_of(open_protocol(PROTOCOLS["escalation"]))
        must("act", ledger, "ActivateSite", "--trial", "CT-BCMA-01", "--fields", json.dumps(site))
        REAL["ledger"] = ledger.read_bytes()
    ledger.write_bytes(REAL["ledger"])
    return ledger


def identity(path: tuple[str, ...], kind: str) -> list[str]:
    """Return a typed identity where a command takes one and the trial is a rehearsal."""
    offers = {option for item in EVERY[path].params for option in item.opts}
    words = {"--as": VALUES["role"], "--account": VALUES["account"]}
    return [] if kind == "real" else [part for name, word in words.items() if name in offers for part in (name, word)]


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """Run in an empty folder: some commands write beside."""
    monkeypatch.chdir(tmp_path)


def settle(celltrial: Callable[..., tuple[int, str, str]], path: tuple[str, ...], given: list[str]) -> int:
    """Run one command in both languages and as JSON where it speaks JSON; return the exit code of the first."""
    codes = []
    offers = {option for item in EVERY[path].params for option in item.opts}
    for more in (("--lang", "en"), ("--lang", "zh"), ("--json",)):
        if more[0] not in offers or (path == ("report",) and codes):  # pages take their time; other tests read both
            continue
        if path in {("act",), ("approve",), ("amend",)} and codes:
            break
        code, out, err = celltrial(*path, *given, *more, *(["--force"] if "--force" in offers else []))
        assert code in {0, 1, 2}, (path, more, err)
        assert "Traceback" not in err, (path, more, err)
        assert code != 2 or err.strip(), "a refusal says why"
        if more == ("--json",) and code == 0 and out.strip():
            json.loads(out)
        codes.append(code)
    return codes[0] if codes else 0


KINDS = [
    *PROTOCOLS,
    "registered",
    "simulated",
    "simulated_single_arm",
    "courses",
    "imported",
    "imported_with_protocol",
    "real",
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", LEDGER_COMMANDS, ids=" ".join)
def test_every_command_on_a_ledger(celltrial, kept, tmp_path, kind, path):
    fixed = {
        "target": tmp_path / "copy.db",
        "ledger": kept,
        "protocol": PROTOCOLS.get(kind, PROTOCOLS["escalation"]),
        "trial": "T-1",
    }
    if path == ("audit", "export"):
        fixed["out"] = tmp_path / "trail"
        fixed["out"].mkdir()
    more = identity(path, kind)
    if path == ("enter",):
        fixed |= {"table": tmp_path / "table.csv", "command": "RecordDeviation"}
        fixed["table"].write_text("deviation,about,code,detail\nD-1,trial,other,late\n", encoding="utf-8")
        more.append("--dry-run")
    if path == ("file",):
        fixed["path"] = tmp_path / "form.txt"
        fixed["path"].write_text("a form\n", encoding="utf-8")
    code = settle(celltrial, path, [*arguments(EVERY[path], fixed, tmp_path), *more])
    if path == ("file",) and kind in {*PROTOCOLS, "real"}:
        assert code == 0, "a form goes on record"
    if path == ("verify",) or (path == ("status",) and kind not in {"simulated", "simulated_single_arm", "courses"}):
        assert code == 0


@pytest.mark.parametrize("kind", ["randomised", "imported_with_protocol"])
def test_status_of_every_role(celltrial, ledgers, kind):
    from celltrial.conduct.envelope import Role

    for role in Role:
        assert settle(celltrial, ("status",), [str(ledgers[kind]), "--role", role.value]) == 0


@pytest.mark.parametrize("kind", [*PROTOCOLS, "courses"])
@pytest.mark.parametrize("path", PROTOCOL_COMMANDS, ids=" ".join)
def test_every_command_on_a_protocol(celltrial, tmp_path, kind, path):
    protocol = PROTOCOLS.get(kind, COURSES)
    table = tmp_path / "table.txt"
    table.write_text("n,0,1,2,3\n1,E,D\n2,E,S,DU\n3,E,S,D,DU\n", encoding="utf-8")
    fixed = dict.fromkeys(("protocol", "before", "after", "first", "second"), protocol)
    settle(celltrial, path, arguments(EVERY[path], {**fixed, "table": table, "ledger": tmp_path / "new.db"}, tmp_path))


def test_every_command_of_the_tables_is_tried_or_named():
    assert {path[0] for path in EVERY} >= set(COMMANDS)
    tried = {*LEDGER_COMMANDS, *PROTOCOL_COMMANDS}
    left = {path for path in EVERY if path not in tried and path[0] != "account"}
    assert left == WITHOUT | SLOW | ENDLESS

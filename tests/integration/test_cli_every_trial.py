"""Every command of the command line on every kind of trial (field case 2): an answer or a message, never a defect.

The arguments follow from the commands themselves, so a new command is tried here without a word; an option that
must be given and is new needs a value in `VALUES`.
"""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from celltrial.app.importing import import_cohort
from celltrial.app.planning import open_protocol
from celltrial.app.simulating import simulate_into
from celltrial.cli import application
from celltrial.cli.commands import COMMANDS
from celltrial.cli.failures import run
from celltrial.core.progress import Silent

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
PROTOCOLS = {
    "escalation": EXAMPLES / "bcma-car-t-escalation.yaml",
    "single_arm": EXAMPLES / "cd19-car-t-single-arm.yaml",
    "randomised": EXAMPLES / "til-melanoma-randomised.yaml",
}
#: A protocol with courses: only what the regimen needs, so that nothing but its own acts is tried on it.
COURSES = EXAMPLES / "regimens" / "split-over-two-days.yaml"
DAY = "2025-03-03T09:00:00+08:00"
COHORT = {
    "people.csv": "id,age,wait,crs,dead,os\nA,64,35,2,0,200\nB,51,40,0,1,150\n",
    "map.yaml": """
schema_version: 1
trial: COHORT-1
title: {en: A made-up cohort, zh: 虚构队列}
citation: made for this test
kind_of_data: simulated
anchor: 2000-01-01
site: {id: S1, country: DE, zone: Europe/Berlin}
subjects:
  file: people.csv
  subject: id
  age: age
  age_at: infusion
  days_from_collection: wait
  adverse_events:
    crs: {term: Cytokine release syndrome, category: crs, scale: ASTCT-2019, onset_day: 1}
  response_criteria: IMWG-2016
  death: {flag: dead, day: os}
  last_contact: os
""",
}


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the words of every command and the command."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for word, one in inner.items():
        yield from leaves(one, (*path, word))


EVERY = dict(leaves(typer.main.get_command(application())))
#: Commands that take no trial and no protocol.
WITHOUT = {
    ("demo",), ("doctor",), ("growth",), ("import",), ("login",), ("logout",), ("new",), ("restore",), ("size",),
    ("usdm", "import"), ("whoami",), ("design", "of"), ("design", "list"),
}  # fmt: skip
#: Commands that take minutes on a whole protocol; they have suites of their own.
SLOW = {
    ("design", "worst"),
    ("design", "calibrate"),
    ("design", "compare"),
    ("design", "sheet"),
    ("design", "table", "score"),
}


#: Commands that run until they are stopped; they have suites of their own.
ENDLESS = {("serve",)}


def on_ledger(command: Any) -> bool:
    return any(item.name == "ledger" and item.param_type_name == "argument" for item in command.params)


LEDGER_COMMANDS = sorted(path for path, command in EVERY.items() if on_ledger(command) and path not in ENDLESS)
PROTOCOL_COMMANDS = sorted(
    path
    for path in EVERY
    if path not in LEDGER_COMMANDS and path[0] != "account" and path not in WITHOUT | SLOW | ENDLESS
)
#: Values of the arguments and options that must be given; those that name a file are made for each run.
VALUES: dict[str, str] = {
    "role": "data_manager", "account": "dm", "as_role": "data_manager", "name": "Data manager", "reason": "a test",
    "subject": "A", "zone": "Asia/Shanghai", "at": DAY, "command": "CorrectFact", "fields": "{}",
    "parameter": "target_dlt_rate", "values": "0.2,0.3", "scenario": "expected", "at_most": "0.3", "clause": "2.3.1-a",
}  # fmt: skip


def must(*arguments: object) -> None:
    """Run the command line outside a test of it; what it says is shown where it fails."""
    kept, sys.argv, said = sys.argv, ["celltrial", *map(str, arguments)], io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run(application())
    finally:
        sys.argv = kept
    assert code == 0, said.getvalue()


def site_of(plan: Any) -> dict[str, Any]:
    """Return the fields of a site that holds what the protocol asks of one."""
    stock = [{"name": item.name, "quantity": item.minimum} for item in plan.sites.resources] if plan.sites else []
    return {"site": "S1", "name": "One", "country": "CN", "zone": "Asia/Shanghai", "resources": stock}


def explained(plan: Any) -> list[str]:
    """Return what signs for every justification that a protocol states."""
    return [word for item in plan.justifications for word in ("--accept-justification", item.clause)]


def begin(ledger: Path, protocol: Path) -> None:
    """Begin a rehearsal of a trial by acts from the command line, with typed identities."""
    who = ("--account", "so", "--name", "Sponsor office", "--at", DAY, "--create", "--rehearsal")
    plan = open_protocol(protocol)
    must("approve", ledger, protocol, *who, *explained(plan))
    trial = plan.identification.id
    site = site_of(plan)
    person = {"subject": "A", "site": "S1", "identity": "ID-A", "born": "1960-05-05"}
    for role, command, fields in (("sponsor", "ActivateSite", site), ("coordinator", "ScreenSubject", person)):
        place = ("--site", "S1") if role == "coordinator" else ()
        who = ("--as", role, "--account", role, "--at", DAY, "--zone", "Asia/Shanghai", *place)
        must("act", ledger, command, "--trial", trial, *who, "--fields", json.dumps(fields))


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


def arguments(command: Any, fixed: dict[str, Any], folder: Path) -> list[str]:
    """Return what a command must be given."""
    made: list[str] = []
    for item in command.params:
        known = {**VALUES, "out": str(folder / "out.html"), **fixed}
        if item.param_type_name == "argument":
            if item.name not in known:
                assert not item.required, f"{item.name} needs a value in VALUES"
                continue
            made.append(str(known[item.name]))
        elif item.required:
            assert item.name in known, f"{item.name} needs a value in VALUES"
            made += [max(item.opts, key=len), *([] if item.is_flag else [str(known[item.name])])]
    return made


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
    code = settle(celltrial, path, [*arguments(EVERY[path], fixed, tmp_path), *more])
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

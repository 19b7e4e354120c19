"""Every kind of trial that the tests of the command line run on, and what each command must be given."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from celltrial.app.planning import open_protocol
from celltrial.cli import application
from celltrial.cli.failures import run

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
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
    ("demo",), ("doctor",), ("growth",), ("import",), ("login",), ("logout",), ("new",), ("registry", "size"), ("registry", "watch"), ("restore",), ("signals",), ("size",),
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
    "parameter": "target_dlt_rate", "values": "0.2,0.3", "scenario": "expected", "at_most": "0.3", "clause": "2.3.1-a", "event": "AE-0001",
    "kind": "consent_form", "about": "trial", "on": "2025-03-01",
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

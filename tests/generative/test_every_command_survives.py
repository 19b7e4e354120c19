"""Mutated inputs over all commands: an answer or a message, never a defect, nothing over 10 s or 1 GiB.

What is changed: study files, mappings, tables, tables of acts, fields of acts, USDM documents, decision tables, parameters of sizes
and designs, receipts, backups, words of the line, and the file of a ledger itself. Each case is told by its number, so that one can be repeated alone.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from celltrial.app.anchoring import anchor_ledger
from celltrial.app.design_by_parameters import example_words
from celltrial.app.importing import import_cohort
from celltrial.app.planning import open_protocol
from celltrial.app.session import codec
from celltrial.app.simulating import simulate_into
from celltrial.app.sizing import example_of, plain, sizing_tables
from celltrial.app.usdm import export_usdm
from celltrial.cli import application
from celltrial.cli.failures import run
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.subject.commands import RecordHistorical
from celltrial.conduct.facts.evolve import fold
from celltrial.core.progress import Silent
from celltrial.core.reading.yaml_text import read_document
from celltrial.designs.in_use import designs_in_use
from celltrial.ledger.codec import Codec
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from celltrial.protocol.templates import template_names, template_text
from generative.command_fields import names_in, sample

SECONDS, BYTES = 10.0, 1024**3
EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"
MAPPING = """schema_version: 1
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
  responses:
    m3: {visit: Month 3, day: 90, codes: {CR: CR, PD: PD}}
  death: {flag: dead, day: os}
  last_contact: os
laboratory: {file: labs.csv, subject: id, test: test, day: day, value: value, units: {CRP: mg/L}}
"""
PEOPLE = "id,age,wait,crs,m3,dead,os\nA,64,35,2,CR,0,200\nB,51,40,0,PD,1,150\n"
LABS = "id,test,day,value\nA,CRP,3,12.5\nB,CRP,3,<0.5\n"
TABLE = "n,0,1,2,3\n1,E,D\n2,E,S,DU\n3,E,S,D,DU\n"
#: What a value in plain data is changed to.
VALUES: list[Any] = [None, [], {}, "", 0, -1, 1, 2, 10**17, 0.5, -0.5, 1e-300, True, False, "x", "A", "unknown", "1e6", "2025-01-01", "１２",
          "9999-12-31", "1900-01-01", "=1+1", "a" * 5000, [[]], [1, 2], {"en": "a"}, "0", "-3", "28 d", "Mars/Base", 1e17, "<0.5"]  # fmt: skip
ODD = [
    "1e309", "-1e309", "-5", "0", "9" * 400, "NaN", ".inf", "１２", "0x1F", "true", "null", "[]", "{}", "[[", "}", "''", '"', "'",
    "-", "--", ": ", "&a ", "*a", "<<: *a", "!!python/object:x", "%YAML 1.1\n---\n", "|", ">", "? ", "#", "\t", "\n", "\r\n", "\x00",
    "\x1b[31m", "\u202e", "\ufeff", "\ud83d", "😀", "é", "愈", "=cmd|calc", "0001-01-01", "9999-12-31", "2025-02-30", "22:30", "010",
    "1_000", "no", ",", ";", ",,,,", "1e18", "-1e18", "0.1.2", "28 d", "200 y", "y" * 3000, "../../x", "/dev/zero", "%s", "{0}", "\\ud800",
]  # fmt: skip


class TooLongError(BaseException):
    """A command used more than its seconds."""


@pytest.fixture(scope="module")
def stock(tmp_path_factory) -> Path:
    """A folder with one whole input of every kind."""
    folder = tmp_path_factory.mktemp("stock")
    for name, text in (("map.yaml", MAPPING), ("people.csv", PEOPLE), ("labs.csv", LABS), ("table.txt", TABLE)):
        (folder / name).write_text(text, encoding="utf-8")
    import_cohort(folder / "map.yaml", folder, folder / "cohort.db", Silent())
    simulate_into(folder / "trial.db", open_protocol(EXAMPLE), seed=1, scenario=None, years=0.4, progress=Silent())
    export_usdm(EXAMPLE, folder / "study.json")
    anchor_ledger(str(folder / "trial.db"), folder / "receipts")
    for name in ("trial.db", "cohort.db"):
        with open_ledger(str(folder / name)) as ledger:
            [trial] = ledger.trials()
            NAMES[name] = names_in(fold(Journal(ledger, codec()).events(trial)))
    return folder


def changed(text: str, chance: random.Random) -> str:
    """Return a text with one to three small changes, or one large one."""
    if chance.random() < 0.1:
        lines = text.split("\n")
        line = chance.choice(lines)
        return chance.choice([
            "\n".join([*lines, *([line] * 3000)]), text[: chance.randrange(len(text) + 1)], text * 8, line * 500,
            text.replace(": ", ":"), "[" * 5000 + text, text.upper(), "\n".join(chance.sample(lines, len(lines))), "",
        ])  # fmt: skip
    for _ in range(chance.randint(1, 3)):
        start = chance.randrange(len(text) + 1)
        end = min(start + chance.choice([0, 0, 1, 3, 12, 60]), len(text))
        if chance.random() < 0.4:  # a word for a word
            words = [match for match in text.split() if len(match) > 1]
            if words:
                start = text.index(chance.choice(words))
                end = start + len(text[start:].split(maxsplit=1)[0])
        text = text[:start] + chance.choice(ODD) + text[end:]
    return text


def written(path: Path, text: str, chance: random.Random) -> Path:
    """Write a text as bytes, now and then in another encoding or with bytes that are none."""
    encoding = chance.choice(["utf-8"] * 8 + ["utf-16", "gb18030"])
    data = text.encode(encoding, "replace")
    if chance.random() < 0.05:
        at = chance.randrange(len(data) + 1)
        data = data[:at] + bytes(chance.randrange(256) for _ in range(4)) + data[at:]
    path.write_bytes(data)
    return path


def protocol_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    text = template_text(chance.choice(template_names()))
    if chance.random() < 0.5:  # JSON is YAML too
        data = read_document(text, "p.yaml").data
        text = json.dumps(altered(data, chance), ensure_ascii=False)
    else:
        text = changed(text, chance)
    path = written(folder / "p.yaml", text, chance)
    out = folder / "out.html"
    return [str(word) for word in chance.choice([
        ("review", path), ("review", path), ("review", path, "--all", "--json"), ("review", path, "--questions"), ("review", path, "--out", out),
        ("document", path, "--out", out), ("usdm", "export", path, "--out", folder / "s.json"), ("diff", path, EXAMPLE), ("diff", EXAMPLE, path),
        ("design", "table", "export", path), ("design", "paths", path), ("approve", folder / "t.db", path, "--account", "a", "--name", "A", "--create"),
        ("simulate", path, "--ledger", folder / "t.db", "--years", "0.05"), ("review", EXAMPLE, "--since", path),
    ])]  # fmt: skip


def import_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    which = chance.choice(["map.yaml", "people.csv", "labs.csv"])
    for name in ("map.yaml", "people.csv", "labs.csv"):
        text = (stock / name).read_text(encoding="utf-8")
        written(
            folder / name,
            changed(text, chance) if name == which else text,
            random.Random(0) if name != which else chance,
        )
    words = ["import", str(folder / "map.yaml"), "--data", str(folder), "--ledger", str(folder / "c.db")]
    return words + (["--encoding", chance.choice(["utf-8", "gb18030", "utf-16"])] if chance.random() < 0.2 else [])


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every part of plain data."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, part in items for found in [(*path, key), *leaves(part, (*path, key))]]


def altered(data: Any, chance: random.Random) -> Any:
    """Return plain data with one or two parts changed or left out."""
    data = copy.deepcopy(data)
    for _ in range(chance.randint(0, 2)):
        found = leaves(data)
        if not found:
            break
        *path, last = chance.choice(found)
        here = data
        for key in path:
            here = here[key]
        if chance.random() < 0.2:
            del here[last]
        else:
            here[last] = copy.deepcopy(chance.choice(VALUES))
    return data


def act_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    """An act whose fields are nearly right, by a role that may, in a trial that runs or one of historical records."""
    which = chance.choice(["trial.db", "trial.db", "cohort.db"])
    ledger = shutil.copy(stock / which, folder / "t.db")
    name = chance.choice(sorted(COMMANDS))
    kind = COMMANDS[name]
    known = NAMES[which]
    by_hand = kind is not RecordHistorical
    stored = Codec({"command.x/1": kind}).encode(sample(kind, name, known))[1] if by_hand else {"facts": []}
    fields = json.dumps(altered(stored, chance), ensure_ascii=False)
    fields = changed(fields, chance) if chance.random() < 0.15 else fields
    given = f"@{written(folder / 'f.json', fields, chance)}" if chance.random() < 0.5 else fields.replace("\x00", "")
    words = [
        "act",
        str(ledger),
        name,
        "--trial",
        known["trial"],
        "--as",
        min(ROLES[kind]),
        "--account",
        "a",
        "--fields",
        given,
    ]
    return words + (["--at", chance.choice(ODD).replace("\x00", "")] if chance.random() < 0.1 else [])


#: What the ledgers of the stock hold: an identifier of everything, by the name of its field.
NAMES: dict[str, dict[str, str]] = {}


def size_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    key = chance.choice([name for rows in sizing_tables().values() for name in rows])
    params = {name: json.dumps(value) for name, value in altered(plain(example_of(key)), chance).items()}
    if params and chance.random() < 0.3:
        name = chance.choice(sorted(params))
        params[name] = changed(params[name], chance)[:2000].replace("\x00", "")
    return ["size", key, *[word for name, value in params.items() for word in ("--param", f"{name}={value}")]]


def table_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    path = written(folder / "t.txt", changed(TABLE, chance), chance)
    return chance.choice(
        [["design", "table", "diff", str(path), str(stock / "table.txt")], ["design", "table", "import", str(path)]]
    )


def usdm_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    text = (stock / "study.json").read_text(encoding="utf-8")
    text = json.dumps(altered(json.loads(text), chance)) if chance.random() < 0.6 else changed(text, chance)
    path = written(folder / "s.json", text, chance)
    return [
        "usdm",
        "import",
        str(path),
        "--out",
        str(folder / "p.yaml"),
        *(["--partial"] if chance.random() < 0.5 else []),
    ]


def words_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    """Sound ledgers, odd words."""
    ledger = str(shutil.copy(stock / chance.choice(["trial.db", "cohort.db"]), folder / "t.db"))
    odd = [item.replace("\x00", "").replace("\ud83d", "") for item in ODD]
    word = chance.choice(odd)
    return chance.choice([
        ["status", ledger, "--at", word], ["status", ledger, "--zone", word], ["status", ledger, "--trial", word], ["status", ledger, "--role", word],
        ["report", ledger, "--out", str(folder / "r.html"), "--as-known", word], ["report", ledger, "--out", str(folder / "r.html"), "--as-occurred", word],
        ["datasets", ledger, "--out", str(folder / "d"), "--as-occurred", word], ["verify", ledger, "--trial", word], ["audit", "show", ledger, "--subject", word],
        ["growth", "--sex", "F", "--born", word, "--on", "2025-01-01", "--weight", "9"], ["growth", "--sex", "F", "--born", "2024-01-01", "--on", "2025-01-01", "--weight", word],
        ["design", "paths", str(EXAMPLE), "--counts", word], ["new", str(folder / "n.yaml"), "--template", word], ["simulate", str(EXAMPLE), "--ledger", word],
        [word, ledger], ["status", word], ["review", word],
    ])  # fmt: skip


def damaged_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    """A file of a ledger with other bytes in it."""
    path = folder / "t.db"
    data = bytearray((stock / chance.choice(["trial.db", "cohort.db"])).read_bytes())
    for _ in range(chance.choice([1, 1, 8, 200])):
        at = chance.randrange(len(data))
        data[at : at + 4] = bytes(chance.randrange(256) for _ in range(4))
    path.write_bytes(data[: chance.choice([len(data), len(data), len(data) // 2, 100, 0])])
    return chance.choice([
        ["status", str(path)], ["verify", str(path)], ["report", str(path), "--out", str(folder / "r.html")],
        ["datasets", str(path), "--out", str(folder / "d")], ["audit", "show", str(path), "--subject", "A"],
    ])  # fmt: skip


def table_of_acts_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    """A table of acts of one kind, with odd cells, columns and encodings."""
    ledger = shutil.copy(stock / "trial.db", folder / "t.db")
    name, columns, rows = chance.choice([
        ("RecordEvidence", "subject,concept,value,unit,on,source", ["{s},platelet_count,90,10^9/L,2025-06-01,laboratory", "{s},ECOG,1,,2025-06-01,chart"]),
        ("RecordLaboratory", "subject,test,value,unit", ["{s},ferritin,812.5,ug/L", "{s},CRP,<0.5,mg/L"]),
        ("ReportAdverseEvent", "subject,event,term,grade,scale,onset,aware", ["{s},AE-90,Fever,1,CTCAE-5.0,2025-06-01,2025-06-01T10:00Z", "{s},AE-91,Rash,,CTCAE-5.0,2025-06,2025-06-02"]),
        ("ScreenSubject", "subject,site,identity,born", ["N1,{site},ID-N1,1960-05-04", "N2,{site},ID-N2,1961"]),
    ])  # fmt: skip
    known = NAMES["trial.db"]
    text = "\n".join([columns, *rows]).format(s=known.get("subject", "S"), site=known.get("site", "S1"))
    path = written(folder / "acts.csv", changed(text, chance), chance)
    kind = COMMANDS[name]
    who = ["--as", min(ROLES[kind]), "--account", "a", "--reason", "typed from paper"]
    return [
        "enter", str(ledger), str(path), "--command", name, *who, *(["--dry-run"] if chance.random() < 0.5 else []),
        *(["--at", chance.choice(ODD).replace("\x00", "")] if chance.random() < 0.2 else []),
    ]  # fmt: skip


def design_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    """A design by its parameters, nearly right."""
    key = chance.choice(sorted(designs_in_use()))
    odd = [item.replace("\x00", "").replace("\ud83d", "") for item in ODD]
    given = example_words(designs_in_use()[key])
    for _ in range(chance.randint(1, 2)):
        name = chance.choice([*given, "doses", "rates", "x"])
        given[name] = chance.choice([*odd, "[0.1]", "1e6", "[[1]]", "0.999", "12"])
    return [
        "design",
        chance.choice([key, key, key, chance.choice(odd)]),
        *(f"{name}={value}" for name, value in given.items()),
    ]


def receipt_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    """A sound ledger and a changed receipt, or a backup that is none."""
    ledger = str(shutil.copy(stock / "trial.db", folder / "t.db"))
    receipts = folder / "receipts"
    receipts.mkdir()
    for found in sorted((stock / "receipts").glob("*")):
        if found.is_file():
            written(receipts / found.name, changed(found.read_text(encoding="utf-8"), chance), chance)
    bad = written(folder / "bad.db", changed("SQLite format 3\x00", chance), chance)
    return chance.choice([
        ["verify", ledger, "--anchor", str(receipts)], ["verify", ledger, "--anchor", str(receipts), "--key", chance.choice(["0" * 64, "x", ""])],
        ["restore", str(bad), str(folder / "r.db")], ["backup", str(bad), str(folder / "b.db")], ["anchor", str(bad)],
        ["verify", ledger, "--accounts", str(bad)], ["verify", ledger, "--json", "--anchor", str(receipts)],
    ])  # fmt: skip


def other_case(folder: Path, stock: Path, chance: random.Random) -> list[str]:
    """Commands that the other kinds do not reach, with odd words and files."""
    ledger = str(shutil.copy(stock / chance.choice(["trial.db", "cohort.db"]), folder / "t.db"))
    odd = [item.replace("\x00", "").replace("\ud83d", "") for item in ODD]
    word = chance.choice(odd)
    path = str(written(folder / "p.yaml", changed(template_text(chance.choice(template_names())), chance), chance))
    return chance.choice([
        ["try", path], ["try", path, "--lang", "zh", "--json"], ["board", ledger], ["board", ledger, "--at", word], ["board", ledger, "--trial", word],
        ["drafts", ledger], ["drafts", ledger, "--trial", word], ["commands", word], ["act", ledger, word], ["act", "--help", word], ["explain", word],
        ["review", path, "--explain", chance.choice(["2.3.1-a", word])], ["justify", path, word], ["sign", ledger, word], ["doctor", "--json"],
        ["audit", "--subject", word, ledger], ["datasets", ledger, "--out", word or "d"], ["design", "compare", path, "--designs", word],
        ["design", "worst", path], ["amend", ledger, path, "--as", "sponsor", "--account", "a"], ["account", "list", ledger], ["account", "create", ledger, word],
        ["login", word, "--accounts", ledger], ["design", path], ["document", path, "--out", str(folder / "d.docx"), "--lang", "zh"],
    ])  # fmt: skip


CASES: list[Callable[[Path, Path, random.Random], list[str]]] = [
    protocol_case, protocol_case, import_case, import_case, act_case, act_case, size_case, size_case, table_case, usdm_case,
    words_case, words_case, damaged_case, table_of_acts_case, design_case, receipt_case, other_case,
]  # fmt: skip


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Stop what uses more processor time than it may."""

    def stop(*_: Any) -> None:
        raise TooLongError

    kept = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, kept)


def outcome(words: list[str]) -> tuple[int, str]:
    """Run the command line; returns the exit code, -1 for one that took too long, and what it said on standard error."""
    kept, sys.argv = sys.argv, ["celltrial", *words]
    out, err = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), bounded():
            return run(application()), err.getvalue()
    except TooLongError:
        return -1, "too long"
    finally:
        sys.argv = kept


def survive(numbers: range, stock: Path, folder: Path) -> list[tuple[int, int, list[str], str]]:
    """Run the cases of these numbers; return those that ended in a defect, took too long or said nothing."""
    bad = []
    before = Path.cwd()
    for number in numbers:
        chance = random.Random(number)
        here = folder / str(number)
        here.mkdir()
        os.chdir(here)
        words = chance.choice(CASES)(here, stock, chance)
        code, err = outcome(words)
        os.chdir(before)
        if code not in {0, 1, 2, 3} or (code == 2 and not err.strip()) or "Traceback" in err:
            bad.append((number, code, [word[:80] for word in words], err[-1500:]))
        shutil.rmtree(here)
    return bad


def test_no_mutated_input_is_a_defect_or_takes_long(stock, tmp_path):
    """150 cases of every kind of input and command."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # what other tests of this process held before
    assert survive(range(150), stock, tmp_path) == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 < max(2 * BYTES, held + BYTES)


@pytest.mark.long
@pytest.mark.timeout(20_000)
def test_very_many_mutated_inputs(stock, tmp_path):
    """5,000 further cases."""
    assert survive(range(1_000, 6_000), stock, tmp_path) == []

"""No English word reaches a Chinese reader: every reading command, on every kind of trial, in zh.

Taken out before the look: what is the same in every language because a person typed it or an installation made it (identifiers,
names of persons and sites, hashes, addresses of files, commands to type). What is left may hold no Latin word outside `ALLOWED`.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from celltrial.app.importing import import_cohort
from celltrial.app.planning import open_protocol
from celltrial.app.session import only_trial, open_session
from celltrial.app.simulating import simulate_into
from celltrial.core.progress import Silent
from celltrial.ledger.opening import open_ledger
from celltrial.locale.records import RecordWords
from every_kind import COHORT, EVERY, LEDGER_COMMANDS, PROTOCOLS, VALUES, arguments, begin

#: Ledger commands that write a trial or what goes beside it; what they say of an act has tests of its own.
WRITING = {
    ("act",), ("amend",), ("anchor",), ("approve",), ("backup",), ("enter",), ("justify",), ("sign",),
}  # fmt: skip
#: Abbreviations, names of scales, standards and programs, units: the same in both languages.
ALLOWED = frozenset(
    [
        "ADaM",
        "CDISC",
        "CN",
        "CORE",
        "DE",
        "ALT",
        "AST",
        "ASTCT",
        "BOIN",
        "CAR",
        "CRP",
        "CRS",
        "CSV",
        "CTCAE",
        "DL",
        "DLT",
        "ECOG",
        "HTML",
        "ICANS",
        "ICH",
        "ID",
        "IEC",
        "HS",
        "IMWG",
        "ISO",
        "JSON",
        "LDH",
        "LLOQ",
        "Lugano",
        "MedDRA",
        "NK",
        "PCR",
        "qPCR",
        "PDF",
        "RECIST",
        "SHA",
        "SQLite",
        "TCR",
        "TIL",
        "UTC",
        "XML",
        "copies",
        "cells",
        "dL",
        "degC",
        "kg",
        "mg",
        "mL",
        "min",
        "mm",
        "mmol",
        "ng",
        "pg",
        "ug",
        "uL",
        "umol",
        "wk",
        "xULN",
    ]
)
WORD = re.compile(r"[A-Za-z]+(?:_[A-Za-z]+)*")
#: What stands for itself: hashes, moments, what is typed at a prompt, names of files, zones, ids of messages and clauses, columns
#: of data sets.
TYPED = re.compile(
    r"\b[0-9a-f]{32,}\b|\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)?|`[^`]*`|--[a-z-]+|(?<![A-Za-z])[\w./-]*\.(?:csv|db|json|jsonl|txt|receipts|html|py)\b"
    r"|[A-Z][a-z]+/[A-Z][A-Za-z_]+|\b(?:CND|APP|EXC|LDG|COR|PRT)-\d{3}\b|\b[a-z_]+(?:\.[a-z_]+)+(?:\.\d+)?\b|\bCELLTRIAL_[A-Z_]+\b|SHA256SUMS|\b[A-Z]{2}\.[A-Z]{3,8}\b"
)


#: Fields in which a person or an installation names something; the whole protocol and its title are texts of the sponsor.
NAMED = (
    "account", "printed_name", "operator", "reader", "name", "sample", "process_run", "shipment", "citation", "locator", "batch",
    "title", "document", "register",
)  # fmt: skip


def latin(text: str, known: set[str]) -> list[str]:
    """Return the Latin words of a text that are neither known names nor allowed."""
    if known:
        named = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
        text = re.sub(rf"(?<![A-Za-z0-9])(?:{named})(?![A-Za-z0-9])", " ", text)
    return [word for word in WORD.findall(TYPED.sub(" ", text)) if len(word) > 1 and word not in ALLOWED]


def names(state: Any, events: Any) -> Iterator[str]:
    """Yield what persons and installations named: it stands as it was given, in every language."""
    yield state.trial
    for held in (state.subjects, state.batches, state.tasks, state.alerts, state.queries, state.cohorts, state.reports):
        yield from held
    for subject in state.subjects.values():
        yield from (subject.identity, *subject.adverse_events)
    for event in events:
        yield from (event.actor.id, event.actor.printed_name, event.reason, event.cause)
        for field in NAMED:
            yield str(getattr(event.fact, field, ""))
        review = getattr(event.fact, "review", None)
        yield from () if review is None else (review.register,)
        for signature in (*getattr(event.fact, "signatures", ()), getattr(event.fact, "witness", None)):
            yield from (signature.account, signature.printed_name) if signature is not None else ()


@pytest.fixture(scope="module")
def ledgers(tmp_path_factory) -> dict[str, Path]:
    """A virtual escalation and a virtual single-arm trial, a randomised one begun, an imported cohort with a protocol."""
    folder = tmp_path_factory.mktemp("zh")
    found = {name: folder / f"{name}.db" for name in ("escalation", "single_arm", "randomised", "imported")}
    for name in ("escalation", "single_arm"):
        simulate_into(
            found[name], open_protocol(PROTOCOLS[name]), seed=1, scenario=None, years=0.4, progress=Silent()
        )  # fmt: skip
    begin(found["randomised"], PROTOCOLS["randomised"])
    for name, text in COHORT.items():
        (folder / name).write_text(text, encoding="utf-8")
    import_cohort(folder / "map.yaml", folder, found["imported"], Silent())
    return found


READING = [path for path in LEDGER_COMMANDS if path not in WRITING]


@pytest.mark.parametrize("kind", ["escalation", "single_arm", "randomised", "imported"])
@pytest.mark.parametrize("path", READING, ids=" ".join)
def test_a_chinese_reader_meets_no_english_word(celltrial, ledgers, tmp_path, monkeypatch, kind, path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "400")  # no identifier is broken over two lines
    ledger = tmp_path / "trial.db"
    shutil.copy(ledgers[kind], ledger)
    with open_ledger(str(ledger)) as opened:
        trial = only_trial(opened, None)
    with open_session(str(ledger), trial) as session:
        state, events = session.state, [*session.events()]
    known = {name for name in names(state, events) if len(name) > 1} | {str(tmp_path), str(tmp_path / "out")}
    # A command is named as it is typed after `celltrial act`.
    known |= {VALUES["account"], VALUES["event"], "FileDocument"}
    # Findings quote what stands in a file for an authority: terms as they were reported.
    if path == ("export", "sdtm"):
        known |= {event.term for subject in state.subjects.values() for event in subject.adverse_events.values()}
    (tmp_path / "form.txt").write_text("a form\n", encoding="utf-8")
    fixed = {
        "ledger": ledger,
        "subject": next(iter(state.subjects), "A"),
        "path": tmp_path / "form.txt",
        "out": tmp_path / "out",
        "target": tmp_path / "copy.db",
    }
    offers = {option for item in EVERY[path].params for option in item.opts}
    more = [
        word
        for name in ("--as", "--account")
        if name in offers
        for word in (name, VALUES["role" if name == "--as" else "account"])
    ]
    more += ["--lang", "zh"] * ("--lang" in offers) + ["--all"] * ("--all" in offers)
    code, out, err = celltrial(*path, *arguments(EVERY[path], fixed, tmp_path), *more)
    assert code in {0, 1, 2}
    assert out or err
    words = latin(out + err, known)
    for written in (tmp_path / "out").glob("*.txt") if path == ("audit", "export") else ():
        words += latin(written.read_text(encoding="utf-8"), known)
    assert not words, (sorted(set(words))[:60], (out + err)[:1500])


def test_the_look_finds_a_word_that_is_left():
    """The test above can fail: an English title, a code, a stored name and a path of a field are found."""
    said = "受试者 P1：subject/P1 CRS 3 级 medical_monitor，已完成 deadline 2025-03-01T10:00:00Z `celltrial verify`"
    assert latin(said, {"P1"}) == ["subject", "medical_monitor", "deadline"]
    assert latin(RecordWords("en").item("subject.screened/2", "born"), set()) == ["Date", "of", "birth"]

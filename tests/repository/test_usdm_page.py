"""The table of the how-to page about USDM says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from celltrial.exchange.usdm import write_usdm
from celltrial.exchange.usdm.facts import read_facts
from celltrial.protocol import read_protocol

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"\| `([^`]+)` \| `([^`]+)` \| (the same|follows) \|")


def test_the_table_lists_every_fact_of_the_examples_and_no_other():
    page = (ROOT / "docs" / "how-to" / "exchange-usdm.md").read_text(encoding="utf-8")
    listed = {match.groups() for match in ROW.finditer(page)}
    found = set()
    for path in sorted((ROOT / "examples").glob("*.yaml")):
        for fact in read_facts(write_usdm(read_protocol(path.read_text(encoding="utf-8"), path.name)).study):
            field = re.sub(r"\[[^\]]*\]", "[]", fact.key)
            place = re.sub(r"/\d+", "", fact.pointer).removeprefix("/study/versions")
            found.add((field, place, "follows" if fact.derived else "the same"))
    assert len(found) > 40
    assert listed == found

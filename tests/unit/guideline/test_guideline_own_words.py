"""The registers state every clause, in words of our own."""

from __future__ import annotations

import re

import pytest

from celltrial.guideline.register import PACKAGED_REGISTERS, packaged_register

pytestmark = pytest.mark.shared

LONGEST_HAN, LONGEST_WORDS = 12, 8
HAN = re.compile(r"[\u4e00-\u9fff]|[A-Za-z0-9]+")


def read(shared, name):
    return (shared / "guideline" / name).read_text(encoding="utf-8")


def runs(items, length):
    return {tuple(items[start : start + length]) for start in range(len(items) - length + 1)}


def words(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def source_clauses(shared):
    from ruamel.yaml import YAML

    return YAML(typ="safe", pure=True).load(read(shared, "clauses.yaml"))


def test_ids_strengths_triggers_and_actors_are_those_of_the_reference(shared):
    register = packaged_register()
    rows = {row["id"]: row for row in source_clauses(shared)}
    assert list(register.clauses) == list(rows)
    for clause_id, row in rows.items():
        clause = register.clauses[clause_id]
        assert (clause.strength.value, clause.trigger, clause.module) == (
            row["strength"],
            row["trigger"],
            row["module"],
        )
        assert clause.actors == tuple(row["actor"])
        assert clause.kinds == (row["kind"], *row.get("also", []))


def test_capabilities_are_those_of_the_requirements(shared):
    served: dict[str, list[str]] = {}
    current = ""
    for line in read(shared, "requirements.md").splitlines():
        heading = re.match(r"### ([PCAFX]\d+) ", line)
        current = heading.group(1) if heading else current
        if line.startswith("Serves "):
            for clause in re.findall(r"\d(?:\.\d)+-[a-z]", line.split("Users")[0]):
                served.setdefault(clause, []).append(current)
    for clause in packaged_register().clauses.values():
        assert list(clause.capabilities) == served[clause.id]


@pytest.mark.parametrize("register_id", PACKAGED_REGISTERS)
def test_no_chinese_wording_repeats_a_run_of_the_text(shared, register_id):
    texts = [read(shared, "guideline_zh.txt"), read(shared, "clauses.yaml")]
    seen = set().union(*(runs(HAN.findall(text), LONGEST_HAN + 1) for text in texts))
    for clause in packaged_register(register_id).clauses.values():
        assert not runs(HAN.findall(clause.zh), LONGEST_HAN + 1) & seen, clause.id


@pytest.mark.parametrize("register_id", PACKAGED_REGISTERS)
def test_no_english_wording_repeats_a_run_of_the_reference(shared, register_id):
    seen = runs(words(read(shared, "clauses.yaml")), LONGEST_WORDS + 1)
    for clause in packaged_register(register_id).clauses.values():
        assert not runs(words(clause.en), LONGEST_WORDS + 1) & seen, clause.id

"""Every phrase that the conduct of a trial writes into a refusal has its Chinese, and so have its states and roles."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from celltrial.conduct import vocabulary
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.subject.state import Stage
from celltrial.locale.phrases import in_words, is_known

CONDUCT = Path(__file__).resolve().parents[2] / "src" / "celltrial" / "conduct"
HAN = re.compile(r"[\u4e00-\u9fff]")
#: Fixed parts that are the same in both languages: units, a record's address.
NEUTRAL = re.compile(r"^(?:[^A-Za-z]|\{\d\}|\b(?:kg|s|d|x)\b|\b[a-z_]+/)*$")
ENUMS = (vocabulary.BatchStatus, vocabulary.ScopeStatus, vocabulary.ExitReason, vocabulary.DoseMove, Stage, Role)


def templates(node: ast.expr) -> Iterator[str]:
    """Yield what an argument can read, each place of an f-string as {0}, {1}, ..."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from templates(node.body)
        yield from templates(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        places = iter(range(10))
        parts = (part.value if isinstance(part, ast.Constant) else f"{{{next(places)}}}" for part in node.values)
        yield "".join(str(part) for part in parts)


def written() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in sorted(CONDUCT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and ast.unparse(node.args[0]).startswith("Code."):
                found |= {(path.name, text) for argument in node.args[1:3] for text in templates(argument)}
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {"needed", "found", "wanted"}:
                found |= {(path.name, text) for text in templates(node.value)}
    return found


def test_every_phrase_of_a_refusal_has_its_chinese():
    phrases = written()
    assert len(phrases) > 150
    missing = sorted((file, text) for file, text in phrases if not NEUTRAL.match(text) and not is_known(text))
    assert not missing


@pytest.mark.parametrize("enum", ENUMS, ids=lambda item: item.__name__)
def test_every_state_and_role_has_its_chinese(enum: type[StrEnum]):
    assert [member.value for member in enum if not HAN.search(in_words(member.value, "zh"))] == []


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("age 15 d > 14 d", "已 15 天，上限 14 天"),
        ("follow_up consent by 2025-03-01", "不晚于 2025-03-01 的随访知情同意"),
        ("RELEASED or RECEIVED", "已放行或已接收"),
        ("signature of medical_monitor", "医学监查员的签名"),
        ("level 2 SUSPENDED by dlt-rule: 3/3, boundary 3, since 2025-03-01T00:00:00+00:00",
         "剂量水平 2已暂停，原因 dlt-rule（3/3，界值 3），自 2025-03-01T00:00:00+00:00 起"),
        ("2.13e+08", "2.13e+08"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_phrase_is_put_together_from_its_parts(phrase: str, expected: str):
    assert in_words(phrase, "zh") == expected
    assert in_words(phrase, "en") == phrase

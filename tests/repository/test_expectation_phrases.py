"""What the designs, the engines, the clinical rules, a protocol's form and commands write as expected or found has its Chinese."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from celltrial.locale.phrases.expectations import has_row, in_readers_words

SOURCE = Path(__file__).resolve().parents[2] / "src" / "celltrial"
APP = ("comparing", "decision_tables", "design_sheet", "growing", "installed_designs", "planning", "sizing")
FILES = [
    *(SOURCE / "designs").rglob("*.py"),
    *(SOURCE / "simulation").glob("*.py"),
    *(SOURCE / "clinical").glob("*.py"),
    SOURCE / "exchange" / "growth_tables.py",
    *(SOURCE / "app" / f"{name}.py" for name in APP),
]
#: A phrase with one of these is English and no rule over names.
WORDS = re.compile(
    r"\b(a|all|an|and|as|at|before|by|different|doses|each|every|finite|for|from|hazards|in|index|letters|"
    r"looks at|more|no|not|number|odd|of|one|only|or|other|parts|per|rates|rows|states|strictly|subjects|such|than|that|"
    r"the|to|tried|two|up|values|whole|with|without)\b(?![=\[.(])"
)
HAN = re.compile(r"[\u4e00-\u9fff]")


def templates(node: ast.expr) -> Iterator[str]:
    """Yield what an argument can read, each place of an f-string as {0}, {1}, ..."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from templates(node.body)
        yield from templates(node.orelse)
    elif isinstance(node, ast.JoinedStr):
        places = iter(range(10))
        yield "".join(
            str(part.value) if isinstance(part, ast.Constant) else f"{{{next(places)}}}" for part in node.values
        )


def written() -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("fault"):
                values = [word.value for word in node.keywords if word.arg in {"expected", "found"}]
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in {"expected", "found"}:
                values = [node.value]
            else:
                continue
            found |= {(path.name, text) for value in values for text in templates(value)}
    return found


def test_every_phrase_with_english_words_has_its_chinese() -> None:
    phrases = written()
    assert len(phrases) > 120
    assert sorted((file, text) for file, text in phrases if WORDS.search(text) and not has_row(text)) == []


def test_rules_over_names_pass_through() -> None:
    for rule in ("0 < low < target < high < 1", "1 <= cohort_size <= max_subjects <= 300", "low=0.4, target=0.3"):
        assert in_readers_words(rule, "zh") == in_readers_words(rule, "en") == rule


@pytest.mark.parametrize(
    ("phrase", "chinese"),
    [
        ("40 doses", "40 个剂量"),
        ("3 letters, for 0 to 2 DLTs", "3 个字母，对应 0 至 2 例 DLT"),
        ("a size up to 500 that reaches the assurance", "500 例以内且达到保证概率的样本量"),
    ],
)
def test_phrases_read_in_chinese(phrase: str, chinese: str) -> None:
    assert in_readers_words(phrase, "zh") == chinese
    assert HAN.search(chinese)

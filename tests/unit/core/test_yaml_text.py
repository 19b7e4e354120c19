"""The YAML reader means what ruamel.yaml means, word by word and place by place; what it refuses is said at its place."""

from __future__ import annotations

import random
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from celltrial.core.errors import UserError
from celltrial.core.reading.yaml_text import MAXIMUM_KEYS, read_document
from celltrial.core.values import message
from celltrial.protocol.templates import template_names, template_text

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").rglob("*.yaml"))
TEXTS = [path.read_text(encoding="utf-8") for path in EXAMPLES] + [template_text(name) for name in template_names()]
TAG = "tag:yaml.org,2002:"


class Judge:
    """A slow second reading on ruamel.yaml's node tree."""

    def __init__(self) -> None:
        self.places: dict[tuple[Any, ...], tuple[int, int]] = {}

    def value(self, node: Any, path: tuple[Any, ...]) -> Any:
        self.places.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, MappingNode):
            found = {}
            for key, item in node.value:
                assert isinstance(key, ScalarNode)
                assert key.value not in found
                self.places[*path, key.value] = (key.start_mark.line + 1, key.start_mark.column + 1)
                found[key.value] = self.value(item, (*path, key.value))
            return found
        if isinstance(node, SequenceNode):
            return [self.value(item, (*path, number)) for number, item in enumerate(node.value)]
        tag, text = str(node.tag).removeprefix(TAG), node.value
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        try:
            if tag == "int":
                return int(text.replace("_", ""), 0)
            return float(text.replace("_", "")) if tag == "float" else text
        except ValueError:
            return text


def judged(text: str) -> tuple[Any, dict[tuple[Any, ...], tuple[int, int]]]:
    judge = Judge()
    return judge.value(YAML(typ="safe", pure=True).compose(StringIO(text)), ()), judge.places


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.splitlines()[0][:40])
def test_every_example_and_template_means_the_same_at_the_same_places(text):
    found = read_document(text, "p.yaml")
    assert (found.data, dict(found.places)) == judged(text)


WORDS = [
    "no", "NO", "yes", "on", "off", "y", "n", "true", "True", "TRUE", "tRue", "false", "null", "Null", "~", "nUll", "22:30",
    "22:30:15", "190:20:30.15", "010", "0o17", "0x1F", "0b101", "1_000", "1_000.5", "1e3", "1e+3", "1.5e-3", ".5", "-.5", "+12",
    "-12", "+.inf", "-.inf", ".inf", ".Inf", ".nan", ".NaN", "inf", "nan", "1.", "1.e5", "1e", "-", "--", "+", ".", "..", "_", "1_",
    "_1", "0", "00", "09", "2025-01-31", "2025-01-31T10:00:00Z", "=", "<<", "0x", "1,5", "1 000", "''", '""', '"true"', "'12'",
    "!!str 12", "!!int '12'", "!!float 3", "!!bool true", "!!null ~", "!other 12", "! 12", "&a 12", "|\n    two\n    lines", ">-\n    two\n    lines",
    "'it''s'", '"tab\\t quote\\" \\u00e9"', "a b: c" if False else "a b", "愈", "😀", "[]", "{}", "[1, two, [3.0]]", "{a: 1, b: [x]}", "# none",
]  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("form", ["a: {}", "- {}", "a:\n  - {}\n  - b\n", "{{a: {}, b: 2}}"])
def test_every_kind_of_word_means_the_same(word, form):
    text = form.format(word)
    try:
        expected = judged(text)
    except (YAMLError, AssertionError, AttributeError):
        with pytest.raises(UserError):
            read_document(text, "p.yaml")
        return
    try:
        found = read_document(text, "p.yaml")
    except UserError as error:
        assert [item.id for item in error.faults] == ["PRT-008"], "an infinite number, or a reading that differs"
        return
    assert repr((found.data, dict(found.places))) == repr(expected)


def test_aliases_anchors_and_merge_keys_mean_the_same():
    text = "a: &x {one: 1, two: [2, &y 3]}\nb: *x\nc:\n  <<: *x\n  d: *y\n"
    found = read_document(text, "p.yaml")
    assert (found.data, dict(found.places)) == judged(text)


def test_changed_texts_mean_the_same_or_are_refused_by_both():
    """1,000 small changes; a text that only one of the two reads is counted, and there are few of them."""
    chance = random.Random(1)
    short = [text[start : start + 1500] for text in TEXTS for start in (0, 3000) if len(text) > start + 1500]
    apart = []
    for _ in range(1000):
        text = chance.choice(short)
        at = chance.randrange(len(text))
        text = (
            text[:at]
            + chance.choice(
                [" ", "  ", ": ", "- ", "#", "'", '"', "[", "}", "&a ", "*a", "|", "\n", "\t", "?", "%", "!", "", "é"]
            )
            + text[at + chance.randrange(2) :]
        )
        try:
            expected = judged(text)
        except (YAMLError, AssertionError, AttributeError):
            expected = None
        try:
            document = read_document(text, "p.yaml")
            found = (document.data, dict(document.places))
        except UserError:
            found = None
        if expected is None or found is None:
            if (expected is None) != (found is None):
                apart.append(text)
        else:
            assert found == expected
    assert len(apart) <= 20


def faults(text: str) -> list[tuple[str, str, Any]]:
    with pytest.raises(UserError) as caught:
        read_document(text, "p.yaml")
    return [(item.id, item.where, item.params.get("found")) for item in caught.value.faults]


class TestRefused:
    @pytest.mark.parametrize("directive", ["%YAML 1.1", "%YAML 1.3", "%YAML 2.0", "%YAML 1.0"])
    def test_another_version_of_yaml(self, directive):
        """Field case 26: in YAML 1.1 `yes`, `no`, `on` and `22:30` mean other things."""
        [(name, where, found)] = faults(f"{directive}\n---\nfirst_in_human: yes\n")
        assert (name, where.startswith("p.yaml:1:")) == ("PRT-001", True)
        assert found == message("other_version_of_yaml")

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("!!bool yes", "yes"), ("!!bool on", "on"), ("!!bool 'no'", "no"), ("!!bool 1", "1"), ("!!null pending", "pending"),
            ("!!int 1.5", "1.5"), ("!!float 3", 3.0), ("!!bool TRUE", True), ("!!bool False", False), ("!!null ~", None),
        ],
    )  # fmt: skip
    def test_a_tag_that_does_not_fit_its_word_makes_no_other_value_of_it(self, text, value):
        """Field case 26: `!!bool yes` is not false, and `!!null pending` is not nothing."""
        assert read_document(f"a: {text}\n", "p.yaml").data == {"a": value}

    def test_version_1_2_may_be_named(self):
        assert read_document("%YAML 1.2\n---\na: no\n", "p.yaml").data == {"a": "no"}

    @pytest.mark.parametrize("character", ["\x1b", "\x00", "\x7f", "\x9b", "\u202e", "\u2066", "\ufeff", "\u200f"])
    def test_a_character_that_cannot_be_seen_at_its_place(self, character):
        assert faults(f"a: 1\nb: x{character}y\n") == [("COR-052", "p.yaml:2:5", f"U+{ord(character):04X}")]

    @pytest.mark.parametrize("escape", ["\\x1b", "\\u202e", "\\0", "\\uFEFF"])
    def test_nor_by_an_escape_in_a_value_or_a_name(self, escape):
        assert faults(f'a: 1\nb: "x{escape}"\n')[0][:2] == ("COR-052", "p.yaml:2:4")
        assert faults(f'a: 1\n"b{escape}": 1\n')[0][:2] == ("COR-052", "p.yaml:2:1")

    @pytest.mark.parametrize(
        "text",
        [
            "\n".join(f"k{number}: 1" for number in range(60_000)),
            "a:\n" + "\n".join(f"  k{number}: {{x: 1}}" for number in range(60_000)),
            "a: {" + ", ".join(f"k{number}: 1" for number in range(60_000)) + "}",
            "\n".join("k: 1" for _ in range(60_000)),
            "\n".join(f"- {number}" for number in range(200_000)),
            "a: " + "[" * 100_000,
            "a: " + "{b: " * 100_000,
            "\n".join(" " * depth + "a:" for depth in range(1_500)),
            "- " * 100_000,
            "a: &a [1]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(60_000)),
            "x: " + "y" * 5_000_000,
            "a: '" + "''" * 500_000,
            "? " * 50_000,
            "&a " * 50_000,
            "# " + "c" * 3_000_000 + "\na: [",
            "a: |\n" + "  line\n" * 400_000 + " x",
        ],
        ids=lambda text: text[:12].replace("\n", " "),
    )
    def test_what_is_too_much_is_said_in_one_line_within_a_second(self, text):
        """Field case 27: no time that grows with the square."""
        begun = time.process_time()
        found = faults(text)
        assert time.process_time() - begun < 1.0
        assert len(found) == 1
        assert len(str(found)) < 300

    def test_as_many_names_as_are_allowed_are_read(self):
        text = "\n".join(f"k{number}: 1" for number in range(MAXIMUM_KEYS))
        assert len(read_document(text, "p.yaml").data) == MAXIMUM_KEYS

    def test_of_many_doubled_names_the_first_hundred_are_shown(self):
        assert len(faults("\n".join("a: 1" for _ in range(1_500)))) == 100

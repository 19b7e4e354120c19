"""Every message, count and word of a code list that a condition or a fault can hold has its texts, and no text is unused."""

from __future__ import annotations

import ast
import dataclasses
import re
import string
import typing
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from celltrial.clinical.follow_up import FollowUpClass
from celltrial.conduct import vocabulary
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts.subject.state import Stage
from celltrial.core.doses import DoseBasis
from celltrial.core.values import Relation, Term, as_value
from celltrial.locale import LANGUAGES, catalogue, has
from celltrial.locale.wording import in_words

SOURCE = Path(__file__).resolve().parents[2] / "src" / "celltrial"
VALUES = catalogue("values")
#: Texts that the renderer itself asks for, not a message.
FORM = {"absent", "unknown", "redacted", "comma", "or", "interval"}
#: What is the same in both languages: abbreviations, names of standards, an example of an identifier.
NEUTRAL = {
    "YAML", "true", "false", "DLT", "DU", "IANA", "Asia", "Shanghai", "SHA", "JSON", "CSV", "PEM", "Ed", "NaN", "UTC", "ISO",
    "Unicode", "psycopg", "Haybittle", "Peto", "mm",
}  # fmt: skip
#: Names of parameters of designs and rules, which are in both languages as they are written in a protocol.
PARAMETERS = {
    "all",
    "alpha",
    "any",
    "certainty",
    "dersimonian_laird",
    "dlt",
    "dlt_rates",
    "dose",
    "doses",
    "efficacy",
    "exposure",
    "freedman",
    "grid_points",
    "half_width",
    "hazard",
    "hazard_ratio",
    "high",
    "how",
    "infeasible",
    "intercept",
    "logit",
    "looks",
    "low",
    "max_n",
    "max_overdose_probability",
    "measure",
    "median",
    "method",
    "moderate",
    "moves",
    "n_doses",
    "n_max",
    "odds_ratio",
    "paule_mandel",
    "prior_mtd",
    "range",
    "rate",
    "reference_dose",
    "schoenfeld",
    "sided",
    "skeleton",
    "starts",
    "stop_high",
    "stop_low",
    "target",
    "threshold",
    "toxicity",
    "trials",
    "until",
    "variance",
    "window_fraction",
}
#: A text with one of these is English and no rule over names.
WORDS = re.compile(
    r"\b(a|all|an|and|as|at|before|by|different|doses|each|every|finite|for|from|hazards|in|index|letters|looks|list|more|no|"
    r"none|not|nothing|number|odd|of|one|only|or|other|parts|per|rates|rows|states|strictly|subjects|such|text|than|that|the|to|"
    r"tried|two|unknown|up|values|whole|with|without)\b(?![=\[.(])"
)
LISTS = [
    *(item for item in vars(vocabulary).values() if isinstance(item, type) and issubclass(item, StrEnum)),
    Stage,
    Role,
    DoseBasis,
    FollowUpClass,
]


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield every call in the source with the name of what is called."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield ast.unparse(node.func).rpartition(".")[2], node


CALLS = [*calls()]


def texts_of(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an argument can be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts_of(node.body)
        yield from texts_of(node.orelse)


def messages() -> Iterator[tuple[str, frozenset[str] | None]]:
    """Yield each code of a message with the names of its parameters, None where they are spread from a mapping."""
    for name, call in CALLS:
        if name in {"message", "Message"} and call.args:
            spread = any(word.arg is None for word in call.keywords)
            given = None if spread else frozenset(str(word.arg) for word in call.keywords)
            for code in texts_of(call.args[0]):
                if name == "message" or f"value.{code}" in VALUES:
                    yield code, given
        if name == "check_text":
            yield from ((code, frozenset()) for code in texts_of(call.args[1]))


def from_tables() -> set[str]:
    """Return the texts of modules that take the code of a message from a table."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        nodes = [*ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
        called = (
            n for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and n.func.id == "message"
        )
        coded = [call.args[-1] for call in called if len(call.args) == (2 if ast.unparse(call.func) == "Count" else 1)]
        if any(not [*texts_of(code)] for code in coded):
            found |= {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_message_has_its_texts_with_the_parameters_that_it_is_given():
    found = [*messages()]
    assert len(found) > 250
    wrong = [
        (code, language)
        for code, given in found
        for language in LANGUAGES
        if f"value.{code}" not in VALUES or (given is not None and places(VALUES[f"value.{code}"][language]) != given)
    ]
    assert not wrong


def test_no_text_is_left_of_a_message_that_nobody_says():
    counted = {text for name, call in CALLS if name == "Count" for item in call.args[1:] for text in texts_of(item)}
    said = (
        {f"value.{code}" for code, _ in messages()}
        | {f"value.{code}" for code in from_tables()}
        | {f"value.{code}" for code in FORM}
    )
    said |= {f"value.count.{text}{end}" for text in counted | from_tables() for end in ("", ".one")}
    said |= {f"value.bound.{kind}.{item}" for kind in ("size", "count", "time") for item in Relation}
    said |= {f"value.time.{unit}" for unit in ("s", "min", "h", "d", "wk", "mo", "a")}
    assert set(VALUES) - said == set()
    assert {f"value.count.{text}" for text in counted} <= set(VALUES)


@pytest.mark.parametrize("kind", LISTS, ids=lambda item: item.__name__)
def test_every_member_of_a_code_list_has_its_words(kind: type[StrEnum]):
    assert LISTS
    missing = [item for item in kind if not has(f"term.{as_value(item).list}.{item.value}")]
    assert not missing


def test_chinese_texts_hold_no_english_words():
    for room in ("values", "terms"):
        for key, texts in catalogue(room).items():
            words = re.findall(r"[A-Za-z_]{2,}", re.sub(r"`[^`]*`|\{\w+\}", "", texts["zh"]))
            foreign = [word for word in words if word not in NEUTRAL | PARAMETERS and not key.startswith("term.")]
            assert not foreign, (key, foreign)


def test_no_fault_holds_a_sentence_in_one_language():
    """What was expected or found is a value, a name or a rule over names, never words of one language."""
    said = {
        text
        for _, call in CALLS
        for word in call.keywords
        if word.arg in {"expected", "found", "needed"}
        for text in templates(word.value)
    }
    assert len(said) > 100
    assert sorted(text for text in said if WORDS.search(text)) == []


def templates(node: ast.expr) -> Iterator[str]:
    """Yield the texts that an argument can be, each place of an f-string as {}."""
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.BoolOp):
        for part in node.values:
            yield from templates(part)
    else:
        yield from texts_of(node)


def test_every_input_that_a_condition_names_is_a_field_of_a_command_or_of_the_fact_in_it():
    """SITE.md 9.3: a condition can be shown at the field that it is about."""
    known = {path for kind in COMMANDS.values() for path in paths_of(kind)}
    named = {
        text
        for name, call in CALLS
        if name in {"fail", "refusal"}
        for word in call.keywords
        if word.arg == "input"
        for text in texts_of(word.value)
    }
    named |= {text for name, call in CALLS if name == "check_text" for item in call.args[3:] for text in texts_of(item)}
    assert len(named) > 50
    assert named - known - {"reason"} == set()  # the reason belongs to the request


def paths_of(kind: type) -> set[str]:
    """Return the dotted paths of a command's fields, those of the fact that it carries among them."""
    own = {item.name for item in dataclasses.fields(kind)}
    inner = typing.get_type_hints(kind).get("fact")
    kinds = [part for part in (typing.get_args(inner) or (inner,)) if dataclasses.is_dataclass(part)]
    return own | {f"fact.{item.name}" for part in kinds for item in dataclasses.fields(part)}


def test_a_word_without_texts_stays_as_it_was_written():
    assert in_words(Term("concept", "protein_X"), "zh") == "protein_X"
    assert in_words(Term("resource", "second freezer"), "en") == "second freezer"

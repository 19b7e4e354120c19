"""Both languages are complete, and every id that the code uses has its texts."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from celltrial.locale import LANGUAGES, _texts, catalogue, catalogues, has, template, translate

SOURCE = Path(__file__).resolve().parents[2] / "src" / "celltrial"
ID = re.compile(r'"((?:COR|DSG|CLN|PRT|GDL|CND|SIM|LDG|DAT|ANL|REP|EXC|APP)-\d{3})"')


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_every_message_stands_in_both_languages_with_the_same_parameters():
    for key, texts in catalogues().items():
        assert set(texts) == set(LANGUAGES), key
        assert all(text.strip() for text in texts.values()), key


def test_a_message_that_is_read_alone_is_the_one_of_its_catalogue():
    for key, texts in catalogues().items():
        assert _texts(key) == texts


def test_every_key_of_every_catalogue_is_found_without_reading_the_catalogues():
    rooms = [path.stem for path in (SOURCE / "locale").glob("*.toml")]
    rooms += [f"site.{path.parent.name}" for path in (SOURCE / "site").glob("*/texts.toml")]
    read = [key for room in rooms for key in catalogue(room)]
    assert sorted(read) == sorted(catalogues())
    assert all(catalogues()[key] is catalogue(room)[key] for room in rooms for key in catalogue(room))
    assert not has("en")
    assert not has("status.finding.en")


def test_chinese_messages_contain_chinese_and_english_ones_do_not():
    han = re.compile(r"[\u4e00-\u9fff]")
    for key, texts in catalogues().items():
        assert not han.search(texts["en"]), key
        words = re.findall(r"[A-Za-z]{4,}", re.sub(r"`[^`]*`|\{[^}]*\}|<[^>]*>", "", texts["zh"]))
        if words and not han.search(texts["zh"]):
            allowed = texts["en"] == texts["zh"] or len(words) <= 3
            assert allowed, (key, texts["zh"])


def test_every_id_that_the_code_uses_has_texts():
    used = {
        match.group(1)
        for path in SOURCE.rglob("*.py")
        for match in ID.finditer(path.read_text(encoding="utf-8"))
        if "locale" not in path.parts
    }
    assert used
    missing = sorted(used - set(catalogues()))
    assert not missing


def test_every_fault_and_sentence_is_given_what_its_texts_name():
    """A text without one of its parameters is a traceback where a person should have read a message.

    `fault` of a row of a table, and of a walk along a chain, adds the parameters named here by itself.
    """
    given_by_method = {"column", "expected", "found", "position"}
    lacking, seen = [], 0
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            method = isinstance(node.func, ast.Attribute)
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            key = node.args[0].value
            if name not in {"fault", "translate"} or not isinstance(key, str) or not has(key):
                continue
            if any(word.arg is None for word in node.keywords):
                continue
            seen += 1
            given = {str(word.arg) for word in node.keywords} | {"where"} | (given_by_method if method else set())
            wanted = {field.partition(".")[0] for language in LANGUAGES for field in fields(template(key, language))}
            if wanted - given:
                lacking.append((f"{path.relative_to(SOURCE)}:{node.lineno}", key, sorted(wanted - given)))
    assert seen > 700
    assert lacking == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_unknown_key_or_a_missing_parameter_is_a_defect(language):
    with pytest.raises(KeyError):
        translate("APP-999", language)
    with pytest.raises(KeyError):
        translate("APP-001", language)


def test_every_fact_has_a_title():
    from celltrial.conduct.facts.events import NAMES

    titled = {f"fact.{name.partition('/')[0]}" for name in NAMES.values()}
    assert titled == {key for key in catalogues() if key.startswith("fact.")}

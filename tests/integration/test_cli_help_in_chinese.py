"""`--help` in Chinese: every command, every option, from one catalogue that has no more and no less."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

import pytest
import typer.main

from celltrial.cli import application, main
from celltrial.cli.chinese_help import catalogue, chinese_help, key_of
from every_kind import EVERY

HAN = re.compile(r"[\u4e00-\u9fff]")
#: What stands in both languages as it is: names of options, arguments and commands, choices, codes, standards, addresses.
NEUTRAL = re.compile(
    r"--?[a-z][\w/-]*|`[^`]*`|<[^>]*>|\{[^}]*\}|\[默认：[^\]]*\]|\[环境变量：[^\]]*\]|postgresql://\S*|https://\S*|\.[a-z]{3,5}\b|\w+=\w+|"
    r"\b[A-Z]\.[\w.]+|\b[\w.]+\.[\w.=]+\b|\b(?:[A-Z][a-z]+){2,}\b|\b[A-Z][A-Z0-9]+s?\b|\([A-Z]\d\)|\b[a-z]+(?:[-_/][a-zA-Z0-9]+)+\b"
)
WORDS = {
    "ADaM",
    "SQLite",
    "Define",
    "MedDRA",
    "Parquet",
    "Python",
    "Schema",
    "CAR",
    "DLT",
    "case",
    "product",
    "event",
    "cm",
    "kg",
    "or",
    "en",
    "zh",
    "Hans",
    "int",
    "str",
    "list",
    "path",
    "target",
    "cohort",
    "doses",
    "start",
    "rates",
    "n",
    "export",
    "import",
    "diff",
    "score",
    "sdtm",
    "adam",
    "icsr",
    "init",
    "create",
    "passphrase",
    "check",
    "reset",
    "lock",
    "unlock",
    "close",
    "grant",
    "revoke",
    "celltrial",
    "design",
    "value",
}


def helps(command: Any) -> set[str]:
    """Return every help below a command, on one line each."""
    found = {key_of(command.help)} if command.help else set()
    found |= {key_of(item.help) for item in command.params if getattr(item, "help", None)}
    for inner in getattr(command, "commands", {}).values():
        found |= helps(inner)
    return found


def test_every_help_has_its_chinese_and_none_is_left_over():
    found, known = helps(typer.main.get_command(application())), catalogue()
    own = {"Show this message and exit."}
    assert sorted(found - set(known) - own) == []
    assert sorted(set(known) - found) == []
    assert [text for text in known.values() if not HAN.search(text)] == []


@pytest.mark.parametrize("path", [(), *sorted(EVERY)], ids=" ".join)
def test_no_english_word_is_left_in_the_help_of_a_command(path):
    said = chinese_help(typer.main.get_command(application()), [*path, "--help", "--lang", "zh"])
    said = re.sub(r"-\n\s+", "-", said)  # a name broken over two lines
    assert HAN.search(said)
    commands = {word for one in EVERY for word in one}
    names = {str(item.name) for item in EVERY[path].params} if path in EVERY else set()
    left = [
        word for word in re.findall(r"[A-Za-z]{2,}", NEUTRAL.sub(" ", said)) if word not in WORDS | commands | names
    ]
    assert left == []


@pytest.mark.parametrize(
    ("words", "lang", "chinese"),
    [
        (["--help", "--lang", "zh"], "", True),
        (["status", "--help", "--lang=zh"], "", True),
        (["status", "-l", "zh-Hans", "--help"], "C", True),
        (["status", "--help"], "zh_CN.UTF-8", True),
        (["status", "--help"], "en_US.UTF-8", False),
        (["status", "--lang", "en", "--help"], "zh_CN.UTF-8", False),
        (["--help", "--lang", "en"], "zh_CN.UTF-8", False),
        (["--lang=en", "--help"], "C", False),
        (["-l", "en", "design", "--help"], "C", False),
        (["registry", "--help", "--lang", "en"], "zh_CN.UTF-8", False),
        (["registry", "--help", "--lang", "zh"], "C", True),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) else str(item),
)
def test_the_language_is_that_of_the_option_else_of_the_system(monkeypatch, capsys, words, lang, chinese):
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", lang)
    monkeypatch.setattr(sys, "argv", ["celltrial", *words])
    try:
        main()
    except SystemExit as end:
        assert end.code in {0, None}
    out, err = capsys.readouterr()
    assert ("用法：celltrial" if chinese else "Usage: celltrial") in out
    assert bool(HAN.search(out)) is chinese
    assert err == ""


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["buffered", "unbuffered"])
@pytest.mark.parametrize(
    ("words", "ends"),
    [
        (["--help", "--lang", "zh"], 0),
        (["status", "--help", "--lang", "zh"], 0),
        (["--version"], 0),
        (["--help"], 1),  # the library prints it, and ends so
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) else str(item),
)
def test_a_reader_who_has_read_enough_ends_the_help_quietly(words, ends, unbuffered):
    """As `| head` does: nobody reads any more when it is written; with the buffer it shows only at the end."""
    reads, writes = os.pipe()
    os.close(reads)
    code = f"import sys; from celltrial.cli import main; sys.argv = ['celltrial', *{words!r}]; main()"
    with os.fdopen(writes, "w") as gone:
        done = subprocess.run(
            [sys.executable, "-c", code],
            check=False,
            stdout=gone,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
        )
    assert (done.stderr.decode(), done.returncode) == ("", ends)

"""A slip in the words of a command: said in the reader's language, with what would be right, and exit 2."""

from __future__ import annotations

import re

import pytest

SLIPS = {
    "a missing argument": (("simulate",), "APP-160", "PROTOCOL"),
    "a missing option": (("audit", "trial.db"), "APP-160", "--subject"),
    "a misspelt command": (("statsu", "trial.db"), "APP-161", "status"),
    "no such command": (("bogus",), "APP-161", "simulate"),
    "no such command of a group": (("usdm", "bogus"), "APP-161", "export, import"),
    "a misspelt option": (("simulate", "p.yaml", "--sed", "1"), "APP-162", "--seed"),
    "no such option": (("verify", "trial.db", "--bogus"), "APP-162", "--bogus"),
    "an option without its value": (("verify", "trial.db", "--trial"), "APP-163", "--trial"),
    "a switch with a value": (("verify", "trial.db", "--json=1"), "APP-164", "--json"),
    "no number": (("simulate", "p.yaml", "--seed", "x"), "APP-165", "'x'"),
    "a number too small": (("simulate", "p.yaml", "--seed", "-1"), "APP-165", " 0"),
    "a number too large": (("simulate", "p.yaml", "--years", "99"), "APP-165", " 30"),
    "a word too many": (("verify", "trial.db", "other.db"), "APP-166", "other.db"),
}
HAN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"(?i)\b(missing|no such|error|invalid|should be|requires|try '|option '|found|there is|takes)\b")


@pytest.mark.parametrize("slip", SLIPS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_slip_is_said_in_the_readers_language_with_exit_2(celltrial, slip, language):
    words, code, named = SLIPS[slip]
    chosen = ["--lang=zh"] if language == "zh" else []
    tail = len(words) - (slip == "an option without its value")
    status, out, err = celltrial(*words[:tail], *chosen, *words[tail:])
    assert (status, out) == (2, "")
    said, *usage = err.strip().splitlines()
    assert said.startswith(f"{code}: ")
    assert named in said
    assert "celltrial" in said
    assert len(usage) <= 1
    if language == "zh":
        assert HAN.search(said)
        assert not ENGLISH.search(err)
        assert all(line.startswith("用法：celltrial") for line in usage)
    else:
        assert not HAN.search(err)
        assert all(line.startswith("Usage: celltrial") for line in usage)


def test_an_unknown_language_is_refused_and_the_known_ones_are_named(celltrial):
    status, _, err = celltrial("verify", "trial.db", "--lang", "fr")
    assert status == 2
    assert err.splitlines()[0] == "APP-165: celltrial verify: --lang / -l must be en, zh or zh-Hans; found 'fr'."


@pytest.mark.parametrize("group", [(), ("usdm",), ("design", "table")])
def test_a_group_without_a_command_shows_its_commands(celltrial, group):
    status, _, err = celltrial(*group)
    assert status == 2
    assert "Commands" in err
    assert "Traceback" not in err


def test_what_the_system_says_of_a_file_is_said_in_the_readers_language(celltrial, tmp_path):
    """An error of the operating system is in English in its own words; a reader of Chinese meets none of it."""
    name = tmp_path / ("n" * 300)
    assert "File name too long" in celltrial("review", name)[2]
    assert "文件名过长" in celltrial("review", name, "--lang", "zh")[2]

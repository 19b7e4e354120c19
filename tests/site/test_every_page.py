"""Every page of the site: in both languages, for every command, with its texts in the catalogues and nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from celltrial.conduct.acts.commands import COMMANDS
from celltrial.locale import has
from celltrial.site.pages import ROUTES
from celltrial.site.rendering import FOLDER
from sites import TRIAL, text

TEMPLATES = sorted(FOLDER.rglob("*.html"))
#: What may be in a template as it is: the name of the program, languages in themselves, signs.
LITERAL = {"celltrial", "→", ";", "+", "),", "中文", "English", "·", "*", "–", "(", ")", ":", ",", "·celltrial"}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_of_every_command_opens_in_both_languages(running, language):
    lead = running.person("lead", language)
    for name in COMMANDS:
        answer = lead.get(f"/t/{TRIAL}/do/{name}/")
        signing = name in {"GiveSignature", "DeclineSignature", "WithdrawSignature", "RegisterTrial"}
        assert answer.status_code == (404 if signing else 200), name
        if not signing:
            tag = {"en": "en", "zh": "zh-Hans"}[language]
            assert f'<html lang="{tag}">' in answer.content.decode()


def test_every_command_can_be_sent_empty_and_says_what_it_lacks(running):
    lead = running.person("lead")
    for name in sorted(set(COMMANDS) - {"GiveSignature", "DeclineSignature", "WithdrawSignature", "RegisterTrial"}):
        answer = lead.act(name)
        assert answer.status_code in {302, 422}, name


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_template_says_nothing_but_what_stands_in_the_catalogues(path):
    source = path.read_text(encoding="utf-8")
    for key in re.findall(r'\bt\("([^"]+)"[),]', source):
        assert has(key), key
    assert not re.search(r"<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=", source), "the policy forbids it"
    bare = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", " ", source, flags=re.DOTALL)
    bare = re.sub(r"<!doctype html>|<[^>]*>", " ", bare, flags=re.DOTALL)
    assert {word for word in bare.split() if word not in LITERAL} == set()


def test_a_page_is_a_folder_with_view_template_texts_and_test():
    pages = sorted({FOLDER / route.name.split(".")[0] for route in ROUTES})
    tests = "\n".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for folder in pages:
        assert (folder / "view.py").exists()
        assert list(folder.glob("*.html")), folder
        assert (folder / "texts.toml").exists()
    for route in ROUTES:
        start = route.path.removeprefix("t/<str:trial>/").split("<")[0]
        assert start == "" or f"/{start}" in tests, f"no test asks for {route.path}"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_of_a_person_open_in_both_languages(running, language):
    coordinator = running.person("sc.s1", language)
    shown = {"en": "Today", "zh": "今日"}[language]
    for path in (
        "/",
        f"/t/{TRIAL}/today/",
        f"/t/{TRIAL}/signing/",
        f"/t/{TRIAL}/do/",
        "/register/",
        "/passphrase/",
        "/second-factor/",
    ):
        answer = coordinator.get(path)
        assert answer.status_code == 200, path
    assert shown in text(coordinator.get(f"/t/{TRIAL}/today/"))
    assert "Asia/Shanghai" in text(coordinator.get(f"/t/{TRIAL}/today/")), "the zone stands beside the time"


def test_what_was_marked_as_seen_is_no_change_any_more(running):
    lead = running.person("lead")
    assert "Access granted" in text(lead.get(f"/t/{TRIAL}/today/"))
    position = running.house.trials.get(TRIAL).state().position
    lead.post(f"/t/{TRIAL}/today/seen/", page=f"/t/{TRIAL}/today/", position=str(position))
    assert "Access granted" not in text(lead.get(f"/t/{TRIAL}/today/"))
    assert f"since record {position}" in text(lead.get(f"/t/{TRIAL}/today/"))


def test_the_menu_of_a_trial_leads_to_every_page_that_asks_for_a_place_in_it(running):
    page = running.person("lead").get(f"/t/{TRIAL}/today/").content.decode()
    menu = page.partition('<nav class="menu"')[2].partition("</nav>")[0]
    wanted = [route.path.replace("<str:trial>", TRIAL) for route in ROUTES if route.menu]
    assert re.findall(r'href="/([^"]+)"', menu) == wanted


#: Comparisons with a number that are about the form and about what is shown, never about a trial.
SHOWN = {"len(ago) < 6", "lane.due|length > 3", "0 < chance < 0.0005"}


def test_no_page_holds_a_limit_or_the_name_of_a_role():
    """A page asks conduct: no view compares with a number but 0 and 1, none asks for one role, nor does a template."""
    found = []
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Compare) or ast.unparse(node) in SHOWN:
                continue
            sides = [node.left, *node.comparators]
            numbers = [
                item.value for item in sides if isinstance(item, ast.Constant) and type(item.value) in {int, float}
            ]
            roles = [item for item in sides if ast.unparse(item).startswith("Role.")]
            if roles or any(number not in {0, 1} for number in numbers):
                found.append((path.name, ast.unparse(node)))
    for path in TEMPLATES:
        for asked in re.findall(r"\{%-? *(?:el)?if ([^%]*)%\}", path.read_text(encoding="utf-8")):
            number = re.search(r"[<>]=? *(-?\d[\d.]*)", asked)
            if number and number[1] not in {"0", "1"} and not any(known in asked for known in SHOWN):
                found.append((path.name, asked))
    assert found == []

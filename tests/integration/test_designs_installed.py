"""Designs of other packages: found by entry point, loaded when asked for, refused where broken or not unique."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from celltrial.app.installed_designs import InstalledDesigns, wire_installed_designs
from celltrial.core.errors import UserError
from celltrial.designs import DESIGNS, build_policy, designs_in_use, use_designs

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "bcma-car-t-escalation.yaml"
PAGE = ROOT / "docs" / "how-to" / "add-a-design.md"

Offer = Callable[..., None]


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Offer]:
    """Install a small package: offer(package, key, text of its module, object)."""
    modules: list[str] = []

    def install(package: str, key: str, text: str, name: str = "DESIGN") -> None:
        module = f"{package}_module"
        (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
        info = tmp_path / f"{package}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[celltrial.designs]\n{key} = {module}:{name}\n", encoding="utf-8")
        modules.append(module)
        importlib.invalidate_caches()

    monkeypatch.syspath_prepend(tmp_path)
    yield install
    use_designs(None)
    for module in modules:
        sys.modules.pop(module, None)


def documented() -> str:
    """The module that the how-to page shows."""
    return re.findall(r"^```python\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)[0]


def protocol(tmp_path: Path, kind: str, params: str) -> Path:
    text = EXAMPLE.read_text(encoding="utf-8")
    old = "    kind: boin\n    params: {target_dlt_rate: 0.30, cohort_size: 3, max_subjects: 18}\n"
    assert old in text
    path = tmp_path / "protocol.yaml"
    path.write_text(text.replace(old, f"    kind: {kind}\n    params: {params}\n"), encoding="utf-8")
    return path


def test_without_strangers_the_table_is_celltrials_own() -> None:
    table = InstalledDesigns()
    assert dict(table) == dict(DESIGNS)
    assert "two_plus_two" not in table


def test_a_stranger_is_loaded_when_asked_for(offer: Offer) -> None:
    offer("stranger", "two_plus_two", documented())
    table = InstalledDesigns()
    assert set(table) - set(DESIGNS) == {"two_plus_two"}
    assert len(table) == len(DESIGNS) + 1
    assert table["boin"] is DESIGNS["boin"]
    assert "stranger_module" not in sys.modules
    policy = build_policy("two_plus_two", {"max_subjects": 8}, n_doses=3, designs=table)
    assert policy.max_subjects == 8
    assert table["two_plus_two"] is table["two_plus_two"]


def test_a_protocol_may_name_a_stranger(offer: Offer, celltrial, tmp_path: Path) -> None:
    offer("stranger", "two_plus_two", documented())
    path = protocol(tmp_path, "two_plus_two", "{max_subjects: 12}")
    code, out, err = celltrial("design", path)
    assert (code, err) == (0, "")
    assert "Two plus two" in out
    assert "2+2 设计" in celltrial("design", path, "--lang", "zh")[1]
    code, out, _ = celltrial("design", "compare", EXAMPLE, "--designs", "boin,two_plus_two")
    assert (code, "two_plus_two" in out) == (0, True)
    assert celltrial("design", "sheet", path, "--out", tmp_path / "sheet.html")[0] == 0
    assert "APP-109 [ok] Design `two_plus_two` of the package stranger 1.2." in celltrial("doctor")[1]
    code, _, err = celltrial("design", protocol(tmp_path, "two_plus_two", "{max_subjects: 0}"))
    assert (code, "max_subjects=0" in err) == (2, True)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import there_is_no_such_module", "ModuleNotFoundError"),
        ("raise RuntimeError('half a package')", "half a package"),
        ("OTHER = 1", "AttributeError"),
        ("DESIGN = 3", "int"),
        ("def build(p, n, s=0): return None", "NoneType"),
        ("def build(p, n, s=0): return n.no_such_thing", "AttributeError"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_broken_package_is_one_fault_that_names_it(
    offer: Offer, celltrial, tmp_path: Path, text: str, found: str, language: str
) -> None:
    if text.startswith("def build"):
        text = documented() + f"\nfrom dataclasses import replace\n{text}\nDESIGN = replace(DESIGN, build=build)\n"
    offer("stranger", "two_plus_two", text)
    code, out, err = celltrial("design", protocol(tmp_path, "two_plus_two", "{max_subjects: 12}"), "--lang", language)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "APP-140" in err
    assert "stranger 1.2" in err
    assert found in err
    assert celltrial("design", EXAMPLE, "--json")[0] == 0  # who does not ask for it is not troubled
    code, out, _ = celltrial("doctor")
    if "def build" not in text:
        assert (code, "APP-140 [error]" in out) == (1, True)


def test_a_key_that_two_packages_have_is_refused(offer: Offer, celltrial) -> None:
    offer("stranger", "boin", documented())
    code, _, err = celltrial("design", EXAMPLE)
    assert code == 2
    assert "APP-141" in err
    assert "celltrial, stranger 1.2" in err
    offer("other", "two_plus_two", documented())
    offer("another", "two_plus_two", documented())
    with pytest.raises(UserError, match=r"APP-141 at two_plus_two.*found another 1\.2, other 1\.2"):
        InstalledDesigns()["two_plus_two"]


def test_the_table_in_use_is_put_there_by_the_application(offer: Offer) -> None:
    offer("stranger", "two_plus_two", documented())
    assert designs_in_use() is DESIGNS
    with pytest.raises(UserError, match="DSG-009"):
        build_policy("two_plus_two", {"max_subjects": 8}, n_doses=3)
    wire_installed_designs()
    assert build_policy("two_plus_two", {"max_subjects": 8}, n_doses=3).n_doses == 3
    use_designs(None)
    assert designs_in_use() is DESIGNS


def test_the_contract_runs_on_a_stranger(offer: Offer, tmp_path: Path) -> None:
    offer("stranger", "two_plus_two", documented())
    suite = ROOT / "tests" / "contract" / "test_designs_contract.py"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(suite), "-k", "two_plus_two"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    passed = re.search(r"(\d+) passed", done.stdout)
    assert done.returncode == 0, done.stdout
    assert passed is not None
    assert int(passed.group(1)) >= 7

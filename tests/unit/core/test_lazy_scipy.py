"""What of scipy is imported, and when."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import scipy.integrate
import scipy.optimize
import scipy.special
import scipy.stats

from celltrial.core import lazy_scipy
from celltrial.designs import DESIGNS
from celltrial.designs.in_use import OWN
from celltrial.protocol import canonical_json, read_protocol

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))


@pytest.mark.parametrize(
    ("part", "name"),
    [("integrate", "quad"), ("optimize", "brentq"), ("special", "betainc"), ("stats", "norm")],
)
def test_a_name_is_scipys_own_and_is_kept(part, name):
    later = getattr(lazy_scipy, part)
    assert getattr(later, name) is getattr(getattr(scipy, part), name)
    assert vars(later)[name] is getattr(getattr(scipy, part), name)


def test_a_name_that_scipy_has_not_is_refused_as_by_scipy():
    with pytest.raises(AttributeError, match="no_such_function"):
        _ = lazy_scipy.special.no_such_function


def document() -> str:
    path = ROOT / "examples" / "bcma-car-t-escalation.yaml"
    return canonical_json(read_protocol(path.read_text(encoding="utf-8"), path.name))


def imported(code: str, *among: str) -> set[str]:
    """Return which of some modules a fresh process has imported after some code."""
    asked = f"import sys\n{code}\nprint('imported:', *(name for name in {among!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, encoding="utf-8")
    return set(done.stdout.rsplit("imported:", 1)[1].split())


def test_celltrials_own_designs_are_known_by_name():
    assert set(DESIGNS) == OWN


SCIPY = ("scipy", "scipy.special", "scipy.optimize", "scipy.stats", "scipy.integrate")


@pytest.mark.parametrize("package", ["designs", "designs.sizing", "protocol", "guideline.review", "conduct.decide"])
def test_a_table_of_designs_is_read_without_scipy(package):
    assert imported(f"import celltrial.{package}", *SCIPY, "numba") == set()


def test_a_design_that_needs_scipy_imports_the_part_that_it_needs():
    code = "from celltrial.core.intervals import clopper_pearson; clopper_pearson(1, 10)"
    assert imported(code, *SCIPY) >= {"scipy", "scipy.special"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_review_imports_neither_tables_of_data_nor_figures_nor_a_compiler(path):
    code = (
        "from celltrial.cli import main\n"
        f"sys.argv = ['celltrial', 'review', {str(path)!r}]\n"
        "try:\n    main()\nexcept SystemExit as stop:\n    assert stop.code in (0, 1), stop.code\n"
    )
    heavy = ("polars", "altair", "numba", "docx", "scipy.stats", "scipy.integrate", "celltrial.report")
    assert imported(code, *heavy) == set()


def test_a_trial_is_opened_and_an_act_decided_without_any_design():
    code = (
        "from celltrial.app import persons\n"
        "from celltrial.conduct.plan import compile_plan\n"
        "from celltrial.app.session import open_session\n"
        "from celltrial.app.installed_designs import wire_installed_designs\n"
        "wire_installed_designs()\n"
        f"plan = compile_plan({document()!r})\n"
        "assert plan.rules\n"
    )
    assert imported(code, "numpy", *SCIPY, "celltrial.designs.tables", "celltrial.designs.policy") == set()


def test_a_protocol_in_force_is_read_without_its_policy_which_is_computed_when_asked_for():
    code = (
        "from pathlib import Path\n"
        "from celltrial.conduct.plan import compile_plan\n"
        "from celltrial.protocol import canonical_json, read_protocol\n"
        "from celltrial.designs.escalation import boin\n"
        "path = Path('examples/bcma-car-t-escalation.yaml')\n"
        "document = canonical_json(read_protocol(path.read_text(encoding='utf-8'), path.name))\n"
        "built, build = [], boin.elimination_limit\n"
        "boin.elimination_limit = lambda *given: built.append(given) or build(*given)\n"
        "plan = compile_plan(document)\n"
        "assert not built\n"
        "assert plan.policy.max_subjects > 0 and built\n"
        "assert plan.policy is plan.policy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)

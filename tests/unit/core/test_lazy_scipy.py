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


def imported(code: str, *among: str) -> set[str]:
    """Return which of some modules a fresh process has imported after some code."""
    asked = f"import sys\n{code}\nprint('imported:', *(name for name in {among!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, encoding="utf-8")
    return set(done.stdout.rsplit("imported:", 1)[1].split())


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

"""Do the tests notice when a pure module is wrong? Changes it at many places, one at a time, and runs its own tests.

    python benchmarks/mutation.py            # all of MODULES
    python benchmarks/mutation.py boin       # one of them

Works on a copy of the tree, so that nothing here is changed. Changes are drawn by a fixed seed from all that Cosmic Ray knows, but
those of types in annotations, which no run can notice. A change that no test notices is printed: either it makes no difference
(`is` for `==` on a member of an enumeration), or a test is missing.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DRAWN = 110
#: Module and the tests that are about it.
MODULES = {
    "sustained": (
        "src/celltrial/clinical/sustained_response.py",
        (
            "tests/unit/clinical/test_clinical_sustained.py tests/unit/analysis/test_analysis_response.py"
            " tests/unit/analysis/test_analysis_sustained_depth.py tests/generative/test_analysis_slow_judges.py"
        ),
    ),
    "kaplan_meier": (
        "src/celltrial/analysis/kaplan_meier.py",
        "tests/unit/analysis/test_analysis_survival.py tests/reference/test_analysis_survival_r.py",
    ),
    "quantities": (
        "src/celltrial/core/quantities.py",
        (
            "tests/unit/core/test_core_quantities.py tests/unit/clinical/test_clinical_laboratory.py"
            " tests/generative/test_units_slow_judge.py tests/spec/test_units_at_every_door.py"
        ),
    ),
    "boin": (
        "src/celltrial/designs/escalation/boin.py",
        (
            "tests/reference/test_designs_boin.py tests/unit/designs/test_designs_engine.py"
            " tests/integration/test_cli_design_table.py"
        ),
    ),
}


def main(only: list[str]) -> None:
    """Print the share of changes noticed, and every change that was not."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        ignored = shutil.ignore_patterns(".git", ".venv", "out", "build", "__pycache__", ".*_cache", ".hypothesis")
        shutil.copytree(ROOT, tree, ignore=ignored)
        for name, (module, tests) in MODULES.items():
            if not only or name in only:
                _try(tree, Path(folder), name, module, tests)


def _try(tree: Path, folder: Path, name: str, module: str, tests: str) -> None:
    settings, session = folder / f"{name}.toml", folder / f"{name}.sqlite"
    command = f"{sys.executable} -m pytest -x -q -n 0 -p no:cacheprovider --no-header {tests}"
    settings.write_text(
        f'[cosmic-ray]\nmodule-path = "{module}"\ntimeout = 120.0\nexcluded-modules = []\ntest-command = "{command}"\n'
        '[cosmic-ray.distributor]\nname = "local"\n',
        encoding="utf-8",
    )
    _cosmic_ray(tree, "init", settings, session)
    _draw(session, name)
    _cosmic_ray(tree, "exec", settings, session)
    with sqlite3.connect(session) as known:
        total, survived = known.execute(
            "select count(*), sum(test_outcome = 'SURVIVED') from work_results where test_outcome is not null"
        ).fetchone()
        print(f"{name}: {total - survived} of {total} changes noticed, {100 * (1 - survived / total):.1f} %")
        for row in known.execute("select diff from work_results where test_outcome = 'SURVIVED'"):
            changed = [line for line in row[0].splitlines() if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
            print("\n".join(changed))


def _cosmic_ray(tree: Path, act: str, settings: Path, session: Path) -> None:
    binary = Path(sys.executable).with_name("cosmic-ray")
    environment = {**os.environ, "PYTHONPATH": str(tree / "src")}
    subprocess.run([binary, act, settings, session], cwd=tree, env=environment, check=True)


def _draw(session: Path, seed: str) -> None:
    """Keep so many changes, drawn by the seed in an order that depends on nothing else."""
    with sqlite3.connect(session) as known:
        order = "operator_name, occurrence, start_pos_row, start_pos_col"
        rows = known.execute(f"select job_id, operator_name from mutation_specs order by {order}").fetchall()
        jobs = [job for job, operator in rows if "_BitOr_" not in operator]
        random.Random(seed).shuffle(jobs)
        left = [(job,) for job in {job for job, _ in rows} - set(jobs[:DRAWN])]
        for table in ("mutation_specs", "work_items", "work_results"):
            known.executemany(f"delete from {table} where job_id = ?", left)


if __name__ == "__main__":
    main(sys.argv[1:])

"""Run every benchmark beside its goal: `make bench`.

Each `bench_*.py` here has `run()`, which yields rows (name, measured, unit, goal).
A goal is text such as "<= 0.25"; nothing fails, the table is for reading.
"""

from __future__ import annotations

import importlib.util
import platform
import sys
from pathlib import Path


def main(only: list[str]) -> None:
    """Print one table per benchmark file."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))  # the rehearsed trial
    print(f"Python {platform.python_version()} on {platform.machine()}")
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if only and path.stem.removeprefix("bench_") not in only:
            continue
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module
        spec.loader.exec_module(module)
        print(f"\n{path.stem.removeprefix('bench_')}")
        for name, measured, unit, goal in module.run():
            shown = f"{measured:.4g}" if isinstance(measured, int | float) else str(measured)
            print(f"  {name:<64} {shown:>12} {unit:<12} {goal}")


if __name__ == "__main__":
    main(sys.argv[1:])

"""Every design that yields a size, in one table, and the numbers of subjects in its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any, Final

from celltrial.designs.randomised import RANDOMISED_DESIGNS
from celltrial.designs.rounding import whole_up
from celltrial.designs.single_arm import SINGLE_ARM_DESIGNS
from celltrial.designs.sizing import SIZINGS
from celltrial.designs.sizing.table_row import ConfirmatoryDesign

#: The three tables by name.
SIZE_TABLES: Final[Mapping[str, Mapping[str, ConfirmatoryDesign]]] = MappingProxyType(
    {"sizing": SIZINGS, "single_arm": SINGLE_ARM_DESIGNS, "randomised": RANDOMISED_DESIGNS}
)
#: Key to row.
SIZE_ROWS: Final[Mapping[str, ConfirmatoryDesign]] = MappingProxyType(
    {key: row for table in SIZE_TABLES.values() for key, row in table.items()}
)
#: The numbers of subjects that a design yields, by name; a key that is absent yields none (events, bounds, rates).
_SUBJECTS: Final[Mapping[str, Callable[[Any], dict[str, float]]]] = MappingProxyType(
    {
        "event_detection": lambda r: {"n": r},
        "rate_exclusion": lambda r: {"n": r},
        "one_stage": lambda r: {"smallest": r.smallest.n, "safe": r.safe.n},
        "a_hern": lambda r: {"n": r.n},
        "fleming": lambda r: {"n": r.looks.sizes[-1]},
        "simon": lambda r: {"minimax": r.minimax.n, "optimal": r.optimal.n},
        "predictive_probability": lambda r: {"n": r.looks.sizes[-1]},
        "bop2": lambda r: {"n": r.bounds.looks[-1]},
        "one_sample_log_rank": lambda r: {"n": r.subjects},
        "survival": lambda r: {"n": r.subjects},
        "survival_lachin_foulkes": lambda r: {"n": r.subjects},
        "rates": lambda r: {"n": r.subjects},
        "survival_by_simulation": lambda r: {"n": r.subjects},
    }
)


def subjects_of(key: str, result: Any) -> Mapping[str, int]:
    """Return the numbers of subjects in the answer of a design, by name, rounded up; empty where it yields none.

    >>> row = SIZE_ROWS["survival_lachin_foulkes"]
    >>> subjects_of("survival_lachin_foulkes", row.function(row.params(0.63, 0.0231, 36, 36, 0.003)))
    {'n': 252}
    """
    found = _SUBJECTS[key](result) if key in _SUBJECTS else {}
    return {name: whole_up(n) for name, n in found.items()}


def stated_errors(params: Any) -> Iterator[tuple[str, float]]:
    """Yield the errors that parameters state at any depth, defaults included: `alpha`, and `beta` as 1 - beta under `power`.

    >>> sorted(stated_errors(SIZE_ROWS["simon"].params(0.2, 0.4)))
    [('alpha', 0.05), ('power', 0.8)]
    """
    for item in fields(params) if is_dataclass(params) else ():
        value = getattr(params, item.name)
        if is_dataclass(value):
            yield from stated_errors(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            if item.name in {"alpha", "power"}:
                yield item.name, float(value)
            elif item.name == "beta":
                yield "power", 1 - float(value)

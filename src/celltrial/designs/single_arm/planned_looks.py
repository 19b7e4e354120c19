"""The looks of a single-arm design that a protocol names by its key and parameters: when to look, and what stops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from celltrial.designs.single_arm import SINGLE_ARM_DESIGNS
from celltrial.designs.single_arm.binomial_looks import Looks
from celltrial.designs.single_arm.one_stage import critical_count
from celltrial.designs.single_arm.simon import SimonDesigns, simon_looks
from celltrial.designs.sizing.plain_form import params_from_plain

#: Keys that stop on no count of responders alone.
_WITHOUT: Final = frozenset({"null_rate", "assurance", "one_sample_log_rank", "bop2"})


def planned_looks(key: str, params: Mapping[str, Any], n: int, *, where: str = "params") -> Looks | None:
    """Return the looks of a design at a stated size; None where it is one look and has no rule on a count.

    key, params: as a protocol states them. n: the size stated; of several two-stage designs the one of that size, else the
    optimal one. A design of one stage keeps its error at the size stated, whatever size it would choose itself.
    A design that looks at responses and toxicity together (`bop2`) has no looks at a count: None.

    >>> planned_looks("one_stage", {"null_rate": 0.3, "alternative_rate": 0.5, "alpha": 0.025, "power": 0.9}, 68)
    Looks(sizes=(68,), stop_low=(28,), stop_high=(29,))
    >>> planned_looks("simon", {"null_rate": 0.2, "alternative_rate": 0.4, "alpha": 0.05, "beta": 0.1}, 45)
    Looks(sizes=(24, 45), stop_low=(5, 13), stop_high=(25, 14))
    """
    row = SINGLE_ARM_DESIGNS.get(key)
    if row is None or key in _WITHOUT:
        return None
    read = params_from_plain(row.params, params, where=where)
    if key in {"one_stage", "a_hern"}:
        count = critical_count(n, read.null_rate, read.alpha)
        return Looks((n,), (count - 1,), (count,))
    found = row.function(read)
    if isinstance(found, SimonDesigns):
        fits = next((item for item in found.admissible if item.n == n), found.optimal)
        return simon_looks(fits)
    looks: Looks = found.looks
    return looks

"""The factors by which subjects fall into groups, and the group of each subject."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import polars as pl

from celltrial.conduct.acts.account.blinding import HIDDEN

#: Factor to the column of `adsl` that holds it.
FACTORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "arm": "arm",
        "product": "product",
        "dose_level": "dose_level_assigned",
        "process_version": "process_version",
        "stratum": "stratum",
        "site": "siteid",
        "sex": "sex",
        "age": "age",
    }
)
#: Factors whose groups are compared unless a plan says otherwise.
COMPARABLE: Final = ("arm", "product", "dose_level", "process_version")


def group_of(adsl: pl.DataFrame, factor: str, *, age_cut: int) -> dict[str, str]:
    """Return subject to group; subjects of whom the group is not known, or hidden from the reader, are left out.

    age_cut: ages fall into `below` it and `at_or_above` it.

    >>> group_of(pl.DataFrame({"usubjid": ["A", "B"], "age": [40, 70]}), "age", age_cut=65)
    {'A': 'below', 'B': 'at_or_above'}
    """
    found = {}
    for subject, value in adsl.select("usubjid", FACTORS[factor]).iter_rows():
        if value is None or value == HIDDEN or (factor == "sex" and value == "U"):
            continue
        found[subject] = _older(value, age_cut) if factor == "age" else str(value)
    return found


def _older(age: int, cut: int) -> str:
    return "below" if age < cut else "at_or_above"


def crossed(adsl: pl.DataFrame, factors: Sequence[str], *, age_cut: int) -> dict[str, str]:
    """Return subject to the combination of its groups by several factors; what is not known is a group of its own."""
    parts = [group_of(adsl, factor, age_cut=age_cut) for factor in factors]
    return {who: " / ".join(part.get(who, "") for part in parts) for who in adsl["usubjid"]} if parts else {}

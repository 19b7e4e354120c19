"""The table of designs in use: celltrial's own rows, and those of strangers where the application found any.

Designs know no environment, so they cannot look for installed packages themselves. The application does so at its edge and
puts the table here once (`use_designs`), before it reads the first protocol; whoever builds policies from a notebook may
pass a table to `build_policy` instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from celltrial.designs.design import Design

#: The keys of celltrial's own designs, so that one is known as such without importing any.
OWN: Final = frozenset(
    {
        "3+3",
        "accelerated_titration",
        "blrm",
        "boin",
        "boin12",
        "crm",
        "decision_table",
        "feasible_dose",
        "i3+3",
        "joint_table",
        "keyboard",
        "mtpi",
        "mtpi2",
        "rolling_six",
        "tite_boin",
        "tite_boin_ess",
        "tite_crm",
        "u-boin",
    }
)

_SLOT: Final[dict[str, Mapping[str, Design]]] = {}


def use_designs(table: Mapping[str, Design] | None) -> None:
    """Take this table from now on; None goes back to celltrial's own."""
    _SLOT.clear()
    if table is not None:
        _SLOT["table"] = table


def designs_in_use() -> Mapping[str, Design]:
    """Return the table in use.

    >>> sorted(designs_in_use())[:3]
    ['3+3', 'accelerated_titration', 'blrm']
    """
    from celltrial.designs.tables import DESIGNS

    return _SLOT.get("table", DESIGNS)

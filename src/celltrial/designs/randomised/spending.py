"""Spending functions: how much of an error may be used up by the time a share t of the information is in.

With total error e and share t in (0, 1]:
  obrien_fleming   2 (1 - Phi(z_{1-e/2} / sqrt t))            Lan & DeMets (1983), doi:10.1093/biomet/70.3.659
  pocock           e ln(1 + (exp(1) - 1) t)                   the same paper
  hwang_shih_decani  e (1 - exp(-g t)) / (1 - exp(-g)), e t at g = 0
                                                              Hwang, Shih & DeCani (1990), doi:10.1002/sim.4780091207
  power            e t^g, g > 0                               Kim & DeMets (1987), doi:10.1093/biomet/74.1.149
They return e at t = 1 exactly. For a two-sided test the design spends half the error on either side.
Checked against rpact 3.3.4 and gsDesign 3.10.1 (asOF = sfLDOF, asP = sfLDPocock, asHSD = sfHSD, asKD = sfPower).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from celltrial.core.lazy_scipy import special
from celltrial.designs.sizing.ranges import between, demand, that

SpendingKind = Literal["obrien_fleming", "pocock", "hwang_shih_decani", "power"]


@dataclass(frozen=True, slots=True)
class Spending:
    """A spending function.

    kind:  one of the four above.
    gamma: its parameter: any number within +-50 for Hwang-Shih-DeCani (-4 resembles O'Brien-Fleming, 1 Pocock), > 0 for
           the power family; None for the two without a parameter.
    """

    kind: SpendingKind
    gamma: float | None = None

    def __post_init__(self) -> None:
        g = self.gamma
        rules = {
            "obrien_fleming": (g is None, "no gamma"),
            "pocock": (g is None, "no gamma"),
            "hwang_shih_decani": (g is not None and abs(g) <= 50, "-50 <= gamma <= 50"),
            "power": (g is not None and 0 < g <= 50, "0 < gamma <= 50"),
        }
        holds, rule = rules.get(self.kind, (False, f"a kind among {', '.join(rules)}"))
        demand(that(holds, "DSG-303", expected=rule, found=f"kind={self.kind}, gamma={g}"))


def spent(spending: Spending, share: float, total: float) -> float:
    """Return the error spent when this share of the information is in; share in (0, 1], total in (0, 1).

    >>> round(spent(Spending("obrien_fleming"), 0.5, 0.025), 6)
    0.001525
    >>> round(spent(Spending("power", 3), 0.2, 0.025), 6)
    0.0002
    """
    demand(
        that(0 < share <= 1, "DSG-301", expected="0 < share <= 1", found=f"share={share}"),
        between("DSG-302", 0, 1, total=total),
    )
    g = spending.gamma or 0.0
    if spending.kind == "obrien_fleming":
        return float(2 * special.ndtr(special.ndtri(total / 2) / math.sqrt(share)))
    if spending.kind == "pocock":
        return total * math.log1p((math.e - 1) * share)
    if spending.kind == "power":
        return float(total * share**g)
    return total * (math.expm1(-g * share) / math.expm1(-g) if abs(g) > 1e-12 else share)

"""Drugs given against reactions to immune cells, by class and non-proprietary name, both languages, lower case."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.clinical.crs_drugs_data import INN, VASOPRESSINS, VASOPRESSORS

#: Class to names.
RESCUE_DRUGS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "tocilizumab": frozenset({"tocilizumab", "托珠单抗"}),
        "other_anticytokine": frozenset(
            {"siltuximab", "anakinra", "emapalumab", "司妥昔单抗", "阿那白滞素", "依帕伐单抗"}
        ),
        "corticosteroid": frozenset(
            {
                "dexamethasone",
                "methylprednisolone",
                "prednisone",
                "prednisolone",
                "hydrocortisone",
                "地塞米松",
                "甲泼尼龙",
                "泼尼松",
                "泼尼松龙",
                "氢化可的松",
            }
        ),
        "vasopressor": VASOPRESSORS | VASOPRESSINS | frozenset(INN),
    }
)

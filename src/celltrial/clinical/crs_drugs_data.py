"""Vasopressors as CRS scales count them, by international non-proprietary name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Spellings that name the same drug.
INN: Final[Mapping[str, str]] = {
    "noradrenaline": "norepinephrine",
    "norepinephrine bitartrate": "norepinephrine",
    "levophed": "norepinephrine",
    "去甲肾上腺素": "norepinephrine",
    "adrenaline": "epinephrine",
    "肾上腺素": "epinephrine",
    "phenylephrine hydrochloride": "phenylephrine",
    "neosynephrine": "phenylephrine",
    "去氧肾上腺素": "phenylephrine",
    "多巴胺": "dopamine",
    "间羟胺": "metaraminol",
    "argipressin": "vasopressin",
    "arginine vasopressin": "vasopressin",
    "血管加压素": "vasopressin",
    "特利加压素": "terlipressin",
    "血管紧张素ii": "angiotensin ii",
}

#: Counted one each.
VASOPRESSORS: Final = frozenset(
    {"norepinephrine", "epinephrine", "phenylephrine", "dopamine", "metaraminol", "angiotensin ii", "terlipressin"}
)

#: Not counted when given with another vasopressor.
VASOPRESSINS: Final = frozenset({"vasopressin"})

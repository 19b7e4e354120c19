"""Short names and names of tests: those of the terminology where one is known, else made from what was measured.

The short name of a test has at most 8 signs and begins with a letter, its name at most 40.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from celltrial.core.quantities import observation

#: What is observed, by its code, to short name and name of the laboratory terminology.
LABORATORY: Final[Mapping[str, tuple[str, str]]] = {
    "absolute_neutrophil_count": ("NEUT", "Neutrophils"),
    "absolute_lymphocyte_count": ("LYM", "Lymphocytes"),
    "white_cell_count": ("WBC", "Leukocytes"),
    "eosinophil_count": ("EOS", "Eosinophils"),
    "monocyte_count": ("MONO", "Monocytes"),
    "platelet_count": ("PLAT", "Platelets"),
    "red_cell_count": ("RBC", "Erythrocytes"),
    "haemoglobin": ("HGB", "Hemoglobin"),
    "haematocrit": ("HCT", "Hematocrit"),
    "serum_creatinine": ("CREAT", "Creatinine"),
    "urea_nitrogen": ("UREAN", "Urea Nitrogen"),
    "total_bilirubin": ("BILI", "Bilirubin"),
    "alt": ("ALT", "Alanine Aminotransferase"),
    "ast": ("AST", "Aspartate Aminotransferase"),
    "alp": ("ALP", "Alkaline Phosphatase"),
    "ggt": ("GGT", "Gamma Glutamyl Transferase"),
    "creatine_kinase": ("CK", "Creatine Kinase"),
    "albumin": ("ALB", "Albumin"),
    "glucose": ("GLUC", "Glucose"),
    "calcium": ("CA", "Calcium"),
    "potassium": ("K", "Potassium"),
    "sodium": ("SODIUM", "Sodium"),
    "phosphate": ("PHOS", "Phosphate"),
    "urate": ("URATE", "Urate"),
    "cholesterol": ("CHOL", "Cholesterol"),
    "tsh": ("TSH", "Thyrotropin"),
    "ldh": ("LDH", "Lactate Dehydrogenase"),
    "crp": ("CRP", "C Reactive Protein"),
    "ferritin": ("FERRITIN", "Ferritin"),
    "il6": ("INTLK6", "Interleukin 6"),
    "procalcitonin": ("PCT", "Procalcitonin"),
    "fibrinogen": ("FIBRINO", "Fibrinogen"),
    "igg": ("IGG", "Immunoglobulin G"),
}
#: The same for vital signs, with the unit they are written in.
VITAL_SIGNS: Final[Mapping[str, tuple[str, str, str]]] = {
    "body_temperature": ("TEMP", "Temperature", "C"),
    "oxygen_saturation": ("OXYSAT", "Oxygen Saturation", "%"),
    "systolic_pressure": ("SYSBP", "Systolic Blood Pressure", "mmHg"),
    "diastolic_pressure": ("DIABP", "Diastolic Blood Pressure", "mmHg"),
    "body_weight": ("WEIGHT", "Weight", "kg"),
    "height": ("HEIGHT", "Height", "cm"),
}
#: Units as UCUM has them to those that the terminology has.
UNITS: Final[Mapping[str, str]] = {
    "10*9/L": "10^9/L", "10*12/L": "10^12/L", "mm[Hg]": "mmHg", "Cel": "C", "copies/ug": "copies/ug", "{copies}/ug": "copies/ug",
}  # fmt: skip
_VOWELS: Final = re.compile(r"(?<=[A-Z])[AEIOU]")


def short_name(concept: str) -> tuple[str, str]:
    """Return short name and name of what was observed, by any of its names.

    >>> short_name("CRP"), short_name("Hb")
    (('CRP', 'C Reactive Protein'), ('HGB', 'Hemoglobin'))
    >>> short_name("vector copy number")
    ('VCTRCPYN', 'vector copy number')
    """
    known = observation(concept)
    if known is not None and known.code in LABORATORY:
        return LABORATORY[known.code]
    if known is not None and known.code in VITAL_SIGNS:
        return VITAL_SIGNS[known.code][:2]
    name = known.names["en"][0] if known is not None else concept.replace("_", " ")
    return made_name(concept), name[:40]


@cache
def made_name(text: str) -> str:
    """Return a short name made from a text: its letters and figures, without vowels where it is longer than 8 signs.

    >>> made_name("sterility"), made_name("CAR-positive T cells"), made_name("衣原体")
    ('STRLTY', 'CRPSTVTC', 'T8863EEC')
    """
    letters = re.sub(r"[^A-Z0-9]", "", text.upper())
    if len(letters) > 8:
        letters = _VOWELS.sub("", letters)
    if not letters or not letters[0].isalpha():
        import hashlib

        return "T" + hashlib.sha256(text.encode()).hexdigest()[:7].upper()
    return letters[:8]


def unit_of(symbol: str) -> str:
    """Return a unit as the terminology writes it, where it has another sign for it."""
    return UNITS.get(symbol, symbol)

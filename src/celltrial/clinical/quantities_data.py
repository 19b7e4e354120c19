"""Factors of the units that laboratory and vital-sign thresholds are written in.

Molar masses are those of the IUPAC standard atomic weights, rounded as
laboratories print them; calcium and magnesium are single ions, phosphate is counted as phosphorus.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

#: unit -> (dimension, factor to the base unit of that dimension)
LINEAR_UNITS: Final[Mapping[str, tuple[str, Decimal]]] = {
    "1e9/L": ("count/volume", Decimal("1e9")),
    "1e3/uL": ("count/volume", Decimal("1e9")),
    "K/uL": ("count/volume", Decimal("1e9")),
    "/uL": ("count/volume", Decimal("1e6")),
    "/mm3": ("count/volume", Decimal("1e6")),
    "/L": ("count/volume", Decimal(1)),
    "g/L": ("mass/volume", Decimal(1)),
    "g/dL": ("mass/volume", Decimal(10)),
    "mg/dL": ("mass/volume", Decimal("0.01")),
    "mg/L": ("mass/volume", Decimal("0.001")),
    "ug/L": ("mass/volume", Decimal("1e-6")),
    "ng/mL": ("mass/volume", Decimal("1e-6")),
    "ug/mL": ("mass/volume", Decimal("0.001")),
    "ng/L": ("mass/volume", Decimal("1e-9")),
    "pg/mL": ("mass/volume", Decimal("1e-9")),
    "mIU/L": ("thyrotropin/volume", Decimal(1)),
    "uIU/mL": ("thyrotropin/volume", Decimal(1)),
    "U/L": ("activity/volume", Decimal(1)),
    "IU/L": ("activity/volume", Decimal(1)),
    "ukat/L": ("activity/volume", Decimal(60)),
    "mm": ("length", Decimal(1)),
    "cm": ("length", Decimal(10)),
    "s": ("time", Decimal(1)),
    "min": ("time", Decimal(60)),
    "mo": ("age", Decimal(1)),
    "a": ("age", Decimal(12)),
    "y": ("age", Decimal(12)),
    "mmHg": ("pressure", Decimal("133.322")),
    "cmH2O": ("pressure", Decimal("98.0665")),
    "kPa": ("pressure", Decimal(1000)),
    "L/min": ("flow", Decimal(1)),
    "mL/min": ("flow", Decimal("0.001")),
    "pH": ("acidity", Decimal(1)),
    "ratio": ("ratio", Decimal(1)),
    "%": ("ratio", Decimal("0.01")),
}

#: molar unit -> moles per litre
MOLAR_UNITS: Final[Mapping[str, Decimal]] = {
    "mol/L": Decimal(1),
    "mmol/L": Decimal("0.001"),
    "umol/L": Decimal("1e-6"),
}

#: Charge of the ion, for amounts written in mEq/L.
CHARGE: Final[Mapping[str, Decimal]] = {
    "calcium": Decimal(2),
    "magnesium": Decimal(2),
    "potassium": Decimal(1),
    "sodium": Decimal(1),
}

MOLAR_MASS_G_PER_MOL: Final[Mapping[str, Decimal]] = {
    "bilirubin": Decimal("584.66"),
    "calcium": Decimal("40.078"),
    "cholesterol": Decimal("386.65"),
    "creatinine": Decimal("113.12"),
    "glucose": Decimal("180.156"),
    "haemoglobin": Decimal("16114.5"),
    "magnesium": Decimal("24.305"),
    "phosphate": Decimal("30.974"),
    "potassium": Decimal("39.098"),
    "sodium": Decimal("22.990"),
    "triglycerides": Decimal("885.4"),
    "urate": Decimal("168.11"),
}

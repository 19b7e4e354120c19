"""Laboratory thresholds of CTCAE 6.0 (NCI): what stayed as in 5.0, and what changed.

Read from the machine-readable table of pharmaverse/admiral (`ncictcaev6.json`, Apache-2.0, read at commit 10c0697).
Against 5.0: neutrophils are graded from 1.5 to 0.1 e9/L without a lower limit of normal, platelets reach grade 4
below 10 e9/L, an abnormal baseline has multiples of its own for liver values, alkaline phosphatase has grade 1 only,
creatinine counts its baseline only where that lay below the normal range, the middle limit of lipase is 3 x ULN, a
transfusion makes thrombocytopenia grade 3, glucose has absolute limits again; HDL, LDL and creatinine clearance are new.
A clearance below 10 mL/min, which the source leaves without a grade, stays grade 3.
Terms that the table does not list (lymphocytes decreased, CPK, phosphate, bicarbonate, TSH, troponin) are not
graded in this version. Eosinophilia, which it does not list either, is above ULN and above baseline as in 5.0.
As for 5.0, findings that need symptoms or an intervention are not assumed; the source assumes the worst case.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.clinical.ctcae_lab_data import TERMS, Step, Term, above_limits, below_limits, multiples_of_uln

#: Terms of 5.0 whose limits 6.0 keeps.
_KEPT: Final = (
    "eosinophils_high", "lymphocytes_high", "leukocytes_low", "leukocytes_high", "cd4_low", "haemoglobin_low", "haemoglobin_high",
    "fibrinogen_low", "haptoglobin_low", "aptt_high", "inr_high", "amylase_high", "ldh_high", "potassium_high",
    "potassium_low", "sodium_high", "sodium_low", "calcium_corrected_low", "calcium_corrected_high",
    "calcium_ionised_low", "calcium_ionised_high", "magnesium_low", "magnesium_high", "albumin_low", "glucose_low",
    "triglycerides_high", "cholesterol_high", "urate_high", "ph_low", "ph_high",
)  # fmt: skip


def _liver(of_limit: tuple[str, str, str], of_baseline: tuple[str, str, str]) -> tuple[Step, ...]:
    """Grades 1 to 4 in multiples of ULN after a normal baseline, of the baseline itself after an abnormal one."""
    return (
        Step(1, ">", "1", "ULN", "normal"),
        *(Step(grade, ">", factor, "ULN", "normal") for grade, factor in enumerate(of_limit, start=2)),
        Step(1, ">=", "1", "baseline", "abnormal"),
        *(Step(grade, ">", factor, "baseline", "abnormal") for grade, factor in enumerate(of_baseline, start=2)),
    )


_TRANSAMINASE: Final = _liver(("3", "5", "20"), ("1.5", "2", "4"))
_LIPASE: Final = (
    *multiples_of_uln("1.5"),
    Step(3, ">", "3", "ULN", clinical=True),
    Step(3, ">", "5", "ULN"),
    Step(4, ">", "5", "ULN", clinical=True),
)
_CREATININE: Final = (
    *multiples_of_uln("1.5", "3", "6"),
    Step(2, ">", "1.5", "baseline", "below_lln"),
    Step(3, ">", "3", "baseline", "below_lln"),
)

TERMS_6: Final[Mapping[str, Term]] = MappingProxyType(
    {key: TERMS[key] for key in _KEPT}
    | {
        "neutrophils_low": Term(
            "Neutrophil count decreased",
            "1e9/L",
            (Step(1, "<", "1.5"), Step(2, "<", "1.0"), Step(3, "<", "0.5"), Step(4, "<", "0.1")),
        ),
        "platelets_low": Term(
            "Thrombocytopenia", "1e9/L", (*below_limits("75", "50", "10"), Step(3, "<", "1", "LLN", clinical=True))
        ),
        "alt_high": Term("Alanine aminotransferase increased", "U/L", _TRANSAMINASE, "alt"),
        "ast_high": Term("Aspartate aminotransferase increased", "U/L", _TRANSAMINASE, "ast"),
        "alp_high": Term(
            "Alkaline phosphatase increased",
            "U/L",
            (Step(1, ">", "1", "ULN", "normal"), Step(1, ">", "1", "baseline", "abnormal")),
            "alp",
        ),
        "ggt_high": Term("GGT increased", "U/L", _liver(("2.5", "5", "20"), ("1.5", "3", "10")), "ggt"),
        "bilirubin_high": Term(
            "Blood bilirubin increased", "umol/L", _liver(("1.5", "3", "10"), ("1.5", "2.5", "10")), "bilirubin"
        ),
        "creatinine_high": Term("Creatinine increased", "umol/L", _CREATININE, "creatinine"),
        "lipase_high": Term("Lipase increased", "U/L", _LIPASE, "lipase"),
        "creatinine_clearance_low": Term(
            "Creatinine clearance decreased", "mL/min", (Step(2, "<=", "49"), Step(3, "<=", "25"))
        ),
        "hdl_low": Term("HDL decreased", "mmol/L", below_limits(), "cholesterol"),
        "ldl_high": Term("LDL increased", "mmol/L", above_limits(), "cholesterol"),
        "glucose_high": Term("Hyperglycemia", "mmol/L", (Step(3, ">", "13.9"), Step(4, ">", "27.8")), "glucose"),
        "glucose_fasting_high": Term("Hyperglycemia", "mmol/L", above_limits("8.9", "13.9", "27.8"), "glucose"),
    }
)

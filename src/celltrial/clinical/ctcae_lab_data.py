"""Laboratory thresholds of CTCAE 5.0 (NCI, 27 November 2017), one row per term.

CTCAE is a work of the US government, free to use with attribution; term names only,
no MedDRA codes. Cross-read with the machine-readable table of pharmaverse/admiral
(`ncictcaev5.json`, Apache-2.0). Where the two differ the text of CTCAE is followed:
triglycerides of exactly 1.71 mmol/L and GGT of exactly 2.0 x an abnormal baseline are
grade 1; findings that need symptoms or an intervention are not assumed.
The text leaves gaps between its integers for sodium (129 to 130, 124 to 125 mmol/L):
they belong to the worse side, so that no value falls between two grades.
Terms that the machine-readable table leaves out and a laboratory reports (eosinophils, phosphate, bicarbonate,
thyrotropin, troponin, glucose above baseline) are transcribed from the text of CTCAE. Of glucose and phosphate the
text names treatment, not numbers, above grade 1: `clinical` says that it was begun, and the grade is at least 2.
INR is graded by its absolute limits; the multiples of baseline under anticoagulation are not applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

Base = Literal["value", "LLN", "ULN", "baseline", "fall_percent", "ULN_plus"]


@dataclass(frozen=True, slots=True)
class Step:
    """One way to reach a grade.

    limit:    number that the value is compared with: absolute, or a multiple of `base`.
    baseline: the step applies only where baseline was "normal", "abnormal" or "below_lln", or where the value has
              "exceeded" it; "" always.
    clinical: it needs the symptoms, consequences or intervention named by the term.
    life_threatening: it needs consequences that threaten life; no number reaches it.
    """

    grade: int
    comparator: Literal["<", "<=", ">", ">="]
    limit: str
    base: Base = "value"
    baseline: Literal["", "normal", "abnormal", "below_lln", "exceeded"] = ""
    clinical: bool = False
    life_threatening: bool = False


@dataclass(frozen=True, slots=True)
class Term:
    """One CTCAE term with its unit, the analyte for mass-to-molar conversion, and its steps."""

    name: str
    unit: str
    steps: tuple[Step, ...]
    analyte: str = ""


def below_limits(*limits: str) -> tuple[Step, ...]:
    """Grade 1 below LLN, then the absolute limits of grades 2, 3, ..."""
    return (Step(1, "<", "1", "LLN"), *(Step(grade, "<", limit) for grade, limit in enumerate(limits, start=2)))


def above_limits(*limits: str) -> tuple[Step, ...]:
    """Grade 1 above ULN, then the absolute limits of grades 2, 3, ..."""
    return (Step(1, ">", "1", "ULN"), *(Step(grade, ">", limit) for grade, limit in enumerate(limits, start=2)))


def multiples_of_uln(*factors: str) -> tuple[Step, ...]:
    """Grade 1 above ULN, then multiples of ULN."""
    return tuple(Step(grade, ">", factor, "ULN") for grade, factor in enumerate(("1", *factors), start=1))


def _by_baseline(first_of_baseline: str, *factors: str, inclusive: bool = True) -> tuple[Step, ...]:
    """Multiples of ULN where baseline was normal, of baseline where it was abnormal."""
    normal: tuple[Step, ...] = (Step(1, ">", "1", "ULN", "normal"),)
    abnormal: tuple[Step, ...] = (Step(1, ">=" if inclusive else ">", first_of_baseline, "baseline", "abnormal"),)
    for grade, factor in enumerate(factors, start=2):
        normal += (Step(grade, ">", factor, "ULN", "normal"),)
        abnormal += (Step(grade, ">", factor, "baseline", "abnormal"),)
    return normal + abnormal


_PANCREAS: Final = (
    *multiples_of_uln("1.5"),
    Step(3, ">", "2", "ULN", clinical=True),
    Step(3, ">", "5", "ULN"),
    Step(4, ">", "5", "ULN", clinical=True),
)
_FIBRINOGEN: Final = (
    *(Step(grade, "<", factor, "LLN", "normal") for grade, factor in ((1, "1"), (2, "0.75"), (3, "0.5"), (4, "0.25"))),
    Step(1, "<", "1", "LLN", "abnormal"),
    Step(2, ">=", "25", "fall_percent", "abnormal"),
    Step(3, ">=", "50", "fall_percent", "abnormal"),
    Step(4, ">=", "75", "fall_percent", "abnormal"),
    Step(4, "<", "0.5"),
)
_CREATININE: Final = (
    *multiples_of_uln("1.5", "3", "6"),
    Step(2, ">", "1.5", "baseline"),
    Step(3, ">", "3", "baseline"),
)
_NA_LOW: Final = (
    Step(1, "<", "1", "LLN"),
    Step(2, "<", "130"),
    Step(3, "<", "130", clinical=True),
    Step(3, "<", "125"),
    Step(4, "<", "120"),
)
_K_LOW: Final = (
    Step(1, "<", "1", "LLN"),
    Step(2, "<", "1", "LLN", clinical=True),
    Step(3, "<", "3.0"),
    Step(4, "<", "2.5"),
)
_K_HIGH: Final = (*above_limits("5.5", "6.0", "7.0"), Step(2, ">", "1", "ULN", clinical=True))

#: Above ULN and above baseline; steroids begun for it make grade 3.
_EOSINOPHILS: Final = (
    Step(1, ">", "1", "ULN", "exceeded"),
    Step(3, ">", "1", "ULN", "exceeded", clinical=True),
)
#: Above ULN; levels that the manufacturer calls consistent with myocardial infarction are grade 3.
_TROPONIN: Final = (Step(1, ">", "1", "ULN"), Step(3, ">", "1", "ULN", clinical=True))

TERMS: Final[Mapping[str, Term]] = MappingProxyType(
    {
        "neutrophils_low": Term("Neutrophil count decreased", "1e9/L", below_limits("1.5", "1.0", "0.5")),
        "lymphocytes_low": Term("Lymphocyte count decreased", "1e9/L", below_limits("0.8", "0.5", "0.2")),
        "lymphocytes_high": Term("Lymphocyte count increased", "1e9/L", (Step(2, ">", "4"), Step(3, ">", "20"))),
        "leukocytes_low": Term("White blood cell decreased", "1e9/L", below_limits("3.0", "2.0", "1.0")),
        "leukocytes_high": Term("Leukocytosis", "1e9/L", (Step(3, ">", "100"), Step(4, ">", "100", clinical=True))),
        "eosinophils_high": Term("Eosinophilia", "1e9/L", _EOSINOPHILS),
        "platelets_low": Term("Platelet count decreased", "1e9/L", below_limits("75", "50", "25")),
        "cd4_low": Term("CD4 lymphocytes decreased", "1e9/L", below_limits("0.5", "0.2", "0.05")),
        "haemoglobin_low": Term(
            "Anemia",
            "g/L",
            (
                *below_limits("100", "80"),
                Step(3, "<", "1", "LLN", clinical=True),
                Step(4, "<", "80", life_threatening=True),
            ),
            "haemoglobin",
        ),
        "haemoglobin_high": Term(
            "Hemoglobin increased",
            "g/L",
            (Step(1, ">", "0", "ULN_plus"), Step(2, ">", "20", "ULN_plus"), Step(3, ">", "40", "ULN_plus")),
            "haemoglobin",
        ),
        "fibrinogen_low": Term("Fibrinogen decreased", "g/L", _FIBRINOGEN),
        "haptoglobin_low": Term("Haptoglobin decreased", "g/L", below_limits()),
        "alt_high": Term("Alanine aminotransferase increased", "U/L", _by_baseline("1.5", "3", "5", "20"), "alt"),
        "ast_high": Term("Aspartate aminotransferase increased", "U/L", _by_baseline("1.5", "3", "5", "20"), "ast"),
        "alp_high": Term("Alkaline phosphatase increased", "U/L", _by_baseline("2", "2.5", "5", "20"), "alp"),
        "ggt_high": Term("GGT increased", "U/L", _by_baseline("2", "2.5", "5", "20"), "ggt"),
        "bilirubin_high": Term(
            "Blood bilirubin increased", "umol/L", _by_baseline("1", "1.5", "3", "10", inclusive=False), "bilirubin"
        ),
        "creatinine_high": Term("Creatinine increased", "umol/L", _CREATININE, "creatinine"),
        "aptt_high": Term(
            "Activated partial thromboplastin time prolonged",
            "s",
            (*multiples_of_uln("1.5", "2.5"), Step(3, ">", "1", "ULN", clinical=True)),
        ),
        "inr_high": Term("INR increased", "ratio", (Step(1, ">", "1.2"), Step(2, ">", "1.5"), Step(3, ">", "2.5"))),
        "lipase_high": Term("Lipase increased", "U/L", _PANCREAS, "lipase"),
        "amylase_high": Term("Serum amylase increased", "U/L", _PANCREAS, "amylase"),
        "cpk_high": Term("CPK increased", "U/L", multiples_of_uln("2.5", "5", "10"), "creatine_kinase"),
        "ldh_high": Term("Blood lactate dehydrogenase increased", "U/L", multiples_of_uln(), "ldh"),
        "potassium_high": Term("Hyperkalemia", "mmol/L", _K_HIGH, "potassium"),
        "potassium_low": Term("Hypokalemia", "mmol/L", _K_LOW, "potassium"),
        "sodium_high": Term("Hypernatremia", "mmol/L", above_limits("150", "155", "160"), "sodium"),
        "sodium_low": Term("Hyponatremia", "mmol/L", _NA_LOW, "sodium"),
        "calcium_corrected_low": Term("Hypocalcemia", "mmol/L", below_limits("2.0", "1.75", "1.5"), "calcium"),
        "calcium_corrected_high": Term("Hypercalcemia", "mmol/L", above_limits("2.9", "3.1", "3.4"), "calcium"),
        "calcium_ionised_low": Term("Hypocalcemia", "mmol/L", below_limits("1.0", "0.9", "0.8"), "calcium"),
        "calcium_ionised_high": Term("Hypercalcemia", "mmol/L", above_limits("1.5", "1.6", "1.8"), "calcium"),
        "magnesium_low": Term("Hypomagnesemia", "mmol/L", below_limits("0.5", "0.4", "0.3"), "magnesium"),
        "magnesium_high": Term(
            "Hypermagnesemia",
            "mmol/L",
            (Step(1, ">", "1", "ULN"), Step(3, ">", "1.23"), Step(4, ">", "3.30")),
            "magnesium",
        ),
        "albumin_low": Term(
            "Hypoalbuminemia", "g/L", (*below_limits("30", "20"), Step(4, "<", "20", life_threatening=True))
        ),
        "glucose_low": Term("Hypoglycemia", "mmol/L", below_limits("3.0", "2.2", "1.7"), "glucose"),
        "triglycerides_high": Term(
            "Hypertriglyceridemia",
            "mmol/L",
            (Step(1, ">=", "1.71"), Step(2, ">", "3.42"), Step(3, ">", "5.7"), Step(4, ">", "11.4")),
            "triglycerides",
        ),
        "cholesterol_high": Term("Cholesterol high", "mmol/L", above_limits("7.75", "10.34", "12.92"), "cholesterol"),
        "ph_low": Term("Acidosis", "pH", (Step(1, "<", "1", "LLN"), Step(3, "<", "7.3"))),
        "ph_high": Term("Alkalosis", "pH", (Step(1, ">", "1", "ULN"), Step(3, ">", "7.5"))),
        "glucose_high": Term(
            "Hyperglycemia",
            "mmol/L",
            (Step(1, ">", "1", "ULN", "exceeded"), Step(2, ">", "1", "ULN", "exceeded", clinical=True)),
            "glucose",
        ),
        "phosphate_low": Term(
            "Hypophosphatemia",
            "mmol/L",
            (Step(1, "<", "1", "LLN"), Step(2, "<", "1", "LLN", clinical=True)),
            "phosphate",
        ),
        "phosphate_high": Term(
            "Hyperphosphatemia",
            "mmol/L",
            (Step(1, ">", "1", "ULN"), Step(2, ">", "1", "ULN", clinical=True)),
            "phosphate",
        ),
        "bicarbonate_low": Term("Blood bicarbonate decreased", "mmol/L", below_limits()),
        "tsh_high": Term("Thyroid stimulating hormone increased", "mIU/L", above_limits()),
        "troponin_i_high": Term("Cardiac troponin I increased", "ng/L", _TROPONIN),
        "troponin_t_high": Term("Cardiac troponin T increased", "ng/L", _TROPONIN),
        "urate_high": Term(
            "Hyperuricemia", "umol/L", (Step(1, ">", "1", "ULN"), Step(3, ">", "1", "ULN", clinical=True)), "urate"
        ),
    }
)

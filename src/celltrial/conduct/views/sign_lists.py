"""Which raw signs each grading asks for, so that somebody at the bedside is asked for them and for nothing else.

What an engine reads is decided in `engines`; a test lets each engine read signs that keep a list of what it was asked for,
and holds this table to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from celltrial.clinical.cres_cartox import CresSeizure
from celltrial.clinical.crs_astct import OxygenDevice
from celltrial.clinical.icans_astct import Arousal, PressureSign, Seizure
from celltrial.conduct.facts.safety.grades import same_scale
from celltrial.conduct.views.engines import laboratory_term
from celltrial.core.terms import same_term


class Answered(StrEnum):
    """How a sign is answered."""

    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    NAMES = "names"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class AskedSign:
    """One sign: its concept, how it is answered, the unit of a number, the codes of a choice.

    several: whether more than one code may be chosen.
    """

    concept: str
    answered: Answered
    unit: str = ""
    codes: tuple[str, ...] = ()
    several: bool = False


def _numbers(unit: str, *concepts: str) -> tuple[AskedSign, ...]:
    return tuple(AskedSign(item, Answered.NUMBER, unit) for item in concepts)


def _flags(*concepts: str) -> tuple[AskedSign, ...]:
    return tuple(AskedSign(item, Answered.YES_NO) for item in concepts)


def _choice(concept: str, codes: type[StrEnum], *, several: bool = False) -> AskedSign:
    return AskedSign(concept, Answered.CHOICE, codes=tuple(item.value for item in codes), several=several)


_VASOPRESSORS: Final = AskedSign("vasopressors", Answered.NAMES)
_OXYGEN: Final = _choice("oxygen_device", OxygenDevice)
_ELSEWHERE: Final = AskedSign("attributed", Answered.TEXT)
_CARTOX: Final = (
    *_numbers("", "cartox_score"),
    *_flags("obtunded", "raised_pressure"),
    *_numbers("", "papilloedema_stage"),
    *_numbers("mmHg", "opening_pressure"),
    *_flags("cerebral_oedema"),
    _choice("seizure", CresSeizure),
    *_flags("motor_weakness", "death_due_to_cres"),
    _ELSEWHERE,
)

SIGNS: Final[Mapping[tuple[str, str], tuple[AskedSign, ...]]] = MappingProxyType(
    {
        ("CRS", "ASTCT-2019"): (
            *_numbers("degC", "temperature"), *_flags("hypotension"), _VASOPRESSORS, _OXYGEN, *_numbers("L/min", "oxygen_flow"),
            *_flags("fever_masked", "episode_open", "airway_protection_only"), AskedSign("late_cause_considered", Answered.TEXT),
            *_flags("death_due_to_crs"), _ELSEWHERE,
        ),
        ("CRS", "Lee-2014"): (
            *_flags("symptoms", "hypotension"), _VASOPRESSORS, *_flags("high_dose_vasopressor"), _OXYGEN, *_numbers("%", "fio2"),
            *_numbers("", "organ_toxicity_grade", "transaminase_grade"), *_flags("death_due_to_crs"), _ELSEWHERE,
        ),
        ("CRS", "CTCAE-5.0"): (
            *_numbers("degC", "temperature"), *_flags("fever", "hypotension"), _VASOPRESSORS, _OXYGEN, *_numbers("%", "fio2"),
            *_flags("life_threatening", "death_due_to_crs"), _ELSEWHERE,
        ),
        ("ICANS", "ASTCT-2019"): (
            *_numbers("a", "age"), *_flags("developmental_delay"), *_numbers("", "ice_score", "capd_score"),
            *_flags("cannot_perform"), _choice("arousal", Arousal), *_flags("sedated"), _choice("seizure", Seizure),
            *_numbers("min", "seizure_minutes"), *_flags("deep_focal_weakness"),
            _choice("pressure_signs", PressureSign, several=True), AskedSign("other_findings", Answered.TEXT),
            *_flags("death_due_to_icans"), _ELSEWHERE,
        ),
        ("ICANS", "CARTOX-2018"): _CARTOX,
        ("CRES", "CARTOX-2018"): _CARTOX,
        ("IEC-HS", "IEC-HS-2023"): (
            *_flags("immunosuppression", "transfusion_asymptomatic", "transfusion_bleeding", "hospital_care", "life_threatening",
                    "intubation", "dialysis", "death_due_to_iec_hs"),
            AskedSign("better_explained_by", Answered.TEXT),
            *_numbers("ng/mL", "ferritin", "ferritin_upper_limit", "ferritin_at_infusion"), *_flags("ferritin_rising_rapidly"),
            *_numbers("U/L", "alt", "alt_upper_limit", "alt_baseline", "ast", "ast_upper_limit", "ast_baseline"),
            *_numbers("mg/dL", "fibrinogen", "fibrinogen_lower_limit"), *_flags("haemophagocytosis", "cytopenia_new_or_worse"),
        ),
        ("ICAHT", "ICAHT-2023"): _numbers("10^9/L", "absolute_neutrophil_count"),
        ("T-ICAHT", "T-ICAHT"): _numbers("10^9/L", "platelet_count"),
    }
)  # fmt: skip
"""Category and scale to the signs that its engine reads, in the order in which they are asked."""

LABORATORY_SIGNS: Final = (
    *_numbers("", "value", "lower_limit", "upper_limit", "baseline"),
    *_flags("clinical", "life_threatening"),
)
"""What a laboratory term of CTCAE is graded from; the unit is that of the report."""


def signs_for(category: str, term: str, scale: str) -> tuple[AskedSign, ...]:
    """Return the signs that an event is graded from on a scale; empty where nothing grades it.

    >>> [item.concept for item in signs_for("T-ICAHT", "", "T-ICAHT")]
    ['platelet_count']
    """
    for (name, on), signs in SIGNS.items():
        if same_scale(on, scale) and same_term(name, category):
            return signs
    return LABORATORY_SIGNS if laboratory_term(term, scale) is not None else ()

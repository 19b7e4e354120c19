"""Grading scales and response criteria: pure functions from findings to grades.

`SCALES`, `CRITERIA` and `FOLLOW_UP` list every engine under the permanent key of its rule, which
each derivation carries together with version and evidence level. Engines that look at
one assessment return a `Derivation`; missing input is NE, never 0. An engine is loaded
when it is asked for, so that naming a scale costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from celltrial.clinical.derivation import NE, Derivation, Evidence, Rule, compare_grades, require_one_scale

__all__ = [
    "CRITERIA",
    "FOLLOW_UP",
    "NE",
    "SCALES",
    "Derivation",
    "Engine",
    "Evidence",
    "Rule",
    "compare_grades",
    "require_one_scale",
]


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine: its module in this room, the function that derives, and the name of its rule."""

    module: str
    function: str
    rule_name: str = "RULE"

    @property
    def derive(self) -> Callable[..., Any]:
        """The function from findings to a result."""
        found: Callable[..., Any] = getattr(import_module(f"{__name__}.{self.module}"), self.function)
        return found

    @property
    def rule(self) -> Rule:
        """Key, version, evidence level and citation."""
        found: Rule = getattr(import_module(f"{__name__}.{self.module}"), self.rule_name)
        return found


#: Toxicity scales and scores.
SCALES: Final[Mapping[str, Engine]] = MappingProxyType(
    {
        "crs_astct_2019": Engine("crs_astct", "derive_crs_grade"),
        "crs_lee_2014": Engine("crs_lee2014", "derive_crs_lee_grade"),
        "crs_ctcae_5": Engine("crs_ctcae", "derive_crs_ctcae_grade"),
        "icans_astct_2019": Engine("icans_astct", "derive_icans_grade"),
        "cres_cartox_2018": Engine("cres_cartox", "derive_cres_grade"),
        "iec_hs_screen_2023": Engine("iec_hs", "screen_iec_hs", "SCREEN_RULE"),
        "iec_hs_2023": Engine("iec_hs", "check_iec_hs_grade", "GRADE_RULE"),
        "hscore_2014": Engine("hscore", "derive_hscore"),
        "icaht_early_2023": Engine("icaht", "derive_early_icaht", "EARLY_RULE"),
        "icaht_late_2023": Engine("icaht", "derive_late_icaht", "LATE_RULE"),
        "t_icaht_early": Engine("t_icaht", "derive_early_t_icaht", "EARLY_RULE"),
        "t_icaht_late": Engine("t_icaht", "derive_late_t_icaht", "LATE_RULE"),
        "car_hematotox_2021": Engine("car_hematotox", "derive_car_hematotox"),
        "ctcae_5_lab": Engine("ctcae_lab", "derive_lab_grade"),
        "ctcae_6_lab": Engine("ctcae_lab", "derive_lab_6_grade", "RULE_6"),
        "who_growth": Engine("growth", "derive_growth"),
    }
)

#: Response criteria: at a visit, and best over a course.
CRITERIA: Final[Mapping[str, Engine]] = MappingProxyType(
    {
        "recist_1_1": Engine("recist11", "derive_recist_response"),
        "recist_1_1_best": Engine("recist11_best", "derive_recist_best"),
        "irecist_2017": Engine("irecist", "derive_irecist_course"),
        "irecist_2017_best": Engine("irecist_best", "derive_irecist_best"),
        "lugano_2014_pet": Engine("lugano_pet", "derive_lugano_pet"),
        "lugano_2014_ct": Engine("lugano_ct", "derive_lugano_ct"),
        "lugano_2014": Engine("lugano", "combine_lugano"),
        "lyric_2016": Engine("lyric", "derive_lyric_response"),
        "imwg_2016": Engine("imwg", "derive_imwg_response"),
        "imwg_2016_confirmed": Engine("imwg_best", "derive_imwg_best"),
        "imwg_2016_relapse": Engine("imwg_relapse", "derive_clinical_relapse"),
        "all_response": Engine("leukaemia", "derive_leukaemia_response"),
        "all_remission": Engine("leukaemia", "derive_leukaemia_best", "BEST_RULE"),
        "all_cns": Engine("cns_leukaemia", "derive_cns_status"),
        "residual_disease": Engine("residual_disease", "classify_residual"),
    }
)

#: Long-term follow-up: tests for late effects and the yearly contact.
FOLLOW_UP: Final[Mapping[str, Engine]] = MappingProxyType(
    {
        "ltfu_persistence": Engine("late_tests", "derive_persistence", "PERSISTENCE_RULE"),
        "ltfu_clonality": Engine("late_tests", "derive_clonality", "CLONALITY_RULE"),
        "ltfu_rcr": Engine("late_tests", "derive_rcr", "RCR_RULE"),
        "ltfu_contact": Engine("annual_contact", "derive_annual_contact"),
    }
)

"""Grading scales and response criteria: pure functions from findings to grades.

`SCALES` and `CRITERIA` list every engine under the permanent key of its rule, which
each derivation carries together with version and evidence level. Engines that look at
one assessment return a `Derivation`; missing input is NE, never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from celltrial.clinical import car_hematotox as _hematotox
from celltrial.clinical import cres_cartox as _cres
from celltrial.clinical import crs_astct as _crs
from celltrial.clinical import crs_ctcae as _crs_ctcae
from celltrial.clinical import crs_lee2014 as _crs_lee
from celltrial.clinical import ctcae_lab as _lab
from celltrial.clinical import hscore as _hscore
from celltrial.clinical import icaht as _icaht
from celltrial.clinical import icans_astct as _icans
from celltrial.clinical import iec_hs as _iec_hs
from celltrial.clinical import imwg as _imwg
from celltrial.clinical import imwg_best as _imwg_best
from celltrial.clinical import irecist as _irecist
from celltrial.clinical import irecist_best as _irecist_best
from celltrial.clinical import leukaemia as _leukaemia
from celltrial.clinical import lugano as _lugano
from celltrial.clinical import lugano_ct as _lugano_ct
from celltrial.clinical import lugano_pet as _lugano_pet
from celltrial.clinical import lyric as _lyric
from celltrial.clinical import recist11 as _recist
from celltrial.clinical import recist11_best as _recist_best
from celltrial.clinical import t_icaht as _t_icaht
from celltrial.clinical.derivation import NE, Derivation, Evidence, Rule, compare_grades, require_one_scale

__all__ = [
    "CRITERIA",
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
    """One engine: the rule it follows (key, version, evidence, citation) and the function that follows it."""

    rule: Rule
    derive: Callable[..., Any]


def _table(*engines: Engine) -> Mapping[str, Engine]:
    table = {engine.rule.id: engine for engine in engines}
    assert len(table) == len(engines), "a key stands twice"
    return MappingProxyType(table)


#: Toxicity scales and scores.
SCALES: Final = _table(
    Engine(_crs.RULE, _crs.derive_crs_grade),
    Engine(_crs_lee.RULE, _crs_lee.derive_crs_lee_grade),
    Engine(_crs_ctcae.RULE, _crs_ctcae.derive_crs_ctcae_grade),
    Engine(_icans.RULE, _icans.derive_icans_grade),
    Engine(_cres.RULE, _cres.derive_cres_grade),
    Engine(_iec_hs.SCREEN_RULE, _iec_hs.screen_iec_hs),
    Engine(_iec_hs.GRADE_RULE, _iec_hs.check_iec_hs_grade),
    Engine(_hscore.RULE, _hscore.derive_hscore),
    Engine(_icaht.EARLY_RULE, _icaht.derive_early_icaht),
    Engine(_icaht.LATE_RULE, _icaht.derive_late_icaht),
    Engine(_t_icaht.EARLY_RULE, _t_icaht.derive_early_t_icaht),
    Engine(_t_icaht.LATE_RULE, _t_icaht.derive_late_t_icaht),
    Engine(_hematotox.RULE, _hematotox.derive_car_hematotox),
    Engine(_lab.RULE, _lab.derive_lab_grade),
)

#: Response criteria: at a visit, and best over a course.
CRITERIA: Final = _table(
    Engine(_recist.RULE, _recist.derive_recist_response),
    Engine(_recist_best.RULE, _recist_best.derive_recist_best),
    Engine(_irecist.RULE, _irecist.derive_irecist_course),
    Engine(_irecist_best.RULE, _irecist_best.derive_irecist_best),
    Engine(_lugano_pet.RULE, _lugano_pet.derive_lugano_pet),
    Engine(_lugano_ct.RULE, _lugano_ct.derive_lugano_ct),
    Engine(_lugano.RULE, _lugano.combine_lugano),
    Engine(_lyric.RULE, _lyric.derive_lyric_response),
    Engine(_imwg.RULE, _imwg.derive_imwg_response),
    Engine(_imwg_best.RULE, _imwg_best.derive_imwg_best),
    Engine(_leukaemia.RULE, _leukaemia.derive_leukaemia_response),
)

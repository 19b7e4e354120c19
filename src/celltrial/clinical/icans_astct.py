"""ICANS by the ASTCT consensus of 2019: cognition, arousal, seizure, weakness, raised pressure.

The grade is that of the worst domain. From 12 years on cognition is the ICE
score; below 12 years, or with developmental delay, it is the CAPD total (only
the total is kept: the instrument belongs to its authors). From 12 years on CAPD
serves where ICE cannot be used; which instrument was used is a caveat of the
result. Tremor, myoclonus and intracranial haemorrhage are CTCAE findings and do
not count. Under sedation arousal is not evaluable, and being unarousable says nothing of
cognition; the same holds where arousal is judged to have another cause. Reference: Lee et al. (2019),
doi:10.1016/j.bbmt.2018.12.758.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from celltrial.clinical.derivation import (
    Attribution,
    Comparison,
    Derivation,
    Domain,
    Evidence,
    Rule,
    inputs_of,
    worst_of,
)
from celltrial.clinical.exact import Number, exact_in
from celltrial.clinical.queries import Caveat, Query
from celltrial.core.errors import UserError, fault
from celltrial.core.values import between

RULE: Final = Rule("icans_astct_2019", "3", Evidence.CHECKED, "doi:10.1016/j.bbmt.2018.12.758")
ICE_FROM_YEARS: Final = Decimal(12)
LONG_SEIZURE_MINUTES: Final = Decimal(5)
_INPUTS: Final = (
    "age_years",
    "developmental_delay",
    "ice",
    "capd",
    "cannot_perform",
    "arousal",
    "sedated",
    "seizure",
    "seizure_minutes",
    "deep_focal_weakness",
    "pressure_signs",
    "other_findings",
    "death_due_to_icans",
)


class Arousal(StrEnum):
    """The depressed level of consciousness, no other cause."""

    ALERT = "alert"
    WAKES_SPONTANEOUSLY = "wakes_spontaneously"
    WAKES_TO_VOICE = "wakes_to_voice"
    WAKES_TO_TOUCH = "wakes_to_touch"
    UNAROUSABLE = "unarousable"


class Seizure(StrEnum):
    """The worst seizure since the last assessment."""

    NONE = "none"
    CLINICAL_RESOLVED_RAPIDLY = "clinical_resolved_rapidly"
    NON_CONVULSIVE_RESOLVED_WITH_TREATMENT = "non_convulsive_resolved_with_treatment"
    PROLONGED = "prolonged"
    REPETITIVE_WITHOUT_RECOVERY = "repetitive_without_recovery"


class PressureSign(StrEnum):
    """Signs of raised intracranial pressure or cerebral oedema."""

    FOCAL_OEDEMA = "focal_oedema"
    DIFFUSE_OEDEMA = "diffuse_oedema"
    POSTURING = "posturing"
    SIXTH_NERVE_PALSY = "sixth_nerve_palsy"
    PAPILLOEDEMA = "papilloedema"
    CUSHING_TRIAD = "cushing_triad"


_AROUSAL_GRADE: Final = {
    Arousal.ALERT: 0,
    Arousal.WAKES_SPONTANEOUSLY: 1,
    Arousal.WAKES_TO_VOICE: 2,
    Arousal.WAKES_TO_TOUCH: 3,
    Arousal.UNAROUSABLE: 4,
}
_SEIZURE_GRADE: Final = {
    Seizure.NONE: 0,
    Seizure.CLINICAL_RESOLVED_RAPIDLY: 3,
    Seizure.NON_CONVULSIVE_RESOLVED_WITH_TREATMENT: 3,
    Seizure.PROLONGED: 4,
    Seizure.REPETITIVE_WITHOUT_RECOVERY: 4,
}


@dataclass(frozen=True, slots=True)
class IcansFindings:
    """The findings at one assessment; None means not known.

    age_years:           age at the assessment.
    developmental_delay: CAPD replaces ICE at any age.
    ice:                 ICE score, 0 to 10.
    capd:                CAPD total, 0 to 32.
    cannot_perform:      cannot perform the instrument because unarousable.
    arousal:             level of consciousness.
    sedated:             sedated by drugs: arousal is not evaluable.
    seizure:             the worst seizure; seizure_minutes its length in minutes.
    deep_focal_weakness: hemiparesis or paraparesis.
    pressure_signs:      signs of raised pressure; empty where none.
    other_findings:      tremor, myoclonus, intracranial haemorrhage: kept, not counted.
    death_due_to_icans:  death from ICANS with no other principal cause.
    attributions:        domains ("cognition", "arousal", "seizure", "motor", "pressure") with another cause;
                         the cause "sedation" makes the domain NE instead of excluding it, and so does any cause
                         where nothing was tested, could be performed or was answered (ICE 0): a language barrier is
                         no normal ICE.
    """

    age_years: Number | None = None
    developmental_delay: bool = False
    ice: int | None = None
    capd: int | None = None
    cannot_perform: bool = False
    arousal: Arousal | None = None
    sedated: bool = False
    seizure: Seizure | None = None
    seizure_minutes: Number | None = None
    deep_focal_weakness: bool | None = None
    pressure_signs: Collection[PressureSign] | None = None
    other_findings: Collection[str] = ()
    death_due_to_icans: bool = False
    attributions: tuple[Attribution, ...] = ()

    def __post_init__(self) -> None:
        """Refuse scores outside their instrument (CLN-002)."""
        for name, top in (("ice", 10), ("capd", 32)):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= top:
                raise UserError(fault("CLN-002", where=name, expected=between(0, top), found=str(value)))


def _uses_capd(findings: IcansFindings) -> bool:
    if findings.developmental_delay:
        return True
    if findings.age_years is not None and exact_in(findings.age_years, 0, 130, "age_years") < ICE_FROM_YEARS:
        return True
    return findings.ice is None and findings.capd is not None


def _arousal_is_open(findings: IcansFindings) -> bool:
    """Whether sedation or another cause hides the depth of consciousness that the syndrome itself would reach."""
    return findings.sedated or any(item.finding == "arousal" for item in findings.attributions)


def _ice(findings: IcansFindings) -> Domain:
    score, is_open = findings.ice, _arousal_is_open(findings)
    if findings.cannot_perform and not score:
        return Domain.missing("cognition", 4) if is_open else Domain.known("cognition", 4)
    if score is None:
        return Domain.missing("cognition", 4)
    found = Decimal(score)
    rows = tuple(Comparison("ICE", found, ">=", Decimal(limit)) for limit in (10, 7, 3))
    if score == 0 and findings.arousal is Arousal.UNAROUSABLE and not is_open:
        return Domain.known("cognition", 4, *rows)
    if score == 0 and (findings.arousal is None or is_open):
        return Domain.at_least("cognition", 3, 4, *rows)
    return Domain.known("cognition", sum(not row.holds for row in rows), *rows)


def _capd(findings: IcansFindings) -> Domain:
    if findings.cannot_perform:
        return Domain.missing("cognition", 4) if _arousal_is_open(findings) else Domain.known("cognition", 4)
    if findings.capd is None:
        return Domain.missing("cognition", 4)
    found = Decimal(findings.capd)
    high = Comparison("CAPD", found, ">=", Decimal(9))
    some = Comparison("CAPD", found, ">=", Decimal(1))
    return Domain.known("cognition", 3 if high.holds else int(some.holds), high, some)


def _arousal(findings: IcansFindings) -> Domain:
    if findings.arousal is None or findings.sedated:
        return Domain.missing("arousal", 4)
    return Domain.known("arousal", _AROUSAL_GRADE[findings.arousal])


def _seizure(findings: IcansFindings) -> Domain:
    if findings.seizure is None:
        return Domain.missing("seizure", 4)
    grade = _SEIZURE_GRADE[findings.seizure]
    if findings.seizure_minutes is None or grade == 0:
        return Domain.known("seizure", grade)
    minutes = exact_in(findings.seizure_minutes, 0, 100_000, "seizure_minutes")
    row = Comparison("seizure", minutes, ">", LONG_SEIZURE_MINUTES, "min")
    return Domain.known("seizure", 4 if row.holds else grade, row)


def _motor(findings: IcansFindings) -> Domain:
    if findings.deep_focal_weakness is None:
        return Domain.missing("motor", 4)
    return Domain.known("motor", 4 if findings.deep_focal_weakness else 0)


def _pressure(findings: IcansFindings) -> Domain:
    if findings.pressure_signs is None:
        return Domain.missing("pressure", 4)
    signs = set(findings.pressure_signs)
    if signs - {PressureSign.FOCAL_OEDEMA}:
        return Domain.known("pressure", 4)
    return Domain.known("pressure", 3 if signs else 0)


def _not_tested(findings: IcansFindings) -> bool:
    """Whether nothing of cognition can be read from a score that another cause explains.

    What was not tested, or could not be performed, has no other cause: it is not known. An ICE of 0 is the lowest there
    is: whoever answers nothing for want of the language may have lost everything besides.
    """
    return findings.cannot_perform or (not findings.ice and findings.capd is None)


def _with_attribution(domain: Domain, findings: IcansFindings) -> Domain:
    for item in findings.attributions:
        if item.finding == domain.name:
            untested = _not_tested(findings) if domain.name == "cognition" else not domain.is_evaluable
            hidden = item.cause == "sedation" or untested
            return Domain.missing(domain.name, 4) if hidden else Domain.attributed(domain.name)
    return domain


def _queries(findings: IcansFindings, *, capd: bool) -> set[Query]:
    queries = set()
    if findings.age_years is None and not findings.developmental_delay:
        queries.add(Query.ICANS_AGE_MISSING)
    if capd and findings.capd is None and findings.ice is not None:
        queries.add(Query.ICANS_INSTRUMENT_MISMATCH)
    awake = findings.arousal in {Arousal.ALERT, Arousal.WAKES_SPONTANEOUSLY}
    scored_though_unarousable = findings.ice and (findings.cannot_perform or findings.arousal is Arousal.UNAROUSABLE)
    if scored_though_unarousable or (findings.cannot_perform and awake):
        queries.add(Query.ICANS_ICE_AND_AROUSAL_DISAGREE)
    if findings.sedated and (findings.ice is not None or findings.capd is not None):
        queries.add(Query.ICANS_TESTED_UNDER_SEDATION)
    return queries


def derive_icans_grade(findings: IcansFindings) -> Derivation:
    """Return the ASTCT ICANS grade at one assessment, 0 to 5 or NE.

    Raises CLN-002 for scores, ages or durations that cannot be meant. Checked
    against the worked examples of the paper.

    >>> derive_icans_grade(
    ...     IcansFindings(age_years=60, ice=3, arousal=Arousal.ALERT, deep_focal_weakness=False,
    ...                   seizure=Seizure.CLINICAL_RESOLVED_RAPIDLY, pressure_signs=())
    ... ).label
    '3'
    """
    capd = _uses_capd(findings)
    cognition = _capd(findings) if capd else _ice(findings)
    found = (cognition, _arousal(findings), _seizure(findings), _motor(findings), _pressure(findings))
    domains = tuple(_with_attribution(item, findings) for item in found)
    if findings.death_due_to_icans:
        domains = (Domain.known("death", 5), *domains)
    caveats = {Caveat.INSTRUMENT_CAPD if capd else Caveat.INSTRUMENT_ICE}
    if _not_tested(findings) and any(item.finding == "cognition" for item in findings.attributions):
        caveats.add(Caveat.NOT_TESTABLE)
    if findings.other_findings:
        caveats.add(Caveat.CTCAE_ONLY_FINDINGS)
    return worst_of(
        RULE,
        domains,
        inputs=inputs_of(findings, *_INPUTS),
        excluded=findings.attributions,
        queries=_queries(findings, capd=capd),
        caveats=caveats,
    )

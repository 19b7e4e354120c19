"""CRES by CARTOX: CARTOX-10, raised intracranial pressure, seizure and weakness.

CARTOX-10 asks for the head of state where ICE asks for a command, so neither total
stands for the other. Grade 3 of CARTOX-10 is 0 to 2; one secondary source prints
0 to 1. An opening pressure below 20 mmHg counts only where pressure is judged to be
raised: a normal lumbar puncture is below 20 mmHg too. Reference: Neelapu et al.
(2018), doi:10.1038/nrclinonc.2017.148.
"""

from __future__ import annotations

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
    with_attributions,
    worst_of,
)
from celltrial.clinical.exact import Number, exact_in
from celltrial.clinical.queries import Caveat
from celltrial.core.errors import UserError, fault
from celltrial.core.values import between

RULE: Final = Rule("cres_cartox_2018", "3", Evidence.CHECKED, "doi:10.1038/nrclinonc.2017.148")


class CresSeizure(StrEnum):
    """The worst seizure as CARTOX sorts them."""

    NONE = "none"
    PARTIAL = "partial"
    NON_CONVULSIVE_ANSWERING_TO_BENZODIAZEPINE = "non_convulsive_answering_to_benzodiazepine"
    GENERALISED = "generalised"
    STATUS_EPILEPTICUS = "status_epilepticus"


_SEIZURE_GRADE: Final = {
    CresSeizure.NONE: 0,
    CresSeizure.PARTIAL: 3,
    CresSeizure.NON_CONVULSIVE_ANSWERING_TO_BENZODIAZEPINE: 3,
    CresSeizure.GENERALISED: 4,
    CresSeizure.STATUS_EPILEPTICUS: 4,
}


@dataclass(frozen=True, slots=True)
class CresFindings:
    """The findings at one assessment; None means not known.

    cartox:                CARTOX-10, 0 to 10.
    obtunded:              critical or obtunded, cannot perform.
    raised_pressure:       intracranial pressure judged to be raised; False settles signs that were not looked for,
                           a sign that was found counts all the same.
    papilloedema_stage:    0 to 5.
    opening_pressure_mmhg: lumbar opening pressure, mmHg, 0 to 100.
    cerebral_oedema:       cerebral oedema on imaging.
    seizure:               the worst seizure.
    motor_weakness:        new motor weakness.
    death_due_to_cres:     death from CRES.
    attributions:          domains ("cognition", "pressure", "seizure", "motor") that have another cause.
    """

    cartox: int | None = None
    obtunded: bool | None = None
    raised_pressure: bool | None = None
    papilloedema_stage: int | None = None
    opening_pressure_mmhg: Number | None = None
    cerebral_oedema: bool | None = None
    seizure: CresSeizure | None = None
    motor_weakness: bool | None = None
    death_due_to_cres: bool = False
    attributions: tuple[Attribution, ...] = ()

    def __post_init__(self) -> None:
        """Refuse scores outside their instrument (CLN-002)."""
        for name, top in (("cartox", 10), ("papilloedema_stage", 5)):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= top:
                raise UserError(fault("CLN-002", where=name, expected=between(0, top), found=str(value)))


def _cognition(findings: CresFindings) -> Domain:
    if findings.obtunded:
        return Domain.known("cognition", 4)
    if findings.cartox is None:
        return Domain.missing("cognition", 4)
    found = Decimal(findings.cartox)
    rows = tuple(Comparison("CARTOX-10", found, ">=", Decimal(limit)) for limit in (10, 7, 3))
    grade = sum(not row.holds for row in rows)
    if grade == 3 and findings.obtunded is None:
        return Domain.at_least("cognition", 3, 4, *rows)
    return Domain.known("cognition", grade, *rows)


def _pressure(findings: CresFindings) -> Domain:
    name, rows = "pressure", list[Comparison]()
    if findings.cerebral_oedema:
        return Domain.known(name, 4)
    if findings.papilloedema_stage is not None:
        rows.append(Comparison("papilloedema stage", Decimal(findings.papilloedema_stage), ">=", Decimal(3)))
    if findings.opening_pressure_mmhg is not None:
        pressure = exact_in(findings.opening_pressure_mmhg, 0, 100, "opening_pressure_mmhg")
        rows.append(Comparison("opening pressure", pressure, ">=", Decimal(20), "mmHg"))
    if any(row.holds for row in rows):
        return Domain.known(name, 4, *rows)
    if findings.raised_pressure or (findings.papilloedema_stage or 0) > 0:
        known = len(rows) == 2 and findings.cerebral_oedema is False
        return Domain.known(name, 3, *rows) if known else Domain.at_least(name, 3, 4, *rows)
    if findings.raised_pressure is False and findings.cerebral_oedema is False:
        return Domain.known(name, 0, *rows)
    return Domain.missing(name, 4)


def derive_cres_grade(findings: CresFindings) -> Derivation:
    """Return the CARTOX CRES grade at one assessment, 0 to 5 or NE.

    >>> derive_cres_grade(CresFindings(
    ...     cartox=5, raised_pressure=False, cerebral_oedema=False, seizure=CresSeizure.NONE,
    ...     motor_weakness=False)).label
    '2'
    """
    seizure = Domain.missing("seizure", 4)
    if findings.seizure is not None:
        seizure = Domain.known("seizure", _SEIZURE_GRADE[findings.seizure])
    motor = Domain.missing("motor", 4)
    if findings.motor_weakness is not None:
        motor = Domain.known("motor", 4 if findings.motor_weakness else 0)
    domains = [_cognition(findings), _pressure(findings), seizure, motor]
    counted, untested = with_attributions(domains, findings.attributions)
    if findings.death_due_to_cres:
        counted = (Domain.known("death", 5), *counted)
    used = [name for name in CresFindings.__dataclass_fields__ if name != "attributions"]
    caveats = (Caveat.NOT_TESTABLE,) if untested else ()
    return worst_of(RULE, counted, inputs=inputs_of(findings, *used), excluded=findings.attributions, caveats=caveats)

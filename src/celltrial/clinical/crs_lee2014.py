"""CRS by Lee 2014: fever, hypotension, oxygen fraction and organ toxicity.

Derived from its own inputs where these were entered; a grade of this scale is never
made from an ASTCT grade. One vasopressor is grade 2 at a low dose and grade 3 at
a high one; transaminases stop at grade 3. Reference: Lee et al. (2014),
doi:10.1182/blood-2014-05-552729.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from celltrial.clinical.crs_astct import OxygenDevice, drug_names
from celltrial.clinical.crs_oxygen import oxygen_fraction_domain
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
from celltrial.clinical.exact import Number
from celltrial.clinical.queries import Caveat
from celltrial.core.errors import UserError, fault
from celltrial.core.values import between

RULE: Final = Rule("crs_lee_2014", "1", Evidence.TRANSCRIBED, "doi:10.1182/blood-2014-05-552729")


@dataclass(frozen=True, slots=True)
class LeeFindings:
    """The signs at one assessment; None means not known.

    symptoms:               fever or constitutional symptoms of CRS.
    hypotension:            hypotension is present.
    vasopressors:           names of the vasopressors running; empty where none.
    high_dose_vasopressor:  a single vasopressor runs at a high dose by the table of the paper.
    oxygen_device, fio2_percent: how oxygen is given, and its fraction in % (21 to 100).
    organ_toxicity_grade:   worst CTCAE grade of organ toxicity other than transaminases, 0 to 4.
    transaminase_grade:     CTCAE grade of the transaminases, 0 to 4.
    death_due_to_crs:       death from CRS.
    attributions:           findings ("symptoms", "hypotension", "hypoxia", "organs") that have another cause.
    """

    symptoms: bool | None = None
    hypotension: bool | None = None
    vasopressors: Collection[str] | None = None
    high_dose_vasopressor: bool | None = None
    oxygen_device: OxygenDevice | None = None
    fio2_percent: Number | None = None
    organ_toxicity_grade: int | None = None
    transaminase_grade: int | None = None
    death_due_to_crs: bool = False
    attributions: tuple[Attribution, ...] = ()

    def __post_init__(self) -> None:
        """Refuse grades outside 0 to 4 (CLN-002)."""
        for name in ("organ_toxicity_grade", "transaminase_grade"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 4:
                raise UserError(fault("CLN-002", where=name, expected=between(0, 4), found=str(value)))


def _hypotension(findings: LeeFindings) -> Domain:
    name = "hypotension"
    if findings.vasopressors is None:
        return Domain.at_least(name, 2, 3) if findings.hypotension else Domain.missing(name, 3)
    drugs = drug_names(findings.vasopressors)
    if not drugs:
        if findings.hypotension is None:
            return Domain.missing(name, 2)
        return Domain.known(name, 2 if findings.hypotension else 0)
    row = Comparison("vasopressors", Decimal(len(drugs)), ">=", Decimal(2))
    if row.holds or findings.high_dose_vasopressor:
        return Domain.known(name, 3, row)
    return Domain.known(name, 2, row) if findings.high_dose_vasopressor is False else Domain.at_least(name, 2, 3, row)


def _organs(findings: LeeFindings) -> Domain:
    def reach(grade: int | None, top: int) -> tuple[int | None, int]:
        if grade is None:
            return None, top
        counted = min(grade, top) if grade >= 2 else 0
        return counted, counted

    low, high = reach(findings.organ_toxicity_grade, 4)
    liver_low, liver_high = reach(findings.transaminase_grade, 3)
    known = [grade for grade in (low, liver_low) if grade is not None]
    return Domain("organs", max(known, default=None), max(high, liver_high))


def derive_crs_lee_grade(findings: LeeFindings) -> Derivation:
    """Return the Lee 2014 CRS grade at one assessment, 0 to 5 or NE.

    >>> derive_crs_lee_grade(LeeFindings(
    ...     symptoms=True, hypotension=True, vasopressors=["norepinephrine"], high_dose_vasopressor=False,
    ...     oxygen_device=OxygenDevice.ROOM_AIR, organ_toxicity_grade=1, transaminase_grade=4)).label
    '3'
    """
    symptoms = (
        Domain.missing("symptoms", 1) if findings.symptoms is None else Domain.known("symptoms", int(findings.symptoms))
    )
    oxygen = oxygen_fraction_domain(findings.oxygen_device, findings.fio2_percent)
    domains: list[Domain] = [symptoms, _hypotension(findings), oxygen, _organs(findings)]
    counted, untested = with_attributions(domains, findings.attributions)
    if findings.death_due_to_crs:
        counted = (Domain.known("death", 5), *counted)
    used = [name for name in LeeFindings.__dataclass_fields__ if name != "attributions"]
    caveats = (Caveat.NOT_TESTABLE,) if untested else ()
    return worst_of(RULE, counted, inputs=inputs_of(findings, *used), excluded=findings.attributions, caveats=caveats)

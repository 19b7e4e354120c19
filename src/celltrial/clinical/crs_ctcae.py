"""Cytokine release syndrome as CTCAE 5.0 grades it: a scale of its own.

It differs from ASTCT 2019 (one vasopressor or 40 % oxygen is grade 3 in both, but
more than one vasopressor is grade 4 only where life is judged in danger) and is
never mixed with it. Source: NCI, CTCAE v5.0, 27 November 2017.
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

RULE: Final = Rule("crs_ctcae_5", "1", Evidence.TRANSCRIBED, "NCI CTCAE v5.0 (2017)")


@dataclass(frozen=True, slots=True)
class CtcaeCrsFindings:
    """The signs at one assessment; None means not known.

    fever:            fever, with or without constitutional symptoms.
    hypotension:      hypotension is present.
    vasopressors:     names of the vasopressors running; empty where none.
    oxygen_device, fio2_percent: how oxygen is given, and its fraction in % (21 to 100).
    life_threatening: consequences judged life-threatening, urgent intervention indicated.
    death_due_to_crs: death from CRS.
    attributions:     findings ("fever", "hypotension", "hypoxia") that have another cause.
    """

    fever: bool | None = None
    hypotension: bool | None = None
    vasopressors: Collection[str] | None = None
    oxygen_device: OxygenDevice | None = None
    fio2_percent: Number | None = None
    life_threatening: bool | None = None
    death_due_to_crs: bool = False
    attributions: tuple[Attribution, ...] = ()


def _hypotension(findings: CtcaeCrsFindings) -> Domain:
    name = "hypotension"
    if findings.vasopressors is None:
        return Domain.at_least(name, 2, 3) if findings.hypotension else Domain.missing(name, 3)
    row = Comparison("vasopressors", Decimal(len(drug_names(findings.vasopressors))), ">=", Decimal(1))
    if row.holds:
        return Domain.known(name, 3, row)
    if findings.hypotension is None:
        return Domain.missing(name, 2)
    return Domain.known(name, 2 if findings.hypotension else 0, row)


def _yes_no(name: str, value: bool | None, grade: int) -> Domain:  # noqa: FBT001 - the finding itself
    return Domain.missing(name, grade) if value is None else Domain.known(name, grade if value else 0)


def derive_crs_ctcae_grade(findings: CtcaeCrsFindings) -> Derivation:
    """Return the CTCAE 5.0 grade of cytokine release syndrome, 0 to 5 or NE.

    >>> derive_crs_ctcae_grade(CtcaeCrsFindings(
    ...     True, True, ["norepinephrine", "epinephrine"], OxygenDevice.ROOM_AIR, life_threatening=False)).label
    '3'
    """
    domains = [
        _yes_no("fever", findings.fever, 1),
        _hypotension(findings),
        oxygen_fraction_domain(findings.oxygen_device, findings.fio2_percent, top=3),
        _yes_no("life_threatening", findings.life_threatening, 4),
    ]
    counted, untested = with_attributions(domains, findings.attributions)
    if findings.death_due_to_crs:
        counted = (Domain.known("death", 5), *counted)
    used = [name for name in CtcaeCrsFindings.__dataclass_fields__ if name != "attributions"]
    caveats = (Caveat.NOT_TESTABLE,) if untested else ()
    return worst_of(RULE, counted, inputs=inputs_of(findings, *used), excluded=findings.attributions, caveats=caveats)

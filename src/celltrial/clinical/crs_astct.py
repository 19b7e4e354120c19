"""CRS by the ASTCT consensus of 2019: fever, hypotension and hypoxia.

The grade is the worse of the hypotension and the hypoxia column. Where the
vasopressors are not known, a normal pressure settles nothing: one may be holding it. Fever of at
least 38.0 degC without another cause is required at onset; it is waived for
grading once an antipyretic, an anti-cytokine drug or a steroid has been given in
an open episode. Fever that was masked and brings no hypotension and no hypoxia
is grade 0, not 1: otherwise no episode treated with tocilizumab could ever end.
Organ toxicity is graded by CTCAE and does not count here.

Vasopressin alone is not written in the consensus: it is taken as one
vasopressor and asked back. Reference: Lee et al. (2019),
doi:10.1016/j.bbmt.2018.12.758.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from celltrial.clinical.crs_drugs_data import INN, VASOPRESSINS, VASOPRESSORS
from celltrial.clinical.derivation import (
    NE,
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
from celltrial.clinical.queries import Caveat, Query

RULE: Final = Rule("crs_astct_2019", "1", Evidence.CHECKED, "doi:10.1016/j.bbmt.2018.12.758")
FEVER_C: Final = Decimal("38.0")
LOW_FLOW_LPM: Final = Decimal(6)
LATE_ONSET_DAY: Final = 14
_INPUTS: Final = (
    "temperature_c",
    "hypotension",
    "vasopressors",
    "oxygen_device",
    "oxygen_flow_lpm",
    "fever_masked",
    "episode_open",
    "airway_protection_only",
    "onset_day",
    "death_due_to_crs",
)


class OxygenDevice(StrEnum):
    """How oxygen is given."""

    ROOM_AIR = "room_air"
    NASAL_CANNULA = "nasal_cannula"
    BLOW_BY = "blow_by"
    HIGH_FLOW_NASAL_CANNULA = "high_flow_nasal_cannula"
    FACE_MASK = "face_mask"
    NON_REBREATHER = "non_rebreather"
    VENTURI_MASK = "venturi_mask"
    CPAP = "cpap"
    BIPAP = "bipap"
    MECHANICAL_VENTILATION = "mechanical_ventilation"


_MASKS: Final = frozenset({OxygenDevice.FACE_MASK, OxygenDevice.NON_REBREATHER, OxygenDevice.VENTURI_MASK})
_POSITIVE_PRESSURE: Final = frozenset({OxygenDevice.CPAP, OxygenDevice.BIPAP, OxygenDevice.MECHANICAL_VENTILATION})


@dataclass(frozen=True, slots=True)
class CrsFindings:
    """The signs at one assessment; None means not known.

    temperature_c:   body temperature, degC, 25 to 45.
    hypotension:     hypotension is present (also where a vasopressor now holds the pressure).
    vasopressors:    names of the vasopressors running; empty where none.
    oxygen_device:   how oxygen is given.
    oxygen_flow_lpm: oxygen flow, L/min, 0 to 100.
    fever_masked:    an antipyretic, anti-cytokine drug or steroid was given in this episode.
    episode_open:    CRS was already diagnosed and has not resolved.
    airway_protection_only: ventilated for airway protection or a procedure, without hypoxia.
    onset_day:       infusion day on which the episode began.
    late_cause_considered: what was considered where the onset is later than day 14.
    death_due_to_crs: death from CRS with no other principal cause.
    attributions:    findings ("fever", "hypotension", "hypoxia") that have another cause; one that nobody looked at stays NE.
    """

    temperature_c: Number | None = None
    hypotension: bool | None = None
    vasopressors: Collection[str] | None = None
    oxygen_device: OxygenDevice | None = None
    oxygen_flow_lpm: Number | None = None
    fever_masked: bool = False
    episode_open: bool = False
    airway_protection_only: bool = False
    onset_day: int | None = None
    late_cause_considered: str = ""
    death_due_to_crs: bool = False
    attributions: tuple[Attribution, ...] = ()


def drug_names(names: Collection[str]) -> frozenset[str]:
    """Return the drugs under one name each, so that noradrenaline and norepinephrine count once.

    >>> sorted(drug_names(["Noradrenaline", "norepinephrine", "vasopressin"]))
    ['norepinephrine', 'vasopressin']
    """
    plain = (" ".join(name.lower().split()) for name in names)
    return frozenset(INN.get(name, name) for name in plain if name)


def _fever(findings: CrsFindings) -> Domain:
    if findings.temperature_c is None:
        return Domain.missing("fever", 1)
    found = exact_in(findings.temperature_c, 25, 45, "temperature_c")
    row = Comparison("temperature", found, ">=", FEVER_C, "degC")
    return Domain.known("fever", 1 if row.holds else 0, row)


def _hypotension(findings: CrsFindings) -> tuple[Domain, set[Query]]:
    name = "hypotension"
    if findings.vasopressors is None:
        if findings.hypotension:
            return Domain.at_least(name, 2, 4), set()
        return Domain.missing(name, 4), set()
    drugs = drug_names(findings.vasopressors)
    if not drugs:
        if findings.hypotension is None:
            return Domain.missing(name, 2), set()
        return Domain.known(name, 2 if findings.hypotension else 0), set()
    queries = {Query.CRS_UNKNOWN_VASOPRESSOR} if drugs - VASOPRESSORS - VASOPRESSINS else set()
    if findings.hypotension is False:
        queries.add(Query.CRS_PRESSOR_WITHOUT_HYPOTENSION)
    counted = drugs - VASOPRESSINS
    if not counted:
        queries.add(Query.CRS_VASOPRESSIN_ONLY)
    row = Comparison("vasopressors other than vasopressin", Decimal(len(counted)), ">=", Decimal(2))
    return Domain.known(name, 4 if row.holds else 3, row), queries


def _flow_grade(findings: CrsFindings) -> tuple[Domain, set[Query]]:
    """Return the hypoxia grade of oxygen by nasal cannula: the flow decides."""
    high_flow_device = findings.oxygen_device is OxygenDevice.HIGH_FLOW_NASAL_CANNULA
    if findings.oxygen_flow_lpm is None:
        domain = Domain.known("hypoxia", 3) if high_flow_device else Domain.at_least("hypoxia", 2, 3)
        return domain, {Query.CRS_FLOW_MISSING}
    flow = exact_in(findings.oxygen_flow_lpm, 0, 100, "oxygen_flow_lpm")
    row = Comparison("oxygen flow", flow, "<=", LOW_FLOW_LPM, "L/min")
    queries = {Query.CRS_DEVICE_FLOW_MISMATCH} if row.holds == high_flow_device else set()
    return Domain.known("hypoxia", 2 if row.holds else 3, row), queries


def _hypoxia(findings: CrsFindings) -> tuple[Domain, set[Query]]:
    device = findings.oxygen_device
    if device is None:
        return Domain.missing("hypoxia", 4), set()
    if device is OxygenDevice.ROOM_AIR:
        return Domain.known("hypoxia", 0), set()
    if device is OxygenDevice.BLOW_BY:
        return Domain.known("hypoxia", 2), set()
    if device in _MASKS:
        return Domain.known("hypoxia", 3), set()
    if device in _POSITIVE_PRESSURE:
        spared = findings.airway_protection_only and device is OxygenDevice.MECHANICAL_VENTILATION
        return Domain.known("hypoxia", 0 if spared else 4), set()
    return _flow_grade(findings)


def _without_fever(findings: CrsFindings, fever: Domain, signs: tuple[Domain, ...], caveats: set[Caveat]) -> Derivation:
    """Return the outcome outside an open episode when fever is absent or unknown: 0, or NE."""
    shown = any((item.low or 0) > 0 for item in signs)
    unknown = not fever.is_evaluable
    return Derivation(
        RULE,
        grade=None if unknown else 0,
        category=NE if unknown else None,
        deciding=("fever",),
        domains=(fever, *signs),
        inputs=inputs_of(findings, *_INPUTS),
        trace=fever.trace,
        incomplete=unknown,
        excluded=findings.attributions,
        queries=(Query.CRS_SIGNS_WITHOUT_FEVER,) if shown else (),
        caveats=tuple(sorted(caveats)),
    )


def _late_onset(findings: CrsFindings) -> set[Query]:
    late = findings.onset_day is not None and findings.onset_day > LATE_ONSET_DAY
    return {Query.CRS_LATE_ONSET} if late and not findings.late_cause_considered.strip() else set()


def derive_crs_grade(findings: CrsFindings) -> Derivation:
    """Return the ASTCT CRS grade at one assessment, 0 to 5 or NE.

    0 means that CRS is not present; missing signs leave it at NE or make the
    grade incomplete ("at least n"). Raises CLN-001 or CLN-002 for a temperature
    or flow that cannot be meant. Checked against the worked examples of the paper.

    >>> derive_crs_grade(
    ...     CrsFindings("39.1", True, ["norepinephrine"], OxygenDevice.NASAL_CANNULA, 4)
    ... ).label
    '3'
    """
    pressure, asked = _hypotension(findings)
    oxygen, more = _hypoxia(findings)
    counted, untested = with_attributions((_fever(findings), pressure, oxygen), findings.attributions)
    fever, hypotension, hypoxia = counted
    queries = (set() if hypotension.excluded else asked) | (set() if hypoxia.excluded else more)
    caveats = {Caveat.NOT_TESTABLE} if untested else set()
    if findings.death_due_to_crs:
        domains: tuple[Domain, ...] = (Domain.known("death", 5), fever, hypotension, hypoxia)
    elif findings.episode_open or fever.low == 1:
        domains = (fever, hypotension, hypoxia)
    else:
        return _without_fever(findings, fever, (hypotension, hypoxia), caveats)
    if fever.low != 1 and findings.fever_masked:
        caveats.add(Caveat.FEVER_WAIVED)
    if findings.airway_protection_only and findings.oxygen_device is OxygenDevice.MECHANICAL_VENTILATION:
        caveats.add(Caveat.AIRWAY_PROTECTION_NOT_COUNTED)
    return worst_of(
        RULE,
        domains,
        inputs=inputs_of(findings, *_INPUTS),
        excluded=findings.attributions,
        queries=queries | _late_onset(findings),
        caveats=caveats,
    )

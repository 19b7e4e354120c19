"""Which engine grades which adverse event: one table, category and scale to engine.

An event is graded on the scale on which it was reported and on no other: grades
of two scales are never compared (AC-C6.3). Laboratory events of CTCAE are found
by their term. The concepts that an engine reads are those its adapter names, in the
unit that it names; a finding in another unit is converted, or cannot be used.

A finding with another cause is named in the concept `attributed`, as
`finding=cause: reason`, several divided by semicolons; who said so is in the
envelope of the record.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial
from types import MappingProxyType
from typing import Final

from celltrial.clinical import icaht, t_icaht
from celltrial.clinical.cres_cartox import CresFindings, CresSeizure, derive_cres_grade
from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice, derive_crs_grade
from celltrial.clinical.crs_ctcae import CtcaeCrsFindings, derive_crs_ctcae_grade
from celltrial.clinical.crs_lee2014 import LeeFindings, derive_crs_lee_grade
from celltrial.clinical.ctcae_lab import VERSIONS, LabFindings, derive_lab_grade
from celltrial.clinical.daily_counts import settled_by
from celltrial.clinical.derivation import NE, Attribution, Derivation, Domain
from celltrial.clinical.icaht import EARLY_LAST_DAY, derive_early_icaht, derive_late_icaht
from celltrial.clinical.icans_astct import Arousal, IcansFindings, PressureSign, Seizure, derive_icans_grade
from celltrial.clinical.iec_hs import IecHsCourse, IecHsLabs, check_iec_hs_grade, screen_iec_hs
from celltrial.clinical.queries import Query
from celltrial.clinical.t_icaht import derive_early_t_icaht, derive_late_t_icaht
from celltrial.conduct.facts.safety.grades import same_scale
from celltrial.conduct.views.signs import Signs
from celltrial.core.dates import infusion_day
from celltrial.core.terms import same_term


@dataclass(frozen=True, slots=True)
class Case:
    """An adverse event as an engine sees it.

    infused:    site-local day of the first infusion.
    ended:      day of death or of the last contact of a lost subject; None while the subject is followed.
    progressed, new_therapy: days, if any, on which the disease progressed and another therapy began.
    signer:     account of whoever recorded the signs.
    treated:    first site-local day of lymphodepletion, or else of infusion; None before either.
    """

    category: str
    term: str
    scale: str
    grade: int | None
    onset: date
    infused: date | None
    signs: Signs
    ended: date | None = None
    progressed: date | None = None
    new_therapy: date | None = None
    signer: str = ""
    treated: date | None = None

    @property
    def before_treatment(self) -> bool:
        """Whether the event began before lymphodepletion and infusion: a value of that day has no baseline before it."""
        return self.treated is None or self.onset < self.treated

    def day(self, on: date | None) -> int | None:
        """Return days after the infusion; None where either day is not known, or the day lies before."""
        return None if on is None or self.infused is None or on < self.infused else infusion_day(on, self.infused)

    def attributions(self, *domains: str) -> tuple[Attribution, ...]:
        """Return the findings with another cause; ValueError for one that the scale does not have."""
        found = []
        written = unicodedata.normalize("NFKC", self.signs.text("attributed") or "")
        for said in filter(None, (part.strip() for part in written.split(";"))):
            finding, _, rest = said.partition("=")
            cause, _, reason = rest.partition(":")
            if finding.strip() not in domains:
                raise ValueError(finding)
            found.append(Attribution(finding.strip(), cause.strip(), reason.strip(), self.signer))
        return tuple(found)


Engine = Callable[[Case], Derivation]


def _device(signs: Signs) -> OxygenDevice | None:
    value = signs.code("oxygen_device")
    return None if value is None else OxygenDevice(value)


def _crs(case: Case) -> Derivation:
    signs = case.signs
    return derive_crs_grade(
        CrsFindings(
            temperature_c=signs.number("temperature", "degC"),
            hypotension=signs.flag("hypotension"),
            vasopressors=signs.names("vasopressors"),
            oxygen_device=_device(signs),
            oxygen_flow_lpm=signs.number("oxygen_flow", "L/min"),
            fever_masked=signs.flag("fever_masked") or False,
            episode_open=signs.flag("episode_open") or False,
            airway_protection_only=signs.flag("airway_protection_only") or False,
            onset_day=case.day(case.onset),
            late_cause_considered=signs.text("late_cause_considered") or "",
            death_due_to_crs=signs.flag("death_due_to_crs") or False,
            attributions=case.attributions("fever", "hypotension", "hypoxia"),
        )
    )


def _crs_lee(case: Case) -> Derivation:
    signs = case.signs
    return derive_crs_lee_grade(
        LeeFindings(
            symptoms=signs.flag("symptoms"),
            hypotension=signs.flag("hypotension"),
            vasopressors=signs.names("vasopressors"),
            high_dose_vasopressor=signs.flag("high_dose_vasopressor"),
            oxygen_device=_device(signs),
            fio2_percent=signs.number("fio2", "%"),
            organ_toxicity_grade=signs.whole("organ_toxicity_grade"),
            transaminase_grade=signs.whole("transaminase_grade"),
            death_due_to_crs=signs.flag("death_due_to_crs") or False,
            attributions=case.attributions("symptoms", "hypotension", "hypoxia", "organs"),
        )
    )


def _crs_ctcae(case: Case) -> Derivation:
    signs = case.signs
    temperature = signs.number("temperature", "degC")
    return derive_crs_ctcae_grade(
        CtcaeCrsFindings(
            fever=signs.flag("fever") if temperature is None else temperature >= Decimal(38),
            hypotension=signs.flag("hypotension"),
            vasopressors=signs.names("vasopressors"),
            oxygen_device=_device(signs),
            fio2_percent=signs.number("fio2", "%"),
            life_threatening=signs.flag("life_threatening"),
            death_due_to_crs=signs.flag("death_due_to_crs") or False,
            attributions=case.attributions("fever", "hypotension", "hypoxia"),
        )
    )


def _icans(case: Case) -> Derivation:
    signs = case.signs
    arousal, seizure, pressure = signs.code("arousal"), signs.code("seizure"), signs.names("pressure_signs")
    return derive_icans_grade(
        IcansFindings(
            age_years=signs.number("age", "a"),
            developmental_delay=signs.flag("developmental_delay") or False,
            ice=signs.whole("ice_score"),
            capd=signs.whole("capd_score"),
            cannot_perform=signs.flag("cannot_perform") or False,
            arousal=None if arousal is None else Arousal(arousal),
            sedated=signs.flag("sedated") or False,
            seizure=None if seizure is None else Seizure(seizure),
            seizure_minutes=signs.number("seizure_minutes", "min"),
            deep_focal_weakness=signs.flag("deep_focal_weakness"),
            pressure_signs=None if pressure is None else tuple(PressureSign(item) for item in pressure),
            other_findings=signs.names("other_findings") or (),
            death_due_to_icans=signs.flag("death_due_to_icans") or False,
            attributions=case.attributions("cognition", "arousal", "seizure", "motor", "pressure"),
        )
    )


def _cres(case: Case) -> Derivation:
    signs = case.signs
    seizure = signs.code("seizure")
    return derive_cres_grade(
        CresFindings(
            cartox=signs.whole("cartox_score"),
            obtunded=signs.flag("obtunded"),
            raised_pressure=signs.flag("raised_pressure"),
            papilloedema_stage=signs.whole("papilloedema_stage"),
            opening_pressure_mmhg=signs.number("opening_pressure", "mmHg"),
            cerebral_oedema=signs.flag("cerebral_oedema"),
            seizure=None if seizure is None else CresSeizure(seizure),
            motor_weakness=signs.flag("motor_weakness"),
            death_due_to_cres=signs.flag("death_due_to_cres") or False,
            attributions=case.attributions("cognition", "pressure", "seizure", "motor"),
        )
    )


def _iec_hs(case: Case) -> Derivation:
    """The investigator grades; consequences and treatment say what the grade is at least."""
    signs = case.signs
    course = IecHsCourse(
        immunosuppression=signs.flag("immunosuppression"),
        transfusion_asymptomatic=signs.flag("transfusion_asymptomatic"),
        transfusion_bleeding=signs.flag("transfusion_bleeding"),
        hospital_care=signs.flag("hospital_care"),
        life_threatening=signs.flag("life_threatening"),
        intubation=signs.flag("intubation"),
        dialysis=signs.flag("dialysis"),
        death_due_to_iec_hs=signs.flag("death_due_to_iec_hs"),
        better_explained_by=signs.text("better_explained_by") or "",
    )
    screen = screen_iec_hs(_iec_hs_labs(signs))
    if case.grade is not None:
        return check_iec_hs_grade(case.grade, course, screen)
    found = check_iec_hs_grade(1, course, screen)
    return replace(found, queries=tuple(item for item in found.queries if item not in _OF_AN_ENTERED_GRADE))


#: Queries that ask about the grade which the investigator entered.
_OF_AN_ENTERED_GRADE: Final = frozenset({Query.IEC_HS_GRADE_BELOW_TREATMENT, Query.IEC_HS_GRADE_ABOVE_TREATMENT})


def _iec_hs_labs(signs: Signs) -> IecHsLabs:
    """Return the values of the laboratory screen; baselines are those at infusion."""
    ferritin, enzyme, fibrinogen = "ng/mL", "U/L", "mg/dL"
    return IecHsLabs(
        ferritin_ng_ml=signs.number("ferritin", ferritin),
        ferritin_uln_ng_ml=signs.number("ferritin_upper_limit", ferritin),
        ferritin_at_infusion_ng_ml=signs.number("ferritin_at_infusion", ferritin),
        ferritin_rising_rapidly=signs.flag("ferritin_rising_rapidly"),
        alt_u_l=signs.number("alt", enzyme),
        alt_uln_u_l=signs.number("alt_upper_limit", enzyme, of="alt"),
        alt_baseline_u_l=signs.number("alt_baseline", enzyme, of="alt"),
        ast_u_l=signs.number("ast", enzyme),
        ast_uln_u_l=signs.number("ast_upper_limit", enzyme, of="ast"),
        ast_baseline_u_l=signs.number("ast_baseline", enzyme, of="ast"),
        fibrinogen_mg_dl=signs.number("fibrinogen", fibrinogen),
        fibrinogen_lln_mg_dl=signs.number("fibrinogen_lower_limit", fibrinogen),
        haemophagocytosis=signs.flag("haemophagocytosis"),
        cytopenia_new_or_worse=signs.flag("cytopenia_new_or_worse"),
    )


def _start(case: Case) -> date:
    if case.infused is None:
        raise ValueError("counts are dated from the infusion, and there was none")
    return case.infused


def _is_early(case: Case) -> bool:
    return (case.onset - _start(case)).days <= EARLY_LAST_DAY


def _left_open(found: Derivation) -> Derivation:
    """Return a grade as the least that it can be: a count beyond a limit may lie beyond a limit of the scale too."""
    beyond = Domain.missing("counts beyond a limit", 4)
    known = found.grade or None
    category = found.category if known is not None else NE
    return replace(found, grade=known, category=category, incomplete=True, domains=(*found.domains, beyond))


def _icaht(case: Case) -> Derivation:
    counts, ended = case.signs.counts("absolute_neutrophil_count", "/uL", _start(case)), case.day(case.ended)
    if _is_early(case):
        found = derive_early_icaht(counts, last_follow_up_day=ended)
    else:
        found = derive_late_icaht(
            counts,
            next_therapy_day=case.day(case.new_therapy),
            progression_day=case.day(case.progressed),
            last_follow_up_day=ended,
        )
    return found if settled_by(counts, icaht.LIMITS) else _left_open(found)


def _t_icaht(case: Case) -> Derivation:
    counts, ended = case.signs.counts("platelet_count", "10^9/L", _start(case)), case.day(case.ended)
    if _is_early(case):
        found = derive_early_t_icaht(counts, last_follow_up_day=ended)
    else:
        ends = (case.day(on) for on in (case.new_therapy, case.progressed, case.ended))
        found = derive_late_t_icaht(counts, last_day=min((day for day in ends if day is not None), default=100))
    return found if settled_by(counts, t_icaht.LIMITS, strict=True) else _left_open(found)


def _laboratory(case: Case, *, key: str, version: str) -> Derivation:
    signs = case.signs
    baseline = signs.quantity("baseline")
    found = LabFindings(
        value=signs.quantity("value"),
        lln=signs.quantity("lower_limit"),
        uln=signs.quantity("upper_limit"),
        baseline=baseline,
        clinical=signs.flag("clinical"),
        life_threatening=signs.flag("life_threatening"),
        at_baseline=case.before_treatment and baseline in {None, signs.quantity("value")},
    )
    return derive_lab_grade(key, found, version=version)


ENGINES: Final[Mapping[tuple[str, str], Engine]] = MappingProxyType(
    {
        ("CRS", "ASTCT-2019"): _crs,
        ("CRS", "Lee-2014"): _crs_lee,
        ("CRS", "CTCAE-5.0"): _crs_ctcae,
        ("ICANS", "ASTCT-2019"): _icans,
        ("ICANS", "CARTOX-2018"): _cres,
        ("CRES", "CARTOX-2018"): _cres,
        ("IEC-HS", "IEC-HS-2023"): _iec_hs,
        ("ICAHT", "ICAHT-2023"): _icaht,
        ("T-ICAHT", "T-ICAHT"): _t_icaht,
    }
)
"""Category of an adverse event and scale of its grade to the engine that grades its raw signs."""

CUMULATIVE: Final = frozenset({_icaht, _t_icaht})
"""Engines that grade a whole course from its counts, not one assessment."""

LABORATORY: Final[Mapping[str, str]] = MappingProxyType({"CTCAE-5.0": "5.0", "CTCAE-6.0": "6.0"})
"""Scale to the version of CTCAE whose laboratory terms it grades; a term is found by its name."""


def engine_for(case: Case) -> Engine | None:
    """Return the engine of an event; None where its category and scale have none."""
    for (category, scale), engine in ENGINES.items():
        if same_scale(scale, case.scale) and same_term(category, case.category):
            return engine
    found = laboratory_term(case.term, case.scale)
    return None if found is None else partial(_laboratory, key=found[0], version=found[1])


def laboratory_term(term: str, scale: str) -> tuple[str, str] | None:
    """Return key and version of the laboratory term of CTCAE that an event is; None where it is none."""
    for name, version in LABORATORY.items():
        if same_scale(name, scale):
            terms = VERSIONS[version][1]
            key = next((key for key, item in terms.items() if same_term(item.name, term)), None)
            return None if key is None else (key, version)
    return None

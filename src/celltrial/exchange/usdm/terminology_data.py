"""Codes of the CDISC terminology that a protocol's values are written in.

Checked against published listings of the value sets of `Deliverables/CT/USDM_CT.xlsx` of cdisc-org/DDF-RA (USDM 4.0;
codelists C188724 to C188728, C201264, C201265, C207412, C207413, C207416 to C207419, C215480), of the SDTM terminology
codelists that USDM refers to (C66737 trial phase, C66729 route, C71113 frequency, C66732 sex, C66726 dose form, C66735 blinding, C99076 intervention
model, C99077 study type, C99079 epoch, C174222 arm type) and of the intervention types of ICH M11. Units are written in
UCUM.
"""

from __future__ import annotations

from typing import Final, NamedTuple

CDISC: Final = "http://www.cdisc.org"
CDISC_VERSION: Final = "2025-09-26"
UCUM: Final = "http://unitsofmeasure.org"
UCUM_VERSION: Final = "2.1"


class Term(NamedTuple):
    """A code and what it says."""

    code: str
    decode: str


class Registry(NamedTuple):
    """A register of trials: how its numbers begin, and its name."""

    prefix: str
    name: str


TITLES: Final = {"official": Term("C207616", "Official Study Title"), "acronym": Term("C207646", "Study Acronym")}
#: Titles that a protocol has no field for; known, so that none of them is taken for another.
OTHER_TITLES: Final = {
    "brief": Term("C207615", "Brief Study Title"),
    "public": Term("C207617", "Public Study Title"),
    "scientific": Term("C207618", "Scientific Study Title"),
}
#: Codes that stand for the same as one of ours: of an earlier release, or of a broader list.
SAME_CODES: Final = {
    "C94108": "C207646",  # acronym, before 2024-09
    "C70793": "C54149",  # sponsor as a type of organisation, before 2025-09
    "C132352": "C71476",  # approval by the sponsor, before 2025-09
}
ORGANIZATION_TYPES: Final = {
    "sponsor": Term("C54149", "Pharmaceutical Company"),
    "registry": Term("C93453", "Clinical Study Registry"),
}
#: Registers by the beginning of their numbers; a longer beginning is before a shorter one.
REGISTRIES: Final = (
    Registry("NCT", "ClinicalTrials.gov"),
    Registry("ChiCTR", "Chinese Clinical Trial Registry"),
    Registry("CTR", "Drug Clinical Trial Registration and Information Publicity Platform"),
    Registry("ISRCTN", "ISRCTN registry"),
    Registry("jRCT", "Japan Registry of Clinical Trials"),
    Registry("ACTRN", "Australian New Zealand Clinical Trials Registry"),
)
#: Dates of a version, the one that counts first.
DATES: Final = {
    "issued": Term("C215664", "Issued Date"),
    "approved": Term("C71476", "Approval Date"),
    "approved_by_sponsor": Term("C132352", "Sponsor Approval Date"),
    "effective": Term("C215663", "Effective Date"),
    "protocol_effective": Term("C207598", "Protocol Effective Date"),
}
GLOBAL: Final = Term("C68846", "Global")
ROLES: Final = {
    "sponsor": Term("C70793", "Sponsor"),
    "investigator": Term("C25936", "Investigator"),
    "subject": Term("C41189", "Study Subject"),
}
INTERVENTIONAL: Final = Term("C98388", "Interventional Study")
PHASES: Final = {
    "0": Term("C54721", "Phase 0 Trial"),
    "I": Term("C15600", "Phase I Trial"),
    "I/II": Term("C15693", "Phase I/II Trial"),
    "II": Term("C15601", "Phase II Trial"),
    "II/III": Term("C15694", "Phase II/III Trial"),
    "III": Term("C15602", "Phase III Trial"),
    "IV": Term("C15603", "Phase IV Trial"),
}
MODELS: Final = {
    "dose_escalation": Term("C82640", "Single Group Study"),
    "SAT": Term("C82640", "Single Group Study"),
    "RCT": Term("C82639", "Parallel Study"),
}
BLINDING: Final = {
    "open": Term("C49659", "Open Label Study"),
    "subject": Term("C28233", "Single Blind Study"),
    "double": Term("C15228", "Double Blind Study"),
}
CHARACTERISTICS: Final = {
    "randomised": Term("C46079", "Randomized"),
    "stratified": Term("C147145", "Stratified Randomisation"),
    "multicentre": Term("C217005", "Multicentre"),
    "single_centre": Term("C217004", "Single-Centre"),
}
SUB_TYPES: Final = {"safety": Term("C49667", "Safety Study"), "efficacy": Term("C49666", "Efficacy Study")}
TREATMENT_INTENT: Final = Term("C49656", "Treatment Study")
ARM_TYPES: Final = {
    "investigational": Term("C174266", "Investigational Arm"),
    "active": Term("C174267", "Active Comparator Arm"),
    "placebo": Term("C174268", "Placebo Control Arm"),
    "best_supportive_care": Term("C174270", "No Intervention Arm"),
    "none": Term("C174270", "No Intervention Arm"),
}
DATA_WITHIN_STUDY: Final = Term("C188866", "Data Generated Within Study")
EPOCH_TYPES: Final = {
    "screening": Term("C48262", "Trial Screening"),
    "treatment": Term("C101526", "Treatment Epoch"),
    "follow_up": Term("C99158", "Clinical Study Follow-up"),
}
VISIT: Final = Term("C25716", "Visit")
TIMING_TYPES: Final = {
    "fixed": Term("C201358", "Fixed Reference"),
    "after": Term("C201356", "After"),
    "before": Term("C201357", "Before"),
}
TIMING_RELATIVE: Final = Term("C201355", "Start to Start")
OBJECTIVE_LEVELS: Final = {
    "primary": Term("C85826", "Study Primary Objective"),
    "secondary": Term("C85827", "Study Secondary Objective"),
    "exploratory": Term("C163559", "Exploratory Objective"),
}
ENDPOINT_LEVELS: Final = {
    "primary": Term("C94496", "Primary Endpoint"),
    "key_secondary": Term("C139173", "Secondary Endpoint"),
    "secondary": Term("C139173", "Secondary Endpoint"),
    "exploratory": Term("C170559", "Exploratory Endpoint"),
}
CRITERION_CATEGORIES: Final = {
    "inclusion": Term("C25532", "Inclusion Criteria"),
    "exclusion": Term("C25370", "Exclusion Criteria"),
}
AGE_YEARS: Final = Term("C29848", "Year")
#: Units of time as texts have them, for one of it.
TIME_UNITS: Final = {
    "C29848": "year",
    "C29846": "month",
    "C29844": "week",
    "C25301": "day",
    "C25529": "hour",
    "C48154": "minute",
}
SEXES: Final = {
    "female": Term("C16576", "Female"),
    "male": Term("C20197", "Male"),
    "both": Term("C49636", "Both"),
}
INTERVENTION_ROLES: Final = {
    "experimental": Term("C41161", "Experimental Intervention"),
    "required": Term("C207614", "Additional Required Treatment"),
    "active": Term("C68609", "Active Comparator"),
    "placebo": Term("C753", "Placebo"),
    "best_supportive_care": Term("C165822", "Background Treatment"),
}
INTERVENTION_TYPES: Final = {
    "cells": Term("C307", "Biological Agent"),
    "drug": Term("C1909", "Pharmacologic Substance"),
}
PRODUCT_IMP: Final = Term("C202579", "IMP")
PRODUCT_NIMP: Final = Term("C156473", "NIMP")
DOSE_FORM: Final = Term("C42995", "Injectable Suspension")
#: What is where a list asks for a value that the protocol does not record.
UNKNOWN: Final = Term("C17998", "Unknown")
UNKNOWN_ROUTE: Final = Term("C38311", "Unknown Route of Administration")
ONCE: Final = Term("C64576", "Once")
#: How often, by the days from one to the next.
FREQUENCIES: Final = {
    1: Term("C25473", "Daily"),
    2: Term("C64525", "Every Other Day"),
    7: Term("C67069", "Every Week"),
    14: Term("C71127", "Every Two Weeks"),
    21: Term("C64535", "Every Three Weeks"),
    28: Term("C64529", "Every Four Weeks"),
}
ROUTES: Final = {
    "intravenous": Term("C38276", "Intravenous Route of Administration"),
    "intratumoral": Term("C38269", "Intratumor Route of Administration"),
    "intraperitoneal": Term("C38258", "Intraperitoneal Route of Administration"),
    "intrapleural": Term("C38259", "Intrapleural Route of Administration"),
    "intrathecal": Term("C38267", "Intrathecal Route of Administration"),
    "subcutaneous": Term("C38299", "Subcutaneous Route of Administration"),
}

"""The analysis tables: columns, types, units and codes.

Names are ADaM variables in lower case where ADaM has the word, plain lower_snake words otherwise;
`Column.adam` holds the map. Conventions, the same in every table:

- a flag is Boolean (ADaM: Y/N) and never null;
- a date is the site's local calendar date;
- `day` is the **infusion day**: 0 on the day of infusion, -5 five days before; null for a subject who
  was not infused. It is not the CDISC study day, which has no zero;
- `time_days` is the same as a fraction, where the hour of sampling is known;
- `adtte.aval` is elapsed days, event date minus origin date (an event on the day of origin has 0);
- `cnsr` follows CDISC: 0 is an event, 1 is censored;
- doses are numbers of cells; their basis and per-kilogram kind are beside them.

>>> ADSL.schema["infused"]
Boolean
>>> ADSL.adam_names["infused_date"]
'TRTSDT'
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from celltrial.conduct.vocabulary import AgeReference
from celltrial.datasets.spec import Column, DatasetSpec

#: Why an enrolled subject was not infused; `pending` is still waiting and is not a reason.
NOT_TREATED_REASONS: Final = (
    "manufacturing_failure",
    "progression",
    "death",
    "withdrawal",
    "adverse_event",
    "eligibility_lost",
    "investigator_decision",
    "lost_to_follow_up",
    "other",
    "pending",
)
#: Phase in which an adverse event began (AC-A7.2), by the last step before its onset.
PHASES: Final = ("screening", "collection", "lymphodepletion", "infusion", "late")
#: Stages of the vein-to-vein swimlane, in order.
STAGES: Final = ("screening", "collection", "manufacture", "waiting", "lymphodepletion", "follow_up")

#: Units of a dose.
DOSE_UNITS: Final = ("cells", "cells/kg")

_SUBJECT = Column("usubjid", pl.String, "subject identifier, unique in the trial", adam="USUBJID", required=True)
_DAY = Column("day", pl.Int32, "infusion day, 0 = infusion", unit="d")
_SEQ = Column("seq", pl.Int32, "number within the subject, in order of record", adam="ASEQ", required=True)
_TIME = Column("time_days", pl.Float64, "time since infusion", unit="d", adam="ARRLT")


def _flag(name: str, meaning: str, adam: str = "") -> Column:
    return Column(name, pl.Boolean, meaning, adam=adam, required=True)


def _date(name: str, meaning: str, adam: str = "") -> Column:
    return Column(name, pl.Date, meaning, adam=adam)


ADSL: Final = DatasetSpec(
    "adsl",
    "one row per subject who consented, was enrolled or was infused; a replaced subject stays (AC-A1.4)",
    ("usubjid",),
    (
        _SUBJECT,
        Column("siteid", pl.String, "site", adam="SITEID"),
        Column("age", pl.Int32, "age in completed years at the step that age_at names", unit="a", adam="AGE"),
        Column("age_at", pl.String, "step at which the age holds", codes=tuple(item.value for item in AgeReference)),
        Column("sex", pl.String, "sex", adam="SEX", codes=("F", "M", "U")),
        Column("arm", pl.String, "treatment arm as randomised; *** where the reader is blinded", adam="ARM"),
        Column("stratum", pl.String, "stratum in which the arm was drawn", adam="STRATAR"),
        Column("product", pl.String, "product received, where the records tell of several", adam="TRT01A"),
        Column("weight_kg", pl.Float64, "body weight, last before infusion", unit="kg", adam="WEIGHTBL"),
        Column("dose_level_assigned", pl.Int32, "level assigned, 1 = lowest", adam="TRT01PN"),
        Column("dose_level_delivered", pl.Int32, "level that the delivered dose belongs to", adam="TRT01AN"),
        Column("dose_assigned_cells", pl.Float64, "dose of the assigned level", unit="as in dose_assigned_unit"),
        Column("dose_assigned_unit", pl.String, "unit of the assigned dose", codes=DOSE_UNITS),
        Column(
            "dose_delivered_cells",
            pl.Float64,
            "dose infused, first infusion; null per kilogram without a weight",
            unit="as in dose_delivered_unit",
        ),
        Column("dose_delivered_unit", pl.String, "unit of the dose infused", codes=DOSE_UNITS),
        Column("dose_delivered_total", pl.Float64, "cells infused as a whole, first infusion", unit="cells"),
        Column("dose_per_kg", pl.Boolean, "the dose infused is per kilogram of body weight"),
        Column(
            "dose_basis",
            pl.String,
            "which cells are counted",
            codes=("total", "viable", "target_positive_viable"),
        ),
        _flag("consented", "signed the main consent"),
        _flag("enrolled", "passed the eligibility gate and was registered", "ENRLFL"),
        _flag("collected", "leukapheresis carried out"),
        _flag("lymphodepleted", "at least one lymphodepletion dose"),
        _flag("infused", "received any product of this trial (AC-A1.3)", "TRTFL"),
        _flag(
            "infused_conforming",
            "infused, and every dose was within specification and within the band of the assigned level",
        ),
        _flag("safety", "safety set: equal to `infused`", "SAFFL"),
        _flag("dlt_evaluable", "infused, and had a DLT or completed the DLT window under observation", "DLTEVLFL"),
        _flag("efficacy_evaluable", "infused, and has a response assessment after infusion or died", "EFFFL"),
        _flag("dlt", "had a dose-limiting toxicity", "DLTFL"),
        _date("consented_date", "main consent", "RFICDT"),
        _date("enrolled_date", "enrolment", "ENRLDT"),
        _date("randomised_date", "randomisation", "RANDDT"),
        _date("collected_date", "first leukapheresis"),
        _date("lymphodepleted_date", "first lymphodepletion dose"),
        _date("infused_date", "first infusion", "TRTSDT"),
        Column(
            "not_treated_reason",
            pl.String,
            "why an enrolled subject was not infused; null when infused or not enrolled",
            adam="DCSREAS",
            codes=NOT_TREATED_REASONS,
        ),
        _date("not_treated_date", "when it was settled that there will be no infusion"),
        Column("vein_to_vein_days", pl.Int32, "first collection to first infusion", unit="d"),
        Column("manufacturing_attempts", pl.Int32, "manufacturing runs started"),
        Column("process_version", pl.String, "process version of the infused batch"),
        Column("replaces", pl.String, "subject whom this one replaces for the DLT decision"),
        _date("new_therapy_date", "first new anticancer therapy after infusion"),
        Column("new_therapy_day", pl.Int32, "the same, infusion day", unit="d"),
        Column("new_therapy_kind", pl.String, "its kind: systemic, transplant, radiotherapy, ..."),
        _date("discontinued_date", "left the trial for whatever reason", "EOSDT"),
        _flag("died", "died by the data cut", "DTHFL"),
        _date("death_date", "death", "DTHDT"),
        _date("last_alive_date", "last known alive", "LSTALVDT"),
    ),
)

ADAE: Final = DatasetSpec(
    "adae",
    "one row per adverse event, at its highest grade",
    ("usubjid", "aeseq"),
    (
        _SUBJECT,
        Column("aeseq", pl.Int32, "number within the subject, in order of report", adam="AESEQ", required=True),
        Column("event_id", pl.String, "identifier of the event in the ledger", adam="AESPID"),
        Column("term", pl.String, "reported or preferred term", adam="AEDECOD", required=True),
        Column("category", pl.String, "crs, icans, ... where of special interest; else other", adam="AECAT"),
        Column("grade", pl.Int32, "highest grade 1-5; null when not yet graded", adam="ATOXGRN"),
        Column("scale", pl.String, "grading scale, such as CTCAE-5.0 or ASTCT-2019", adam="ATOXSCL"),
        _date("start_date", "onset", "ASTDT"),
        _date("end_date", "resolution", "AENDT"),
        Column("onset_day", pl.Int32, "onset, infusion day", unit="d"),
        Column("resolved_day", pl.Int32, "resolution, infusion day; null while ongoing", unit="d"),
        Column("phase", pl.String, "phase in which it began", adam="APHASE", codes=PHASES),
        Column("dose_level", pl.Int32, "level assigned to the subject"),
        _flag("is_dlt", "confirmed dose-limiting toxicity"),
        Column("serious", pl.Boolean, "serious; null where historical records do not say", adam="AESER"),
        Column(
            "related", pl.String, "related to the product", adam="AREL", codes=("related", "not_related", "unknown")
        ),
        Column("outcome", pl.String, "outcome", adam="AEOUT", codes=("resolved", "ongoing", "fatal", "unknown")),
    ),
)

ADRS: Final = DatasetSpec(
    "adrs",
    "one row per response assessment and reader",
    ("usubjid", "seq"),
    (
        _SUBJECT,
        _SEQ,
        Column("visit", pl.String, "visit code", adam="AVISIT", required=True),
        _date("adt", "date of assessment", "ADT"),
        _DAY,
        Column(
            "response", pl.String, "response code of the criteria, such as CR, VGPR, PR", adam="AVALC", required=True
        ),
        Column("criteria", pl.String, "response criteria, such as IMWG-2016", adam="PARCAT1"),
        Column(
            "source", pl.String, "who read it", adam="PARCAT2", codes=("investigator", "irc", "derived"), required=True
        ),
    ),
    order=("usubjid", "source", "adt", "visit"),
)

ADTTE: Final = DatasetSpec(
    "adtte",
    "one row per subject, endpoint, origin and reader",
    ("usubjid", "paramcd", "origin", "reader"),
    (
        _SUBJECT,
        Column("paramcd", pl.String, "endpoint", adam="PARAMCD", codes=("PFS", "OS", "DOR"), required=True),
        Column(
            "origin",
            pl.String,
            "where the clock starts",
            codes=("enrolment", "randomisation", "collection", "infusion", "response"),
            required=True,
        ),
        Column(
            "reader",
            pl.String,
            "whose assessments count, for PFS and DOR; null for OS",
            adam="PARQUAL",
            codes=("investigator", "irc", "derived"),
        ),
        Column("aval", pl.Float64, "elapsed time, adt - startdt", unit="d", adam="AVAL", required=True),
        Column("cnsr", pl.Int32, "0 = event, 1 = censored (CDISC)", adam="CNSR", required=True),
        Column(
            "evntdesc",
            pl.String,
            "what ended the time",
            adam="EVNTDESC",
            codes=("progression", "death", "last_assessment", "last_alive", "left_before_infusion", "origin_only"),
        ),
        _date("startdt", "origin", "STARTDT"),
        _date("adt", "event or censoring", "ADT"),
    ),
    order=("paramcd", "origin", "reader", "usubjid"),
)

ADPC: Final = DatasetSpec(
    "adpc",
    "one row per kinetics sample and assay",
    ("usubjid", "seq"),
    (
        _SUBJECT,
        _SEQ,
        Column("visit", pl.String, "visit code", adam="AVISIT"),
        _DAY,
        _TIME,
        Column("nominal_day", pl.Int32, "planned day after infusion", unit="d", adam="NRRLT"),
        Column("assay", pl.String, "method", adam="PCMETHOD", codes=("qpcr", "ddpcr", "flow"), required=True),
        Column("analyte", pl.String, "what is counted, such as transgene or car_t_cells", adam="PARAMCD"),
        Column("value", pl.Float64, "result; null when below the limit or unusable", adam="AVAL"),
        Column("unit", pl.String, "unit of value and lloq", adam="AVALU", required=True),
        _flag("below_lloq", "below the lower limit of quantification", "BLQFL"),
        Column("lloq", pl.Float64, "lower limit of quantification", adam="PCLLOQ"),
        Column("above_limit", pl.Boolean, "above the upper limit of quantification, so that the value is not known"),
        Column("note", pl.String, "why a value is unusable, such as assay_interference"),
    ),
)

ADLB: Final = DatasetSpec(
    "adlb",
    "one row per laboratory result",
    ("usubjid", "seq"),
    (
        _SUBJECT,
        _SEQ,
        Column("paramcd", pl.String, "analyte", adam="PARAMCD", required=True),
        _date("adt", "date of sample", "ADT"),
        _DAY,
        _TIME,
        Column("value", pl.Float64, "result in the standard unit; null below or above a limit", adam="AVAL"),
        Column("unit", pl.String, "standard unit of what was measured", adam="AVALU"),
        Column("note", pl.String, "remark of the laboratory, or a value below or above a limit"),
        Column("reported", pl.String, "result as it was reported", adam="LBORRES"),
        Column("reported_unit", pl.String, "unit as it was reported", adam="LBORRESU"),
    ),
)

ADCM: Final = DatasetSpec(
    "adcm",
    "one row per medication or therapy beside the product",
    ("usubjid", "seq"),
    (
        _SUBJECT,
        _SEQ,
        Column("treatment", pl.String, "medication or therapy", adam="CMDECOD", required=True),
        Column(
            "category",
            pl.String,
            "what it is given for",
            adam="CMCAT",
            codes=("concomitant", "bridging", "anticancer"),
            required=True,
        ),
        Column("indication", pl.String, "indication, or kind of anticancer therapy", adam="CMINDC"),
        Column("dose", pl.Float64, "dose", adam="CMDOSE"),
        Column("unit", pl.String, "unit of the dose", adam="CMDOSU"),
        _date("start_date", "first day", "ASTDT"),
        _date("end_date", "last day", "AENDT"),
        Column("start_day", pl.Int32, "first day, infusion day", unit="d"),
    ),
    order=("usubjid", "start_date", "seq"),
)

ADEX: Final = DatasetSpec(
    "adex",
    "one row per administration of cells that was given, or that was decided not to be given",
    ("usubjid", "seq"),
    (
        _SUBJECT,
        _SEQ,
        Column("round", pl.Int32, "courses counted as they were given, 1 = first", adam="APERIOD", required=True),
        Column("course", pl.String, "course of the protocol"),
        Column("administration", pl.String, "administration of the course"),
        _flag("given", "cells were given; else it was signed for that they are not", "EXOCCUR"),
        _date("date", "day of the administration, or of the decision", "ASTDT"),
        _DAY,
        Column("batch", pl.String, "batch", adam="EXLOT"),
        Column("bags", pl.String, "bags that were given, where the batch has several"),
        Column("route", pl.String, "route", adam="EXROUTE"),
        Column("level_assigned", pl.Int32, "assigned dose level, 1 = lowest"),
        Column("planned_share", pl.Float64, "planned part of the dose of the level"),
        Column("planned_from", pl.Float64, "least planned cells, before any tolerance", unit="cells"),
        Column("planned_to", pl.Float64, "most planned cells, before any tolerance", unit="cells", adam="EXPDOSE"),
        Column("delivered_cells", pl.Float64, "cells given", unit="cells", adam="EXDOSE"),
        Column("delivered_per_kg", pl.Float64, "cells given per kilogram of body weight", unit="cells/kg"),
        Column("course_cells", pl.Float64, "cells of the course so far", unit="cells"),
        Column("basis", pl.String, "which cells are counted", adam="EXDOSU"),
        Column("reason", pl.String, "why it was not given", adam="EXREASND"),
        _flag("conforming", "within the dose band of the assigned level and within specification"),
    ),
    order=("usubjid", "seq"),
)

ADFU: Final = DatasetSpec(
    "adfu",
    "one row per planned contact of long-term follow-up that asks something",
    ("usubjid", "seq"),
    (
        _SUBJECT,
        _SEQ,
        Column("visit", pl.String, "planned visit", adam="AVISIT", required=True),
        _date("due_date", "day on which it is due"),
        _date("opens_date", "first day of its window", "AWLO"),
        _date("closes_date", "last day of its window", "AWHI"),
        Column(
            "state",
            pl.String,
            "where it stood on the last day of the data",
            codes=("due", "in_window", "overdue", "missed", "contacted", "lost", "withdrawn", "dead"),
            required=True,
        ),
        _date("contact_date", "day on which it took place", "ADT"),
        Column(
            "answers",
            pl.String,
            "what its answers say of the classes of delayed events: an event, something unknown, nothing, or a class unasked",
            codes=("EVENT", "OPEN", "CLEAR", "NE"),
        ),
        Column("events", pl.String, "classes answered yes, by `; `"),
        Column("unknown", pl.String, "classes answered unknown, by `; `"),
    ),
)

ADMANU: Final = DatasetSpec(
    "admanu",
    "one row per manufacturing run",
    ("batch",),
    (
        _SUBJECT,
        Column("batch", pl.String, "batch identifier", required=True),
        Column("attempt", pl.Int32, "1 = first run for the subject", required=True),
        Column(
            "outcome",
            pl.String,
            "state at the data cut",
            codes=(
                "planned",
                "collected",
                "material_received",
                "in_process",
                "qc",
                "released",
                "rejected",
                "out_of_specification",
                "quarantined",
                "failed",
                "shipped",
                "received",
                "thawed",
                "returned",
                "expired",
                "infused",
                "destroyed",
            ),
            required=True,
        ),
        _flag("failed", "the run gave no product that may be infused as planned"),
        _flag("out_of_specification", "finished outside its specification at any time"),
        Column("failure_step", pl.String, "manufacturing step at which it failed"),
        Column("failure_cause", pl.String, "cause code of a failure"),
        Column("process_version", pl.String, "process version"),
        Column("viability", pl.Float64, "viable cells at release, as a share", unit="1"),
        Column("positivity", pl.Float64, "target-positive cells at release, as a share", unit="1"),
        Column("vector_copy_number", pl.Float64, "vector copies per cell at release", unit="1"),
        _date("collected_date", "leukapheresis that fed the run"),
        _date("started_date", "start of manufacture"),
        _date("finished_date", "release, or the decision that it failed"),
        _date("infused_date", "infusion of this batch"),
        Column("days", pl.Int32, "start to finish", unit="d"),
    ),
    order=("usubjid", "attempt", "batch"),
)

ADLT: Final = DatasetSpec(
    "adlt",
    "one row per subject and stage of the way from enrolment: the swimlane",
    ("usubjid", "seq"),
    (
        _SUBJECT,
        _SEQ,
        Column("stage", pl.String, "stage", codes=STAGES, required=True),
        Column(
            "start_day",
            pl.Int32,
            "days since enrolment (0 = enrolment; screening is negative)",
            unit="d",
            required=True,
        ),
        Column(
            "end_day",
            pl.Int32,
            "days since enrolment at which the stage ended or the data were cut",
            unit="d",
            required=True,
        ),
        _date("start_date", "first day"),
        _date("end_date", "last day"),
        _flag("ongoing", "the stage had not ended at the data cut"),
    ),
    order=("usubjid", "start_day", "end_day", "seq"),
)

DOSE_LEVELS: Final = DatasetSpec(
    "dose_levels",
    "one row per dose level of the protocol",
    ("level",),
    (
        Column("level", pl.Int32, "1 = lowest", required=True),
        Column("label", pl.String, "name in the protocol"),
        Column("cells", pl.Float64, "dose", unit="cells or cells/kg"),
        _flag("per_kg", "dose is per kilogram of body weight"),
        Column("basis", pl.String, "which cells are counted"),
    ),
)

DOSE_DECISIONS: Final = DatasetSpec(
    "dose_decisions",
    "one row per dose decision, in order",
    ("seq",),
    (
        Column("seq", pl.Int32, "1, 2, ...", required=True),
        _date("date", "date of the decision"),
        Column("level", pl.Int32, "level decided on"),
        Column("n_evaluable", pl.Int32, "DLT-evaluable subjects at this level then"),
        Column("n_dlt", pl.Int32, "of them with a DLT"),
        Column(
            "decision",
            pl.String,
            "the signed move; declare and reopen speak of the recommended dose",
            codes=("escalate", "stay", "de_escalate", "expand", "stop", "select", "wait", "declare", "reopen"),
            required=True,
        ),
        Column("deviates", pl.Boolean, "the committee decided otherwise than the design"),
        Column("next_level", pl.Int32, "level opened next; null when the escalation ended"),
        Column("recommended_level", pl.Int32, "level declared as the recommended dose, on a declare row"),
    ),
)

SUSPENSIONS: Final = DatasetSpec(
    "suspensions",
    "one row per suspension",
    ("seq",),
    (
        Column("seq", pl.Int32, "1, 2, ...", required=True),
        _date("start_date", "suspended"),
        _date("end_date", "resumed; null while suspended or after termination"),
        Column("rule", pl.String, "rule that fired, or who decided"),
        Column("scope", pl.String, "what is suspended: trial, level/2, ..."),
        Column("outcome", pl.String, "how it ended", codes=("suspended", "resumed", "terminated"), required=True),
        Column("reason", pl.String, "reason given, as recorded"),
    ),
)

_EVERY: Final = (
    ADSL, ADAE, ADRS, ADTTE, ADPC, ADLB, ADCM, ADEX, ADMANU, ADFU, ADLT, DOSE_LEVELS, DOSE_DECISIONS, SUSPENSIONS,
)  # fmt: skip
#: Every dataset by name.
DATASETS: Final[Mapping[str, DatasetSpec]] = MappingProxyType({spec.name: spec for spec in _EVERY})

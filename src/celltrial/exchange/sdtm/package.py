"""All data sets of one trial: every domain made, bounded, related and held against its specification."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from celltrial.exchange.sdtm import design, findings, interventions, safety, specimens, subjects
from celltrial.exchange.sdtm.study import Maker, Row, Study
from celltrial.exchange.submission.checks import Finding, check
from celltrial.exchange.submission.dataset import Dataset, finish
from celltrial.exchange.submission.spec import Standard, TableSpec, read_standard

#: Domain to what makes its rows; the order is that of the Define-XML: design, persons, interventions, events, findings.
DOMAINS: Final[Mapping[str, Maker]] = MappingProxyType(
    {
        "TA": design.trial_arms,
        "TE": design.trial_elements,
        "TI": design.criteria,
        "TS": design.summary,
        "TV": design.trial_visits,
        "DM": subjects.demographics,
        "SE": subjects.elements,
        "SV": subjects.visits,
        "CM": interventions.medications,
        "EC": interventions.exposures_collected,
        "EX": interventions.exposures,
        "PR": interventions.procedures,
        "AE": safety.adverse_events,
        "BE": specimens.specimen_events,
        "DS": subjects.dispositions,
        "DV": safety.deviations,
        "BS": specimens.specimen_findings,
        "DD": subjects.deaths,
        "IE": design.exceptions,
        "IS": findings.immunogenicity,
        "LB": findings.laboratory,
        "MB": findings.microbiology,
        "PC": findings.kinetics,
        "RS": findings.responses,
        "SS": subjects.statuses,
        "TR": findings.lesion_results,
        "TU": findings.lesions,
        "VS": findings.vital_signs,
        "FA": safety.findings_about,
    }
)
#: Domains of the guide for which the ledger has no facts of their own.
NOT_MADE: Final = ("CE", "MH", "PP", "CP", "GF", "EG")
#: Domain to what makes its supplemental qualifiers, and the column that points at its rows.
_QUALIFIERS: Final[Mapping[str, Callable[[Study, list[Row]], list[tuple[Row, str, str, str]]]]] = MappingProxyType(
    {"EX": interventions.exposure_qualifiers, "AE": safety.event_qualifiers}
)
#: Tables whose last result before treatment is flagged.
_BASELINE: Final = ("LB", "RS", "VS")


@dataclass(frozen=True, slots=True)
class Package:
    """The data sets of a trial.

    empty:    domains that were made and hold nothing.
    left_out: facts that have no place in any domain, by a code and how many.
    findings: what our own checks found.
    """

    standard: Standard
    tables: Mapping[str, Dataset]
    empty: tuple[str, ...]
    left_out: Mapping[str, int]
    findings: tuple[Finding, ...]


def sdtm_standard() -> Standard:
    """Return the specifications of the SDTM data sets."""
    return read_standard("celltrial.exchange.sdtm", "sdtm.toml", "terms.toml")


def make_package(study: Study) -> Package:
    """Return every data set of a trial; a domain without rows is named and not written."""
    standard = sdtm_standard()
    rows = {name: make(study) for name, make in DOMAINS.items()}
    findings.count_evidence_left_out(study)
    _bound(rows)
    for name in _BASELINE:
        _flag_baseline(name, rows[name], {str(row["USUBJID"]): str(row["RFXSTDTC"]) for row in rows["DM"]})
    tables = {name: finish(standard.tables[name], made) for name, made in rows.items() if made}
    for name, make in _QUALIFIERS.items():
        made = _supplement(study, name, make(study, rows[name]))
        if made:
            tables[f"SUPP{name}"] = finish(_supplement_spec(standard, name), made)
    related = _related(study, rows)
    if related:
        tables["RELREC"] = finish(standard.tables["RELREC"], related)
    descent = specimens.genealogy(study)
    if descent:
        tables["RELSPEC"] = finish(standard.tables["RELSPEC"], descent)
    empty = tuple(name for name, made in rows.items() if not made)
    shown = MappingProxyType(tables)
    return Package(
        standard, shown, empty, MappingProxyType(dict(sorted(study.left_out.items()))), check(shown, standard)
    )


def _bound(rows: Mapping[str, list[Row]]) -> None:
    """Fill in the first and last day of treatment of each subject, and the last day on which anything is recorded."""
    ends: dict[str, str] = {}
    for made in rows.values():
        for row in made:
            who = str(row.get("USUBJID", ""))
            for name, value in row.items():
                if name.endswith("DTC") and name != "PCRFTDTC" and value and len(str(value)) >= 10:
                    ends[who] = max(ends.get(who, ""), str(value)[:10])
    treated: dict[str, list[tuple[str, str]]] = {}
    for row in rows["EX"]:
        treated.setdefault(str(row["USUBJID"]), []).append((str(row["EXSTDTC"]), str(row["EXENDTC"])))
    for row in rows["DM"]:
        who = str(row["USUBJID"])
        given = [pair for pair in treated.get(who, []) if pair[0]]
        row["RFXSTDTC"] = min((start for start, _ in given), default="")
        row["RFXENDTC"] = max((end for _, end in given if end), default="")
        row["RFPENDTC"] = ends.get(who, "")
        row["RFENDTC"] = "" if row["ARMNRS"] else ends.get(who, "")


def _flag_baseline(domain: str, rows: list[Row], starts: Mapping[str, str]) -> None:
    """Flag the last result of each test of a subject before the first treatment; on the same day where the hour is not known."""
    last: dict[tuple[str, str, str], Row] = {}
    for row in rows:
        who, when = str(row["USUBJID"]), str(row[f"{domain}DTC"])
        start = starts.get(who, "")
        if not start or not when or not row[f"{domain}STRESC"]:
            continue
        known = min(len(start), len(when))
        if when[:known] > start[:known]:
            continue
        key = (who, str(row[f"{domain}TESTCD"]), str(row.get("RSEVAL", "")) + str(row.get("RSEVALID", "")))
        held = last.get(key)
        if held is None or str(held[f"{domain}DTC"]) <= when:
            last[key] = row
    for row in last.values():
        row[f"{domain}LOBXFL"] = "Y"


def _supplement_spec(standard: Standard, domain: str) -> TableSpec:
    spec = standard.tables["SUPPQUAL"]
    return replace(spec, name=f"SUPP{domain}", label=f"{spec.label} {domain}")


def _supplement(study: Study, domain: str, found: list[tuple[Row, str, str, str]]) -> list[Row]:
    return [
        {
            "STUDYID": study.trial,
            "RDOMAIN": domain,
            "USUBJID": parent["USUBJID"],
            "IDVAR": f"{domain}SEQ",
            "IDVARVAL": str(parent[f"{domain}SEQ"]),
            "QNAM": name,
            "QLABEL": label,
            "QVAL": value,
            "QORIG": "CRF",
        }
        for parent, name, label, value in found
    ]


def _related(study: Study, rows: Mapping[str, list[Row]]) -> list[Row]:
    """Return RELREC: what belongs together by the value of a column, between two tables."""
    ties = (
        ("AE", "AESPID", "ONE", "FA", "FASPID", "MANY", "AEFA"),
        ("EX", "EXLNKID", "ONE", "EC", "ECLNKID", "MANY", "EXEC"),
        ("TU", "TULNKID", "ONE", "TR", "TRLNKID", "MANY", "TUTR"),
    )
    made: list[Row] = []
    for one, left, left_kind, other, right, right_kind, name in ties:
        if rows[one] and rows[other]:
            for table, column, kind in ((one, left, left_kind), (other, right, right_kind)):
                made.append({"STUDYID": study.trial, "RDOMAIN": table, "IDVAR": column, "RELTYPE": kind, "RELID": name})
    return made

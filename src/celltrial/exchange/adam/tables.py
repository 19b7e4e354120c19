"""ADaM data sets: the analysis tables of the report, each with what its rows rest on in the SDTM tables.

A column holds what the analysis table holds, unchanged but for its form, so that the report can be made of the files again. A
date has its study day beside it (1 on the day of infusion, no 0); where the records hold days and no dates, only the day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import polars as pl

from celltrial.analysis import kinetics
from celltrial.analysis.kinetics import Kinetics
from celltrial.core.dates import study_day
from celltrial.core.results import Estimate
from celltrial.exchange.sdtm.naming import made_name, short_name
from celltrial.exchange.sdtm.package import make_package
from celltrial.exchange.sdtm.study import Row, Study
from celltrial.exchange.submission.checks import Finding, check
from celltrial.exchange.submission.dataset import Cell, Dataset, finish
from celltrial.exchange.submission.spec import Standard, TableSpec, Variable, read_standard

#: Endpoint, origin and reader in the code of a parameter of time.
_ORIGINS: Final = {
    "enrolment": "ENR",
    "randomisation": "RND",
    "collection": "COL",
    "infusion": "INF",
    "response": "RSP",
}
_READERS: Final = {None: "", "investigator": "V", "irc": "C", "derived": "P"}
_ENDPOINTS: Final = {"PFS": "Progression-free survival", "OS": "Overall survival", "DOR": "Duration of response"}
#: What ended a time, to where it is found.
_ENDS: Final = {
    "progression": ("ADRS", "ADT"),
    "death": ("ADSL", "DTHDT"),
    "last_assessment": ("ADRS", "ADT"),
    "last_alive": ("ADSL", "LSTALVDT"),
    "left_before_infusion": ("ADSL", "EOSDT"),
    "origin_only": ("ADTTE", "STARTDT"),
}
_PARAMETERS: Final = {
    "cmax": ("CMAX", "Maximum concentration"),
    "tmax": ("TMAX", "Time of maximum"),
    "auc": ("AUCEND", "Area under the curve to the last day of the rule"),
    "auc_last": ("AUCLST", "Area under the curve to the last quantifiable value"),
    "auc_all": ("AUCALL", "Area under the curve over all samples"),
    "auc_infinity": ("AUCIFO", "Area under the curve to infinity"),
    "half_life": ("LAMZHL", "Half-life of the terminal phase"),
    "tlast": ("TLST", "Time of the last quantifiable value"),
}


def adam_standard() -> Standard:
    """Return the specifications of the ADaM data sets."""
    return read_standard("celltrial.exchange.adam", "adam.toml", "terms.toml")


def make_adam(study: Study) -> tuple[Standard, Mapping[str, Dataset], tuple[Finding, ...]]:
    """Return the ADaM data sets of a trial with what our checks found; a table without rows is not written."""
    standard = adam_standard()
    sdtm = make_package(study).tables
    made: dict[str, Dataset] = {}
    for name, spec in standard.tables.items():
        rows = _parameters(study) if name == "ADPP" else list(_rows(study, spec, sdtm))
        if rows:
            made[name] = finish(with_days(spec, study), rows)
    shown = MappingProxyType(made)
    return standard, shown, check(shown, standard)


def with_days(spec: TableSpec, study: Study) -> TableSpec:
    """Return a specification with the study day beside each date; in ADSL only where the records hold no dates."""
    if spec.name == "ADSL" and not study.stand_in:
        return spec
    columns: list[Variable] = []
    for item in spec.variables:
        columns.append(item)
        if item.type == "date":
            name = day_name(item.name)
            label = f"Study Day of {item.name}"
            columns.append(
                Variable(name, label, "integer", "perm", "derived", "", f"{item.name} - TRTSDT, plus 1 on or after it")
            )
    return replace(spec, variables=tuple(columns))


def day_name(name: str) -> str:
    """Return the name of the study day of a date, such as ADY for ADT."""
    return f"{name[:-2]}DY"


def _rows(study: Study, spec: TableSpec, sdtm: Mapping[str, Dataset]) -> Iterator[Row]:
    table: pl.DataFrame = study.data.tables()[spec.name.lower()]
    more = _MORE.get(spec.name)
    sources = _sources(sdtm)
    for found in table.iter_rows(named=True):
        who = str(found["usubjid"])
        row: Row = {"STUDYID": study.trial, "USUBJID": study.usubjid(who)}
        for item in spec.variables:
            if item.source:
                row |= _written(study, spec, item, who, found[item.source])
        yield row | (more(found, row, sources) if more is not None else {})


def _written(study: Study, spec: TableSpec, item: Variable, who: str, value: Any) -> Row:
    if isinstance(value, bool):
        return {item.name: "Y" if value else "N"}
    if item.type != "date":
        return {item.name: value}
    row: Row = {item.name: "" if study.stand_in or value is None else value.isoformat()}
    if spec.name != "ADSL" or study.stand_in:
        row[day_name(item.name)] = _day(study, who, value)
    return row


def _day(study: Study, who: str, value: date | None) -> int | None:
    person = study.steps.get(who)
    if value is None or person is None or person.infused is None:
        return None
    return study_day(value, person.infused)


Sources = Mapping[tuple[str, str], list[Mapping[str, Cell]]]


def _sources(sdtm: Mapping[str, Dataset]) -> Sources:
    """Return the rows of the SDTM tables by table and subject, in order of their numbers."""
    found: dict[tuple[str, str], list[Mapping[str, Cell]]] = {}
    for name in ("RS", "LB", "PC", "CM", "PR", "EX"):
        for row in sdtm[name].rows if name in sdtm else ():
            found.setdefault((name, str(row["USUBJID"])), []).append(row)
    return found


def _of_adverse_event(found: Mapping[str, Any], _row: Row, _sources: Sources) -> Row:
    day = found["onset_day"]
    return {"TRTEMFL": "" if day is None else "Y" if day >= 0 else "N"}


def _of_response(found: Mapping[str, Any], row: Row, sources: Sources) -> Row:
    code = {"investigator": "OVRINV", "irc": "OVRIRC", "derived": "OVRPRG"}[found["source"]]
    evaluator = {
        "investigator": {"INVESTIGATOR"},
        "irc": {"INDEPENDENT ASSESSOR", "ADJUDICATION COMMITTEE"},
        "derived": {"PROGRAM"},
    }
    held = [
        one
        for one in sources.get(("RS", str(row["USUBJID"])), [])
        if one["RSEVAL"] in evaluator[found["source"]] and _fits(one, found, row)
    ]
    more: Row = {
        "PARAMCD": code,
        "PARAM": f"Overall Response by {found['source'].replace('irc', 'independent review')}",
    }
    return more | {"SRCDOM": "RS", "SRCVAR": "RSSTRESC", "SRCSEQ": held[0]["RSSEQ"] if len(held) == 1 else None}


def _fits(one: Mapping[str, Cell], found: Mapping[str, Any], row: Row) -> bool:
    """Tell whether an SDTM row is what an analysis row rests on: the same result at the same visit, or progression that day."""
    days = (one["RSDY"], row.get("ADY"))
    same_day = days[0] == days[1] if None not in days else one["RSDTC"] == row["ADT"]
    if one["RSTESTCD"] == "OVRLRESP":
        return bool(same_day and one["RSSTRESC"] == found["response"] and one.get("VISIT", "") == found["visit"])
    return bool(same_day and one["RSTESTCD"] == "PDIND" and found["visit"] == "progression")


def _of_time(found: Mapping[str, Any], _row: Row, _sources: Sources) -> Row:
    code = f"{found['paramcd']}{_ORIGINS[found['origin']]}{_READERS[found['reader']]}"
    reader = f", {found['reader']}" if found["reader"] else ""
    name = f"{_ENDPOINTS[found['paramcd']]} from {found['origin']}{reader} (days)"
    table, column = _ENDS[found["evntdesc"]]
    return {"PARAMCD": code, "PARAM": name, "SRCDOM": table, "SRCVAR": column}


def _of_kinetics(found: Mapping[str, Any], _row: Row, _sources: Sources) -> Row:
    code = f"{made_name(str(found['analyte']))[:6]}{ {'qpcr': 'Q', 'ddpcr': 'D', 'flow': 'F'}[found['assay']] }"
    name = f"{found['analyte']} by {found['assay']} ({found['unit']})"
    return {"PARAMCD": code, "PARAM": name, "SRCDOM": "PC", "SRCVAR": "PCSTRESN", "SRCSEQ": found["seq"]}


def _of_laboratory(found: Mapping[str, Any], row: Row, sources: Sources) -> Row:
    code, name = short_name(str(found["paramcd"]))
    of = [one for one in sources.get(("LB", str(row["USUBJID"])), []) if one["LBCAT"] == "LABORATORY"]
    unit = f" ({found['unit']})" if found["unit"] else ""
    more: Row = {"PARAMCD": code, "PARAM": f"{name}{unit}", "SRCDOM": "LB", "SRCVAR": "LBSTRESN"}
    return more | {"SRCSEQ": of[found["seq"] - 1]["LBSEQ"]}


def _of_therapy(found: Mapping[str, Any], row: Row, sources: Sources) -> Row:
    who, kind = str(row["USUBJID"]), str(found["category"]).upper()
    for table, name, category in (("CM", "CMTRT", "CMCAT"), ("PR", "PRTRT", "PRCAT")):
        held = [
            one
            for one in sources.get((table, who), [])
            if one[name] == found["treatment"]
            and one[category] == kind
            and one.get(f"{table}STDTC", "") == row["ASTDT"]
        ]
        if held:
            return {"SRCDOM": table, "SRCSEQ": held[0][f"{table}SEQ"] if len(held) == 1 else None}
    return {}


def _of_exposure(found: Mapping[str, Any], row: Row, sources: Sources) -> Row:
    if not found["given"]:
        return {}
    held = [
        one
        for one in sources.get(("EX", str(row["USUBJID"])), [])
        if one["EXCAT"] == "CELLS" and one["EXLOT"] == found["batch"] and one["EXSTDY"] == row.get("ASTDY")
    ]
    return {"SRCDOM": "EX", "SRCSEQ": held[0]["EXSEQ"] if len(held) == 1 else None}


_MORE: Final[Mapping[str, Callable[[Mapping[str, Any], Row, Sources], Row]]] = MappingProxyType(
    {
        "ADAE": _of_adverse_event,
        "ADRS": _of_response,
        "ADTTE": _of_time,
        "ADPC": _of_kinetics,
        "ADLB": _of_laboratory,
        "ADCM": _of_therapy,
        "ADEX": _of_exposure,
    }
)


def _parameters(study: Study) -> list[Row]:
    """Return ADPP: the parameters of every subject by assay, analyte and unit, as the report works them out."""
    infused = {name for name, person in study.steps.items() if person.infused is not None}
    samples = study.data.adpc.filter(pl.col("usubjid").is_in(sorted(infused))).with_columns(
        pl.col("time_days").fill_null(pl.col("day").cast(pl.Float64))
    )
    kinds = samples.select("assay", "analyte", "unit").unique().sort("assay", "analyte", "unit")
    rows: list[Row] = []
    for assay, analyte, unit in kinds.iter_rows():
        mine = samples.filter(
            pl.col("assay") == assay, pl.col("analyte").eq_missing(pl.lit(analyte)), pl.col("unit") == unit
        )
        result = kinetics.estimate(mine, assay=assay, analyte=analyte, rules=study.data.plan.kinetics)
        for one in result.subjects if isinstance(result, Kinetics) else ():
            for key, (code, name) in _PARAMETERS.items():
                value = getattr(one, key)
                known = isinstance(value, Estimate)
                units = {"auc": f"{unit}*d", "cmax": unit}.get(key.partition("_")[0], "d")
                row: Row = {"STUDYID": study.trial, "USUBJID": study.usubjid(one.usubjid), "SUBJID": one.usubjid}
                row |= {"PARAMCD": code, "PARAM": name, "ANALYTE": analyte, "PCMETHOD": assay, "AVALU": units}
                row |= {"AVAL": value.value if known else None, "REASND": "" if known else str(value.reason)}
                rows.append(row | {"SRCDOM": "ADPC", "SRCVAR": "AVAL"})
    return rows

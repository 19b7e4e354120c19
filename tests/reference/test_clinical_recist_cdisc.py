"""RECIST 1.1 against the CDISC pilot oncology example (simulated data).

Source: pharmaverse/pharmaversesdtm 1.5.0.9001 (TU, TR, RS `_onco_recist`) and
pharmaverse/pharmaverseadam 1.3.0.9004 (`adrs_onco`), Apache-2.0; read from ../shared.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date

import pytest

from celltrial.clinical.recist11 import derive_recist_response
from celltrial.clinical.recist11_best import BestResponseRule, ResponseVisit, derive_recist_best
from celltrial.clinical.recist_lesions import (
    BaselineLesion,
    NewLesion,
    NonTarget,
    TargetMeasure,
    TumourBaseline,
    TumourVisit,
)

pytestmark = pytest.mark.shared
STATES = {
    "ABSENT": NonTarget.ABSENT,
    "PRESENT": NonTarget.PRESENT,
    "UNEQUIVOCAL PROGRESSION": NonTarget.UNEQUIVOCAL_PROGRESSION,
    "NOT EVALUABLE": NonTarget.NOT_ASSESSED,
    "": NonTarget.NOT_ASSESSED,
}


def rows(shared, name):
    with (shared / "data" / name).open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def reader(row, prefix):
    return row["USUBJID"], row[f"{prefix}EVAL"], row[f"{prefix}EVALID"]


def derived_visits(shared):
    """Return {(subject, evaluator, reader, visit): category} from lesions alone."""
    node = {(*reader(row, "TU"), row["TULNKID"]): row["TULOC"] == "LYMPH NODE"
            for row in rows(shared, "sim_cdisc_tu_onco_recist.csv")}  # fmt: skip
    non_targets = defaultdict(set)
    for row in rows(shared, "sim_cdisc_tu_onco_recist.csv"):
        if row["TUORRES"] == "NON-TARGET":
            non_targets[reader(row, "TU")].add(row["TULNKID"])
    measured = defaultdict(lambda: defaultdict(lambda: {"targets": {}, "states": {}}))
    for row in rows(shared, "sim_cdisc_tr_onco_recist.csv"):
        who, visit, lesion = reader(row, "TR"), int(row["VISITNUM"]), row["TRLNKID"]
        wanted = "LPERP" if node.get((*who, lesion)) else "LDIAM"
        if row["TRGRPID"] == "TARGET" and row["TRTESTCD"] == wanted:
            measured[who][visit]["targets"][lesion] = row["TRSTRESN"] or None
        elif row["TRTESTCD"] == "TUMSTATE":
            measured[who][visit]["states"][lesion] = STATES[row["TRSTRESC"]]
    found = {}
    for who, by_visit in measured.items():
        first = by_visit[1]["targets"]
        baseline = TumourBaseline(
            tuple(BaselineLesion(item, size, node[(*who, item)]) for item, size in first.items()),
            non_targets=len(non_targets[who]),
        )
        earlier = []
        for number in sorted(set(by_visit) - {1}):
            entry = by_visit[number]
            visit = TumourVisit(
                tuple(TargetMeasure(item, size) for item, size in entry["targets"].items()),
                tuple(entry["states"].values()),
                NewLesion.NO,
            )
            found[(*who, number)] = derive_recist_response(visit, baseline=baseline, earlier=earlier)
            earlier.append(visit)
    return found


#: One reader of the example calls a target lesion that is back at 4.95 mm after a complete response a partial response;
#: by RECIST 1.1 it is progression whatever its size.
REAPPEARED = {("01-701-1133", "INDEPENDENT ASSESSOR", "RADIOLOGIST 2", 4): ("PD", "PR")}


def test_all_66_visit_responses_are_reproduced_but_one_that_is_progression(shared):
    derived = derived_visits(shared)
    wanted = {(*reader(row, "RS"), int(row["VISITNUM"])): row["RSSTRESC"]
              for row in rows(shared, "sim_cdisc_rs_onco_recist.csv")}  # fmt: skip
    assert len(wanted) == 66
    differ = {key: (derived[key].category, want) for key, want in wanted.items() if derived[key].category != want}
    assert differ == REAPPEARED
    assert all("T-10" in derived[key].deciding for key in REAPPEARED)


def test_two_of_them_need_the_partial_sum_rule(shared):
    assert sum("T-7" in item.deciding for item in derived_visits(shared).values()) == 2


@pytest.mark.parametrize(("parameter", "confirm_days"), [("BOR", None), ("CBOR", 28)])
def test_best_overall_response_of_the_eight_assessed_subjects(shared, parameter, confirm_days):
    """adrs_onco: reference date TRTSDT, ref_start_window 42, ref_confirm 28, as its published template states."""
    visits, starts, wanted = defaultdict(list), {}, {}
    for row in rows(shared, "sim_cdisc_adrs_onco.csv"):
        if row["PARAMCD"] == "OVR" and row["ANL01FL"] == "Y":
            visits[row["USUBJID"]].append(ResponseVisit(date.fromisoformat(row["ADT"]), row["AVALC"]))
            starts[row["USUBJID"]] = date.fromisoformat(row["TRTSDT"])
        elif row["PARAMCD"] == parameter:
            wanted[row["USUBJID"]] = (row["AVALC"], row["ADT"])
    rule = BestResponseRule(confirm_days=confirm_days, stable_from_days=42)
    assert len(visits) == 8
    for subject, seen in visits.items():
        found = derive_recist_best(seen, start=starts[subject], rule=rule)
        assert (found.category, str(found.on)) == wanted[subject], subject


def test_first_progression_of_the_eight_assessed_subjects(shared):
    visits, wanted = defaultdict(list), {}
    for row in rows(shared, "sim_cdisc_adrs_onco.csv"):
        if row["PARAMCD"] == "OVR":
            visits[row["USUBJID"]].append(ResponseVisit(date.fromisoformat(row["ADT"]), row["AVALC"]))
        elif row["PARAMCD"] == "PD":
            wanted[row["USUBJID"]] = row["ADT"]
    for subject, seen in visits.items():
        found = derive_recist_best(seen, start=seen[0].on).progressed_on
        assert (found.isoformat() if found else "") == wanted[subject]

"""OS, PFS and duration of response against the CDISC pilot oncology example (simulated data).

Source: pharmaverseadam 1.3.0.9004 `adrs_onco`, `adsl`, `adtte_onco` (Apache-2.0), read from ../shared: 254
randomised subjects, of whom 8 were assessed. Inputs are their visit responses, deaths and last days alive;
censoring and dates are ours. Their time counts the first day as 1, ours elapsed days.
"""

from __future__ import annotations

import csv
from datetime import date

import polars as pl
import pytest

from celltrial.datasets.adtte import derive_adtte
from celltrial.datasets.milestones import Milestones

pytestmark = pytest.mark.shared
#: their parameter and the one and origin of ours
PARAMETERS = {"OS": ("OS", "enrolment"), "PFS": ("PFS", "enrolment"), "RSD": ("DOR", "response")}


def rows(shared, name):
    with (shared / "data" / name).open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def day(text):
    return date.fromisoformat(text) if text else None


@pytest.fixture(scope="module")
def ours(shared):
    """Return {(endpoint, origin): {subject: (date, censored, elapsed days)}}."""
    people = {}
    for row in rows(shared, "sim_cdisc_adsl.csv"):
        start = day(row["RANDDT"])
        if start is not None:
            people[row["USUBJID"]] = Milestones(
                row["USUBJID"], consented=start, enrolled=start, infused=start,
                last_alive=day(row["LSTALVDT"]),
            )  # fmt: skip
    seen = []
    for row in rows(shared, "sim_cdisc_adrs_onco.csv"):
        if row["PARAMCD"] == "OVR" and row["ANL01FL"] == "Y":
            seen.append((row["USUBJID"], day(row["ADT"]), row["AVALC"]))
        elif row["PARAMCD"] == "DEATH" and row["AVALC"] == "Y":
            people[row["USUBJID"]].died = day(row["ADT"])
    adrs = pl.DataFrame(
        [(who, on, category, "investigator", number) for number, (who, on, category) in enumerate(seen)],
        schema=["usubjid", "adt", "response", "source", "seq"], orient="row",
    )  # fmt: skip
    found = {}
    for row in derive_adtte(adrs, people).iter_rows(named=True):
        key = row["paramcd"], row["origin"]
        found.setdefault(key, {})[row["usubjid"]] = (row["adt"], row["cnsr"], row["aval"])
    return found


@pytest.mark.parametrize("parameter", PARAMETERS)
def test_every_date_and_censoring_is_theirs(shared, ours, parameter):
    wanted = {
        row["USUBJID"]: (day(row["ADT"]), int(row["CNSR"]), float(row["AVAL"]) - 1)
        for row in rows(shared, "sim_cdisc_adtte_onco.csv") if row["PARAMCD"] == parameter
    }  # fmt: skip
    found = ours[PARAMETERS[parameter]]
    assert len(wanted) == {"OS": 254, "PFS": 254, "RSD": 4}[parameter]
    differ = {who: (found.get(who), want) for who, want in wanted.items() if found.get(who) != want}
    assert differ == {}

"""Confirmed myeloma response against the rule table that admiralonco prints, on its example data (simulated).

Source of the table: pharmaverse/admiralonco, vignettes/adrs_imwg.Rmd, section "Derive Confirmed Response Parameter"
(read at commit 009f4be). Source of the data: pharmaverse/pharmaversesdtm 1.5.0.9001, `rs_onco_imwg` and
`supprs_onco_imwg`, Apache-2.0; read from ../shared. The judge below is written from the table, not from the code.
"""

from __future__ import annotations

import csv
from calendar import monthrange
from collections import defaultdict
from datetime import date

import pytest

from celltrial.clinical.imwg_best import MyelomaVisit, derive_imwg_best

pytestmark = pytest.mark.shared
ORDER = ["NE", "SD", "MR", "PR", "VGPR", "CR", "sCR"]
RESPONSES = set(ORDER[2:])


def read(shared, name):
    with (shared / "data" / name).open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def day(text):
    """Return the date; a missing day is the last of its month, as the vignette imputes it."""
    parts = [int(part) for part in text.split("-")]
    return date(*parts) if len(parts) == 3 else date(*parts, monthrange(*parts)[1])


def subjects(shared):
    """Return {subject: [(date, category, by imaging, died of progression, new therapy date)]} in order of time."""
    flags = defaultdict(dict)
    for row in read(shared, "sim_cdisc_supprs_onco_imwg.csv"):
        flags[row["USUBJID"], row["IDVARVAL"]][row["QNAM"]] = row["QVAL"]
    found = defaultdict(list)
    for row in read(shared, "sim_cdisc_rs_onco_imwg.csv"):
        more = flags[row["USUBJID"], row["RSSEQ"]]
        therapy = day(more["NACTDT"]) if "NACTDT" in more else None
        found[row["USUBJID"]].append(
            (day(row["RSDTC"]), row["RSSTRESC"], more.get("PDIFL") == "Y", more.get("DTHPDFL") == "Y", therapy)
        )
    return {subject: sorted(rows, key=lambda item: item[0]) for subject, rows in found.items()}


def by_the_table(rows):
    """Return the best confirmed category and the day of progression, row by row of the printed table."""
    known = [row for row in rows if row[1] != "NE"]
    best = "NE"
    for index, (on, category, imaging, died, therapy) in enumerate(known):
        after = known[index + 1] if index + 1 < len(known) else None
        if therapy is not None and on >= therapy:
            break
        in_time = after is not None and (therapy is None or after[0] <= therapy)
        if category == "PD":
            if imaging or died or (after is not None and after[1] == "PD"):
                return ("PD" if best == "NE" else best), on
            continue
        shown = "SD"
        if category in RESPONSES and in_time and after[1] in {*RESPONSES, "SD"}:
            shown = min(category, after[1], key=ORDER.index)
        best = max(best, shown, key=ORDER.index)
    return best, None


def ours(rows):
    visits = [MyelomaVisit(on, category, by_imaging=imaging) for on, category, imaging, _, _ in rows]
    therapy = next((row[4] for row in rows if row[4] is not None), None)
    # A second assessment on the day of new therapy still confirms in the table; ours asks for one before it.
    found = derive_imwg_best(visits, new_therapy_on=therapy, died_of_progression=any(row[3] for row in rows))
    return found.best, found.progressed_on


def test_best_responses_differ_only_where_a_category_was_seen_once(shared):
    cases = subjects(shared)
    assert len(cases) == 23
    pairs = {who: (ours(rows)[0], by_the_table(rows)[0]) for who, rows in cases.items()}
    differing = {who: pair for who, pair in pairs.items() if pair[0] != pair[1]}
    assert set(differing.values()) == {("NE", "SD")}
    assert all(sum(row[1] in RESPONSES for row in cases[who]) == 1 for who in differing)
    assert len(differing) == 3


def test_progression_differs_only_where_the_second_assessment_came_after_new_therapy(shared):
    cases = subjects(shared)
    differing = [who for who, rows in cases.items() if ours(rows)[1] != by_the_table(rows)[1]]
    assert differing == ["01-701-1287"]
    progressed = [row for row in cases["01-701-1287"] if row[1] == "PD"]
    assert progressed[0][0] < progressed[0][4] < progressed[1][0]


def test_progression_by_imaging_needs_no_second_assessment(shared):
    rows = subjects(shared)["01-701-1302"]
    assert ours(rows) == by_the_table(rows) == ("PD", date(2013, 10, 8))
    assert derive_imwg_best([MyelomaVisit(rows[0][0], "PD")]).progressed_on is None

"""iRECIST and Lugano against the CDISC pilot oncology examples (simulated data).

Sources, read from ../shared: pharmaversesdtm 1.5.0.9001 `rs_onco_irecist` (Apache-2.0) and a
re-implementation of the admiralonco Lugano table, `ref_lugano_vignette_rule.csv`.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict

import pytest

from celltrial.clinical.irecist import irecist_overall
from celltrial.clinical.lugano import combine_lugano

pytestmark = pytest.mark.shared

#: The six records whose overall response does not follow from their parts: (target, non-target, new, recorded).
TRAPS = Counter(
    {
        ("NE", "NE", "Y", "NE"): 1,
        ("iSD", "NON-iCR/NON-iUPD", "Y", "iSD"): 1,
        ("iSD", "NE", "N", "NE"): 1,
        ("iSD", "iSD", "N", "NON-iCR/NON-iUPD"): 2,
        ("iPR", "iPR", "N", "NON-iCR/NON-iUPD"): 1,
    }
)


def test_irecist_overall_follows_from_its_parts_in_69_of_75_visits(shared):
    parts = defaultdict(dict)
    with (shared / "data" / "sim_cdisc_rs_onco_irecist.csv").open(encoding="utf-8") as source:
        for row in csv.DictReader(source):
            parts[row["USUBJID"], row["VISITNUM"]][row["RSTESTCD"]] = row["RSSTRESC"]
    assert len(parts) == 75
    differ = Counter()
    for seen in parts.values():
        new = seen["NEWLIND"] == "Y"
        if irecist_overall(seen["TRGRESP"], seen["NTRGRESP"], new_lesion=new) != seen["OVRLRESP"]:
            differ[seen["TRGRESP"], seen["NTRGRESP"], seen["NEWLIND"], seen["OVRLRESP"]] += 1
    assert sum(differ.values()) == 6
    assert differ == TRAPS


def lugano_rows(shared):
    with (shared / "data" / "ref_lugano_vignette_rule.csv").open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def test_lugano_with_the_rule_of_the_published_derivation(shared):
    rows = lugano_rows(shared)
    assert len(rows) == 35
    for row in rows:
        found = combine_lugano(pet=row["PET"], ct=row["CT"], pet_not_evaluable="at_most_stable").category
        assert found == row["normalised_CT_terms"], row


def test_lugano_by_default_differs_only_where_pet_was_not_evaluable(shared):
    """PR on CT beside a PET that could not be evaluated: ours keeps PR, the published derivation reads SD."""
    differ = [
        (row["CT"], row["PET"]) for row in lugano_rows(shared)
        if combine_lugano(pet=row["PET"], ct=row["CT"]) .category != row["normalised_CT_terms"]
    ]  # fmt: skip
    assert differ == [("PAR", "NE")]


def test_the_vignette_drops_anatomic_codes(shared):
    """The published example turns PAD, PAR and SAD without PET into "ND"; the difference is theirs."""
    dropped = [(row["CT"], row["PET"]) for row in lugano_rows(shared) if row["as_vignette"] == "ND"]
    assert Counter(dropped) == {("PAR", "ND"): 3, ("PAD", ""): 1, ("PAR", "NE"): 1, ("SAD", "NE"): 1}

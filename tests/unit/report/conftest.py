"""Trials made by hand, table by table, to build reports from."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from celltrial.datasets import DATASETS
from celltrial.protocol import read_protocol
from celltrial.report import ReportMeta

START = date(2025, 2, 3)
ROOT = Path(__file__).resolve().parents[3]


def frame(name, rows):
    """Conform rows (dicts with some of the columns) to a dataset."""
    spec = DATASETS[name]
    columns = {column: [row.get(column) for row in rows] for column in spec.schema}
    return spec.conform(pl.DataFrame(columns, schema=spec.schema, strict=False))


FATES = (
    # level, infused, reason, dlt, best response and later ones by day, progression day, death day
    (1, True, None, False, {28: "PR", 90: "VGPR", 180: "VGPR"}, None, None),
    (1, True, None, False, {28: "SD", 90: "PD"}, 90, 260),
    (1, True, None, True, {28: "VGPR", 90: "CR", 180: "CR"}, None, None),
    (2, True, None, False, {28: "sCR", 90: "sCR", 180: "PD"}, 180, None),
    (2, False, "manufacturing_failure", False, {}, None, None),
    (2, True, None, False, {28: "PR"}, None, None),
    (2, True, None, False, {28: "VGPR", 90: "VGPR"}, None, None),
    (3, True, None, True, {28: "CR", 90: "CR"}, None, None),
    (3, False, "progression", False, {}, None, 40),
    (3, True, None, False, {28: "PR", 90: "PR"}, None, None),
    (3, True, None, False, {28: "NE"}, None, 35),
    (3, False, "pending", False, {}, None, None),
)


def _subject(i):
    level, infused, reason, dlt, _, _, death = FATES[i]
    enrolled = START + timedelta(days=14 * i)
    infusion = enrolled + timedelta(days=33 + i % 4) if infused else None
    origin = infusion or enrolled
    died = origin + timedelta(days=death) if death else None
    return {
        "usubjid": f"S-{i + 1:02d}",
        "siteid": f"Site {1 + i % 2}",
        "age": 48 + 2 * i,
        "sex": "F" if i % 2 else "M",
        "weight_kg": None if i == 3 else 60.0 + i,
        "dose_level_assigned": level,
        "dose_level_delivered": (1 if i == 3 else level) if infused else None,
        "dose_assigned_cells": (1e6, 3e6, 6e6)[level - 1],
        "consented": True,
        "enrolled": True,
        "collected": reason != "pending",
        "lymphodepleted": infused or reason == "progression",
        "infused": infused,
        "infused_conforming": infused and i != 6,
        "safety": infused,
        "dlt_evaluable": infused and i != 10,
        "efficacy_evaluable": infused,
        "dlt": dlt,
        "consented_date": enrolled - timedelta(days=4),
        "enrolled_date": enrolled,
        "collected_date": enrolled + timedelta(days=2) if reason != "pending" else None,
        "lymphodepleted_date": origin - timedelta(days=5) if infused else None,
        "infused_date": infusion,
        "not_treated_reason": reason,
        "not_treated_date": enrolled + timedelta(days=38) if reason not in {None, "pending"} else None,
        "vein_to_vein_days": 31 + i % 4 if infused else None,
        "manufacturing_attempts": 2 if i in {4, 7} else 1,
        "process_version": ("P1", "P2")[i // 2 % 2] if infused else None,
        "died": died is not None,
        "death_date": died,
        "last_alive_date": died or origin + timedelta(days=300 - 14 * i),
    }


def _given(subject):
    """Return the one administration of a subject who was infused."""
    kg = subject["weight_kg"]
    cells = None if kg is None else subject["dose_assigned_cells"] * kg
    return {
        "usubjid": subject["usubjid"], "seq": 1, "round": 1, "course": "C1", "administration": "A1", "given": True,
        "date": subject["infused_date"], "day": 0, "delivered_cells": cells,
        "delivered_per_kg": None if cells is None else subject["dose_assigned_cells"], "conforming": True,
    }  # fmt: skip


def _stages(row):
    """Stages of one subject, days from enrolment."""
    origin = row["enrolled_date"]

    def day(when):
        return (when - origin).days

    found = [("screening", -4, 0)]
    if row["collected_date"]:
        collected = day(row["collected_date"])
        found += [("collection", 0, collected), ("manufacture", collected, collected + 20)]
        if row["infused_date"]:
            depleted, infused = day(row["lymphodepleted_date"]), day(row["infused_date"])
            found += [
                ("waiting", collected + 20, depleted),
                ("lymphodepletion", depleted, infused),
                ("follow_up", infused, day(row["last_alive_date"])),
            ]
    return [
        {"usubjid": row["usubjid"], "seq": n, "stage": stage, "start_day": start, "end_day": end, "ongoing": False}
        for n, (stage, start, end) in enumerate(found, start=1)
    ]


def _times(i, row):
    out = []
    _, infused, _, _, reads, progressed, _ = FATES[i]
    for origin, start in (("enrolment", row["enrolled_date"]), ("infusion", row["infused_date"])):
        if start is None:
            continue
        shift = (row["infused_date"] - start).days if infused else 0
        last = (row["last_alive_date"] - start).days
        out.append(("OS", origin, last, 0 if row["died"] else 1))
        if progressed is not None:
            out.append(("PFS", origin, progressed + shift, 0))
        else:
            out.append(("PFS", origin, last if row["died"] else max(reads, default=0) + shift, 0 if row["died"] else 1))
    return [
        {"usubjid": row["usubjid"], "paramcd": param, "origin": origin, "aval": float(aval), "cnsr": cnsr}
        for param, origin, aval, cnsr in out
    ]


def _samples(i, who):
    shape = {0: 0, 3: 800, 7: 21000, 10: 80000, 14: 42000, 21: 11000, 28: 5200, 60: 900, 90: 210, 180: 0}
    factor = 0.3 + 0.35 * (i % 5)
    rows = []
    for assay, analyte, unit, scale, lloq in (
        ("qpcr", "transgene", "copies/ug", 1.0, 50.0),
        ("flow", "car_t_cells", "cells/uL", 0.002, 0.1),
    ):
        for day, level in shape.items():
            if i == 5 and day > 21:
                continue
            value = level * factor * scale
            below = value < lloq
            rows.append(
                {
                    "usubjid": who,
                    "seq": len(rows) + 1,
                    "visit": f"Day {day}",
                    "day": day,
                    "time_days": float(day),
                    "assay": assay,
                    "analyte": analyte,
                    "value": None if below else value,
                    "unit": unit,
                    "below_lloq": below,
                    "lloq": lloq,
                }
            )
    return rows


def _events(subjects):
    """CRS on two scales, ICANS, hostile and ungraded terms, one event before infusion."""
    told = (
        ("S-01", "CRS", "crs", 1, "ASTCT-2019", 3, "infusion"),
        ("S-02", "CRS", "crs", 2, "ASTCT-2019", 2, "infusion"),
        ("S-03", "CRS", "crs", 3, "ASTCT-2019", 1, "infusion"),
        ("S-04", "CRS", "crs", 2, "LEE-2014", 4, "infusion"),
        ("S-08", "CRS", "crs", 4, "ASTCT-2019", 1, "infusion"),
        ("S-08", "ICANS", "icans", 3, "ASTCT-2019", 5, "infusion"),
        ("S-06", "Neutropenia", "other", 4, "CTCAE-5.0", 6, "infusion"),
        ("S-07", "Neutropenia", "other", 3, "CTCAE-5.0", 5, "infusion"),
        ("S-10", "Pneumonia", "other", None, "CTCAE-5.0", 40, "late"),
        ("S-05", "Febrile neutropenia", "other", 3, "CTCAE-5.0", None, "lymphodepletion"),
        ("S-09", "Nausea", "other", 1, "CTCAE-5.0", None, "collection"),
    )
    return [
        {
            "usubjid": who,
            "aeseq": n,
            "term": term,
            "category": category,
            "grade": grade,
            "scale": scale,
            "onset_day": onset,
            "phase": phase,
            "is_dlt": False,
            "serious": False,
        }
        for n, (who, term, category, grade, scale, onset, phase) in enumerate(told, start=1)
    ]


def _runs(row, i):
    if row["collected_date"] is None:
        return []
    started = row["collected_date"] + timedelta(days=1)
    first_failed = i in {4, 7}
    base = {"usubjid": row["usubjid"], "process_version": "P1", "started_date": started}
    runs = [
        {
            **base,
            "batch": f"B-{i + 1:02d}-1",
            "attempt": 1,
            "outcome": "failed" if first_failed else "infused" if row["infused"] else "released",
            "failed": first_failed,
            "positivity": None if first_failed else 0.2 + 0.05 * i,
            "out_of_specification": i == 6,
            "failure_cause": "low_yield" if first_failed else None,
            "finished_date": started + timedelta(days=12 if first_failed else 19),
        }
    ]
    if first_failed:
        again = i == 4
        runs.append(
            {
                **base,
                "batch": f"B-{i + 1:02d}-2",
                "attempt": 2,
                "outcome": "failed" if again else "infused",
                "failed": again,
                "out_of_specification": False,
                "failure_cause": "contamination" if again else None,
                "finished_date": started + timedelta(days=27),
            }
        )
    return runs


def _decisions():
    told = ((1, 1, 3, 1, "stay", 1, None), (2, 1, 6, 1, "escalate", 2, None), (3, 2, 3, 0, "select", None, 2))
    return [
        {
            "seq": seq,
            "date": START + timedelta(days=70 * seq),
            "level": level,
            "n_evaluable": n,
            "n_dlt": x,
            "decision": move,
            "next_level": following,
            "recommended_level": found,
        }
        for seq, level, n, x, move, following, found in told
    ]


def whole_trial():
    """Return the tables of twelve subjects."""
    subjects = [_subject(i) for i in range(len(FATES))]
    reads = [
        {
            "usubjid": f"S-{i + 1:02d}",
            "seq": n,
            "visit": f"Day {day}",
            "day": day,
            "response": code,
            "criteria": "IMWG-2016",
            "source": source,
        }
        for i, fate in enumerate(FATES)
        for n, (source, day, code) in enumerate(
            ((source, day, code) for source in ("investigator", "irc") for day, code in fate[4].items()), start=1
        )
    ]
    return {
        "adsl": frame("adsl", subjects),
        "adae": frame("adae", _events(subjects)),
        "adrs": frame("adrs", reads),
        "adtte": frame("adtte", [row for i, subject in enumerate(subjects) for row in _times(i, subject)]),
        "adpc": frame(
            "adpc", [row for i, fate in enumerate(FATES) if fate[1] for row in _samples(i, f"S-{i + 1:02d}")]
        ),
        "admanu": frame("admanu", [run for i, subject in enumerate(subjects) for run in _runs(subject, i)]),
        "adex": frame("adex", [_given(subject) for subject in subjects if subject["infused_date"]]),
        "adlt": frame("adlt", [stage for subject in subjects for stage in _stages(subject)]),
        "dose_levels": frame(
            "dose_levels",
            [
                {"level": n, "label": f"DL{n}", "cells": cells, "per_kg": True, "basis": "target_positive_viable"}
                for n, cells in ((1, 1e6), (2, 3e6), (3, 6e6))
            ],
        ),
        "dose_decisions": frame("dose_decisions", _decisions()),
        "suspensions": frame(
            "suspensions",
            [
                {
                    "seq": 1,
                    "start_date": START + timedelta(days=120),
                    "end_date": START + timedelta(days=150),
                    "rule": "S-1",
                    "scope": "trial",
                    "outcome": "resumed",
                    "reason": None,
                },
                {
                    "seq": 2,
                    "start_date": START + timedelta(days=170),
                    "end_date": None,
                    "rule": "by_hand",
                    "scope": "level/3",
                    "outcome": "suspended",
                    "reason": "two severe events at one site",
                },
            ],
        ),
    }


def subjects(told):
    """Make subjects from (count, infused, reason)."""
    made = []
    for n, infused, reason in told:
        made += [
            {
                "usubjid": f"S-{len(made) + i:03d}",
                **dict.fromkeys(("consented", "enrolled", "collected"), True),
                **dict.fromkeys(
                    ("infused", "infused_conforming", "safety", "efficacy_evaluable", "lymphodepleted"), infused
                ),
                **dict.fromkeys(("dlt_evaluable", "dlt", "died"), False),
                "not_treated_reason": reason,
            }
            for i in range(n)
        ]
    return frame("adsl", made)


@pytest.fixture(scope="session", name="frame")
def frame_fixture():
    return frame


@pytest.fixture(scope="session", name="subjects")
def subjects_fixture():
    return subjects


@pytest.fixture(scope="session")
def trial():
    return whole_trial()


@pytest.fixture(scope="session")
def protocol():
    path = ROOT / "examples" / "bcma-car-t-escalation.yaml"
    return read_protocol(path.read_text(encoding="utf-8"), path.name)


@pytest.fixture(scope="session")
def meta():
    return ReportMeta(
        "CT-BCMA-01",
        "simulated",
        events=812,
        head_hash="ab" * 32,
        verified=True,
        seed=1,
        last_date=date(2026, 1, 30),
        persons="rehearsed",
    )

"""0.6: the inputs that an outcome names are those it was made of: another outcome never names the same ones."""

from __future__ import annotations

from datetime import date

import pytest

from celltrial.clinical.daily_counts import DayCount
from celltrial.clinical.icaht import derive_early_icaht, derive_late_icaht
from celltrial.clinical.imwg import MyelomaAssessment, derive_imwg_response
from celltrial.clinical.irecist import IrecistVisit, derive_irecist_course
from celltrial.clinical.leukaemia import (
    LeukaemiaBaseline,
    LeukaemiaRule,
    LeukaemiaVisit,
    derive_leukaemia_response,
)
from celltrial.clinical.lugano_ct import CtBaseline, CtVisit, LymphomaLesion, NonMeasured, derive_lugano_ct
from celltrial.clinical.recist_lesions import BaselineLesion, NewLesion, TargetMeasure, TumourBaseline, TumourVisit
from celltrial.clinical.t_icaht import derive_early_t_icaht, derive_late_t_icaht


def counts(low, days=31, first=0):
    return [DayCount(day, low) for day in range(first, first + days)]


def lymphoma(size, start=(4, 3), nadir=(4, 3), **said):
    quiet = {"non_measured": NonMeasured.ABSENT, "new_nodes_cm": (), "new_extranodal_cm": ()}
    visit = CtVisit((LymphomaLesion("N1", *size),), **(quiet | said))
    earlier = [CtVisit((LymphomaLesion("N1", *nadir),))]
    return derive_lugano_ct(visit, baseline=CtBaseline((LymphomaLesion("N1", *start),)), earlier=earlier)


def myeloma(serum, start=4, nadir=4):
    def at(value):
        return MyelomaAssessment(serum_m_g_dl=value, urine_m_mg_24h=0)

    return derive_imwg_response(at(serum), baseline=at(start), earlier=[at(nadir)])


def leukaemia(blasts, start=60, *, rule=None, remission=False):
    return derive_leukaemia_response(
        LeukaemiaVisit(0, False, False, blasts, True, "1.0", 200),
        baseline=LeukaemiaBaseline(start),
        rule=rule,
        in_remission=remission,
    )


def irecist(*, grew):
    lesions = TumourBaseline((BaselineLesion("T1", 40),))
    seen = [
        IrecistVisit(
            date(2025, month, 1),
            TumourVisit((TargetMeasure("T1", 40),), new_lesion=NewLesion.UNEQUIVOCAL),
            new_non_target_grew=month == 5 and grew,
        )
        for month in (4, 5)
    ]
    return derive_irecist_course(seen, baseline=lesions).responses[-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (derive_early_icaht(counts(400)), derive_early_icaht(counts(2000))),
        (derive_early_icaht(counts(400, 11)), derive_early_icaht(counts(400, 11), last_follow_up_day=30)),
        (derive_late_icaht(counts(90, 2, 40)), derive_late_icaht(counts(900, 2, 40))),
        (derive_early_t_icaht(counts(15)), derive_early_t_icaht(counts(45))),
        (derive_late_t_icaht(counts(15, 20, 40)), derive_late_t_icaht(counts(45, 20, 40))),
        (lymphoma((3, 3)), lymphoma((2, 2))),
        (lymphoma((2, 2)), lymphoma((2, 2), start=(3, 2))),
        (lymphoma((2, 2)), lymphoma((2, 2), nadir=(1, 1))),
        (lymphoma((2, 2)), lymphoma((2, 2), regrowth=True)),
        (myeloma(2), myeloma(3)),
        (myeloma(2), myeloma(2, start=3)),
        (myeloma(2), myeloma(2, nadir=1)),
        (leukaemia(1), leukaemia(30)),
        (leukaemia(30), leukaemia(30, start=20)),
        (leukaemia(1), leukaemia(1, rule=LeukaemiaRule(at_least=True))),
        (leukaemia(30), leukaemia(30, remission=True)),
        (irecist(grew=True), irecist(grew=False)),
    ],
)
def test_two_outcomes_never_name_the_same_inputs(one, other):
    assert one.label != other.label
    assert dict(one.inputs) != dict(other.inputs)

"""The conventions every clinical engine keeps, one chapter each: values side by side, missing input, other causes,
episodes and days, exact comparison, and what a result holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from celltrial.clinical.crs_astct import CrsFindings, OxygenDevice, derive_crs_grade
from celltrial.clinical.ctcae_lab import LabFindings, derive_lab_grade
from celltrial.clinical.derivation import NE, Attribution, compare_grades
from celltrial.clinical.episodes import GradedAssessment, derive_episodes
from celltrial.clinical.queries import Query
from celltrial.core.dates import Instant, infusion_day, study_day
from celltrial.core.errors import UserError
from celltrial.core.quantities import Quantity, convert

AIR = OxygenDevice.ROOM_AIR
ONE_PRESSOR = CrsFindings("38.5", True, ("norepinephrine",), AIR)


class TestSideBySide:
    """0.1 The derived grade never overwrites the reported or the adjudicated one; a difference opens a query.

    How the three are stored together is shown in `test_conduct_c06_safety`.
    """

    @pytest.mark.parametrize(("reported", "asked"), [(2, True), (3, False), (4, True)])
    def test_a_difference_asks_and_changes_neither(self, reported, asked):
        derived = derive_crs_grade(ONE_PRESSOR)
        assert compare_grades(derived, reported) == ((Query.GRADES_DIFFER,) if asked else ())
        assert derived.grade == 3

    def test_an_adjudicated_grade_is_compared_with_the_same_derived_one(self):
        derived = derive_crs_grade(ONE_PRESSOR)
        reported, adjudicated = 2, 3
        assert compare_grades(derived, reported)
        assert not compare_grades(derived, adjudicated)


class TestMissingInput:
    """0.2 A missing input makes its domain NE; the grade is the worst of the others and `incomplete` where it could rise."""

    def test_a_domain_without_input_is_ne_and_never_0(self):
        found = derive_crs_grade(CrsFindings("38.5", True, (), None))
        assert (found.domain("hypoxia").low, found.domain("hypoxia").is_evaluable) == (None, False)
        assert (found.grade, found.incomplete, found.label) == (2, True, ">=2")

    def test_an_unknown_that_could_not_raise_the_grade_does_not_make_it_incomplete(self):
        found = derive_crs_grade(CrsFindings("38.5", True, ("norepinephrine", "epinephrine"), None))
        assert (found.grade, found.incomplete) == (4, False)

    def test_nothing_found_and_something_unknown_is_ne(self):
        found = derive_crs_grade(CrsFindings(None, False, (), AIR, episode_open=True))
        assert (found.grade, found.category) == (None, NE)


class TestOtherCause:
    """0.3 A finding attributed to another cause is excluded, with cause, reason and signer."""

    SEPSIS = Attribution("hypotension", "infection", "blood culture positive", "pi-01")

    def test_it_does_not_count_and_is_kept(self):
        found = derive_crs_grade(replace(ONE_PRESSOR, attributions=(self.SEPSIS,)))
        assert (found.grade, found.excluded) == (1, (self.SEPSIS,))
        assert found.as_record()["excluded"] == [
            {"finding": "hypotension", "cause": "infection", "reason": "blood culture positive", "signer": "pi-01"}
        ]

    def test_without_reason_or_signer_it_is_refused(self):
        for part in ("reason", "signer"):
            with pytest.raises(UserError):
                replace(self.SEPSIS, **{part: ""})


class TestEpisodesAndDays:
    """0.4 Graded per assessment, then per episode; infusion days have a 0, study days have none."""

    def test_an_episode_has_maximum_onset_end_duration_and_treatment(self):
        start = datetime(2025, 3, 1, 4, tzinfo=UTC)
        calm = CrsFindings("36.8", False, (), AIR)
        course = (("38.5", (), ()), (None, ("norepinephrine",), ("tocilizumab",)), ("36.9", (), ()))
        seen = [
            GradedAssessment(
                Instant(start + timedelta(days=index + 1), "Asia/Shanghai"),
                derive_crs_grade(
                    replace(calm, temperature_c=temperature, hypotension=bool(drugs), vasopressors=drugs, episode_open=index > 0)
                ),
                treatments,
            )
            for index, (temperature, drugs, treatments) in enumerate(course)
        ]  # fmt: skip
        (episode,) = derive_episodes(seen)
        assert (episode.max_grade, episode.duration, episode.duration_days) == (3, timedelta(days=2), 3)
        assert (episode.onset, episode.end, episode.treatments) == (seen[0].at, seen[2].at, ("tocilizumab",))
        assert episode.onset_infusion_day(date(2025, 3, 1)) == 1

    def test_the_day_of_infusion_is_day_0_after_infusion_and_study_day_1(self):
        infused = date(2025, 3, 1)
        days = [infused + timedelta(shift) for shift in (-1, 0, 1)]
        assert [infusion_day(day, infused) for day in days] == [-1, 0, 1]
        assert [study_day(day, infused) for day in days] == [-1, 1, 2]


class TestExactComparison:
    """0.5 Thresholds are compared as decimals after conversion, and the comparator is printed."""

    def test_a_value_in_another_unit_meets_the_threshold_exactly(self):
        assert convert(Quantity.of("100.4", "degF"), "degC") == Decimal("38.0")
        assert derive_crs_grade(CrsFindings(convert(Quantity.of("100.4", "degF"), "degC"), False, (), AIR)).grade == 1
        for value, unit, grade in (("0.5", "1e9/L", 3), (500, "/uL", 3), (499, "/uL", 4), ("0.4999", "K/uL", 4)):
            assert derive_lab_grade("neutrophils_low", LabFindings(Quantity.of(value, unit))).grade == grade

    def test_a_float_is_read_by_its_shortest_form(self):
        assert derive_crs_grade(CrsFindings(37.9 + 0.1, False, (), AIR)).grade == 1

    def test_the_comparator_is_in_the_trace(self):
        found = derive_lab_grade("neutrophils_low", LabFindings(Quantity.of(500, "/uL")))
        assert "value 0.5 < 0.5: false" in [str(row).replace("0.500", "0.5") for row in found.trace]
        assert str(derive_crs_grade(ONE_PRESSOR).trace[0]) == "temperature 38.5 >= 38.0 degC: true"


class TestWhatAResultHolds:
    """0.6 Every derivation names grade, deciding domain, inputs used, rule and version; `test_clinical_engines` for all."""

    def test_a_record_holds_them(self):
        record = derive_crs_grade(ONE_PRESSOR).as_record()
        named = ("grade", "deciding", "scale", "version", "evidence")
        assert [record[name] for name in named] == [3, ["hypotension"], "crs_astct_2019", "1", "V"]
        assert record["inputs"] == {
            "temperature_c": "38.5", "hypotension": "True", "vasopressors": "norepinephrine",
            "oxygen_device": "room_air", "fever_masked": "False", "episode_open": "False",
            "airway_protection_only": "False", "death_due_to_crs": "False",
        }  # fmt: skip

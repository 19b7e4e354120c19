"""What the outputs say, on a trial made by hand and on the worked examples of the requirements."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from celltrial.core.results import NotEstimable
from celltrial.locale import LANGUAGES
from celltrial.report import ReportMeta, build_report
from celltrial.report.content import OUTPUTS, kinetics
from celltrial.report.content.absence import unless_medicated
from celltrial.report.content.output import Figure, Nothing, Table
from celltrial.report.content.values import Lines, Measure, Rate
from celltrial.report.inputs import Inputs
from celltrial.report.render.words import Words

WORDS = Words("en")


@pytest.fixture(scope="module")
def report(trial, protocol, meta):
    return build_report(trial, protocol, meta)


def rows(report, number):
    """Return head to cells in words, of one output."""
    body = report.output(number).page.body
    assert isinstance(body, Table), body
    return {
        WORDS.show(row.head).line: [WORDS.show(cell.value).line for cell in row.cells]
        for row in body.rows
        if row.style != "group"
    }


def notes(report, number):
    return [WORDS.text(note) for note in report.output(number).page.notes]


def test_it_works(report):
    assert [output.spec.number for output in report.outputs] == [spec.number for spec in OUTPUTS]
    absent = [output.spec.name for output in report.outputs if isinstance(output.page.body, Nothing)]
    assert absent == ["primary_comparison"]


def test_numbers_of_outputs_are_unique_and_titled():
    numbers = [spec.number for spec in OUTPUTS]
    names = [spec.name for spec in OUTPUTS]
    assert len(set(numbers)) == len(numbers)
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"1[46]\.\d\.\d{1,2}", number) for number in numbers)


def test_every_number_carries_its_population_and_size(report):
    bare = [
        (output.spec.number, WORDS.show(row.head).line, WORDS.show(cell.value).line)
        for output in report.outputs
        if isinstance(output.page.body, Table)
        for row in output.page.body.rows
        for cell in row.cells
        if cell.states_a_number and (not cell.population or cell.n is None)
    ]
    assert bare == []


def test_headlines_carry_their_sets(report):
    shown = {
        WORDS.text(item.label): (WORDS.show(item.cell.value).main, item.cell.population) for item in report.headlines
    }
    assert shown["Enrolled"] == ("12", "enrolled")
    assert shown["Recommended dose"] == ("DL2: 3.0 × 10⁶ cells/kg", "dlt_evaluable")
    assert shown["Sustained response, of the enrolled whose landmark visit was due"] == ("54.5%", "enrolled_due")


def test_rows_have_a_cell_for_every_column(report):
    for output in report.outputs:
        body = output.page.body
        if isinstance(body, Table):
            assert all(len(row.cells) == len(body.columns) for row in body.rows if row.style != "group"), output.spec


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_has_words(report, language):
    words = Words(language)
    for output in report.outputs:
        body = output.page.body
        if isinstance(body, Table):
            assert all(words.show(cell.value).main for row in body.rows if row.style != "group" for cell in row.cells)
        elif isinstance(body, Figure):
            assert words.text(body.description)


def test_the_flow_adds_up(report):
    flow = rows(report, "14.1.1")
    assert flow["Enrolled"] == ["12", "12 (100.0%)", "–", "1"]
    assert flow["Collected"] == ["11", "11 (91.7%)", "manufacturing failure: 1", "0"]
    assert flow["with out-of-specification product"][0] == "1"


FORTY = ((34, True, None), (3, False, "manufacturing_failure"), (2, False, "progression"), (1, False, "withdrawal"))


def test_not_treated_with_reasons_and_bounds(subjects):
    """AC-A1.1."""
    settled = build_report({"adsl": subjects(FORTY)}, None, ReportMeta("T"))
    assert rows(settled, "14.1.2")["Not treated, of those settled"][0] == "15.0% 6/40; 95% CI 5.7 to 29.8"
    waiting = build_report({"adsl": subjects((*FORTY, (4, False, "pending")))}, None, ReportMeta("T"))
    found = rows(waiting, "14.1.2")
    assert found["Not treated, of those settled"][0] == "15.0% 6/40; 95% CI 5.7 to 29.8"
    assert found["Lowest to highest still possible, waiting included"][0] == "13.6 to 22.7%"
    assert found["manufacturing failure"][0] == "3 (7.5%)"


def test_response_on_both_sets_side_by_side(subjects, frame):
    """AC-A6.1: 27 of 34 best, 18 kept at month 3."""
    reads = [
        {"usubjid": f"S-{i:03d}", "seq": n, "visit": f"D{day}", "day": day, "response": code, "source": "investigator"}
        for i in range(34)
        for n, (day, code) in enumerate(((28, "PR" if i < 27 else "SD"), (90, "PR" if i < 18 else "PD")), start=1)
    ]
    report = build_report({"adsl": subjects(FORTY), "adrs": frame("adrs", reads)}, None, ReportMeta("T"))
    found = rows(report, "14.2.1")
    assert found["Best response: partial or better"][0] == "79.4% 27/34; 95% CI 62.1 to 91.3"
    kept = found["Sustained response at the landmark; new therapy counts as failure"]
    assert kept == ["52.9% 18/34; 95% CI 35.1 to 70.2", "45.0% 18/40; 95% CI 29.3 to 61.5", "7.9 points"]


def test_top_dose_without_toxicity_says_what_is_not_excluded(subjects, frame):
    """AC-A9: 0 of 6 at the top dose leaves 39.3 %."""
    made = subjects(((6, True, None),)).with_columns(dlt_evaluable=True, dose_level_assigned=1, dose_level_delivered=1)
    levels = frame("dose_levels", [{"level": 1, "label": "DL1", "cells": 1e6, "per_kg": True}])
    decided = frame("dose_decisions", [{"seq": 1, "level": 1, "decision": "stay"}])
    report = build_report(
        {"adsl": frame("adsl", made.to_dicts()), "dose_levels": levels, "dose_decisions": decided},
        None,
        ReportMeta("T"),
    )
    assert any(
        "in 6: a maximum tolerated dose was not reached" in note and "39.3%" in note for note in notes(report, "14.3.1")
    )


def test_dose_table_by_both_levels_where_they_differ(report):
    found = rows(report, "14.3.1")
    assert found["DL1: 1.0 × 10⁶ cells/kg"] == ["4", "4", "1", "25.0% 1/4; 95% CI 0.6 to 80.6", "–"]
    assert found["All levels"][:3] == ["9", "8", "2"]
    assert WORDS.text(report.output("14.3.1").page.lead) == "Recommended dose: DL2: 3.0 × 10⁶ cells/kg."


def test_decisions_as_they_were_taken(report):
    assert rows(report, "14.3.2")["3"] == ["2025-09-01", "DL2", "0 / 3", "select", "recommended: DL2"]


def test_scales_of_crs_are_never_added_up(report):
    body = report.output("14.3.4").page.body
    groups = [WORDS.show(row.head).line for row in body.rows if row.style == "group"]
    assert groups == ["Cytokine release syndrome, ASTCT-2019", "Cytokine release syndrome, LEE-2014"]
    severe = [row.cells[-1] for row in body.rows if WORDS.show(row.head).line == "Grade 3 or higher"]
    assert [WORDS.show(cell.value).main for cell in severe] == ["22.2%", "0.0%"]


def test_events_before_infusion_stay_apart(report):
    after, before = rows(report, "14.3.6"), rows(report, "14.3.7")
    assert "Febrile neutropenia" not in after
    assert before["Febrile neutropenia"] == ["0", "1 (8.3%)\nworst grade 3"]
    assert after["Pneumonia"][-2:] == ["1", "0"]


def test_kinetics_state_why_there_is_no_number(report):
    found = rows(report, "14.4.1")
    area = next(cells for head, cells in found.items() if head.startswith("AUC day 0 to 28, copies/ug"))
    assert area[0] == "8"
    assert area[3] == "last sample too early: 1"
    missing = [
        cell
        for row in report.output("16.2.3").page.body.rows
        for cell in row.cells
        if isinstance(cell.value, Measure) and isinstance(cell.value.result, NotEstimable)
    ]
    assert missing
    assert all(WORDS.show(cell.value).main.startswith("not estimable: ") for cell in missing)


@pytest.mark.parametrize(("rule", "area"), [("censored", 624_309), ("half_lloq", 624_359), (None, 624_309)])
def test_kinetics_count_what_lies_below_the_limit_as_the_protocol_states(frame, subjects, protocol, meta, rule, area):
    """AC-A3.1 with days 0 and 1 below 50 copies/ug: half of it adds 25 x 1 + (25 x 2) / 2 = 50 to 624,309, by hand."""
    told = zip((0, 1, 3, 7, 10, 14, 21, 28), (None, None, 500, 20000, 80000, 40000, 10000, 5000), strict=True)
    told_rows = [
        {
            "usubjid": "S-000", "seq": seq, "day": day, "time_days": float(day), "assay": "qpcr",
            "analyte": "transgene", "value": value, "unit": "copies/ug", "below_lloq": value is None, "lloq": 50.0,
        }
        for seq, (day, value) in enumerate(told, start=1)
    ]  # fmt: skip
    stated = protocol.pharmacology.model_copy(update={"below_limit_rule": rule})
    plan = protocol.model_copy(update={"pharmacology": stated})
    inputs = Inputs({"adsl": subjects([(1, True, None)]), "adpc": frame("adpc", told_rows)}, plan, meta)
    [found] = kinetics.assays(inputs)
    assert round(found.result.subjects[0].auc.value) == area
    said = [WORDS.text(note) for note in kinetics.build(inputs).notes]
    assert any("half the limit" in note for note in said) is (rule == "half_lloq")


def test_a_drug_is_told_as_given_to_0_only_where_some_medication_is_on_record(frame, subjects, protocol, meta):
    def told(*categories):
        rows = [
            {"usubjid": "S-000", "seq": n, "treatment": "drug", "category": kind}
            for n, kind in enumerate(categories, start=1)
        ]
        return unless_medicated(
            Inputs({"adsl": subjects([(1, True, None)]), "adcm": frame("adcm", rows)}, protocol, meta)
        )

    for nothing in ((), ("anticancer",), ("bridging", "anticancer")):
        assert WORDS.show(told(*nothing).value).line == "none recorded"
    assert told("anticancer", "concomitant") is None


def test_survival_from_infusion_stands_beside_survival_from_enrolment(report):
    body = report.output("14.2.4").page.body
    os = next(i for i, row in enumerate(body.rows) if WORDS.show(row.head).line == "Overall survival")
    assert [WORDS.show(row.head).line for row in body.rows[os + 1 : os + 3]] == ["from infusion", "from enrolment"]
    assert body.rows[os + 1].notes == ("analysis.caveat.immortal_time",)
    assert any("those who died waiting" in note for note in notes(report, "14.2.6"))


def test_contacts_of_follow_up_stand_by_state_and_delayed_events_by_class(trial, protocol, meta, frame):
    """Two subjects: three contacts made, one overdue, one not yet due that does not count; one of 9 treated with an event."""
    states = (
        ("S-01", "contacted", "product_related_infection; neurologic"), ("S-01", "contacted", "neurologic"),
        ("S-01", "due", None), ("S-02", "contacted", None), ("S-02", "overdue", None),
    )  # fmt: skip
    told = [
        {"usubjid": who, "seq": seq, "visit": f"M{seq:03d}", "state": state, "events": events}
        for seq, (who, state, events) in enumerate(states, start=1)
    ]
    found = rows(build_report({**trial, "adfu": frame("adfu", told)}, protocol, meta), "14.6.3")
    assert found["Planned contacts whose window has opened"] == ["4"]
    assert (found["made"], found["overdue"]) == (["3 (75.0%)"], ["1 (25.0%)"])
    assert found["Subjects who told of a delayed event"] == ["1"]
    assert found["neurologic event"] == found["infection, possibly from the product"] == ["1 (11.1%)"]
    assert "not yet due" not in found


def test_few_failures_give_no_model(report):
    found = rows(report, "14.5.1")
    assert found["Runs that failed, of those finished"][0].startswith("23.1% 3/13")
    assert found["Model of risk factors for failure"] == ["not estimable: too few events for a model (3 of 5 needed)"]


def test_boundaries_come_from_the_rule_that_enforces(report, protocol):
    from celltrial.protocol.policies import boundary_of

    rule = boundary_of(protocol.stopping.rules[0])
    found = {head: int(cells[0]) for head, cells in rows(report, "14.6.2").items()}
    for head, events in found.items():
        low, _, high = head.partition(" to ")
        assert all(rule.boundary(n) == events for n in range(int(low), int(high or low) + 1))


def test_suspensions_name_scope_and_end(report):
    found = rows(report, "14.6.1")
    assert found["2"][1:5] == ["not resumed", "decided by hand", "dose level 3", "still suspended"]


def test_agreement_of_readers(report):
    assert rows(report, "14.2.7")["Agreement"][0].startswith("100.0% 9/9")


def test_listing_has_every_enrolled_subject(report):
    listed = rows(report, "16.2.1")
    assert sorted(listed) == [f"S-{i:02d}" for i in range(1, 13)]
    assert listed["S-05"][3] == "not infused"
    assert rows(report, "16.2.2")["S-09"][0] == "progression"


def test_lines_count_as_numbers_when_they_hold_one(report):
    cell = report.output("14.3.7").page.body.rows[0].cells[1]
    assert isinstance(cell.value, Lines)
    assert cell.states_a_number


def test_estimates_are_kept_at_full_precision(report):
    cell = report.output("14.2.1").page.body.rows[1].cells[0]
    assert isinstance(cell.value, Rate)
    assert cell.value.result.value == pytest.approx(6 / 9, abs=1e-15)


def test_plan_and_trial_stand_side_by_side(report):
    found = rows(report, "14.7.1")
    assert found["Runs that failed, of those finished"] == [
        "8.0%",
        "23.1% 3/13; 95% CI 5.0 to 53.8",
        "inside the interval",
    ]
    assert found["Cytokine release syndrome, any grade"][1:] == [
        "55.6% 5/9; 95% CI 21.2 to 86.3",
        "outside the interval",
    ]
    assert found["Median overall survival from infusion, months"][::2] == ["30.0", "inside the interval"]


def test_comply_or_explain_counts_every_clause(report, protocol):
    from celltrial.guideline.register import DEFAULT_REGISTER, packaged_register
    from celltrial.guideline.review import review

    found = review(protocol, packaged_register(DEFAULT_REGISTER))
    page = report.output("14.7.2").page
    totals = [row.cells[0].value.value for row in page.body.rows if row.style == "total"]
    assert sum(totals) == page.n == len(found.verdicts)
    assert sum(row.style == "detail" for row in page.body.rows) == totals[0] + totals[1]


def test_a_finding_and_a_justification_are_told(protocol, meta):
    from datetime import date

    from celltrial.protocol.model import Evidence, LocalText
    from celltrial.protocol.model.governance import Justification

    wide = protocol.dose.levels[0].model_copy(update={"cells": protocol.dose.levels[0].cells / 10})
    dose = protocol.dose.model_copy(update={"levels": (wide, *protocol.dose.levels[1:])})
    bare = protocol.model_copy(update={"dose": dose})
    body = build_report({}, bare, meta).output("14.7.2").page.body
    clauses = {
        row.head.values[0].text: WORDS.show(row.cells[0].value).main for row in body.rows if row.style == "detail"
    }
    assert clauses["2.2.2.3-b"] == "finding"
    reason = LocalText(en="Lower first dose after new data", zh="依据新数据降低首剂")
    evidence = Evidence(kind="nonclinical", statement=reason, reference=protocol.references[0].id)
    signed = Justification(
        clause="2.2.2.3-b", reason=reason, evidence=(evidence,), signed_by="sponsor", signed_on=date(2025, 1, 2)
    )
    explained = bare.model_copy(update={"justifications": (signed,)})
    typed = " ".join(cell for cells in rows(build_report({}, explained, meta), "14.7.2").values() for cell in cells)
    assert "nobody has signed it" in typed
    meta = replace(meta, justified=("2.2.2.3-b",))
    told = " ".join(cell for cells in rows(build_report({}, explained, meta), "14.7.2").values() for cell in cells)
    assert "Justified: Lower first dose after new data (sponsor, 2025-01-02)" in told

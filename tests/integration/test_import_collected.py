"""What a mapping does not map was not collected: no table prints a zero, a 100 % or a "none" for it."""

from __future__ import annotations

import json
import re
from itertools import combinations

import pytest

from celltrial.app.data_sets import write_data_sets
from celltrial.app.importing import import_cohort
from celltrial.app.reporting import make_report
from celltrial.app.session import codec
from celltrial.core.progress import Silent
from celltrial.datasets import DataCut, derive
from celltrial.ledger.journal import Journal
from celltrial.ledger.opening import open_ledger
from celltrial.locale import LANGUAGES
from celltrial.report.content.output import Nothing, Table
from celltrial.report.figures import swimlane
from celltrial.report.render.words import Words

PEOPLE = """id,gender,years,wait,crs,icans,dead,os,pd,pfs,resp1,resp3
A,m,61,40,1,0,0,400,0,300,CR,CR
B,f,62,41,0,0,1,100,1,60,PR,
C,m,,,,,,,,,SD,
D,f,64,43,2,0,0,50,0,50,,
E,f,65,44,0,0,0,300,0,300,PR,PR
"""
#: Name of a domain to the part of a mapping that maps it, and the columns it uses.
PARTS = {
    "sex": ({"sex": "gender", "sex_codes": {"m": "M", "f": "F"}}, {"gender"}),
    "age": ({"age": "years"}, {"years"}),
    "cell_collection": ({"days_from_collection": "wait"}, {"wait"}),
    "adverse_events/crs": ({"crs": ("Cytokine release syndrome", "crs")}, {"crs"}),
    "adverse_events/icans": ({"icans": ("Neurotoxicity", "icans")}, {"icans"}),
    "deaths": ({"death": {"flag": "dead", "day": "os"}}, {"dead", "os"}),
    "survival": ({"last_contact": "os"}, {"os"}),
    "progression": ({"progression": {"flag": "pd", "day": "pfs"}}, {"pd", "pfs"}),
    "response": (
        {"responses": {"resp1": {"visit": "M1", "day": 30}, "resp3": {"visit": "M3", "day": 90}}},
        {"resp1", "resp3"},
    ),
}
#: Output to the domains that it needs: with none of a group it holds no number.
NEEDS = {
    "14.3.4": (("adverse_events/crs",),),
    "14.3.5": (("adverse_events/icans",),),
    "14.3.6": (("adverse_events/crs", "adverse_events/icans"),),
    "14.2.1": (("response",),),
    "14.2.2": (("response",),),
    "14.2.3": (("response",),),
    "14.2.5": (("progression", "response"),),
    "14.2.6": (("deaths",), ("survival",)),
    "14.4.1": (("kinetics",),),
    "14.4.2": (("kinetics",),),
    "14.5.2": (("cell_collection",),),
    "16.2.3": (("kinetics",),),
    "16.2.4": (("adverse_events/crs", "adverse_events/icans"),),
}


def mapping(names, **more):
    table = {"file": "people.csv", "subject": "id", "response_criteria": "Lugano 2014"}
    used = {"id"}
    events = {}
    for name in names:
        part, columns = PARTS[name]
        used |= columns
        if name.startswith("adverse_events"):
            events |= {
                column: {"term": term, "category": category, "scale": "ASTCT-2019"}
                for column, (term, category) in part.items()
            }
        else:
            table |= part
    every = PEOPLE.split("\n", 1)[0].split(",")
    table |= {"adverse_events": events, "ignore": [column for column in every if column not in used]}
    return {
        "schema_version": 1, "trial": "COHORT-1", "title": {"en": "Cohort", "zh": "队列"}, "citation": "made up",
        "kind_of_data": "simulated", "anchor": "2000-01-01",
        "site": {"id": "X", "country": "DE", "zone": "Europe/Berlin"}, "subjects": table, **more,
    }  # fmt: skip


@pytest.fixture
def imported(tmp_path):
    """Return the ledger of an import that maps only some domains."""

    def run(names, **more):
        (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
        file, ledger = tmp_path / "m.yaml", tmp_path / "x.db"
        file.write_text(json.dumps(mapping(names, **more), ensure_ascii=False), encoding="utf-8")
        import_cohort(file, tmp_path, ledger, Silent())
        return str(ledger)

    return run


def lines(output, words):
    """Return every line of a page that is not a heading."""
    body = output.page.body
    if isinstance(body, Nothing):
        return [words.text(body.reason)]
    if not isinstance(body, Table):
        return ["figure 0"]
    return [
        " | ".join([words.show(row.head).line, *(words.show(cell.value).line for cell in row.cells)])
        for row in body.rows if row.style != "group"
    ]  # fmt: skip


SUBSETS = [(), *((name,) for name in PARTS), *list(combinations(PARTS, 2))[::7], tuple(PARTS)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("names", SUBSETS, ids="+".join)
def test_no_table_prints_a_number_for_what_was_not_collected(imported, names, language):
    report, words = make_report(imported(names), None, DataCut()), Words(language)
    for number, groups in NEEDS.items():
        shown = lines(report.output(number), words)
        lacks = any(not set(group) & set(names) for group in groups)
        assert lacks == (shown[0].startswith(words.say("report.absent.domain_not_collected", domain="")[:3])), number
        assert not (lacks and any(re.search(r"\d", line) for line in shown)), (number, shown)
    not_collected = words.say("report.absent.not_collected")
    follow_up = {line.split(" | ")[0]: line.split(" | ")[1] for line in lines(report.output("14.6.3"), words)}
    assert (follow_up[words.say("report.row.died")] == not_collected) == ("deaths" not in names)
    assert (follow_up[words.say("report.row.person_years")] == not_collected) == ("survival" not in names)
    assert follow_up[words.say("report.row.left_trial")] == not_collected  # no mapping maps who left
    people = {line.split(" | ")[0]: line for line in lines(report.output("14.1.4"), words)}
    for name in ("sex", "age"):
        row = people.get(words.say(f"report.row.{name}"), "")
        assert (not_collected in row) == (name not in names)
    assert not_collected in people[words.say("report.row.weight")]
    for line in lines(report.output("16.2.1"), words):
        cells = line.split(" | ")
        assert (cells[7] == not_collected) == ("adverse_events/crs" not in names)
        assert (cells[8] == not_collected) == ("response" not in names)
        assert words.say("report.phrase.in_follow_up") not in cells


def test_a_blank_cell_is_not_recorded_and_no_zero(imported):
    """C has no grade, no vital status, no follow-up: it is in no denominator of them."""
    report, words = make_report(imported(tuple(PARTS)), None, DataCut()), Words("en")
    crs = lines(report.output("14.3.4"), words)
    assert "none | 2 (50.0%)" in crs
    assert "not recorded | 1 (20.0%)" in crs
    assert any(line.startswith("Any grade | 50.0% 2/4") for line in crs)
    assert "Died | 1 (25.0%)" in lines(report.output("14.6.3"), words)
    subject = next(line for line in lines(report.output("16.2.1"), words) if line.startswith("C |")).split(" | ")
    assert (subject[7], subject[9]) == ("not recorded", "not recorded")
    survival = [line for line in lines(report.output("14.2.4"), words) if "without follow-up" in line]
    # progression-free: C, and D whom nobody assessed; overall: C
    assert [line[:6] for line in survival if "of 5" in line] == ["2 of 5", "1 of 5"]


def test_four_cells_at_month_3(imported):
    """A and E are in response; B progressed; C has no follow-up; D was last seen on day 50, before its visit."""
    report, words = make_report(imported(tuple(PARTS)), None, DataCut()), Words("en")
    shown = lines(report.output("14.2.2"), words)
    assert "sustained response | 2 (40.0%)" in shown
    assert "progressed | 1 (20.0%)" in shown
    assert "visit missed: not assessed in the window | 1 (20.0%)" in shown
    assert "visit not yet due | 1 (20.0%)" in shown
    rate = next(line for line in lines(report.output("14.2.1"), words) if line.startswith("Sustained response"))
    assert "50.0% 2/4" in rate


def test_the_plan_of_a_mapping_reaches_the_report(imported):
    plan = {"confirm_days": 28, "stable_from_days": 25, "landmark_day": 30, "landmark_window": 5}
    ledger = imported(tuple(PARTS), analysis=plan)
    with open_ledger(ledger) as store:
        data = derive(list(Journal(store, codec()).events("COHORT-1")))
    assert {name: getattr(data.plan, name) for name in plan} == plan
    words = Words("en")
    shown = lines(make_report(ledger, None, DataCut()).output("14.2.2"), words)
    assert "PR | 1 (20.0%)" in shown  # B was never confirmed
    assert "SD | 2 (40.0%)" in shown


@pytest.mark.parametrize(("more", "stated"), [({}, False), ({"analysis": {"landmark_day": 90}}, True)])
def test_choices_that_nobody_stated_are_called_defaults(imported, more, stated):
    report = make_report(imported(("response",), **more), None, DataCut())
    keys = [note.key for number in ("14.2.1", "14.2.2") for note in report.output(number).page.notes]
    assert keys.count("report.note.plan_not_stated") == (0 if stated else 2)


def test_what_no_column_is_mapped_for_can_be_stated_as_collected(imported):
    report, words = make_report(imported((), also_collected=["adverse_events"]), None, DataCut()), Words("en")
    assert lines(report.output("14.3.6"), words) == ["No adverse event after infusion is recorded."]
    assert any("0.0% 0/5" in line for line in lines(report.output("14.3.4"), words))


def test_the_tables_say_what_was_collected_and_what_was_chosen(imported, tmp_path):
    write_data_sets(imported(("deaths", "response")), tmp_path / "tables")
    about = json.loads((tmp_path / "tables" / "about.json").read_text(encoding="utf-8"))
    assert about["collected"] == ["deaths", "response"]
    assert (about["analysis"]["reader"], about["analysis_stated"]) == ("investigator", [])


@pytest.mark.parametrize(
    ("names", "axis"), [((), "Days since infusion"), (("cell_collection",), "Days since collection")]
)
def test_the_swimlane_counts_from_a_step_that_the_records_date(imported, names, axis):
    report = make_report(imported(names), None, DataCut())
    drawn = swimlane.chart(report.output("14.1.3").page.body.data, Words("en")).to_dict()
    assert axis in json.dumps(drawn)
    assert "enrolment" not in json.dumps(drawn)


@pytest.mark.parametrize("category", ["CRS", "Cytokine release syndrome", "细胞因子释放综合征"])
def test_a_category_is_collected_under_any_of_its_names(imported, monkeypatch, category):
    monkeypatch.setitem(PARTS, "adverse_events/crs", ({"crs": ("Cytokine release syndrome", category)}, {"crs"}))
    report, words = make_report(imported(("adverse_events/crs",)), None, DataCut()), Words("en")
    crs = lines(report.output("14.3.4"), words)
    assert "none | 2 (50.0%)" in crs
    assert "not recorded | 1 (20.0%)" in crs
    assert lines(report.output("14.3.5"), words)[0].startswith("Not collected")

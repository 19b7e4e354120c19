"""`celltrial trace`: the subjects and records under a number of the report, held against the ledger itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from celltrial.app.planning import open_protocol
from celltrial.app.reading_once import read_whole
from celltrial.app.reporting import inputs_of
from celltrial.app.simulating import simulate_into
from celltrial.app.tracing import trace
from celltrial.conduct.facts.subject.events import CellsInfused
from celltrial.core.errors import UserError
from celltrial.core.progress import Silent
from celltrial.datasets import DataCut, derive
from celltrial.report.content import OUTPUTS
from celltrial.report.content.absence import page_of
from celltrial.report.content.output import Table
from celltrial.report.content.values import Count, Share
from celltrial.report.tracing import Address, cell_at, resting_on, with_tables

PROTOCOL = Path(__file__).resolve().parents[2] / "examples" / "bcma-car-t-escalation.yaml"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("traced") / "trial.db"
    simulate_into(path, open_protocol(PROTOCOL), seed=1, scenario=None, years=0.7, progress=Silent())
    return str(path)


@pytest.fixture(scope="module")
def whole(ledger):
    return read_whole(ledger, None)


@pytest.fixture(scope="module")
def inputs(whole):
    return inputs_of(whole, DataCut())


def infused(inputs) -> Address:
    """Return where the number of the infused stands in the disposition, found by its head."""
    page = page_of(inputs, OUTPUTS[0])
    heads = [getattr(row.head, "code", "") for row in page.body.rows]
    return Address(heads.index("infused") + 1, 1)


def test_the_subjects_under_a_count_are_those_counted(inputs):
    found = resting_on(inputs, OUTPUTS[0], infused(inputs))
    assert set(found) == set(inputs.members("infused")["usubjid"].to_list())
    assert set(found.values()) == {Count(inputs.size("infused") - 1)}
    assert found


def test_every_count_and_share_of_the_report_rests_on_as_many_as_it_says(inputs):
    """Of a count of subjects as many are found as it counts; of a share, everybody of its set."""
    checked = 0
    for spec in OUTPUTS:
        page = page_of(inputs, spec)
        if spec.number not in {"14.1.1", "14.3.1"} or not isinstance(page.body, Table):
            continue
        for number, row in enumerate(page.body.rows, 1):
            for index, cell in enumerate(row.cells, 1):
                if isinstance(cell.value, Count) and cell.population != "batch":
                    assert len(resting_on(inputs, spec, Address(number, index))) == cell.value.value, (spec.number, row)
                    checked += 1
                if isinstance(cell.value, Share):
                    assert len(resting_on(inputs, spec, Address(number, index))) == cell.value.n, (spec.number, row)
                    checked += 1
    assert checked > 10


def test_the_records_found_are_enough_and_none_of_them_can_be_missed(whole, inputs, ledger):
    """An independent look: all other records of all subjects are dropped from the ledger at once, then one more."""
    address = infused(inputs)
    answer = trace(ledger, None, "14.1.1", address)
    assert any(isinstance(event.fact, CellsInfused) for item in answer.found for event in item.records)
    kept = {event.position for item in answer.found for event in item.records}
    common = [event for event in whole.events if not event.stream.startswith(("subject/", "batch/"))]
    own = [event for event in whole.events if event.position in kept]

    def count(events):
        ordered = sorted((*common, *events), key=lambda event: event.position)
        tables = derive(ordered, inputs.protocol, DataCut()).tables()
        given = with_tables(inputs, tables)
        return cell_at(page_of(given, OUTPUTS[0]), infused(given))[1].value

    assert count(own) == answer.cell.value
    given = [event for event in own if isinstance(event.fact, CellsInfused)]
    assert count([event for event in own if event is not given[0]]) == Count(len(answer.found) - 1)


def test_a_subject_s_records_alone_can_be_asked_for(ledger, inputs):
    name = inputs.members("infused")["usubjid"].to_list()[0]
    answer = trace(ledger, None, "14.1.1", infused(inputs), subject=name)
    assert {item.subject for item in answer.found if item.records is not None} == {name}


@pytest.mark.parametrize(
    ("number", "address", "subject", "code"),
    [
        ("99.9", None, None, "APP-310"),
        ("14.1.1", Address(80, 1), None, "APP-311"),
        ("14.1.1", Address(1, 80), None, "APP-311"),
        ("14.1.1", Address(1, 1), "nobody", "APP-312"),
    ],
)
def test_what_is_not_there_is_said(ledger, number, address, subject, code):
    with pytest.raises(UserError) as refused:
        trace(ledger, None, number, address, subject=subject)
    assert [item.id for item in refused.value.faults] == [code]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command_says_it_in_both_languages_and_as_data(celltrial, ledger, inputs, lang):
    address = infused(inputs)
    code, out, err = celltrial("trace", ledger, "14.1.1", "--row", address.row, "--lang", lang)
    assert code == 0, err
    n = inputs.size("infused")
    assert {"en": f"It rests on {n} of", "zh": f"例受试者中的 {n} 例"}[lang] in out
    code, out, err = celltrial("trace", ledger, "14.1.1", "--row", address.row, "--json", "--lang", lang)
    assert code == 0, err
    data = json.loads(out)
    assert data["value"] == str(n)
    assert len(data["subjects"]) == n
    assert all(item["records"] for item in data["subjects"])


def test_a_figure_has_no_cells(celltrial, ledger):
    number = next(item.number for item in OUTPUTS if item.kind == "figure")
    assert celltrial("trace", ledger, number)[0] == 0
    code, _, err = celltrial("trace", ledger, number, "--row", "1")
    assert code == 2
    assert "APP-311" in err


def test_a_changed_plan_of_analysis_stays_with_the_tables(inputs):
    """Leaving a subject out must not fall back on the protocol's plan where another was given."""
    other = replace(inputs.plan, reader="committee" if inputs.plan.reader != "committee" else "investigator")
    chosen = replace(inputs, chosen=other)
    assert with_tables(chosen, {}).plan == other

"""The bench: what is next and whose, what a release lacks, where a batch comes from; no value is told that nobody measured."""

from __future__ import annotations

import re

import pytest

from celltrial.app.bench import next_acts, release_tests
from celltrial.conduct.acts.batch.commands import PlanBatch
from celltrial.conduct.codes import Code
from celltrial.conduct.facts.account.events import CopyMade
from celltrial.conduct.facts.batch.state import MOVES
from celltrial.conduct.rehearsal import Journey
from celltrial.conduct.ruling import Refused
from celltrial.conduct.vocabulary import BatchStatus
from sites import TRIAL, text

BENCH = f"/t/{TRIAL}/batches/"


def state_of(site):
    return site.house.trials.get(TRIAL).state()


@pytest.mark.parametrize(("language", "said"), [("en", "Release a batch"), ("zh", "放行")])
def test_the_list_says_what_is_next_and_whose(at_bench, language, said):
    shown = text(at_bench.person("quality", language).get(BENCH))
    assert "B1" in shown
    assert "B2" in shown
    assert {"en": "Bedside", "zh": "床旁"}[language] in shown
    assert {"en": "quality assurance", "zh": "质量保证"}[language] in shown


def test_a_site_sees_its_own_batches_and_not_the_others(at_bench):
    own = at_bench.person("sc.s1")
    assert "B2" not in text(own.get(BENCH))
    assert own.get(f"{BENCH}B1/").status_code == 200
    for rest in ("B2/", "B2/label/", "NONE/"):
        assert own.get(BENCH + rest).status_code == 404


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_release_page_names_what_is_missing_failed_and_undecided_and_who_may_not(at_bench, language):
    quality = at_bench.person("quality", language)
    page = quality.get(f"{BENCH}B2/").content.decode()
    marks = re.findall(r'<tr class="(passed|failed|open|missing)">', page)
    rows = release_tests(state_of(at_bench), state_of(at_bench).batches["B2"])
    assert marks == [row.mark for row in rows]
    assert {mark: marks.count(mark) for mark in set(marks)} == {"passed": 1, "failed": 1, "open": 1, "missing": 5}
    shown = text(quality.get(f"{BENCH}B2/"))
    assert {"en": "not measured", "zh": "未检测"}[language] in shown
    assert str(Code.DUTIES_NOT_SEPARATE) in shown, "who completed it does not release it"
    assert str(Code.TEST_MISSING) in shown
    assert str(Code.SIGNATURE_MISSING) not in shown
    assert "V-31" in shown
    assert "run-7" in shown


def test_tests_are_typed_in_their_rows_and_recorded_together_or_not_at_all(at_bench):
    cells, path = at_bench.person("cells"), f"{BENCH}B2/tests/"
    page = cells.get(f"{BENCH}B2/").content.decode()
    names = [row.name for row in release_tests(state_of(at_bench), state_of(at_bench).batches["B2"])]
    place = {name: names.index(name) + 1 for name in names}
    assert f'name="{place["endotoxin"]}.value"' in page
    assert f'name="{place["viability"]}.value"' not in page, "what passed is not asked again"
    given = {
        f"{place['transduction efficiency']}.value": "45", f"{place['transduction efficiency']}.unit": "%",
        f"{place['transduction efficiency']}.low": "20", f"{place['endotoxin']}.value": "<0.5",
        f"{place['endotoxin']}.unit": "EU/mL", f"{place['endotoxin']}.high": "5",
    }  # fmt: skip
    before = state_of(at_bench).position
    wrong = cells.post(path, page=f"{BENCH}B2/", request="tests-1", **given, **{f"{place['mycoplasma']}.low": "many"})
    assert wrong.status_code == 422
    assert "mycoplasma" in text(wrong)
    assert 'value="&lt;0.5"' in wrong.content.decode(), "what was typed is still there"
    contrary = cells.post(
        path, page=f"{BENCH}B2/", request="tests-2", **{**given, f"{place['endotoxin']}.passed": "no"}
    )
    assert contrary.status_code == 422
    assert state_of(at_bench).position == before, "none of them is recorded where one is refused"
    for _ in range(2):  # sent twice it is recorded once
        assert cells.post(path, page=f"{BENCH}B2/", request="tests-3", **given).status_code == 302
    assert state_of(at_bench).position == before + 2
    tests = state_of(at_bench).batches["B2"].tests
    assert (tests["transduction efficiency"].passed, tests["endotoxin"].passed) == (True, True)
    assert at_bench.person("sc.s1").post(path, page=BENCH, request="tests-4", **given).status_code == 404


def test_the_next_act_is_there_with_its_form_and_is_carried_out(at_bench):
    quality = at_bench.person("quality")
    page = quality.get(f"{BENCH}B2/").content.decode()
    assert 'do/ReleaseBatch/"' not in re.findall(r'action="([^"]+)"', page), "what would be refused has no form"
    assert quality.act("RejectBatch", batch="B2", cause="sterility").status_code == 302
    quality.sign_only()
    page = quality.get(f"{BENCH}B2/").content.decode()
    [action] = re.findall(r'action="([^"]+/do/\w+/)"', page)
    assert action.endswith("do/DestroyBatch/")
    request = re.search(r'name="request" value="([^"]+)"', page)[1]
    answer = quality.post(action, page=f"{BENCH}B2/", request=request, **{"f.batch": "B2", "f.why": "rejected"})
    assert answer.status_code == 302, text(answer)
    assert state_of(at_bench).batches["B2"].status is BatchStatus.DESTROYED


def test_a_label_is_shown_only_after_its_print_is_on_record(at_bench):
    cells = at_bench.person("cells")
    path = f"{BENCH}B2/label/"
    before = cells.get(path)
    assert "ID-P2" not in text(before)
    answer = cells.post(path, request="print-1")
    assert answer.status_code == 200
    assert "ID-P2" in text(answer)
    assert answer.content.decode().count("data:image/svg+xml") == 2
    with at_bench.house.trials.get(TRIAL).session() as session:
        [made] = [event.fact for event in session.events() if isinstance(event.fact, CopyMade)]
    assert made.about == "batch/B2"
    assert at_bench.person("monitor").get(path).status_code == 404, "a wristband's code is none of the monitor's"


def test_a_recalled_batch_is_told_so_and_offers_no_lifting(at_bench):
    quality = at_bench.person("quality")
    assert quality.act("RecallBatch", batch="B1", cause="sterility").status_code == 302
    shown = text(quality.get(f"{BENCH}B1/"))
    assert "recalled" in shown
    assert "Lift" not in shown.partition("Tests")[0]


def test_what_is_named_as_next_is_never_refused_for_the_status_of_the_batch(at_bench):
    """The judge: `MOVES`, the table by which conduct moves a batch; an act that moves it must find its move there."""
    to = {
        "PerformLeukapheresis": BatchStatus.COLLECTED, "ReceiveMaterial": BatchStatus.MATERIAL_RECEIVED,
        "StartManufacture": BatchStatus.IN_PROCESS, "CompleteManufacture": BatchStatus.QC, "RecordManufactureFailure": BatchStatus.FAILED,
        "ReleaseBatch": BatchStatus.RELEASED, "DeclareOutOfSpecification": BatchStatus.OOS, "RejectBatch": BatchStatus.REJECTED,
        "ShipBatch": BatchStatus.SHIPPED, "ReceiveBatch": BatchStatus.RECEIVED, "ReturnBatch": BatchStatus.RETURNED,
        "DestroyBatch": BatchStatus.DESTROYED,
    }  # fmt: skip
    state = state_of(at_bench)
    seen = set()
    for status in BatchStatus:
        batch = state.batches["B2"].changed(status=status)
        for act in next_acts(state, batch):
            seen.add(act)
            if act in to:
                assert to[act] in MOVES[status], (status, act)
    assert set(to) <= seen
    ended = {status for status in BatchStatus if not next_acts(state, state.batches["B2"].changed(status=status))}
    assert ended == {BatchStatus.RECEIVED, BatchStatus.THAWED, BatchStatus.INFUSED, BatchStatus.DESTROYED}


def test_each_next_act_of_a_whole_journey_is_the_one_that_conduct_accepts(escalation):
    """The slow judge: a journey through every status by accepted commands; the page names each of them beforehand."""
    trip = escalation
    trip.enrol("P1")
    named = []

    def step(command):
        named.append((type(command).__name__, next_acts(trip.state, trip.state.batches["B1"])))
        assert not isinstance(trip.ask(command), Refused)

    trip.do(PlanBatch("B1", "P1"))
    before = trip.do
    trip.do = step
    trip.do(trip.collection("P1", "B1"))
    trip.make("B1")
    trip.release("B1")
    trip.deliver("B1")
    trip.do = before
    for command, acts in named:
        assert command in acts or (command == "RecordQualityTest" and acts[0] != "RecordQualityTest"), (command, acts)
    assert len({command for command, _ in named}) == 9


@pytest.fixture
def escalation():
    from datetime import UTC, datetime

    from celltrial.app.planning import open_protocol
    from sites import EXAMPLE

    trip = Journey(datetime(2026, 1, 5, 2, tzinfo=UTC), "Asia/Shanghai")
    trip.open_trial(open_protocol(EXAMPLE))
    return trip

"""`celltrial export icsr`: an adverse event as E2B(R3), read back by `e2br3`, a reader that is not ours, to equal values.

What `e2br3` does not read (lot, dose, time of administration, weight, registrations) is looked up by the path that the ICH dictionary
in `../shared` states for the element.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import e2br3
import pytest
from lxml import etree

from celltrial.app.planning import open_protocol
from celltrial.app.reading_once import read_whole
from celltrial.app.simulating import simulate_into
from celltrial.conduct.envelope import Actor, Event, Precision, Role
from celltrial.conduct.facts.account.events import CopyMade
from celltrial.conduct.facts.safety.events import AdverseEventReassessed, AdverseEventRecoded
from celltrial.conduct.vocabulary import Relatedness, Seriousness
from celltrial.core.errors import UserError
from celltrial.core.progress import Silent
from celltrial.datasets import DataCut
from celltrial.datasets.derive import protocol_in_force
from celltrial.datasets.event_log import cut_events
from celltrial.exchange.icsr import Sender, case_of, faults_of, write_message
from celltrial.exchange.icsr.message import case_id
from celltrial.exchange.icsr.narrative import narrate

SENDER = Sender("ORG-CELLS", "CDE-TEST", "1", "27.1", "1")
CODE = "10052015"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory, request):
    where = tmp_path_factory.mktemp("icsr") / "trial.db"
    example = request.config.rootpath / "examples" / "bcma-car-t-escalation.yaml"
    simulate_into(where, open_protocol(example), seed=1, scenario=None, years=1, progress=Silent())
    return str(where)


@pytest.fixture(scope="module")
def events(ledger):
    return read_whole(ledger, None).events


@pytest.fixture(scope="module")
def log(events):
    """The trial, whose first cytokine release syndrome was coded and then judged by the sponsor."""
    first = next(e for e in events if type(e.fact).__name__ == "AdverseEventReported" and e.fact.category == "crs")
    last = events[-1]

    def later(fact, role, number):
        moment = replace(last.occurred, utc=last.occurred.utc + timedelta(hours=number))
        actor = Actor("mm", role, None, "Medical monitor")
        return Event(
            last.trial,
            last.position + number,
            first.stream,
            90 + number,
            fact,
            moment,
            Precision.MINUTE,
            last.recorded,
            actor,
        )

    subject, name = first.fact.subject, first.fact.event
    serious = (Seriousness.LIFE_THREATENING,)
    judged = AdverseEventReassessed(subject, name, Relatedness.DEFINITE, serious, expected=True)
    more = [
        later(AdverseEventRecoded(subject, name, CODE, "crs"), Role.DATA_MANAGER, 1),
        later(judged, Role.MEDICAL_MONITOR, 2),
    ]
    return cut_events([*events, *more], DataCut()), name


@pytest.fixture(scope="module")
def case(log):
    whole, name = log
    return case_of(whole, protocol_in_force(whole), name, SENDER, blinded=False)


@pytest.fixture(scope="module")
def content(case):
    return write_message(case, narrate(case, "en"), case.latest)


@pytest.fixture(scope="module")
def read(content):
    [message] = e2br3.parse(content).messages
    return message


def test_an_independent_reader_finds_the_same_values(log, case, read):
    whole, name = log
    reported = next(
        e for e in whole.events if type(e.fact).__name__ == "AdverseEventReported" and e.fact.event == name
    ).fact
    found = read.icsr
    assert (read.sender, read.receiver) == ("ORG-CELLS", "CDE-TEST")
    assert found.safety_report_id == found.worldwide_case_id == case_id(case)
    assert case_id(case).split("-")[1] == "ORGCELLS", "no hyphen inside the company's part"
    assert found.report_type.code == "2"
    assert found.first_received_date.value == reported.aware.local_date
    assert found.creation_date.tz_offset == case.latest.local.strftime("%z")
    [source] = found.primary_sources
    assert (source.country.code, source.qualification.code) == (case.country, "1")
    assert (found.patient.name, found.patient.age.unit) == (reported.subject, "a")
    assert int(found.patient.age.value) == case.age
    [reaction] = found.reactions
    assert (reaction.native_term, reaction.native_language) == (reported.term, "eng")
    assert (reaction.meddra.code, reaction.meddra.code_system_version) == (CODE, "27.1")
    assert reaction.start_date.value == reported.onset
    assert reaction.life_threatening is True
    for other in (
        "results_in_death",
        "hospitalisation",
        "disabling",
        "congenital_anomaly",
        "other_medically_important",
    ):
        assert getattr(reaction, other).null_flavor == "NI", other
    assert found.nullification_amendment is None


def test_the_cells_are_the_suspect_and_each_judgement_names_who_gave_it(log, case, read):
    suspects = [drug for drug in read.icsr.drugs if drug.role.code == "1"]
    [cells] = suspects
    assert cells.product_name == "Autologous anti-BCMA CAR-T cells"
    assert {drug.role.code for drug in read.icsr.drugs if drug is not cells} == {"2"}
    assert {drug.product_name for drug in read.icsr.drugs} >= {"fludarabine", "cyclophosphamide"}
    [related] = cells.relatedness
    assert related.reaction_index == 0
    judged = {item.source.original_text: item.result for item in related.assessments}
    assert set(judged) == {"Reporter", "Sponsor"}
    assert judged["Sponsor"] == "Definite"
    assert all(not drug.relatedness for drug in read.icsr.drugs if drug is not cells), "nobody judged the other drugs"


PATHS = {
    "C.1.7": "expedited", "C.5.3": "trial", "C.5.4": "study", "D.3": "weight", "E.i.7": "outcome", "G.k.4.r.1a": "dose",
    "G.k.4.r.1b": "unit", "G.k.4.r.4": "start", "G.k.4.r.7": "lot", "C.3.1": "sender", "C.2.r.5": "primary", "C.5.1.r.1": "registered",
}  # fmt: skip


@pytest.mark.shared
def test_the_paths_of_the_ich_dictionary_lead_to_what_was_given(shared, log, case, content):
    whole, _ = log
    entries = json.loads((shared / "data" / "e2b" / "ich-e2br3-dictionary.json").read_text(encoding="utf-8"))["entries"]
    paths = {entry["code"]: entry["xpath"] for entry in entries if entry.get("xpath")}
    root = etree.fromstring(content)
    infused = [e for e in whole.events if type(e.fact).__name__ == "CellsInfused" and e.fact.subject == case.subject]
    given = infused[0]
    wanted = {
        "expedited": str(case.expedited).lower(),
        "trial": whole.trial,
        "study": "1",
        "weight": str(given.fact.weight_kg),
        "dose": str((given.fact.delivered_cells / 1_000_000).normalize()),
        "unit": "10*6.{cells}",
        "start": given.occurred.local.strftime("%Y%m%d%H%M%z"),
        "lot": given.fact.batch,
        "sender": "1",
        "primary": "1",
        "registered": "NCT04295018",
    }
    for element, name in PATHS.items():
        found = root.xpath(
            usable(paths[element]),
            namespaces={"h": "urn:hl7-org:v3", "xsi": "http://www.w3.org/2001/XMLSchema-instance"},
        )
        assert found, element
        if name in wanted:
            assert str(found[0]) == wanted[name], element


def usable(path):
    """A path of the dictionary with its placeholders (r, i, k) taken out and its names put into the namespace of HL7."""
    path = re.sub(r"\[[rik]\]", "", path)
    return re.sub(r"(?<![@:\w'.-])([A-Za-z_][\w]*)(?=[/\[\]=]|$)(?!\()", r"h:\1", path)


def test_a_follow_up_keeps_the_identifier_and_the_first_day_and_says_why(log, case):
    whole, name = log
    for word, code in (("nullify", "1"), ("amend", "2")):
        sender = replace(SENDER, **{word: "entered for another subject"})
        changed = case_of(whole, protocol_in_force(whole), name, sender, blinded=False)
        found = e2br3.parse(write_message(changed, "x", case.latest)).messages[0].icsr
        assert found.safety_report_id == case_id(case)
        assert found.first_received_date.value == case.first.local_date
        assert (found.nullification_amendment.code, found.nullification_reason) == (code, "entered for another subject")
        assert found.most_recent_date.value >= found.first_received_date.value


def test_a_blinded_reader_gets_no_name_of_a_product(log, case):
    whole, name = log
    hidden = case_of(whole, protocol_in_force(whole), name, SENDER, blinded=True)
    content = write_message(hidden, narrate(hidden, "en"), case.latest)
    assert b"Autologous anti-BCMA" not in content
    [cells] = [drug for drug in e2br3.parse(content).messages[0].icsr.drugs if drug.role.code == "1"]
    assert cells.product_name == "BLINDED"


def test_whatever_a_report_lacks_is_told_at_once_by_its_element(log):
    whole, name = log
    bare = case_of(whole, protocol_in_force(whole), name, Sender(), blinded=False)
    assert {item.where for item in faults_of(bare)} == {"N.1.3", "N.1.4", "C.3.1", "E.i.2.1a"}
    assert faults_of(case_of(whole, protocol_in_force(whole), name, SENDER, blinded=False)) == ()
    wrong = replace(SENDER, meddra="27", qualification="9", kind="8", nullify="a", amend="b")
    odd = case_of(whole, protocol_in_force(whole), name, wrong, blinded=False)
    assert {item.where for item in faults_of(odd)} == {"E.i.2.1a", "C.2.r.4", "C.3.1", "C.1.11.1"}
    drug = odd.drugs[0]
    long = replace(odd, sender=SENDER, drugs=(replace(drug, given=(replace(drug.given[0], lot="B" * 36),)),))
    assert [(item.id, item.where) for item in faults_of(long)] == [("EXC-182", "G.k.4.r.7")]
    early = replace(odd, sender=SENDER, drugs=tuple(item for item in odd.drugs if not item.suspect))
    assert [(item.id, item.where) for item in faults_of(early)] == [("EXC-181", "G.k.1")]


def test_an_event_that_is_not_there_is_told_with_those_that_are(log):
    whole, _ = log
    with pytest.raises(UserError) as caught:
        case_of(whole, None, "AE-9999", SENDER, blinded=False)
    assert caught.value.faults[0].id == "EXC-180"
    assert "AE-0001" in caught.value.faults[0].params["expected"]


def test_the_narrative_tells_what_is_on_record_in_both_languages_and_what_is_not(case):
    english, chinese = narrate(case, "en"), narrate(case, "zh")
    assert case.term in english
    assert "Relation to the cells, sponsor: definite" in english
    assert "Serious: life-threatening" in english
    assert "申办者：肯定有关" in chinese
    lone = replace(case, judgements=case.judgements[:1], ended=None)
    assert "The sponsor's own assessment of causality is not on record." in narrate(lone, "en")
    assert "No end is on record." in narrate(lone, "en")


def test_the_command_refuses_what_is_missing_and_writes_a_draft_where_asked(celltrial, ledger, tmp_path):
    who = ("--as", "data_manager", "--account", "dm")
    words = ("export", "icsr", ledger, "AE-0001", "--out", tmp_path / "a.xml", *who)
    code, _, err = celltrial(*words)
    assert code == 2
    assert "E.i.2.1b" in err
    assert not (tmp_path / "a.xml").exists()
    code, out, err = celltrial(
        *words, "--draft", "--lang", "zh", "--sender", "S", "--receiver", "R", "--sender-type", "1"
    )
    assert code == 1
    assert "草稿" in out
    assert e2br3.parse((tmp_path / "a.xml").read_bytes()).messages[0].icsr.reactions
    copy = read_whole(ledger, None).events[-1].fact
    assert isinstance(copy, CopyMade)
    assert copy.kind == "case_report"
    assert copy.about.startswith("subject/")


def test_the_same_case_makes_the_same_bytes(case, content):
    assert write_message(case, narrate(case, "en"), case.latest) == content

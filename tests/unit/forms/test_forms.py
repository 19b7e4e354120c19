"""One description of each command: words for every field and code, examples that are read, every fault at once."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from celltrial.app.acting import read_command
from celltrial.cli.command_help import help_text, schema_of
from celltrial.conduct.acts.commands import COMMANDS
from celltrial.conduct.acts.roles import ROLES
from celltrial.conduct.acts.subject.historical import ALLOWED
from celltrial.conduct.facts.subject.events import SubjectDied
from celltrial.conduct.vocabulary import Relatedness, Seriousness
from celltrial.core.dates import Instant
from celltrial.core.errors import UserError
from celltrial.forms.declared import ABOUT, COMPUTED, JUDGED, LEFT_OUT, MAY_BE_EMPTY, NUMBER_AS_TEXT, SAID, SCANNED
from celltrial.forms.description import Kind, describe, describe_record, forms
from celltrial.forms.examples import example
from celltrial.forms.reading import nested, read
from celltrial.locale import catalogue, has, translate
from celltrial.locale.form_words import has_words
from celltrial.locale.wording import fault_sentence, in_words

TEXTS = catalogue("forms")
#: What is the same in both languages: hash, abbreviations, names of scales.
NEUTRAL = {"SHA-256"}
REPORT = describe(COMMANDS["ReportAdverseEvent"])


def every_field():
    waiting = [item for form in forms() for item in form.fields]
    waiting += [item for kind in ALLOWED for item in describe_record(kind)]
    while waiting:
        item = waiting.pop()
        yield item
        waiting += item.fields


FIELDS = {(item.owner, item.name): item for item in every_field()}


def test_every_field_of_every_command_has_a_name_and_a_help_in_both_languages():
    assert len(FIELDS) > 300
    assert sorted(place for place, item in FIELDS.items() if not has_words(item, "zh")) == []


def test_every_command_area_and_group_has_its_words():
    keys = {f"form.{part}{name}" for name in COMMANDS for part in ("command.", "help.command.")}
    keys |= {f"form.area.{form.area}" for form in forms()}
    keys |= {f"form.group.{item.group}" for item in FIELDS.values()} | {f"form.kind.{kind}" for kind in Kind}
    keys |= {f"form.unit.{item.said.unit.strip('{}')}" for item in FIELDS.values() if item.said.unit.startswith("{")}
    assert sorted(key for key in keys if not has(key)) == []


def test_nothing_english_stands_in_a_chinese_name_or_help():
    for key, texts in TEXTS.items():
        if texts["zh"] in NEUTRAL or key in {"form.and", "form.named"}:
            continue
        shown = re.sub(r"`[^`]*`|\{\w+\}", "", texts["zh"])
        assert re.search(r"[一-鿿]", texts["zh"]), key
        left = set(re.findall(r"[A-Za-z]{3,}", shown)) - {
            "DLT",
            "JSON",
            "SHA",
            "IANA",
            "ISO",
            "UCUM",
            "MedDRA",
            "Tanner",
        }
        assert not left, (key, left)
        assert texts["en"] != texts["zh"]


def test_no_text_is_without_a_field_or_a_command():
    names = {name for _, name in FIELDS} | {f"{owner}.{name}" for owner, name in FIELDS}
    for key in TEXTS:
        found = re.match(r"form\.(?:help\.)?field\.(.+)", key)
        assert found is None or found[1] in names, key
        found = re.match(r"form\.(?:help\.)?command\.(.+)", key)
        assert found is None or found[1] in COMMANDS, key


def test_nothing_is_declared_of_a_field_that_does_not_exist():
    names = {name for _, name in FIELDS} | {f"{owner}.{name}" for owner, name in FIELDS}
    names |= {name for kind in ALLOWED for name in kind.__dataclass_fields__}
    for table in (SAID, LEFT_OUT, NUMBER_AS_TEXT, COMPUTED, MAY_BE_EMPTY, ABOUT, SCANNED, JUDGED):
        assert sorted(set(table) - names) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_code_has_words(language):
    lists = {item.code_list: item.codes for item in FIELDS.values() if item.codes}
    assert len(lists) > 20
    for code_list, codes in lists.items():
        for code in codes:
            assert has(f"term.{code_list}.{code.value}"), (code_list, code)
            words = in_words(code, language)
            if language == "zh" and code_list != "assay":
                assert re.search(r"[一-鿿]", words), (code_list, code, words)


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.name)
def test_the_example_of_each_command_is_read_and_its_help_shows_every_field(form):
    assert isinstance(read(form, example(form)), COMMANDS[form.name])
    shown = help_text(form, "zh")
    assert all(f"  {item.name}  [" in shown for item in form.fields)
    assert all(in_words(role, "zh") in shown for role in ROLES[COMMANDS[form.name]])


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.name)
def test_every_missing_field_is_named_at_once(form):
    needed = [item.name for item in form.fields if item.required]
    if not needed:
        assert read(form, {}) is not None
        return
    with pytest.raises(UserError) as caught:
        read(form, {})
    assert [fault.where for fault in caught.value.faults] == [f"{form.name}.{name}" for name in needed]
    assert all(translate("form.and", "zh") not in fault_sentence(fault, "zh") for fault in caught.value.faults)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_serious_event_meets_all_its_faults_at_once_in_the_readers_language(language):
    given = {
        "subjct": "P1", "event": 1, "term": "x", "category": "", "grade": 9, "scale": "x", "onset": "yesterday",
        "onset_precision": "dayy", "seriousness": "death", "relatedness": "Possible", "aware": "2026-03-01",
        "findings": [{"concept": "temperature"}, 3],
    }  # fmt: skip
    with pytest.raises(UserError) as caught:
        read(REPORT, given)
    found = [(fault.id, fault.where.partition(".")[2]) for fault in caught.value.faults]
    assert found == [
        ("APP-064", ""), ("APP-065", "subject"), ("APP-067", "event"), ("APP-068", "grade"), ("APP-067", "onset"),
        ("APP-067", "onset_precision"), ("APP-067", "seriousness"), ("APP-067", "aware"), ("APP-065", "findings.1.value"),
        ("APP-067", "findings.2"),
    ]  # fmt: skip
    said = [fault_sentence(fault, language) for fault in caught.value.faults]
    assert ("did you mean subject" if language == "en" else "是否指 subject") in said[0]
    for line in said:
        if language == "zh":
            assert not re.search(r"\b(must|found|missing|such as|field)\b", line)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T02:00:00Z", "2026-03-01T02:00Z", "2026-03-01 02:00Z", "2026-03-01t02:00:00z", "2026-03-01T10:00+08:00",
        "2026-03-01T10:00:00+0800", "2026-03-01 10:00:00 +08:00", "2026-03-01T10:00+08", "20260301T100000+0800",
        "2026-03-01T02:00:00.000Z", " 2026-03-01T02:00:00Z ", "2026-03-01T02:00:00+00:00", "2026-03-01T02:00:00-00:00",
        "２０２６-03-01T02:00Z", "2026-02-28T21:00\N{MINUS SIGN}05:00",
    ],
)  # fmt: skip
def test_a_moment_is_read_in_every_form_of_iso_8601(text):
    moment = read(REPORT, {**example(REPORT), "aware": text}).fact.aware
    assert moment == Instant(datetime(2026, 3, 1, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2026-03-01", None), ("2026-03-01", "Asia/Shanghai"), ("2026-03-01T10:00", None), ("10:00", "Asia/Shanghai"),
        ("2026-02-29T10:00Z", None), ("2026-03-29T02:30", "Europe/Berlin"), ("2026-10-25T02:30", "Europe/Berlin"),
        ("now", "UTC"), ("", None), (1772330400, None), (None, None), ({"utc": "2026-03-01T02:00Z", "zone": "Mars/Base"}, None),
        ({"utc": "2026-03-01T02:00Z", "place": "x"}, None),
    ],
)  # fmt: skip
def test_what_is_no_moment_is_refused(text, zone):
    with pytest.raises(UserError) as caught:
        read(REPORT, {**example(REPORT), "aware": text}, zone=zone)
    assert {fault.id for fault in caught.value.faults} == {"APP-067"}


def test_a_moment_without_offset_is_one_of_the_zone_of_the_place():
    given = {**example(REPORT), "aware": "2026-03-01 10:00"}
    assert read(REPORT, given, zone="Asia/Shanghai").fact.aware == Instant(
        datetime(2026, 3, 1, 2, tzinfo=UTC), "Asia/Shanghai"
    )
    stated = {**given, "aware": {"utc": "2026-03-01T02:00:00Z", "zone": "Asia/Shanghai"}}
    assert read(REPORT, stated).fact.aware.zone == "Asia/Shanghai"


@pytest.mark.parametrize(
    "text", ["2026-03-01", "20260301", "2026-03-01 00:00:00", "２０２６-０３-０１", " 2026-03-01 "]
)
def test_a_day_is_read_as_people_and_spreadsheets_write_it(text):
    assert read(REPORT, {**example(REPORT), "onset": text}).fact.onset == date(2026, 3, 1)


@pytest.mark.parametrize("text", ["2026-03-01T10:00", "2026-03-01T00:00Z", "01/03/2026", "2026-13-01", "", 20260301])
def test_what_is_no_day_is_refused(text):
    with pytest.raises(UserError):
        read(REPORT, {**example(REPORT), "onset": text})


@pytest.mark.parametrize("number", ["2.1e8", 2.1e8, 210000000, "210000000", "２１００００００0"])
def test_a_number_is_read_as_it_is_written(number):
    form = describe(COMMANDS["RecordInfusion"])
    assert read(form, {**example(form), "delivered_cells": number}).delivered_cells == Decimal("2.1e8")


@pytest.mark.parametrize(
    "number", ["2,1e8", "1_000", "nan", "inf", "-Infinity", float("nan"), True, "", "1e999", "0x10", None]
)
def test_what_is_no_number_is_refused(number):
    form = describe(COMMANDS["RecordInfusion"])
    with pytest.raises(UserError) as caught:
        read(form, {**example(form), "delivered_cells": number})
    assert caught.value.faults[0].where == "RecordInfusion.delivered_cells"


@pytest.mark.parametrize(
    ("command", "field", "value"),
    [
        ("RecordInfusion", "delivered_cells", 0), ("RecordInfusion", "weight_kg", -3), ("RecordInfusion", "weight_kg", 62500),
        ("HandOverBatch", "low_celsius", "-274"), ("OpenCohort", "level", 0), ("OpenCohort", "size", -1),
        ("RecordLateSafetyTest", "share", "12"), ("MeasureLesion", "diameter_mm", -1), ("CountResource", "quantity", -1),
        ("GradeAdverseEvent", "grade", 6), ("CorrectFact", "position", 0),
    ],
)  # fmt: skip
def test_a_value_that_is_not_possible_is_refused_with_its_range(command, field, value):
    form = describe(COMMANDS[command])
    with pytest.raises(UserError) as caught:
        read(form, {**example(form), field: value})
    assert [fault.id for fault in caught.value.faults] == ["APP-068"]


def test_the_fact_inside_a_command_is_taken_too():
    given = example(REPORT)
    assert read(REPORT, {"fact": given}) == read(REPORT, given)


def test_what_is_not_known_may_be_left_out_and_counts_at_its_worst():
    given = {
        name: example(REPORT)[name] for name in ("subject", "event", "term", "category", "scale", "onset", "aware")
    }
    fact = read(REPORT, {**given, "seriousness": ["death"]}).fact
    assert (fact.grade, fact.relatedness, fact.expected) == (None, Relatedness.UNKNOWN, None)
    with pytest.raises(UserError):  # whether it is serious has to be said
        read(REPORT, given)


def test_a_historical_fact_is_read_under_its_stored_name():
    form = describe(COMMANDS["RecordHistorical"])
    fact = {"subject": "P1", "died_on": "2026-03-01", "cause": ""}
    for name in ("subject.died/1", "subject.died"):
        given = {**example(form), "facts": [{"fact": {name: fact}, "occurred": "2026-03-01T00:00Z"}]}
        assert read(form, given).facts[0].fact == SubjectDied("P1", date(2026, 3, 1), "")
    for wrong in (
        {"subject.dead/1": fact},
        {"subject.died/1": 3},
        fact,
        [],
        "x",
        {"subject.died/1": {**fact, "on": 1}},
    ):
        with pytest.raises(UserError):
            read(form, {**example(form), "facts": [{"fact": wrong, "occurred": "2026-03-01T00:00Z"}]})


def test_words_under_dotted_paths_say_the_same_as_json():
    words = {
        "subject": "P1", "event": "AE-1", "term": " CRS ", "code": "", "category": "crs", "grade": "", "scale": "ASTCT 2019",
        "onset": "2026-03-01", "seriousness": "death, life threatening", "relatedness": "POSSIBLE", "expected": "否",
        "aware": "2026-03-01 10:00 +08:00", "findings.1.concept": "temperature", "findings.1.value": "39.2",
    }  # fmt: skip
    fact = read(REPORT, nested(words, "ReportAdverseEvent")).fact
    assert (fact.term, fact.grade, fact.expected) == ("CRS", None, False)
    assert fact.seriousness == (Seriousness.DEATH, Seriousness.LIFE_THREATENING)
    assert [(item.concept, item.value) for item in fact.findings] == [("temperature", "39.2")]


@pytest.mark.parametrize(
    "words", [{"a": "1", "a.b": "2"}, {"a.b": "2", "a": "1"}, {"a.1.b": "1", "a.3.b": "2"}, {"a.0": "1"}]
)
def test_paths_that_do_not_fit_together_are_refused(words):
    with pytest.raises(UserError) as caught:
        nested(words, "RecordSigns")
    assert caught.value.faults[0].id == "APP-069"


@pytest.mark.parametrize("form", forms(), ids=lambda form: form.name)
def test_the_schema_of_each_command_takes_its_example_and_refuses_what_it_must(form):
    jsonschema = pytest.importorskip("jsonschema")
    schema = schema_of(form, "zh")
    jsonschema.Draft202012Validator.check_schema(schema)
    check = jsonschema.Draft202012Validator(schema)
    given = example(form)
    assert check.is_valid(given)
    assert not check.is_valid({**given, "no_such_field": 1})
    for item in form.fields:
        if item.required:
            assert not check.is_valid({name: value for name, value in given.items() if name != item.name})


EVENT = {"subject": "P1", "event": "AE-1", "term": "fever", "category": "", "scale": "", "seriousness": [],
         "aware": "2025-03-20T09:00:00+08:00"}  # fmt: skip


@pytest.mark.parametrize(
    ("written", "day", "precision"),
    [
        ("2025-03-04", date(2025, 3, 4), "day"),
        ("2025-03", date(2025, 3, 1), "month"),
        ("2025-3", date(2025, 3, 1), "month"),
        ("2025-03-UN", date(2025, 3, 1), "month"),
        ("2025-03-UNK", date(2025, 3, 1), "month"),
        ("２０２５-03", date(2025, 3, 1), "month"),
        ("2025年3月", date(2025, 3, 1), "month"),
        ("2025", date(2025, 1, 1), "year"),
        ("2025-UN-UN", date(2025, 1, 1), "year"),
        ("2025年", date(2025, 1, 1), "year"),
    ],
)
def test_a_month_or_a_year_may_be_given_for_a_day_and_its_precision_says_so(written, day, precision):
    for extra in ({}, {"onset_precision": precision}):
        fact = read_command("ReportAdverseEvent", json.dumps({**EVENT, "onset": written, **extra}), []).fact
        assert (fact.onset, fact.onset_precision.value) == (day, precision)
    fact = read_command("ReportAdverseEvent", json.dumps(EVENT), [f"onset={written}"]).fact
    assert (fact.onset, fact.onset_precision.value) == (day, precision)


@pytest.mark.parametrize("written", ["2025-13", "2025-00", "1825-03", "2025-03-32", "UNK", "03-2025", "2025-UN-04"])
def test_what_is_no_month_is_no_day_either(written):
    with pytest.raises(UserError) as refused:
        read_command("ReportAdverseEvent", json.dumps({**EVENT, "onset": written}), [])
    assert [(item.id, item.where) for item in refused.value.faults] == [("APP-067", "ReportAdverseEvent.onset")]


def test_a_month_is_not_taken_for_a_day_that_somebody_says_is_exact_or_that_has_no_precision_beside_it():
    with pytest.raises(UserError):
        read_command("ReportAdverseEvent", json.dumps({**EVENT, "onset": "2025-03", "onset_precision": "day"}), [])
    consent = {"subject": "P1", "kind": "main", "version": "1.0", "signed_on": "2025-03"}
    with pytest.raises(UserError):
        read_command("SignConsent", json.dumps(consent), [])

"""Texts of USDM documents: marks off, tags resolved, nothing lost; and codes by what they say."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from celltrial.exchange.usdm import format_usdm, read_usdm
from celltrial.exchange.usdm.facts.markup import plain_text
from celltrial.protocol import read_protocol

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "dc-vaccine-randomised.yaml"
TEXT = format_usdm(read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name))


def plain(text):
    return plain_text(text, lambda name, attributes: f"<{attributes.get('name')}>").text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ANC <LLN and platelets >75", "ANC <LLN and platelets >75"),
        ("age < 18 & > 75 years", "age < 18 & > 75 years"),
        ("<p>age &lt; 18 &amp; &gt; 75&nbsp;years</p>", "age < 18 & > 75 years"),
        ("<p>1.0 &times; 10<sup>9</sup>/L</p>", "1.0 × 10^9/L"),
        ("10<sup>-3</sup> CO<sub>2</sub> note<sup>*</sup>", "10^-3 CO2 note*"),
        ("<ul><li>one</li>\n<li><p>two</p></li></ul>after", "- one\n- two\nafter"),
        ("<ol><li>a<ol type='a'><li>b</li><li>c</li></ol></li><li>d</li></ol>", "1. a\n  a. b\n  b. c\n2. d"),
        ("<table><tr><th>drug</th><th>days</th></tr><tr><td>X</td><td>14</td></tr></table>", "drug | days\nX | 14"),
        ("one<br/>two<br>three", "one\ntwo\nthree"),
        ("<p>must be <del>16</del><ins>18</ins> or older</p>", "must be 18 or older"),
        ("<style>p {color: red}</style><p>x</p><script>y()</script>", "x"),
        ("<o:p>x</o:p> <font color='red'>y</font> <custom>z</custom>", "x y z"),
        ("a <!-- hidden --> b <![CDATA[c]]>", "a b c"),
        ("<p>R&D, AT&T &copy 2024 &unknown; &#8805; 18</p>", "R&D, AT&T &copy 2024 &unknown; ≥ 18"),
        ("<p>safe&#8238;evil&#0;</p>", "safeevil\ufffd"),
        ("aged >= <usdm:tag name='min'/>", "aged >= <min>"),
        ('aged >= <usdm:tag name="min"></usdm:tag> years', "aged >= <min> years"),
        ("aged >= &lt;usdm:tag name=&quot;min&quot;/&gt;", "aged >= <min>"),
        ("<p>x<sup>2", "x2"),
        ("<p", "<p"),
        ("", ""),
    ],
)
def test_marks_are_taken_off_and_what_they_mean_is_kept(text, expected):
    assert plain(text) == expected


def test_a_plain_text_comes_back_to_the_letter():
    text = "  two  spaces,\na line and a trailing one \n"
    assert plain(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "<a " * 60_000,
        "<a x=" * 60_000,
        '<a x="' * 60_000,
        "<!--" * 60_000,
        "<p>" * 60_000,
        "<sup>" * 60_000,
        "<ol><li>" * 30_000,
        "<a" + " " * 200_000,
        "&" * 200_000,
        "&lt;usdm:tag " * 30_000,
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + "&b;" * 30_000,
        "</x>" * 60_000,
    ],
)
def test_no_text_takes_long(text):
    start = time.process_time()
    plain(text)
    assert time.process_time() - start < 5


def test_nothing_outside_is_named_or_fetched():
    text = '<!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><p>&x;</p>'
    assert "root:" not in plain(text)
    assert "&x;" in plain(text)


def drafted(text, entries, *, dictionary="D1", more=None):
    """Return the text of the first criterion, and the notes, of a foreign document in which it and its dictionary stand."""
    data = json.loads(TEXT)
    version = data["study"]["versions"][0]
    version["extensionAttributes"] = []
    item = version["eligibilityCriterionItems"][0]
    item["text"], item["dictionaryId"] = text, dictionary
    maps = [
        {"id": f"M{number}", "tag": tag, "reference": reference, "instanceType": "ParameterMap"}
        for number, (tag, reference) in enumerate(entries.items())
    ]
    version["dictionaries"] = [
        {"id": "D1", "name": "D", "parameterMaps": maps, "instanceType": "SyntaxTemplateDictionary"}
    ]
    if more is not None:
        more(version)
    found = read_usdm(json.dumps(data), "s.json")
    [criterion] = found.data["population"]["criteria"][:1]
    return criterion["text"]["en"], [(one.id, one.params.get("found")) for one in found.notes]


def reference(kind, name, attribute):
    return f'<usdm:ref klass="{kind}" id="{name}" attribute="{attribute}"></usdm:ref>'


AGE = {
    "id": "R1",
    "isApproximate": False,
    "instanceType": "Range",
    "minValue": {"id": "Q1", "value": 18.0, "unit": None, "instanceType": "Quantity"},
    "maxValue": {"id": "Q2", "value": 75.5, "unit": None, "instanceType": "Quantity"},
}
YEARS = {
    "standardCode": {
        "code": "C29848",
        "codeSystem": "http://www.cdisc.org",
        "codeSystemVersion": "2025-09-26",
        "decode": "Year",
        "instanceType": "Code",
    },
    "instanceType": "AliasCode",
}


def with_age(version):
    age = json.loads(json.dumps(AGE))
    for number, end in enumerate(("minValue", "maxValue")):
        age[end]["unit"] = YEARS | {"id": f"A{number}", "standardCode": YEARS["standardCode"] | {"id": f"C{number}x"}}
    version["studyDesigns"][0]["population"]["plannedAge"] = age


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ({"min": reference("Quantity", "Q1", "value")}, "aged >= 18"),
        ({"min": reference("Range", "R1", "minValue")}, "aged >= 18 years"),
        ({"min": reference("Range", "R1", "maxValue")}, "aged >= 75.5 years"),
        (
            {"min": reference("StudyDesignPopulation", "StudyDesignPopulation_1", "plannedAge")},
            "aged >= 18 to 75.5 years",
        ),
        ({"min": "18.0"}, "aged >= 18.0"),
        ({"min": '<p><usdm:tag name="low"/></p>', "low": '<usdm:tag name="lower"/>', "lower": "18"}, "aged >= 18"),
        ({"min": reference("EligibilityCriterionItem", "EligibilityCriterionItem_2", "text")}, "aged >= 18"),
    ],
)
def test_a_tag_is_what_its_dictionary_says(entries, expected):
    def more(version):
        with_age(version)
        other = version["eligibilityCriterionItems"][1]
        other["text"], other["dictionaryId"] = '<usdm:tag name="b"/>', "D1"

    text, notes = drafted('<p>aged &gt;= <usdm:tag name="min"/></p>', {"b": "18"} | entries, more=more)
    assert text == expected
    assert not [one for one in notes if one[0] in {"EXC-141", "EXC-142"}]


@pytest.mark.parametrize(
    ("entries", "note"),
    [
        ({}, ("EXC-141", "min")),
        ({"min": "  "}, ("EXC-141", "min")),
        ({"min": '<usdm:tag name="gone"/>'}, ("EXC-141", "gone")),
        ({"min": reference("Quantity", "Q9", "value")}, ("EXC-142", "Q9.value")),
        ({"min": reference("Range", "Q1", "value")}, ("EXC-142", "Q1.value")),
        ({"min": reference("Quantity", "Q1", "size")}, ("EXC-142", "Q1.size")),
        ({"min": '<usdm:tag name="min"/>'}, ("EXC-142", "min")),
        ({"min": '<usdm:tag name="b"/>', "b": '<usdm:tag name="min"/>'}, ("EXC-142", "min")),
        ({"min": reference("EligibilityCriterionItem", "EligibilityCriterionItem_1", "text")}, None),
    ],
)
def test_a_tag_without_a_meaning_is_told_and_kept_in_brackets(entries, note):
    text, notes = drafted('aged >= <usdm:tag name="min"/>', entries, more=with_age)
    assert text == "aged >= [min]"
    if note is not None:
        assert note in notes
    assert len([one for one in notes if one[0] in {"EXC-141", "EXC-142"}]) == 1


def test_a_text_without_a_dictionary_keeps_its_tags_in_brackets():
    text, notes = drafted('aged >= <usdm:tag name="min"/>', {"min": "18"}, dictionary=None)
    assert (text, ("EXC-141", "min") in notes) == ("aged >= [min]", True)


def test_tags_that_double_one_another_stay_small():
    entries = {f"t{number}": f'<usdm:tag name="t{number + 1}"/>' * 10 for number in range(12)} | {"t12": "x" * 100}
    start = time.process_time()
    text, notes = drafted('<usdm:tag name="t0"/> aged 18', entries)
    assert time.process_time() - start < 20
    assert text == "[t0] aged 18"
    assert [one for one in notes if one[0] == "EXC-142"]


def titled(code, decode, **more):
    data = json.loads(TEXT)
    version = data["study"]["versions"][0]
    version["extensionAttributes"] = []
    version["titles"][0]["type"] |= {"code": code, "decode": decode} | more
    found = read_usdm(json.dumps(data), "s.json")
    title = found.data["identification"].get("title", {}).get("en")
    return title == version["titles"][0]["text"], [one.id for one in found.notes]


@pytest.mark.parametrize(
    ("code", "decode", "taken", "notes"),
    [
        ("C207616", "Official Study Title", True, []),
        ("C207616", "OFFICIAL STUDY TITLE", True, []),
        ("C207616", "正式标题", True, []),
        ("C99905x2", "Official Study Title", True, ["EXC-144"]),
        ("", "official title", True, ["EXC-144"]),
        ("C207616", "", True, []),
        ("C207616", "Brief Study Title", True, ["EXC-143"]),
        ("C207615", "Official Study Title", False, ["EXC-143"]),
        ("C99905x1", "Brief Study Title", False, ["EXC-144"]),
        ("C99905x9", "Another Title", False, []),
    ],
)
def test_a_title_is_known_by_its_code_else_by_what_the_code_says(code, decode, taken, notes):
    assert titled(code, decode) == (taken, notes)

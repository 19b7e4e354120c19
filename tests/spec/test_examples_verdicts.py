"""The study files: each loads, each fires the clauses that its product and its design should, and not the others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.guideline.verdict import Status
from celltrial.protocol import canonical_json, load_canonical, read_protocol

FOLDER = Path(__file__).resolve().parents[2] / "examples"
FILES = {
    "bcma": "bcma-car-t-escalation",
    "cd19": "cd19-car-t-single-arm",
    "tcr": "mage-a4-tcr-t-escalation",
    "nk": "cd19-car-nk-escalation",
    "dc": "dc-vaccine-randomised",
    "cik": "cik-adjuvant-randomised",
    "til": "til-melanoma-randomised",
}
EVERY = frozenset(FILES)
ENGINEERED = {"bcma", "cd19", "tcr", "nk"}
ENGINEERED_T = {"bcma", "cd19", "tcr"}
EXPLORATORY = {"bcma", "tcr", "nk"}
CONFIRMATORY = {"cd19", "dc", "cik", "til"}

#: Clauses that do not speak to every trial -> the study files to which they do.
APPLIES = {
    # the product: a foreign gene, an integrating vector, a high tier, lymphodepletion, a separate follow-up study
    **dict.fromkeys(("1.2-b", "1.3-d", "2.2.1.1-c", "2.2.2.2-d", "2.2.2.2-e", "2.2.5-b", "2.2.5-c"), ENGINEERED),
    **dict.fromkeys(("2.1.1.4-c", "2.1.2.1-a", "2.1.2.3-a", "2.1.2.3-b"), ENGINEERED),
    "2.1.3-g": {*ENGINEERED, "til"},
    **dict.fromkeys(("3.1-h", "3.1-k"), ENGINEERED),
    **dict.fromkeys(("1.3-f", "2.1.2.2-d"), ENGINEERED_T),
    "2.1.1.4-a": {*ENGINEERED_T, "dc"},
    "2.1.1.4-b": EXPLORATORY,
    "2.1.1.4-e": {"cd19"},
    "2.2.5-g": {"nk"},
    "2.3.2-h": {"bcma", "cd19"},
    **dict.fromkeys(("3.1-f", "3.1-l"), frozenset({"dc", "cik", "til"})),
    # made for one person: all but the donor cells from stock
    **dict.fromkeys(("1.3-b", "2.1.1.2-c"), EVERY - {"nk"}),
    **dict.fromkeys((f"2.1.3-{letter}" for letter in "abcdfhij"), EVERY - {"nk"}),
    # the phase
    **dict.fromkeys(("2.1.1-b", "2.2.1.1-a", "2.2.1.1-b", "2.2.1.1-d", "2.2.1.1-e", "2.2.1.2-a"), EXPLORATORY),
    **dict.fromkeys(("2.2.1.3-a", "2.2.2.3-a", "2.2.2.3-b", "2.2.2.3-e", "2.2.3-a", "2.2.3-b"), EXPLORATORY),
    **dict.fromkeys(("2.2.2.1-a", "2.2.2.1-b", "2.2.2.3-c", "2.2.2.3-f"), EXPLORATORY),
    **dict.fromkeys(("2.2.4-a", "2.2.4-b", "2.2.4-c", "2.2.5-h", "2.2.5-i", "2.2.5-j"), EXPLORATORY),
    **dict.fromkeys(("2.2.1.1-g", "2.3-a", "2.3-b", "2.3.1-a", "2.3.1-d"), CONFIRMATORY),
    **dict.fromkeys((f"2.3.2-{letter}" for letter in "abcdfgijkl"), CONFIRMATORY),
    **dict.fromkeys(("2.3.1-b", "2.3.1-c"), frozenset({"cd19"})),
    **dict.fromkeys(("2.3.1-e", "2.3.1-f", "2.3.1-g"), frozenset({"cd19", "cik", "til"})),
    # nobody here: children, a paused treatment, unknown active cells, no cancer, two targets, process changes, approval
    **dict.fromkeys(("2.1.1.3-a", "2.1.1.3-b", "3.1-m", "3.1-n", "2.1.2.1-c", "2.1.2.1-d"), frozenset()),
    **dict.fromkeys(("2.2.2.2-b", "2.2.2.3-d", "2.2.5-f", "2.3.2-e", "2.3.2-m", "2.3.2-n"), frozenset()),
    **dict.fromkeys(("3.1-g", "3.2-a", "3.2-b", "3.2-c"), frozenset()),
}
#: Words of other products that must not be left over in a file.
FOREIGN = {
    "bcma": ("CD19", "MAGE", "PAP", "CIK", "NK "),
    "cd19": ("BCMA", "MAGE", "PAP", "CIK", "NK ", "myeloma", "骨髓瘤"),
    "tcr": ("BCMA", "CD19", "CAR", "PAP", "CIK", "myeloma", "lymphoma", "骨髓瘤", "淋巴瘤"),
    "nk": ("BCMA", "MAGE", "PAP", "CIK", "myeloma", "骨髓瘤", "leukapheresis"),
    "dc": ("BCMA", "CD19", "MAGE", "CAR-", "CIK", "lymphodeplet", "清淋", "lentivir", "CRS", "transduc"),
    "cik": ("BCMA", "CD19", "MAGE", "CAR-", "PAP", "lymphodeplet", "清淋", "lentivir", "CRS", "transduc", "prostat"),
    "til": ("BCMA", "CD19", "MAGE", "CAR-", "PAP", "CIK", "leukapheresis", "lentivir", "transduc", "prostat", "liver"),
}
YEARS = {"bcma": 15, "cd19": 15, "tcr": 15, "nk": 15, "dc": 1, "cik": 1, "til": 5}


def text_of(name):
    return (FOLDER / f"{FILES[name]}.yaml").read_text(encoding="utf-8")


def strings(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


@pytest.fixture(scope="module")
def protocols():
    return {name: read_protocol(text_of(name), file) for name, file in FILES.items()}


@pytest.fixture(scope="module")
def reviews(protocols):
    # the reason that the single-arm file gives is signed for here; see the test that it closes nothing while only typed
    return {name: review(item, packaged_register(), signed={"2.3.1-a"}) for name, item in protocols.items()}


def test_every_file_is_listed():
    assert {path.stem for path in FOLDER.glob("*.yaml")} == set(FILES.values())


def test_each_clause_speaks_to_exactly_the_trials_it_should(reviews):
    for clause in packaged_register().clauses:
        found = {name for name, item in reviews.items() if item.by_clause[clause].applicability.applies}
        assert found == set(APPLIES.get(clause, EVERY)), clause


@pytest.mark.parametrize("name", FILES)
def test_nothing_keeps_it_from_approval_and_every_fact_is_stated(reviews, name):
    found = reviews[name]
    assert [item.clause.id for item in found.blockers] == []
    # twofold steps, no test of the antigen, and a design that expands a dose without activity are those trials' own;
    # the clauses only say what may be done
    noted = {"bcma": ["2.2.2.3-b"], "cd19": ["2.1.1.4-a"], "dc": ["2.1.1.4-a"], "nk": ["2.2.1.1-e"]}
    assert [item.clause.id for item in found.of_status(Status.FINDING)] == noted.get(name, [])
    assert found.missing_facts == ()
    assert found.stray_justifications == ()
    assert found.follow_up.years == YEARS[name]


def test_only_the_single_arm_trial_departs_and_says_why(reviews):
    justified = {
        name: [item.clause.id for item in found.of_status(Status.JUSTIFIED)] for name, found in reviews.items()
    }
    assert justified == {name: ["2.3.1-a"] if name == "cd19" else [] for name in FILES}


def test_a_reason_that_is_only_typed_closes_nothing(protocols):
    typed = review(protocols["cd19"], packaged_register())
    assert [item.clause.id for item in typed.blockers] == ["2.3.1-a"]
    assert "justification_unsigned" in {item.code for item in typed.by_clause["2.3.1-a"].findings}


@pytest.mark.parametrize("name", FILES)
def test_published_values_cite_and_chosen_ones_say_why(protocols, name):
    protocol = protocols[name]
    cited = {item.reference for item in protocol.provenance if item.kind == "published"}
    assert len([item for item in protocol.provenance if item.kind == "published"]) >= 5
    for reference in protocol.references:
        if reference.id in cited and not reference.id.startswith("nct"):
            assert reference.doi, reference.id
    assert {f"nct{number[3:]}" for number in protocol.identification.registry_ids} <= {
        r.id for r in protocol.references
    }
    assert all(item.note for item in protocol.provenance if item.kind == "chosen")
    assert all(item.place for item in protocol.provenance if item.kind == "published")


@pytest.mark.parametrize("name", FILES)
def test_no_word_of_another_product_is_left_over(protocols, name):
    data = json.loads(canonical_json(protocols[name]))
    values = " ".join(
        text
        for section, value in data.items()
        if section not in {"references", "provenance", "identification"}
        for text in strings(value)
    )
    assert [word for word in FOREIGN[name] if word in values] == []


@pytest.mark.parametrize("name", FILES)
def test_chinese_texts_are_chinese_and_english_ones_english(protocols, name):
    def texts(value):
        if isinstance(value, dict):
            if set(value) == {"en", "zh"}:
                yield value
            else:
                for item in value.values():
                    yield from texts(item)
        elif isinstance(value, list):
            for item in value:
                yield from texts(item)

    found = list(texts(json.loads(canonical_json(protocols[name]))))
    assert len(found) > 60
    for item in found:
        assert re.search(r"[\u4e00-\u9fff]", item["zh"]), item
        assert not re.search(r"[\u4e00-\u9fff]", item["en"]), item


@pytest.mark.parametrize("name", FILES)
def test_the_canonical_form_gives_the_same_review(protocols, reviews, name):
    again = load_canonical(canonical_json(protocols[name]))
    assert again == protocols[name]
    assert review(again, packaged_register(), signed={"2.3.1-a"}) == reviews[name]

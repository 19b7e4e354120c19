"""Whatever is done to a USDM document, reading it gives a protocol or faults that say where; never anything else."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from celltrial.core.errors import UserError
from celltrial.core.reading.text import forbidden_in
from celltrial.core.reading.yaml_text import read_document
from celltrial.exchange.usdm import format_usdm, read_usdm
from celltrial.exchange.usdm.extension import NAMESPACE, field_url, read_fields, write_fields
from celltrial.exchange.usdm.minting import Mint
from celltrial.protocol import canonical_json, load_canonical, read_protocol
from celltrial.protocol.writing import format_yaml

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "dc-vaccine-randomised.yaml"
WHOLE = read_protocol(EXAMPLE.read_text(encoding="utf-8"), EXAMPLE.name)
#: A smaller plan reads faster and has every kind of field.
PLAN = load_canonical(
    canonical_json(WHOLE.model_copy(update=dict.fromkeys(("provenance", "justifications"), ()) | {"risk_plan": None}))
)
TEXT = format_usdm(PLAN)
DATA = json.loads(TEXT)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["", "\ud800", "Code", "Quantity", "Code_1", "StudyVersion_1", NAMESPACE, f"{NAMESPACE}dose", "4.0"]
    ),
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


def places(data, path=()):
    yield path
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for name, value in inner:
        yield from places(value, (*path, name))


PLACES = list(places(DATA))[1:]
#: Few lists hold most of the places; a place is drawn from a class of places first.
BY_SHAPE: dict[tuple[str, ...], list[tuple[str | int, ...]]] = {}
for place in PLACES:
    BY_SHAPE.setdefault(tuple(part for part in place if isinstance(part, str)), []).append(place)
any_place = st.sampled_from(sorted(BY_SHAPE)).flatmap(lambda shape: st.sampled_from(BY_SHAPE[shape]))


def outcome(text):
    """Read a document; every fault says where."""
    try:
        found = read_usdm(text, "study.json")
    except UserError as error:
        assert error.faults
        assert all(one.where.startswith("study.json") for one in error.faults)
        return None
    assert found.protocol is not None or found.missing
    return found


def changed(data, place, how, value):
    here = data
    for part in place[:-1]:
        here = here[part]
    last = place[-1]
    if how == "drop":
        del here[last]
    elif how == "twice" and isinstance(here, list):
        here.append(copy.deepcopy(here[last]))
    elif how == "rename" and isinstance(here, dict):
        here[f"{last}x"] = here.pop(last)
    else:
        here[last] = value


@settings(max_examples=100, deadline=None, suppress_health_check=SLOW)
@given(
    st.lists(st.tuples(any_place, st.sampled_from(["drop", "twice", "rename", "set"]), values), min_size=1, max_size=3)
)
def test_a_changed_document_is_read_or_refused(changes):
    data = copy.deepcopy(DATA)
    for place, how, value in changes:
        try:
            changed(data, place, how, value)
        except (KeyError, IndexError, TypeError):
            assume(False)  # an earlier change took the place away
    found = outcome(json.dumps(data))
    if found is not None and found.protocol is not None and not any("extensionAttributes" in one[0] for one in changes):
        assert found.protocol == PLAN  # what USDM's classes say never becomes the protocol unseen


@settings(max_examples=80, deadline=None)
@given(st.integers(min_value=0, max_value=len(TEXT) - 1))
def test_a_truncated_document_is_refused(end):
    assume(TEXT[:end].rstrip() != TEXT.rstrip())
    assert outcome(TEXT[:end]) is None


@settings(max_examples=50, deadline=None)
@given(st.integers(min_value=0, max_value=len(TEXT) - 1), st.text(min_size=1, max_size=3))
def test_a_document_with_noise_in_it_is_read_or_refused(position, noise):
    outcome(TEXT[:position] + noise + TEXT[position + 1 :])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60) | values.map(json.dumps))
def test_any_text_is_refused(text):
    assert outcome(text) is None


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(["study", "usdmVersion", "systemName"]), values, max_size=3))
def test_any_small_document_is_refused(data):
    assert outcome(json.dumps(data)) is None


texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12).filter(lambda text: not forbidden_in(text))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.floats(-1e18, 1e18) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(texts, plain, max_size=4))
def test_any_parameters_come_back_from_extensions(params):
    """`params` of designs hold what a design likes, whatever its names are."""
    rules = PLAN.model_dump(mode="json")
    rules["confirmatory"]["sample_size"]["params"] = params
    plan = type(PLAN).model_validate(rules)
    found = read_fields(write_fields(plan, Mint()), "/x", "study.json")
    assert found.faults == []
    assert found.data["confirmatory"]["sample_size"]["params"] == plan.confirmatory.sample_size.params


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(texts, plain, min_size=1, max_size=4))
def test_any_data_come_back_from_a_study_file(data):
    assert read_document(format_yaml(data), "x").data == data


@given(st.lists(texts.filter(bool) | st.integers(0, 99), min_size=1, max_size=4).map(tuple))
def test_the_address_of_a_field_is_plain_ascii(path):
    url = field_url(path)
    assert url.isascii()
    assert " " not in url
    assert url.count(".") == len(path) - 1

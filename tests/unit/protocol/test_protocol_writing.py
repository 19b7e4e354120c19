"""Writing a study file: the fields that were written, in the order of the model, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from celltrial.core.reading.yaml_text import read_document
from celltrial.protocol import read_protocol
from celltrial.protocol.writing import format_protocol, format_yaml

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_study_file_that_was_written_reads_as_the_same_protocol(path):
    plan = read_protocol(path.read_text(encoding="utf-8"), path.name)
    text = format_protocol(plan)
    back = read_protocol(text, "written.yaml")
    assert back == plan
    assert back.model_fields_set == plan.model_fields_set
    assert text.startswith("schema_version: 1\n")
    assert format_protocol(back) == text


def test_block_style_in_the_given_order_without_anchors():
    same = {"en": "a", "zh": "甲"}
    text = format_yaml({"z": [same, same], "a": {"version": "1.0", "dated": "2025-01-01", "on": True, "none": None}})
    assert text == (
        "z:\n  - en: a\n    zh: 甲\n  - en: a\n    zh: 甲\n"
        "a:\n  version: '1.0'\n  dated: '2025-01-01'\n  on: true\n  none: null\n"
    )


@pytest.mark.parametrize(
    "text", ["one\ntwo", "a\x85b", "a\u2028b\u2029c", "  lead", "- no list", "#", "", "1e5", "x" * 300]
)
def test_texts_come_back_to_the_letter(text):
    assert read_document(format_yaml({"text": text}), "x").data == {"text": text}

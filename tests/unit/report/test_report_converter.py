"""The drawing engine lives in a process of its own: it may die or hang, and the one that asked goes on."""

from __future__ import annotations

import pytest

from celltrial.report.figures.convert import ConversionError, Converter

CHART = {
    "data": {"values": [{"x": 1, "y": 2}]},
    "mark": "point",
    "encoding": {"x": {"field": "x"}, "y": {"field": "y"}},
}
#: Draws nothing: dies (or sleeps) over the first chart of its first life, marked by a file, and answers ever after.
FRAIL = """
import json, os, pathlib, sys, time
mark = pathlib.Path({mark!r})
for line in sys.stdin:
    if {always} or not mark.exists():
        mark.touch()
        {failure}
    print(json.dumps({{"svg": "<svg>" + json.loads(line)["mark"] + "</svg>"}}), flush=True)
"""


def frail(tmp_path, failure, *, always=False):
    program = tmp_path / "program.py"
    program.write_text(FRAIL.format(mark=str(tmp_path / "mark"), failure=failure, always=always))
    return Converter(program, patience_s=2)


def test_it_draws_and_draws_again_after_it_was_closed():
    converter = Converter()
    first = converter.convert(CHART)
    assert first.startswith("<svg")
    converter.close()
    assert converter.convert(CHART) == first
    converter.close()


@pytest.mark.parametrize("failure", ["os.abort()", "os._exit(0)", "time.sleep(60)"])
def test_an_engine_that_fails_once_is_started_again(tmp_path, failure):
    converter = frail(tmp_path, failure)
    assert converter.convert({"mark": "bar"}) == "<svg>bar</svg>"
    assert converter.convert({"mark": "line"}) == "<svg>line</svg>"
    converter.close()


@pytest.mark.parametrize("failure", ["os.abort()", "time.sleep(60)"])
def test_an_engine_that_always_fails_is_given_up(tmp_path, failure):
    converter = frail(tmp_path, failure, always=True)
    with pytest.raises(ConversionError, match="twice"):
        converter.convert({"mark": "bar"})


def test_a_chart_that_is_none_is_refused_with_the_reason_and_the_next_is_drawn():
    converter = Converter()
    with pytest.raises(ConversionError, match=r"(?i)vega"):
        converter.convert({"mark": {"type": "no such mark"}, "encoding": {"x": {"field": 1}}})
    assert converter.convert(CHART).startswith("<svg")
    converter.close()

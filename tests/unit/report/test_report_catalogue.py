"""Every word of the report is in both languages, and nothing is glued together from halves."""

from __future__ import annotations

import re
import string
from pathlib import Path

import celltrial.report
from celltrial.analysis import sustained_response
from celltrial.analysis.terms import Caveat, Population, Reason
from celltrial.datasets.schema import DOSE_DECISIONS, NOT_TREATED_REASONS, PHASES, STAGES
from celltrial.locale import catalogue, has
from celltrial.report.content import OUTPUTS
from celltrial.report.content.kinetics import UNITS
from celltrial.report.content.output import Kind, Section
from celltrial.report.meta import ORIGINS

TEXTS = catalogue("report")
FOLDER = Path(celltrial.report.__file__).parent
SOURCES = "\n".join(path.read_text(encoding="utf-8") for path in [*FOLDER.rglob("*.py"), *FOLDER.rglob("*.html")])
#: Keys written out; `report.code.<list>` is the head of a list of codes.
LITERAL = {key for key in re.findall(r"""["'](report\.[a-z_]+\.[a-z_0-9]+)["']""", SOURCES) if ".code." not in key}


def parameters(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_and_the_same_parameters():
    assert {key for key, texts in TEXTS.items() if set(texts) != {"en", "zh"}} == set()
    assert {key for key, texts in TEXTS.items() if not all(text.strip() for text in texts.values())} == set()
    assert {key for key, texts in TEXTS.items() if parameters(texts["en"]) != parameters(texts["zh"])} == set()


def test_every_key_in_the_sources_exists():
    assert len(LITERAL) > 200
    assert {key for key in LITERAL if not has(key)} == set()


def test_every_key_built_from_a_code_exists():
    wanted = [f"report.title.{spec.name}" for spec in OUTPUTS]
    wanted += [f"report.section.{section}" for section in Section] + [f"report.kind.{kind}" for kind in Kind]
    wanted += [f"report.origin.{origin}" for origin in ORIGINS] + [f"report.origin_short.{o}" for o in ORIGINS]
    wanted += [f"report.code.phase.{phase}" for phase in PHASES] + [f"report.code.stage.{stage}" for stage in STAGES]
    wanted += [f"report.parameter.{name}" for name in UNITS] + [f"report.parameter_short.{name}" for name in UNITS]
    wanted += [f"analysis.reason.{reason}" for reason in Reason]
    wanted += [f"analysis.not_treated.{reason}" for reason in NOT_TREATED_REASONS]
    wanted += [f"analysis.landmark.{status}" for status in sustained_response.Status]
    wanted += [f"analysis.population.{population}" for population in Population]
    [moves] = [column.codes for column in DOSE_DECISIONS.columns if column.name == "decision"]
    wanted += [f"report.code.move.{move}" for move in moves]
    assert [key for key in wanted if not has(key)] == []


def test_caveats_that_results_carry_have_words():
    assert [code for code in Caveat if not has(f"analysis.caveat.{code}")] == []


def test_no_key_is_left_over():
    built = (
        "title",
        "section",
        "kind",
        "origin",
        "origin_short",
        "persons",
        "persons_short",
        "code",
        "parameter",
        "parameter_short",
        "cut",
        "mark",
    )
    composed = tuple(
        f"report.{name}"
        for name in (
            *(f"{each}." for each in (*built, "series", "column", "trapezoid", "end_rule", "half_life_rule")),
            "row.primary_",
            "phrase.age_",
            "phrase.cut_",
        )
    )
    composed += tuple(f"report.row.{test}" for test in ("log_rank", "weighted_log_rank", "restricted_mean"))
    assert [key for key in TEXTS if key not in LITERAL and not key.startswith((*composed, "REP-"))] == []


def test_chinese_is_chinese():
    plain = {key for key, texts in TEXTS.items() if not re.search(r"[\u4e00-\u9fff]", texts["zh"])}
    assert {key for key in plain if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,} [A-Za-z]{2,}", TEXTS[key]["zh"])} == set()

"""Checks of what texts tell beside the rules: a length of time that the rule does not have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from celltrial.guideline.told_times import ToldTime, told_intervals, told_windows, told_years
from celltrial.guideline.verdict import Case, Finding, Severity, finding


def check_told_intervals(case: Case) -> Iterator[Finding]:
    """2.2.4-a: texts on the wait between subjects, and on the window between levels, tell the times of the rules."""
    yield from _findings((*told_intervals(case.protocol), *told_windows(case.protocol)))


def check_told_years(case: Case) -> Iterator[Finding]:
    """3.1-d: texts on long-term follow-up tell the length of the rule."""
    yield from _findings(told_years(case.protocol))


def _findings(found: Iterable[ToldTime]) -> Iterator[Finding]:
    for one in found:
        shown = {"said": one.said[:60], "told": one.told, "rule": one.rule, "stated": ", ".join(one.stated)}
        yield finding("text_against_rule", one.path, Severity.MINOR, **shown)

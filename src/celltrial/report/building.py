"""From tables, protocol and ledger facts to a report as content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from celltrial.datasets import TrialData
from celltrial.protocol.model import Protocol
from celltrial.report.content import OUTPUTS
from celltrial.report.content.absence import page_of
from celltrial.report.content.output import Output
from celltrial.report.content.summary import Headline, headlines
from celltrial.report.inputs import Inputs
from celltrial.report.meta import ReportMeta


@dataclass(frozen=True, slots=True)
class Report:
    """A report before it has a look or a language.

    headlines: the few numbers to read first; outputs: in the order of the page.
    """

    meta: ReportMeta
    protocol: Protocol | None
    headlines: tuple[Headline, ...]
    outputs: tuple[Output, ...]

    def output(self, number: str) -> Output:
        """Return an output by its permanent number; KeyError where there is none."""
        return {output.spec.number: output for output in self.outputs}[number]


def build_report(tables: TrialData | Mapping[str, pl.DataFrame], protocol: Protocol | None, meta: ReportMeta) -> Report:
    """Return the report of the tables of one data cut.

    tables:   a `TrialData`, or dataset name to table; one that is missing is empty.
    protocol: the version in force; None where the data have none (a retrospective import).
    Raises DAT-001 to DAT-005 for a table that does not fit its dataset, and the ANL faults of tables
    that contradict themselves.

    >>> report = build_report({}, None, ReportMeta("T1"))
    >>> report.output("14.1.1").spec.name
    'disposition'
    """
    return report_from(inputs_from(tables, protocol, meta))


def inputs_from(tables: TrialData | Mapping[str, pl.DataFrame], protocol: Protocol | None, meta: ReportMeta) -> Inputs:
    """Return what the outputs are built from; the arguments are those of `build_report`."""
    if isinstance(tables, TrialData):
        return Inputs(tables.tables(), protocol, meta, tables.plan, tables.collected)
    return Inputs(tables, protocol, meta)


def report_from(inputs: Inputs) -> Report:
    """Return the report of the inputs."""
    outputs = tuple(Output(spec, page_of(inputs, spec)) for spec in OUTPUTS)
    return Report(inputs.meta, inputs.protocol, headlines(inputs), outputs)

"""The statistician of a virtual trial: at a look the records so far are analysed as the report of the trial would be."""

from __future__ import annotations

import polars as pl

from celltrial.analysis import primary_comparison
from celltrial.app.session import TrialSession
from celltrial.core.results import NotEstimable
from celltrial.datasets import DataCut, derive
from celltrial.datasets.derive import protocol_in_force
from celltrial.datasets.event_log import cut_events
from celltrial.report import ReportMeta
from celltrial.report.content.primary_comparison import planned
from celltrial.report.content.response_analyses import best, kept, responders
from celltrial.report.inputs import Inputs
from celltrial.simulation.twin.offices import Compared
from celltrial.simulation.twin.scenarios import primary_endpoint


class VirtualStatistician:
    """Computes on the records of a session as they stand, unblinded, by the functions that make the report's pages."""

    def __init__(self, session: TrialSession) -> None:
        self._session = session

    def _inputs(self, among: tuple[str, ...] | None = None) -> Inputs:
        """Return what the pages of a report are built from, of all subjects or of some."""
        events = list(self._session.events())
        plan = protocol_in_force(cut_events(events, DataCut()))
        data = derive(events, plan)
        tables = dict(data.tables())
        if among is not None:
            tables |= {name: tables[name].filter(pl.col("usubjid").is_in(list(among))) for name in ("adsl", "adrs")}
        meta = ReportMeta(self._session.trial, origin="simulated", last_date=data.last_date)
        return Inputs(tables, plan, meta, data.plan, data.collected)

    def compare(self) -> Compared | None:
        """Return the primary comparison against its boundary; None where there is none or it cannot be computed."""
        inputs = self._inputs()
        item, plan = planned(inputs), inputs.plan.primary
        found = primary_comparison.estimate(item.result, plan) if item is not None and plan is not None else None
        if found is None or isinstance(found, NotEstimable):
            return None
        return Compared(found.events, found.look, found.looks, found.z, found.bound)

    def responders(self, subjects: tuple[str, ...]) -> int:
        """Return how many of these infused subjects responded, at the landmark where that is the primary endpoint."""
        inputs = self._inputs(subjects)
        primary = primary_endpoint(inputs.protocol) if inputs.protocol is not None else None
        if primary is None or primary.kind != "sustained_response":
            return len(responders(best(inputs, inputs.plan.reader)))
        lasting = kept(inputs, inputs.plan.reader).infused
        return 0 if isinstance(lasting, NotEstimable) else round(lasting.value * lasting.n)

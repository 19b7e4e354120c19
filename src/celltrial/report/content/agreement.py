"""Agreement of two readers on response: investigator and independent review."""

from __future__ import annotations

from celltrial.analysis import agreement
from celltrial.clinical.response_categories import RESPONSES
from celltrial.report.content.output import Column, Nothing, Page, Row, Table, count, measure, rate
from celltrial.report.content.response_analyses import best, has_read
from celltrial.report.content.values import Code, Text, Unit
from celltrial.report.inputs import Inputs


def build(inputs: Inputs) -> Page:
    """Return both rates, the agreement and kappa of the first two readers, on the infused (AC-A6.3)."""
    infused = inputs.size("infused")
    readers = [source for source in inputs.sources if has_read(inputs, source)]
    if len(readers) < 2:
        return Page(Nothing(Text("report.absent.one_reader")), "infused", infused)
    first, second = readers[:2]
    one, two = (best(inputs, source).best for source in (first, second))
    found = agreement.estimate(
        [one[who].upper() in RESPONSES for who in one], [two[who].upper() in RESPONSES for who in one]
    )
    names = {"first": Code("source", first), "second": Code("source", second)}
    rows = (
        Row(Text("report.phrase.response_by", {"source": names["first"]}), (rate(found.first),)),
        Row(Text("report.phrase.response_by", {"source": names["second"]}), (rate(found.second),)),
        Row(Text("report.row.agreement"), (rate(found.share),), "total"),
        Row(Text("report.row.kappa"), (measure(found.kappa, Unit.COEFFICIENT),), "total"),
        Row(Text("report.phrase.only_by", {"source": names["first"]}), (count(found.first_only, "pairs", infused),)),
        Row(Text("report.phrase.only_by", {"source": names["second"]}), (count(found.second_only, "pairs", infused),)),
    )
    return Page(Table(Text("report.column.what"), (Column(Text("report.column.value")),), rows), "infused", infused)

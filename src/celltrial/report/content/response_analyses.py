"""Response as the plan of the analyses wants it: one place where reader, confirmation, landmark and data cut meet."""

from __future__ import annotations

from collections.abc import Collection

from celltrial.analysis import response, sustained_response
from celltrial.analysis.response import Response
from celltrial.analysis.sustained_response import SustainedResponse
from celltrial.clinical.response_categories import RESPONSES
from celltrial.report.content.values import Text
from celltrial.report.inputs import Inputs


def best(inputs: Inputs, source: str, responses: Collection[str] = RESPONSES) -> Response:
    """Return best response and the rate of `responses` as one reader saw them."""
    adrs, plan = inputs.tables["adrs"], inputs.plan
    return response.estimate(adrs, inputs.adsl, source=source, rule=plan.course, responses=responses)


def responders(found: Response) -> frozenset[str]:
    """Return the subjects whose best response is one."""
    return frozenset(who for who, category in found.best.items() if category.upper() in RESPONSES)


def kept(inputs: Inputs, source: str) -> SustainedResponse:
    """Return the response sustained at the landmark as one reader saw it, of those for whom it is due."""
    return sustained_response.estimate(
        inputs.tables["adrs"],
        inputs.adsl,
        window=inputs.plan.landmark,
        source=source,
        rule=inputs.plan.course,
        missing=inputs.plan.missing_landmark,
        as_of=inputs.as_of,
    )


def has_read(inputs: Inputs, source: str) -> bool:
    """Tell whether this reader assessed anybody."""
    return source in inputs.tables["adrs"]["source"].to_list()


def plan_notes(inputs: Inputs) -> list[Text]:
    """Return what a reader must know of the rules: who is the reader of record, confirmation, stable disease."""
    plan = inputs.plan
    notes = [
        Text("report.note.confirmation_not_required")
        if plan.confirm_days is None
        else Text("report.note.confirmation_next")
        if not plan.confirm_days
        else Text("report.note.confirmation_after", {"days": str(plan.confirm_days)})
    ]
    if plan.stable_from_days:
        notes.append(Text("report.note.stable_from", {"days": str(plan.stable_from_days)}))
    if not plan.stated:
        notes.append(Text("report.note.plan_not_stated"))
    return notes

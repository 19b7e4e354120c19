"""Which groups a report compares, from where, and what a comparison of them says: one place for tables and figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from celltrial.analysis import comparison
from celltrial.analysis.comparison import Comparison
from celltrial.analysis.time_to_event import Endpoint, Origin
from celltrial.core.results import NotEstimable
from celltrial.datasets.analysis_plan import Contrast
from celltrial.datasets.collection import Domain
from celltrial.datasets.groups import crossed, group_of
from celltrial.report.content.dose_names import dose_label
from celltrial.report.content.values import Code, Recorded, Text, Value
from celltrial.report.inputs import Inputs

#: Factors that are known only of the infused, so that their groups are followed from the infusion.
_OF_THE_INFUSED: Final = frozenset({"product", "process_version"})
#: Endpoints that are compared, with what must have been collected: every group, and of each any one.
ENDPOINTS: Final[dict[Endpoint, tuple[tuple[str, ...], ...]]] = {
    "OS": ((Domain.DEATHS,), (Domain.SURVIVAL,)),
    "PFS": ((Domain.PROGRESSION, Domain.RESPONSE),),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """One endpoint compared by one factor."""

    contrast: Contrast
    endpoint: Endpoint
    origin: Origin
    result: Comparison


def contrasts(inputs: Inputs) -> list[tuple[Contrast, dict[str, str]]]:
    """Return the planned contrasts of which the data hold two groups or more, with the group of each subject."""
    found = []
    for contrast in inputs.plan.compare:
        groups = group_of(inputs.adsl, contrast.factor, age_cut=inputs.plan.subgroup_age)
        if len(set(groups.values())) > 1:
            found.append((contrast, groups))
    return found


def origin_of(inputs: Inputs, factor: str) -> Origin:
    """Return from where groups by a factor are followed: from where it is known to which group a subject belongs."""
    if factor in _OF_THE_INFUSED:
        return "infusion"
    if factor == "arm" and "randomisation" in inputs.tables["adtte"]["origin"].to_list():
        return "randomisation"
    return inputs.first_origin


def is_random(inputs: Inputs, factor: str) -> bool:
    """Tell whether lots were drawn for the groups of a factor."""
    return factor == "arm" and origin_of(inputs, factor) == "randomisation"


def collected(inputs: Inputs, endpoint: Endpoint) -> bool:
    """Tell whether what an endpoint needs was collected."""
    return all(inputs.collected.has(*group) for group in ENDPOINTS[endpoint])


def compare(inputs: Inputs, contrast: Contrast, groups: dict[str, str], endpoint: Endpoint) -> Compared | NotEstimable:
    """Return one endpoint compared by one factor as the plan of the analyses says."""
    plan, origin = inputs.plan, origin_of(inputs, contrast.factor)
    strata = [factor for factor in plan.strata if factor != contrast.factor]
    found = comparison.estimate(
        inputs.tables["adtte"],
        groups,
        endpoint=endpoint,
        origin=origin,
        reader=None if endpoint == "OS" else plan.reader,
        reference=contrast.reference,
        strata=crossed(inputs.adsl, strata, age_cut=plan.subgroup_age) or None,
        weights=plan.weights,
        horizon=plan.horizon_days,
        randomised=is_random(inputs, contrast.factor),
    )
    return found if isinstance(found, NotEstimable) else Compared(contrast, endpoint, origin, found)


def every(inputs: Inputs) -> Iterator[Compared]:
    """Yield every comparison that the plan asks for and the data allow."""
    for contrast, groups in contrasts(inputs):
        for endpoint in ENDPOINTS:
            if collected(inputs, endpoint):
                found = compare(inputs, contrast, groups, endpoint)
                if isinstance(found, Compared):
                    yield found


def named(item: Compared) -> Text:
    """Return the words of a comparison: endpoint, origin, factor."""
    params = {
        "endpoint": Code("endpoint", item.endpoint),
        "origin": Code("origin", item.origin),
        "factor": Code("factor", item.contrast.factor),
    }
    return Text("report.phrase.compared", params)


def group_name(inputs: Inputs, factor: str, group: str) -> Value:
    """Return the name of a group of a factor."""
    if factor == "dose_level":
        return dose_label(inputs, int(group))
    if factor == "age":
        return Text(f"report.phrase.age_{group}", {"age": str(inputs.plan.subgroup_age)})
    return Code("sex", group) if factor == "sex" else Recorded(group)

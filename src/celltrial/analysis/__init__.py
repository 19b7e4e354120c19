"""Analyses: each is `estimate(data, ...) -> result`, and every result names its set, method and limits.

`ANALYSES` is the visible table: name to the module that holds it. Modules are imported when asked for,
so that a command that analyses nothing does not pay for the numerical libraries.
"""

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["ANALYSES"]

#: Name of an analysis to its module; each module has `estimate`.
ANALYSES: Mapping[str, str] = MappingProxyType(
    {
        "proportion": "celltrial.analysis.proportion",
        "disposition": "celltrial.analysis.disposition",
        "manufacturing": "celltrial.analysis.manufacturing",
        "feasibility": "celltrial.analysis.feasibility",
        "vein_to_vein": "celltrial.analysis.vein_to_vein",
        "consequences": "celltrial.analysis.consequences",
        "dlt": "celltrial.analysis.dlt",
        "graded_events": "celltrial.analysis.graded_events",
        "event_course": "celltrial.analysis.event_course",
        "adverse_events": "celltrial.analysis.adverse_events",
        "first_event": "celltrial.analysis.first_event",
        "event_rate": "celltrial.analysis.event_rate",
        "response": "celltrial.analysis.response",
        "sustained_response": "celltrial.analysis.sustained_response",
        "agreement": "celltrial.analysis.agreement",
        "kaplan_meier": "celltrial.analysis.kaplan_meier",
        "time_to_event": "celltrial.analysis.time_to_event",
        "restricted_mean": "celltrial.analysis.restricted_mean",
        "log_rank": "celltrial.analysis.log_rank",
        "hazard_ratio": "celltrial.analysis.hazard_ratio",
        "subdistribution": "celltrial.analysis.subdistribution",
        "gray_test": "celltrial.analysis.gray_test",
        "comparison": "celltrial.analysis.comparison",
        "competing_comparison": "celltrial.analysis.competing_comparison",
        "primary_comparison": "celltrial.analysis.primary_comparison",
        "subgroups": "celltrial.analysis.subgroups",
        "comparability": "celltrial.analysis.comparability",
        "factor": "celltrial.analysis.factor",
        "cumulative_incidence": "celltrial.analysis.cumulative_incidence",
        "half_life": "celltrial.analysis.half_life",
        "exposure": "celltrial.analysis.exposure",
        "kinetics": "celltrial.analysis.kinetics",
        "method_comparison": "celltrial.analysis.method_comparison",
        "assay_agreement": "celltrial.analysis.assay_agreement",
    }
)

"""Designs as pure policies, one file each, in one visible table.

A protocol stores `{design: key, params: {...}, modifiers: [...]}` and builds the
policy through these tables; the planner and the running trial use the same object.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.designs.building import build_policy, build_stopping_rule
from celltrial.designs.design import Design, Family, Modifier, StoppingRule
from celltrial.designs.escalation import boin, decision_table, i3plus3, keyboard, mtpi, mtpi2, three_plus_three
from celltrial.designs.escalation.interval_rule import IntervalParams
from celltrial.designs.observation import Channel
from celltrial.designs.policy import Counts, Decision, Policy, Reason
from celltrial.designs.stopping import beta_binomial

__all__ = [
    "DESIGNS",
    "MODIFIERS",
    "STOPPING_RULES",
    "Counts",
    "Decision",
    "Design",
    "Family",
    "Modifier",
    "Policy",
    "Reason",
    "StoppingRule",
    "build_policy",
    "build_stopping_rule",
]

_DLT: Final = frozenset({Channel.DLT})
_INTERVAL: Final[Mapping[str, object]] = MappingProxyType(
    {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 18}
)

DESIGNS: Final[Mapping[str, Design]] = MappingProxyType(
    {
        "3+3": Design(
            params=three_plus_three.ThreePlusThreeParams,
            build=three_plus_three.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.2307/2531693",),
            exact=True,
            since="0.1",
            example={"mtd_rule": "previous"},
        ),
        "boin": Design(
            params=boin.BoinParams,
            build=boin.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.1111/rssc.12089",),
            exact=True,
            since="0.1",
            example=_INTERVAL,
        ),
        "keyboard": Design(
            params=IntervalParams,
            build=keyboard.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.1158/1078-0432.CCR-17-0220",),
            exact=True,
            since="0.1",
            example=_INTERVAL,
        ),
        "mtpi": Design(
            params=IntervalParams,
            build=mtpi.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.1177/1740774510382799",),
            exact=True,
            since="0.1",
            example=_INTERVAL,
        ),
        "mtpi2": Design(
            params=IntervalParams,
            build=mtpi2.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.1016/j.cct.2017.04.006",),
            exact=True,
            since="0.1",
            example=_INTERVAL,
        ),
        "i3+3": Design(
            params=IntervalParams,
            build=i3plus3.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.1080/10543406.2019.1636811",),
            exact=True,
            since="0.1",
            example=_INTERVAL,
        ),
        "decision_table": Design(
            params=decision_table.DecisionTableParams,
            build=decision_table.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=(),
            exact=True,
            since="0.1",
            example={
                "rows": [
                    ["E", "S"],
                    ["E", "S", "D"],
                    ["E", "S", "D", "DU"],
                    ["E", "S", "S", "D", "DU"],
                    ["E", "E", "S", "D", "DU", "DU"],
                    ["E", "E", "S", "D", "DU", "DU", "DU"],
                ],
                **_INTERVAL,
            },
        ),
    }
)

MODIFIERS: Final[Mapping[str, Modifier]] = MappingProxyType({})

STOPPING_RULES: Final[Mapping[str, StoppingRule]] = MappingProxyType(
    {
        "beta_binomial": StoppingRule(
            params=beta_binomial.BetaBinomialParams,
            build=beta_binomial.build,
            references=("doi:10.2307/2533377",),
            since="0.1",
            example={"threshold": 0.30, "certainty": 0.95, "prior_a": 0.6, "prior_b": 1.4, "min_n": 3},
        ),
    }
)

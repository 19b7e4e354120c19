"""The visible table of stopping rules by the key that a protocol states, and how one is built."""

from __future__ import annotations

from collections.abc import Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any, Final

from celltrial.designs.design import StoppingRule, params_from, row_of
from celltrial.designs.stopping import beta_binomial, combined, constant_hazard, listed, pocock
from celltrial.designs.stopping.boundary import BoundaryRule


def build_stopping_rule(kind: str, params: Mapping[str, Any]) -> BoundaryRule:
    """Return the stopping rule of a stored kind and its parameters; UserError names what is unknown, missing or out of range."""
    row = row_of(STOPPING_RULES, kind)
    rule: BoundaryRule = row.build(params_from(kind, row.params, params))
    return rule


@wraps(combined.build)
def _build_combined(params: combined.CombinedParams) -> combined.CombinedRule:
    return combined.build(params, build_stopping_rule)


STOPPING_RULES: Final[Mapping[str, StoppingRule]] = MappingProxyType(
    {
        "beta_binomial": StoppingRule(
            params=beta_binomial.BetaBinomialParams,
            build=beta_binomial.build,
            references=("doi:10.2307/2533377",),
            since="0.1",
            example={"threshold": 0.30, "certainty": 0.95, "prior_a": 0.6, "prior_b": 1.4, "min_n": 3},
        ),
        "pocock": StoppingRule(
            params=pocock.PocockParams,
            build=pocock.build,
            references=("doi:10.1111/j.1541-0420.2005.00311.x",),
            since="0.1",
            example={"looks": [5, 10, 15, 20], "acceptable_rate": 0.2, "unacceptable_rate": 0.4},
        ),
        "listed": StoppingRule(
            params=listed.ListedParams,
            build=listed.build,
            references=(),
            since="0.1",
            example={"looks": [5, 10, 15, 20], "limits": [3, 5, 7, 8]},
        ),
        "constant_hazard": StoppingRule(
            params=constant_hazard.ConstantHazardParams,
            build=constant_hazard.build,
            references=(),
            since="0.1",
            example={"threshold": 0.3, "certainty": 0.95, "prior_a": 0.6, "prior_b": 2.0},
        ),
        "combined": StoppingRule(
            params=combined.CombinedParams,
            build=_build_combined,
            references=(),
            since="0.1",
            example={
                "how": "any",
                "parts": [
                    {
                        "kind": "beta_binomial",
                        "params": {"threshold": 0.30, "certainty": 0.95, "prior_a": 0.6, "prior_b": 1.4},
                    },
                    {"kind": "listed", "params": {"looks": [10, 20], "limits": [5, 8]}},
                ],
            },
        ),
    }
)

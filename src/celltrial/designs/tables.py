"""The visible tables of designs and modifiers by the key that a protocol states; `stopping.table` is that of stopping rules."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.designs.design import Design, Family, Modifier
from celltrial.designs.escalation import (
    accelerated_titration,
    blrm,
    boin,
    crm,
    decision_table,
    i3plus3,
    keyboard,
    mtpi,
    mtpi2,
    rolling_six,
    three_plus_three,
    tite_boin,
    tite_crm,
)
from celltrial.designs.escalation.interval_rule import IntervalParams
from celltrial.designs.modifiers import (
    backfill,
    enough_at_dose,
    lead_in,
    max_at_dose,
    max_increase,
    no_skipping,
    plateau,
    stop_by_rule,
    too_toxic,
)
from celltrial.designs.observation import Channel
from celltrial.designs.optimisation import boin12, feasible_dose, joint_table, uboin

_DLT: Final = frozenset({Channel.DLT})
_INTERVAL: Final[Mapping[str, object]] = MappingProxyType(
    {"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 18}
)

_DLT_RESPONSE: Final = frozenset({Channel.DLT, Channel.RESPONSE})

_DLT_MODERATE: Final = frozenset({Channel.DLT, Channel.MODERATE})

_DLT_FEASIBILITY: Final = frozenset({Channel.DLT, Channel.INFEASIBLE})

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
        "crm": Design(
            params=crm.CrmParams,
            build=crm.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.2307/2531628", "doi:10.1093/biomet/92.4.863"),
            exact=True,
            since="0.1",
            example={"skeleton": [0.10, 0.25, 0.40], "target_dlt_rate": 0.25, "cohort_size": 3, "max_subjects": 18},
        ),
        "blrm": Design(
            params=blrm.BlrmParams,
            build=blrm.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.1002/sim.3230",),
            exact=True,
            since="0.1",
            example={
                "doses": [1.0, 3.0, 10.0],
                "reference_dose": 10.0,
                "prior_mean": [-0.85, 0.0],
                "prior_sd": [1.5, 0.7],
                "prior_correlation": -0.2,
                "cohort_size": 3,
                "max_subjects": 12,
            },
        ),
        "boin12": Design(
            params=boin12.Boin12Params,
            build=boin12.build,
            family=Family.DOSE_OPTIMISATION,
            endpoints=_DLT_RESPONSE,
            references=("doi:10.1200/PO.20.00257",),
            exact=True,
            since="0.1",
            example={"max_dlt_rate": 0.35, "min_response_rate": 0.25, "cohort_size": 3, "max_subjects": 15},
            monotone=False,  # a DLT more lowers the desirability of the dose, so that a higher one can become the better
        ),
        "u-boin": Design(
            params=uboin.UBoinParams,
            build=uboin.build,
            family=Family.DOSE_OPTIMISATION,
            endpoints=_DLT_RESPONSE,
            references=("doi:10.1002/sim.8361",),
            exact=True,
            since="0.1",
            example={
                "max_dlt_rate": 0.30,
                "min_response_rate": 0.25,
                "cohort_size": 3,
                "max_subjects": 15,
                "stage_1_n": 6,
            },
        ),
        "joint_table": Design(
            params=joint_table.JointTableParams,
            build=joint_table.build,
            family=Family.DOSE_OPTIMISATION,
            endpoints=_DLT_RESPONSE,
            references=("doi:10.1158/1078-0432.CCR-16-1125",),
            exact=True,
            since="0.1",
            example={"cohort_size": 3, "max_subjects": 15},
            monotone=False,  # a DLT more can turn S into D, which leaves a dose without effect; the next one may be higher
        ),
        "rolling_six": Design(
            params=rolling_six.RollingSixParams,
            build=rolling_six.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.1200/JCO.2007.12.7712",),
            exact=False,
            since="0.1",
            example={},
        ),
        "accelerated_titration": Design(
            params=accelerated_titration.AcceleratedTitrationParams,
            build=accelerated_titration.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT_MODERATE,
            references=("doi:10.1093/jnci/89.15.1138",),
            exact=True,
            since="0.1",
            example={"mtd_rule": "previous"},
        ),
        "tite_boin": Design(
            params=tite_boin.TiteBoinParams,
            build=tite_boin.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.1158/1078-0432.CCR-18-0246",),
            exact=False,
            since="0.1",
            example=_INTERVAL,
        ),
        "tite_boin_ess": Design(
            params=tite_boin.TiteBoinEssParams,
            build=tite_boin.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.1093/biostatistics/kxz007",),
            exact=False,
            since="0.2",
            example=_INTERVAL,
        ),
        "tite_crm": Design(
            params=tite_crm.TiteCrmParams,
            build=tite_crm.build,
            family=Family.DOSE_ESCALATION,
            endpoints=_DLT,
            references=("doi:10.1111/j.0006-341X.2000.01177.x",),
            exact=False,
            since="0.1",
            example={
                "skeleton": [0.10, 0.25, 0.40],
                "target_dlt_rate": 0.25,
                "cohort_size": 1,
                "max_subjects": 18,
                "max_pending": 3,
            },
        ),
        "feasible_dose": Design(
            params=feasible_dose.FeasibleDoseParams,
            build=feasible_dose.build,
            family=Family.DOSE_OPTIMISATION,
            endpoints=_DLT_FEASIBILITY,
            references=(),
            exact=True,
            since="0.1",
            example={"target_dlt_rate": 0.30, "cohort_size": 3, "max_subjects": 15, "min_feasible": 0.70},
        ),
    }
)

MODIFIERS: Final[Mapping[str, Modifier]] = MappingProxyType(
    {
        "no_skipping": Modifier(
            params=no_skipping.NoSkippingParams, build=no_skipping.build, references=(), since="0.1", example={}
        ),
        "max_increase": Modifier(
            params=max_increase.MaxIncreaseParams,
            build=max_increase.build,
            references=(),
            since="0.1",
            example={"doses": [1e6, 3e6, 1e7]},
        ),
        "max_at_dose": Modifier(
            params=max_at_dose.MaxAtDoseParams,
            build=max_at_dose.build,
            references=(),
            since="0.1",
            example={"max_n": 8},
        ),
        "enough_at_dose": Modifier(
            params=enough_at_dose.EnoughAtDoseParams,
            build=enough_at_dose.build,
            references=(),
            since="0.1",
            example={"n": 9, "only_if_staying": True},
        ),
        "too_toxic": Modifier(
            params=too_toxic.TooToxicParams,
            build=too_toxic.build,
            references=(),
            since="0.1",
            example={"threshold": 0.30, "certainty": 0.90},
        ),
        "lead_in": Modifier(params=lead_in.LeadInParams, build=lead_in.build, references=(), since="0.1", example={}),
        "stop_by_rule": Modifier(
            params=stop_by_rule.StopByRuleParams,
            build=stop_by_rule.build,
            references=(),
            since="0.1",
            example={
                "rule": {
                    "kind": "beta_binomial",
                    "params": {"threshold": 0.30, "certainty": 0.90, "prior_a": 0.6, "prior_b": 1.4},
                }
            },
        ),
        "backfill": Modifier(
            params=backfill.BackfillParams,
            build=backfill.build,
            references=("Zhao, Yuan, Korn & Freidlin 2024",),
            since="0.1",
            example={"target_dlt_rate": 0.30, "max_n": 9},
        ),
        "plateau": Modifier(
            params=plateau.PlateauParams,
            build=plateau.build,
            references=("arXiv:2312.15396",),
            since="0.1",
            example={"margin": 0.10, "certainty": 0.50},
        ),
    }
)

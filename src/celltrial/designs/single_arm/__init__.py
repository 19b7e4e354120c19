"""Single-arm designs: one, two and many stages; Bayesian monitoring; survival; the null and its assurance."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.designs.single_arm import (
    a_hern,
    assurance,
    bop2_calibration,
    fleming,
    null_rate,
    one_sample_log_rank,
    one_stage,
    predictive_probability,
    simon,
)
from celltrial.designs.single_arm.bop2 import JointRates
from celltrial.designs.sizing.table_row import ConfirmatoryDesign

__all__ = ["SINGLE_ARM_DESIGNS"]

SINGLE_ARM_DESIGNS: Final[Mapping[str, ConfirmatoryDesign]] = MappingProxyType(
    {
        "one_stage": ConfirmatoryDesign(
            params=one_stage.OneStage,
            function=one_stage.one_stage_sizes,
            describe=one_stage.describe,
            references=("AC-P8.1",),
            example=one_stage.OneStage(0.20, 0.40),
        ),
        "a_hern": ConfirmatoryDesign(
            params=one_stage.OneStage,
            function=a_hern.a_hern,
            describe=a_hern.describe,
            references=("doi:10.1002/sim.721",),
            example=one_stage.OneStage(0.10, 0.20, alpha=0.05, power=0.80),
        ),
        "fleming": ConfirmatoryDesign(
            params=fleming.Fleming,
            function=fleming.fleming,
            describe=fleming.describe,
            references=("doi:10.2307/2530297",),
            example=fleming.Fleming(0.20, 0.40, (15, 10)),
        ),
        "simon": ConfirmatoryDesign(
            params=simon.Simon,
            function=simon.simon,
            describe=simon.describe,
            references=("doi:10.1016/0197-2456(89)90015-9", "doi:10.1002/sim.1600"),
            example=simon.Simon(0.20, 0.40, alpha=0.05, beta=0.10),
        ),
        "predictive_probability": ConfirmatoryDesign(
            params=predictive_probability.PredictiveProbabilitySearch,
            function=predictive_probability.search_predictive_probability,
            describe=predictive_probability.describe,
            references=("doi:10.1177/1740774508089279",),
            example=predictive_probability.PredictiveProbabilitySearch(0.20, 0.40, n_min=30, n_max=40),
        ),
        "bop2": ConfirmatoryDesign(
            params=bop2_calibration.Bop2Demand,
            function=bop2_calibration.calibrate_bop2,
            describe=bop2_calibration.describe,
            references=("doi:10.1002/sim.7338", "arXiv:2408.05816", "doi:10.1080/10543406.2025.2558142"),
            example=bop2_calibration.Bop2Demand(
                (10, 20, 30, 40), 0.2, 0.3, (JointRates(0.2, 0.3),), JointRates(0.4, 0.15), scales=20, powers=5
            ),
        ),
        "one_sample_log_rank": ConfirmatoryDesign(
            params=one_sample_log_rank.OneSampleLogRank,
            function=one_sample_log_rank.one_sample_log_rank_size,
            describe=one_sample_log_rank.describe,
            references=("doi:10.1002/pst.1654",),
            example=one_sample_log_rank.OneSampleLogRank(
                one_sample_log_rank.NullWeibull(9.0, 1.22), 1 / 1.75, 5.0, 3.0
            ),
        ),
        "null_rate": ConfirmatoryDesign(
            params=null_rate.NullEvidence,
            function=null_rate.null_rate,
            describe=null_rate.describe,
            references=(
                "doi:10.1016/0197-2456(86)90046-2",
                "doi:10.1002/sim.1009",
                "doi:10.1111/j.1467-985X.2008.00552.x",
            ),
            example=null_rate.NullEvidence(
                (null_rate.Study("A", 12, 40), null_rate.Study("B", 9, 30), null_rate.Study("C", 20, 45))
            ),
        ),
        "assurance": ConfirmatoryDesign(
            params=assurance.Assurance,
            function=assurance.assurance,
            describe=assurance.describe,
            references=("doi:10.1002/pst.175",),
            example=assurance.Assurance(56, 18, responders=9, treated=20),
        ),
    }
)

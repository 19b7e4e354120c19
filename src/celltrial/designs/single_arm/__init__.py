"""Single-arm designs: one, two and many stages; Bayesian monitoring; survival; the null and its assurance."""

from celltrial.designs.single_arm.a_hern import a_hern
from celltrial.designs.single_arm.assurance import Assurance, assurance
from celltrial.designs.single_arm.bop2_calibration import Bop2Demand, calibrate_bop2
from celltrial.designs.single_arm.fleming import Fleming, fleming
from celltrial.designs.single_arm.null_rate import NullEvidence, null_rate
from celltrial.designs.single_arm.one_sample_log_rank import OneSampleLogRank, one_sample_log_rank_size
from celltrial.designs.single_arm.one_stage import OneStage, one_stage_sizes
from celltrial.designs.single_arm.predictive_probability import (
    PredictiveProbabilitySearch,
    search_predictive_probability,
)
from celltrial.designs.single_arm.simon import Simon, simon
from celltrial.designs.sizing.table_row import ConfirmatoryDesign

__all__ = ["SINGLE_ARM_DESIGNS"]

SINGLE_ARM_DESIGNS = {
    "one_stage": ConfirmatoryDesign(OneStage, one_stage_sizes, ("AC-P8.1",)),
    "a_hern": ConfirmatoryDesign(OneStage, a_hern, ("a_hern2001",)),
    "fleming": ConfirmatoryDesign(Fleming, fleming, ("fleming1982",)),
    "simon": ConfirmatoryDesign(Simon, simon, ("simon1989", "jung2004")),
    "predictive_probability": ConfirmatoryDesign(
        PredictiveProbabilitySearch, search_predictive_probability, ("lee2008",)
    ),
    "bop2": ConfirmatoryDesign(Bop2Demand, calibrate_bop2, ("zhou2017", "chen2024", "xu2025")),
    "one_sample_log_rank": ConfirmatoryDesign(OneSampleLogRank, one_sample_log_rank_size, ("wu2015",)),
    "null_rate": ConfirmatoryDesign(NullEvidence, null_rate, ("paule1982", "hartung2001", "higgins2009")),
    "assurance": ConfirmatoryDesign(Assurance, assurance, ("ohagan2005",)),
}

"""Single-arm designs: one, two and many stages; Bayesian monitoring; survival; the null and its assurance."""

from celltrial.designs.single_arm.a_hern import a_hern
from celltrial.designs.single_arm.fleming import Fleming, fleming
from celltrial.designs.single_arm.one_stage import OneStage, one_stage_sizes
from celltrial.designs.single_arm.simon import Simon, simon
from celltrial.designs.sizing.table_row import ConfirmatoryDesign

__all__ = ["SINGLE_ARM_DESIGNS"]

SINGLE_ARM_DESIGNS = {
    "one_stage": ConfirmatoryDesign(OneStage, one_stage_sizes, ("AC-P8.1",)),
    "a_hern": ConfirmatoryDesign(OneStage, a_hern, ("a_hern2001",)),
    "fleming": ConfirmatoryDesign(Fleming, fleming, ("fleming1982",)),
    "simon": ConfirmatoryDesign(Simon, simon, ("simon1989", "jung2004")),
}

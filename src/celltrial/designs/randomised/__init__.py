"""Randomised designs: group-sequential boundaries, survival and rates, power under a delayed effect, randomisation."""

from celltrial.designs.randomised.boundaries import boundaries
from celltrial.designs.randomised.group_sequential import GroupSequential
from celltrial.designs.randomised.lachin_foulkes import LachinFoulkes, lachin_foulkes
from celltrial.designs.randomised.log_rank_events import LogRank, log_rank_events
from celltrial.designs.randomised.minimisation import Minimisation, minimise
from celltrial.designs.randomised.permuted_blocks import PermutedBlocks, assign_in_stratum
from celltrial.designs.randomised.rates_size import RatesPlan, rates_size
from celltrial.designs.randomised.sequential_survival import SequentialSurvival, simulate_sequential_survival
from celltrial.designs.randomised.survival_power import SurvivalPower, simulate_survival_power
from celltrial.designs.randomised.survival_size import SurvivalPlan, survival_size
from celltrial.designs.sizing.table_row import ConfirmatoryDesign

__all__ = ["RANDOMISED_DESIGNS"]

RANDOMISED_DESIGNS = {
    "group_sequential": ConfirmatoryDesign(
        GroupSequential, boundaries, ("jennison2000", "lan1983", "hwang1990", "wang1987")
    ),
    "log_rank": ConfirmatoryDesign(LogRank, log_rank_events, ("schoenfeld1981", "freedman1982")),
    "survival": ConfirmatoryDesign(SurvivalPlan, survival_size, ("schoenfeld1981",)),
    "survival_lachin_foulkes": ConfirmatoryDesign(LachinFoulkes, lachin_foulkes, ("lachin1986",)),
    "rates": ConfirmatoryDesign(RatesPlan, rates_size, ("fleiss2003",)),
    "sequential_survival": ConfirmatoryDesign(
        SequentialSurvival, simulate_sequential_survival, ("schoenfeld1981",), exact=False
    ),
    "survival_power": ConfirmatoryDesign(
        SurvivalPower, simulate_survival_power, ("harrington1982", "royston2013", "lin2020"), exact=False
    ),
    "permuted_blocks": ConfirmatoryDesign(PermutedBlocks, assign_in_stratum, ("matts1988",)),
    "minimisation": ConfirmatoryDesign(Minimisation, minimise, ("pocock1975", "han2009")),
}

"""Randomised designs: group-sequential boundaries, survival and rates, power under a delayed effect, randomisation."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.designs.randomised import (
    boundaries,
    group_sequential,
    interim_power,
    lachin_foulkes,
    log_rank_events,
    minimisation,
    permuted_blocks,
    rates_size,
    sequential_survival,
    survival_power,
    survival_size,
    survival_size_by_simulation,
)
from celltrial.designs.randomised.allocation import Allocation
from celltrial.designs.randomised.piecewise_hazard import constant_hazard
from celltrial.designs.randomised.survival_scenario import SurvivalScenario, VeinToVein
from celltrial.designs.sizing.table_row import ConfirmatoryDesign

__all__ = ["RANDOMISED_DESIGNS"]

_TWO: Final = group_sequential.GroupSequential((0.5, 1.0))
_ARMS: Final = Allocation(("cells", "control"), (1, 1))
_TRUTH: Final = SurvivalScenario(
    150, 12.0, constant_hazard(median=6.0), constant_hazard(median=12.0), vein_to_vein=VeinToVein(1.4, 0.3, 0.08)
)

RANDOMISED_DESIGNS: Final[Mapping[str, ConfirmatoryDesign]] = MappingProxyType(
    {
        "group_sequential": ConfirmatoryDesign(
            params=group_sequential.GroupSequential,
            function=boundaries.boundaries,
            describe=boundaries.describe,
            references=("doi:10.1093/biomet/70.3.659", "doi:10.2307/2531959", "doi:10.1002/sim.4780091207"),
            example=group_sequential.GroupSequential((1 / 3, 2 / 3, 1.0)),
        ),
        "interim_power": ConfirmatoryDesign(
            params=interim_power.InterimLook,
            function=interim_power.interim_power,
            describe=interim_power.describe,
            references=("doi:10.2307/2531870", "doi:10.1016/0197-2456(86)90003-6"),
            example=interim_power.InterimLook(group_sequential.GroupSequential((0.5, 1.0)), 1, 1.0),
        ),
        "log_rank": ConfirmatoryDesign(
            params=log_rank_events.LogRank,
            function=log_rank_events.log_rank_events,
            describe=log_rank_events.describe,
            references=("doi:10.1093/biomet/68.1.316", "doi:10.1002/sim.4780010204"),
            example=log_rank_events.LogRank(0.65),
        ),
        "survival": ConfirmatoryDesign(
            params=survival_size.SurvivalPlan,
            function=survival_size.survival_size,
            describe=survival_size.describe,
            references=("doi:10.1093/biomet/68.1.316",),
            example=survival_size.SurvivalPlan(0.6, 0.1155, 18.0, 12.0, _TWO),
        ),
        "survival_lachin_foulkes": ConfirmatoryDesign(
            params=lachin_foulkes.LachinFoulkes,
            function=lachin_foulkes.lachin_foulkes,
            describe=lachin_foulkes.describe,
            references=("doi:10.2307/2531201",),
            example=lachin_foulkes.LachinFoulkes(0.6, 0.1155, 18.0, 12.0),
        ),
        "rates": ConfirmatoryDesign(
            params=rates_size.RatesPlan,
            function=rates_size.rates_size,
            describe=rates_size.describe,
            references=("Fleiss, Levin & Paik 2003",),
            example=rates_size.RatesPlan(0.4, 0.2, _TWO),
        ),
        "sequential_survival": ConfirmatoryDesign(
            params=sequential_survival.SequentialSurvival,
            function=sequential_survival.simulate_sequential_survival,
            describe=sequential_survival.describe,
            references=("doi:10.1093/biomet/68.1.316",),
            example=sequential_survival.SequentialSurvival(_TWO, (50, 100), _TRUTH, trials=1000),
            exact=False,
        ),
        "survival_power": ConfirmatoryDesign(
            params=survival_power.SurvivalPower,
            function=survival_power.simulate_survival_power,
            describe=survival_power.describe,
            references=(
                "doi:10.1093/biomet/69.3.553",
                "doi:10.1186/1471-2288-13-152",
                "doi:10.1080/19466315.2019.1697738",
            ),
            example=survival_power.SurvivalPower(_TRUTH, 100, trials=1000),
            exact=False,
        ),
        "survival_by_simulation": ConfirmatoryDesign(
            params=survival_size_by_simulation.SurvivalSizeBySimulation,
            function=survival_size_by_simulation.survival_size_by_simulation,
            describe=survival_size_by_simulation.describe,
            references=("doi:10.1093/biomet/68.1.316",),
            example=survival_size_by_simulation.SurvivalSizeBySimulation(
                survival_power.SurvivalPower(_TRUTH, 100, trials=1000)
            ),
            exact=False,
        ),
        "permuted_blocks": ConfirmatoryDesign(
            params=permuted_blocks.PermutedBlocks,
            function=permuted_blocks.assign_in_stratum,
            describe=permuted_blocks.describe,
            references=("doi:10.1016/0197-2456(88)90047-5",),
            example=permuted_blocks.PermutedBlocks(_ARMS, (2, 4), ("site",)),
            allocates=True,
        ),
        "minimisation": ConfirmatoryDesign(
            params=minimisation.Minimisation,
            function=minimisation.minimise,
            describe=minimisation.describe,
            references=("doi:10.2307/2529712", "doi:10.1002/sim.3710"),
            example=minimisation.Minimisation(_ARMS, {"site": 1.0, "prior_lines": 1.0}),
            allocates=True,
        ),
    }
)

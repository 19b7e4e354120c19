"""Randomisation: the list or the minimisation that the protocol states, drawn at the point that it declares.

The list is the system's, as at a real trial: blocks of two lengths in every stratum, which nobody of the staff sees. Levels of
stratifying factors other than the site are drawn for each subject, each of two with the same probability.
"""

from __future__ import annotations

from typing import Final

from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.envelope import Role
from celltrial.conduct.gates.assignment import arm_of, randomisation_of
from celltrial.core.random_streams import stream
from celltrial.designs.randomised import minimisation, permuted_blocks
from celltrial.designs.randomised.allocation import Allocation
from celltrial.designs.randomised.minimisation import Minimisation
from celltrial.designs.randomised.permuted_blocks import PermutedBlocks
from celltrial.protocol import Protocol
from celltrial.simulation.twin.world import Virtual, World

#: Names of the arms where the protocol gives them none; the first part of its ratio is that of the cells.
UNNAMED: Final = ("CELLS", "CONTROL")
#: Lengths of blocks, as multiples of the sum of the ratio.
_BLOCKS: Final = (1, 2)
_LEVELS: Final = ("A", "B")
_SITE: Final = "site"


def is_randomised(protocol: Protocol) -> bool:
    """Tell whether subjects are randomised."""
    return randomisation_of(protocol) is not None


def allocation_of(protocol: Protocol) -> Allocation:
    """Return the arms with their parts, in the order in which the protocol states them."""
    plan = randomisation_of(protocol)
    ratio = plan.ratio if plan is not None else (1, 1)
    names = tuple(item.id for item in protocol.arms) or UNNAMED[: len(ratio)]
    return Allocation(names, ratio)


def treats_with_cells(protocol: Protocol, arm: str) -> bool:
    """Tell whether an arm gets cells: an experimental one, or the first where none is described."""
    known = arm_of(protocol, arm)
    return arm == UNNAMED[0] if known is None else known.kind == "experimental"


def stratum_of(world: World, subject: Virtual) -> dict[str, str]:
    """Return the level of a subject on each stratifying factor."""
    plan = randomisation_of(world.protocol)
    factors = plan.strata if plan is not None else ()
    drawn = {name: stream(world.seed, "twin", "stratum", name, subject.number).random() for name in factors}
    return {name: subject.site if name == _SITE else _LEVELS[drawn[name] >= 1 / 2] for name in factors}


def draw_arm(world: World, subject: Virtual) -> str:
    """Return the arm of the next subject, and keep what the list has given."""
    plan = randomisation_of(world.protocol)
    assert plan is not None
    allocation, stratum = allocation_of(world.protocol), stratum_of(world, subject)
    first, second = stream(world.seed, "twin", "allocation", subject.number).random(2)
    if plan.method == "minimisation" and stratum:
        rule = Minimisation(allocation, dict.fromkeys(stratum, 1.0), p_best=max(0.8, max(plan.ratio) / sum(plan.ratio)))
        arm = minimisation.minimise(rule, world.allocated, stratum, float(first))
    else:
        blocks = PermutedBlocks(allocation, tuple(length * allocation.parts for length in _BLOCKS), tuple(stratum))
        key = permuted_blocks.stratum_key(blocks, stratum)
        known = world.blocks.get(key) or permuted_blocks.empty(blocks)
        arm, world.blocks[key] = permuted_blocks.assign(blocks, known, (float(first), float(second)))
    world.allocated.append((stratum, arm))
    return arm


def randomise(world: World, subject: Virtual) -> None:
    """Randomise a subject now: the system enters the arm with stratum and number."""
    subject.arm = draw_arm(world, subject)
    subject.with_cells = treats_with_cells(world.protocol, subject.arm)
    subject.randomised = world.today(subject.site)
    stratum = " / ".join(stratum_of(world, subject).values())
    number = f"R{len(world.allocated):04d}"
    world.staff.must(Role.SYSTEM, ask.RandomiseSubject(subject.id, subject.arm, stratum, number))


def is_point(world: World, subject: Virtual, point: str) -> bool:
    """Tell whether a subject is to be randomised at this point on the way."""
    plan = randomisation_of(world.protocol)
    return plan is not None and plan.point == point and not subject.arm

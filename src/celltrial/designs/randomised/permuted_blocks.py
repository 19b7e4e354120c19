"""Permuted blocks: arms in random order, balanced at the end of every block; alone or in every stratum.

Within a block the next arm is drawn in proportion to what the block still has for each arm, which gives every order of the block the
same probability. Block lengths are multiples of the sum of the ratio, drawn with equal probability at the start of each block, so
that the end cannot be predicted where there are several. Chance comes in as numbers: two uniforms per subject, the first
for the length of a block (used only where one starts), the second for the arm. The same uniforms give the same list.
ICH E9 2.3.2; Matts & Lachin (1988), doi:10.1016/0197-2456(88)90047-5. In every stratum a list of its own: stratified blocks.
The decision depends on the earlier assignments of the stratum only: a trial can be replayed and continued at any point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from celltrial.core.errors import UserError, fault
from celltrial.core.values import Identifier, message
from celltrial.designs.policy import Message
from celltrial.designs.randomised.allocation import Allocation, Stratum, check_uniform, pick
from celltrial.designs.sizing.ranges import demand, that


@dataclass(frozen=True, slots=True)
class PermutedBlocks:
    """What the protocol must state.

    allocation: arms and ratio; block_sizes: lengths in use, each a multiple of the sum of the ratio.
    factors: names of the factors that make the strata, in order; empty: one list for the trial.
    """

    allocation: Allocation
    block_sizes: tuple[int, ...]
    factors: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        parts = self.allocation.parts
        demand(
            that(
                self.block_sizes and all(size >= parts and size % parts == 0 for size in self.block_sizes),
                "DSG-306",
                expected=message("block_sizes_that_are_multiples_of", parts=parts),
                found=f"block_sizes={self.block_sizes}",
            ),
            that(
                len(set(self.factors)) == len(self.factors) and all(self.factors),
                "DSG-310",
                expected=message("different_named_factors"),
                found=f"factors={self.factors}",
            ),
        )


@dataclass(frozen=True, slots=True)
class BlockState:
    """What the open block still has for each arm, in the order of the arms; all nil where none is open."""

    remaining: tuple[int, ...]


def empty(params: PermutedBlocks) -> BlockState:
    """Return the state before the first subject of a list."""
    return BlockState((0,) * len(params.allocation.arms))


def assign(params: PermutedBlocks, state: BlockState, uniforms: tuple[float, float]) -> tuple[str, BlockState]:
    """Return the arm of the next subject of a list, and the state after.

    uniforms: two numbers in [0, 1); the first is used only where a block starts.

    >>> rule = PermutedBlocks(Allocation(("cells", "control"), (1, 1)), (4,))
    >>> state, arms = empty(rule), []
    >>> for u in (0.1, 0.2, 0.5, 0.9):
    ...     arm, state = assign(rule, state, (0.0, u))
    ...     arms.append(arm)
    >>> arms, state.remaining
    (['cells', 'cells', 'control', 'control'], (0, 0))
    """
    first, second = uniforms
    check_uniform(first)
    allocation, remaining = params.allocation, state.remaining
    if not any(remaining):
        size = params.block_sizes[int(first * len(params.block_sizes))]
        remaining = tuple(part * size // allocation.parts for part in allocation.ratio)
    chosen = pick(tuple(float(part) for part in remaining), second)
    return allocation.arms[chosen], BlockState(tuple(n - (k == chosen) for k, n in enumerate(remaining)))


def stratum_key(params: PermutedBlocks, stratum: Stratum) -> tuple[str, ...]:
    """Return the stratum of a subject; raise UserError (DSG-310) where a factor is missing."""
    missing = [factor for factor in params.factors if not stratum.get(factor)]
    if missing:
        raise UserError(
            fault(
                "DSG-310", expected=message("level_of", factor=Identifier(", ".join(missing))), found=f"{dict(stratum)}"
            )
        )
    return tuple(stratum[factor] for factor in params.factors)


def assign_in_stratum(
    params: PermutedBlocks,
    earlier: Sequence[tuple[Stratum, tuple[float, float]]],
    stratum: Stratum,
    uniforms: tuple[float, float],
) -> str:
    """Return the arm of the next subject of this stratum.

    earlier: stratum and uniforms of every subject randomised before, in order; only those of the same stratum matter.

    >>> rule = PermutedBlocks(Allocation(("cells", "control"), (1, 1)), (2,), ("site",))
    >>> before = [({"site": "S1"}, (0.0, 0.1)), ({"site": "S2"}, (0.0, 0.1))]
    >>> assign_in_stratum(rule, before, {"site": "S1"}, (0.0, 0.1))
    'control'
    """
    key, state = stratum_key(params, stratum), empty(params)
    for other, used in earlier:
        if stratum_key(params, other) == key:
            _, state = assign(params, state, used)
    return assign(params, state, uniforms)[0]


def describe(params: PermutedBlocks) -> Message:
    """Return the sentence for the protocol and the report, as a message to be translated."""
    return Message(
        "design.sentence.permuted_blocks",
        {
            "arms": ", ".join(params.allocation.arms),
            "ratio": ":".join(map(str, params.allocation.ratio)),
            "factors": ", ".join(params.factors) or "-",
        },
    )

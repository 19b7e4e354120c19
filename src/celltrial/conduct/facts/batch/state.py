"""What is known of a batch, and which moves between its states are legal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.conduct.facts.batch.events import Bag, CustodyHandedOver, QualityTested
from celltrial.conduct.facts.changing import Changing
from celltrial.conduct.vocabulary import BatchStatus as S
from celltrial.conduct.vocabulary import Lot
from celltrial.core.dates import Instant
from celltrial.core.doses import DoseBasis

#: From each state, the states a batch may move to. Nothing leaves FAILED or REJECTED but destruction, nothing leaves
#: INFUSED. A quarantine that is lifted returns the state the batch had; otherwise it ends in a loss.
MOVES: Final[Mapping[S, frozenset[S]]] = MappingProxyType(
    {
        S.PLANNED: frozenset({S.COLLECTED, S.QUARANTINED, S.DESTROYED}),
        S.COLLECTED: frozenset({S.MATERIAL_RECEIVED, S.QUARANTINED, S.FAILED, S.DESTROYED}),
        S.MATERIAL_RECEIVED: frozenset({S.IN_PROCESS, S.QUARANTINED, S.FAILED, S.DESTROYED}),
        S.IN_PROCESS: frozenset({S.QC, S.FAILED, S.QUARANTINED, S.DESTROYED}),
        S.QC: frozenset({S.RELEASED, S.OOS, S.REJECTED, S.FAILED, S.QUARANTINED, S.DESTROYED}),
        S.RELEASED: frozenset({S.SHIPPED, S.QUARANTINED, S.EXPIRED, S.DESTROYED}),
        S.OOS: frozenset({S.SHIPPED, S.REJECTED, S.QUARANTINED, S.EXPIRED, S.DESTROYED}),
        S.SHIPPED: frozenset({S.RECEIVED, S.QUARANTINED, S.EXPIRED, S.RETURNED, S.DESTROYED}),
        S.RECEIVED: frozenset({S.THAWED, S.INFUSED, S.QUARANTINED, S.EXPIRED, S.RETURNED, S.DESTROYED}),
        S.THAWED: frozenset({S.INFUSED, S.QUARANTINED, S.EXPIRED, S.DESTROYED}),
        S.QUARANTINED: frozenset({S.FAILED, S.EXPIRED, S.RETURNED, S.DESTROYED}),
        S.EXPIRED: frozenset({S.RETURNED, S.DESTROYED}),
        S.RETURNED: frozenset({S.DESTROYED, S.QUARANTINED}),
        S.FAILED: frozenset({S.DESTROYED}),
        S.REJECTED: frozenset({S.DESTROYED}),
        S.INFUSED: frozenset(),
        S.DESTROYED: frozenset(),
    }
)
#: States of a batch that could still be given one day.
UNUSED: Final = frozenset(set(S) - {S.INFUSED, S.DESTROYED, S.FAILED, S.REJECTED, S.EXPIRED, S.RETURNED})


@dataclass(frozen=True)
class BatchState(Changing):
    """A batch: one subject for ever, its genealogy, its tests, its custody.

    is_released: quality assurance released it, or allowed an out-of-specification use, and nothing took that back.
    made:        cells that its manufacture ended with; None before.
    stated_at:   position of the fact that states its cells and expiry.
    preservation: how the protocol in force at its release says it is kept; "" where that says nothing.
    thawed:      when it was thawed; None where it never was.
    set_aside, recalled_at: when it was quarantined last, and recalled: an act before that moment did not find it so.
    since:       when it came to be what it is now: an act before that moment did not find it so.
    bags:        what it is divided into; none where it is one bag.
    thawed_bags, used_bags: names of the bags that were thawed, and given.
    frozen_until: expiry of what is still frozen after some of its bags were thawed.
    """

    batch: str
    subject: str
    identity: str
    attempt: int
    status: S = S.PLANNED
    before_quarantine: S | None = None
    process_version: str = ""
    process_run: str = ""
    lots: tuple[Lot, ...] = ()
    tests: Mapping[str, QualityTested] = field(default_factory=lambda: MappingProxyType({}))
    made: Decimal | None = None
    cells: Decimal | None = None
    basis: DoseBasis | None = None
    expires: Instant | None = None
    stated_at: int = 0
    is_released: bool = False
    is_out_of_specification: bool = False
    oos_use_approved: bool = False
    received_intact: bool | None = None
    received_at_site: str = ""
    courier: str = ""
    shipment: str = ""
    freezer: str = ""
    shipped: Instant | None = None
    custody: tuple[CustodyHandedOver, ...] = ()
    recalled: bool = False
    since: Instant | None = None
    preservation: str = ""
    thawed: Instant | None = None
    set_aside: Instant | None = None
    recalled_at: Instant | None = None
    bags: tuple[Bag, ...] = ()
    thawed_bags: tuple[str, ...] = ()
    used_bags: tuple[str, ...] = ()
    frozen_until: Instant | None = None

    @property
    def left(self) -> tuple[Bag, ...]:
        """The bags that were not given; none where the batch is one bag."""
        return tuple(bag for bag in self.bags if bag.bag not in self.used_bags)

    @property
    def cells_left(self) -> Decimal | None:
        """Cells that can still be given: of the bags left, or all where the batch is one bag; None where not known."""
        return sum((bag.cells for bag in self.left), Decimal(0)) if self.bags else self.cells

    def found_at(self, at: Instant) -> BatchState:
        """Return the batch as an act at a moment found it: before a quarantine or recall that came later."""
        found = self
        if self.status is S.QUARANTINED and self.set_aside is not None and self.set_aside.utc > at.utc:
            found = found.changed(status=self.before_quarantine or self.status)
        if self.recalled and self.recalled_at is not None and self.recalled_at.utc > at.utc:
            found = found.changed(recalled=False, is_released=True)
        return found

    @property
    def needs_thaw(self) -> bool:
        """Whether it must be thawed before it is given: unless it is known to be fresh."""
        return self.preservation != "fresh"

    def can_move(self, to: S) -> bool:
        """Tell whether this move is legal."""
        return to in MOVES[self.status]

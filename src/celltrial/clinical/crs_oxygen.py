"""Hypoxia as the scales before ASTCT grade it: by the inspired oxygen fraction.

Lee 2014 and CTCAE 5 draw their line at 40 % oxygen, ASTCT 2019 at 6 L/min. A flow
cannot be turned into a fraction without the device and the patient's breathing:
where only the flow is known, a range of grades stays open.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from celltrial.clinical.crs_astct import OxygenDevice
from celltrial.clinical.derivation import Comparison, Domain
from celltrial.clinical.exact import Number, exact_in

FRACTION_PERCENT: Final = Decimal(40)
_NON_INVASIVE: Final = frozenset({OxygenDevice.CPAP, OxygenDevice.BIPAP})


def oxygen_fraction_domain(device: OxygenDevice | None, fio2_percent: Number | None, *, top: int = 4) -> Domain:
    """Return the hypoxia domain: 2 below 40 % oxygen, 3 from 40 % on, `top` on a ventilator.

    Non-invasive pressure support is a ventilator to some readers and not to others: it leaves `top` open.
    """
    if device is None:
        return Domain.missing("hypoxia", top)
    if device is OxygenDevice.ROOM_AIR:
        return Domain.known("hypoxia", 0)
    if device is OxygenDevice.MECHANICAL_VENTILATION:
        return Domain.known("hypoxia", top)
    high = top if device in _NON_INVASIVE else 3
    if fio2_percent is None:
        return Domain.at_least("hypoxia", 2, high)
    row = Comparison("FiO2", exact_in(fio2_percent, 21, 100, "fio2_percent"), "<", FRACTION_PERCENT, "%")
    low = 2 if row.holds else 3
    return Domain.at_least("hypoxia", low, max(low, high if device in _NON_INVASIVE else low), row)

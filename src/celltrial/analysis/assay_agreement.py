"""Agreement of qPCR and flow on the same samples.

qPCR counts transgene copies per microgram of DNA, flow counts cells. With the vector copy number
(VCN) the first converts to a share of nucleated cells:

    share = copies per ug / (VCN x genomes per ug),  genomes per ug = 1e6 pg / DNA per cell in pg.

Without VCN there is no conversion, and agreement can be judged on ranks only.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from celltrial.analysis.terms import Caveat, Method, Population, Reason
from celltrial.core.errors import UserError, fault
from celltrial.core.lazy_scipy import stats
from celltrial.core.results import Estimate, Interval, NotEstimable

#: DNA of one diploid human cell, picograms.
PICOGRAMS_PER_CELL: Final = 6.6
#: What a discordance query asks about, in order (AC-A3.2).
DISCORDANCE_CAUSES: Final = ("vector_copy_number", "gating", "dna_input", "extraction")
_FEWEST_PAIRS: Final = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """One sample read by both: copies per microgram of DNA, and flow share in [0, 1] of nucleated cells."""

    sample: str
    copies_per_ug: float
    flow_share: float
    vector_copy_number: float | None = None


@dataclass(frozen=True, slots=True)
class AssayAgreement:
    """Agreement over the pairs.

    ratio:      geometric mean of (qPCR share / flow share), with 95 % limits of agreement; pairs
                without VCN, or with a zero, are left out.
    rank:       Spearman's rho over all pairs, copies against share.
    discordant: samples outside `max_fold`, with their ratio: each opens a query on DISCORDANCE_CAUSES.
    """

    max_fold: float
    ratio: Estimate | NotEstimable
    rank: Estimate | NotEstimable
    discordant: tuple[tuple[str, float], ...]


def share_of_cells(
    copies_per_ug: float, vector_copy_number: float | None, *, picograms_per_cell: float = PICOGRAMS_PER_CELL
) -> Estimate | NotEstimable:
    """Return the share of nucleated cells that carry the transgene, from copies per microgram.

    Not estimable without VCN. Raises ANL-012 for a negative count or a VCN or DNA mass that is not
    positive. Checked against AC-A3.2.

    >>> round(share_of_cells(30303, 2).value, 3)
    0.1
    """
    if vector_copy_number is None:
        return NotEstimable(Reason.NO_VECTOR_COPY_NUMBER, Population.SUBJECT, 1)
    if copies_per_ug < 0 or vector_copy_number <= 0 or picograms_per_cell <= 0:
        found = f"copies {copies_per_ug}, VCN {vector_copy_number}, pg {picograms_per_cell}"
        raise UserError(fault("ANL-012", expected="copies >= 0, VCN > 0, pg > 0", found=found))
    genomes = 1e6 / picograms_per_cell
    detail = MappingProxyType({"genomes_per_ug": genomes, "vector_copy_number": float(vector_copy_number)})
    return Estimate(
        copies_per_ug / (vector_copy_number * genomes), Population.SUBJECT, 1, Method.OBSERVED, None, (), detail
    )


def estimate(pairs: Sequence[Pair], *, max_fold: float) -> AssayAgreement:
    """Return the agreement of the pairs; one is discordant when the shares differ more than `max_fold`-fold.

    max_fold: > 1, from the protocol. A pair in which only one assay sees anything is discordant
    (ratio 0 or infinite). Bland & Altman (1986), doi:10.1016/S0140-6736(86)90837-8, on log ratios.
    """
    if not max_fold > 1:
        raise UserError(fault("ANL-013", expected="max_fold > 1", found=str(max_fold)))
    ratios: list[tuple[str, float]] = []
    for pair in pairs:
        share = share_of_cells(pair.copies_per_ug, pair.vector_copy_number)
        if isinstance(share, NotEstimable) or (share.value == 0 and pair.flow_share == 0):
            continue
        ratios.append((pair.sample, share.value / pair.flow_share if pair.flow_share else math.inf))
    discordant = tuple((who, r) for who, r in ratios if not 1 / max_fold <= r <= max_fold)
    logs = np.log([r for _, r in ratios if 0 < r < math.inf])
    converted = sum(pair.vector_copy_number is not None for pair in pairs)
    return AssayAgreement(
        max_fold, _ratio(logs, len(pairs)), _rank(pairs, ranks_only=converted < len(pairs)), discordant
    )


def _ratio(logs: np.ndarray[tuple[int], np.dtype[np.float64]], n: int) -> Estimate | NotEstimable:
    if not len(logs):
        reason = Reason.NO_VECTOR_COPY_NUMBER if n else Reason.NO_PAIRS
        return NotEstimable(reason, Population.PAIRS, n)
    caveats = (Caveat.UNPAIRED_LEFT_OUT,) if len(logs) < n else ()
    centre = float(logs.mean())
    interval = None
    if len(logs) >= _FEWEST_PAIRS:
        half = float(stats.norm.isf(0.025)) * float(logs.std(ddof=1))
        interval = Interval(math.exp(centre - half), math.exp(centre + half), 0.95, Method.LIMITS_OF_AGREEMENT)
    return Estimate(math.exp(centre), Population.PAIRS, len(logs), Method.GEOMETRIC_MEAN, interval, caveats)


def _rank(pairs: Sequence[Pair], *, ranks_only: bool) -> Estimate | NotEstimable:
    if len(pairs) < _FEWEST_PAIRS:
        return NotEstimable(Reason.NO_PAIRS, Population.PAIRS, len(pairs))
    copies, flow = [pair.copies_per_ug for pair in pairs], [pair.flow_share for pair in pairs]
    if len(set(copies)) == 1 or len(set(flow)) == 1:
        return NotEstimable(Reason.NO_VARIATION, Population.PAIRS, len(pairs))
    ranks = np.corrcoef(stats.rankdata(copies), stats.rankdata(flow))
    caveats = (Caveat.RANKS_ONLY,) if ranks_only else ()
    return Estimate(float(ranks[0, 1]), Population.PAIRS, len(pairs), Method.SPEARMAN, None, caveats)

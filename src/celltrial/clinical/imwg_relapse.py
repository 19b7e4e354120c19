"""Clinical relapse of myeloma by IMWG: direct signs of growing disease or of organ damage by it.

Any one sign is enough: new bone lesion or soft-tissue plasmacytoma, definite growth of a known one,
calcium above 2.75 mmol/L, haemoglobin down by at least 20 g/L, creatinine up by at least 177 umol/L from
the start of treatment, or hyperviscosity by the paraprotein. A sign with another cause is attributed and
does not count. It is not used for time to progression; protocols often treat on it.
Reference: Kumar et al. (2016), doi:10.1016/S1470-2045(16)30206-6; the limits were transcribed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from celltrial.clinical.derivation import NE, Attribution, Comparator, Comparison, Derivation, Evidence, Rule, inputs_of
from celltrial.clinical.exact import Number, exact_in
from celltrial.core.truth import Truth, any_of

RULE: Final = Rule("imwg_2016_relapse", "1", Evidence.TRANSCRIBED, "doi:10.1016/S1470-2045(16)30206-6")
HIGH_CALCIUM_MMOL_L: Final = Decimal("2.75")
HAEMOGLOBIN_FALL_G_L: Final = Decimal(20)
CREATININE_RISE_UMOL_L: Final = Decimal(177)


@dataclass(frozen=True, slots=True)
class RelapseSigns:
    """The signs at one assessment; None means not known. Baselines are those at the start of treatment.

    new_lesion:    a new bone lesion or soft-tissue plasmacytoma.
    lesion_growth: a known one grew by at least 50 % and at least 1 cm.
    calcium_mmol_l, haemoglobin_g_l, creatinine_umol_l: laboratory values, with their baselines.
    hyperviscosity: hyperviscosity by the paraprotein.
    attributions:  signs ("calcium", "haemoglobin", "creatinine", "new_lesion", ...) that have another cause.
    """

    new_lesion: bool | None = None
    lesion_growth: bool | None = None
    calcium_mmol_l: Number | None = None
    haemoglobin_g_l: Number | None = None
    haemoglobin_baseline_g_l: Number | None = None
    creatinine_umol_l: Number | None = None
    creatinine_baseline_umol_l: Number | None = None
    hyperviscosity: bool | None = None
    attributions: tuple[Attribution, ...] = ()

    def number(self, name: str) -> Decimal | None:
        """Return a value as a Decimal; None where it is not known."""
        value: Number | None = getattr(self, name)
        return None if value is None else exact_in(value, 0, 10_000, name)


def _row(
    trace: list[Comparison], name: str, found: Decimal | None, comparator: Comparator, limit: Decimal, unit: str
) -> Truth:
    if found is None:
        return Truth.UNKNOWN
    trace.append(Comparison(name, found, comparator, limit, unit))
    return Truth.of(trace[-1].holds)


def _change(later: Decimal | None, earlier: Decimal | None) -> Decimal | None:
    return None if later is None or earlier is None else later - earlier


def derive_clinical_relapse(signs: RelapseSigns) -> Derivation:
    """Return RELAPSE with the signs that show it, NONE, or NE where a sign is not known.

    Raises CLN-001 or CLN-002 for values that cannot be meant.

    >>> derive_clinical_relapse(RelapseSigns(calcium_mmol_l="2.8")).deciding
    ('calcium',)
    """
    trace: list[Comparison] = []
    fall = _change(signs.number("haemoglobin_baseline_g_l"), signs.number("haemoglobin_g_l"))
    rise = _change(signs.number("creatinine_umol_l"), signs.number("creatinine_baseline_umol_l"))
    rows = {
        "new_lesion": Truth.of(signs.new_lesion),
        "lesion_growth": Truth.of(signs.lesion_growth),
        "calcium": _row(trace, "calcium", signs.number("calcium_mmol_l"), ">", HIGH_CALCIUM_MMOL_L, "mmol/L"),
        "haemoglobin": _row(trace, "haemoglobin fall", fall, ">=", HAEMOGLOBIN_FALL_G_L, "g/L"),
        "creatinine": _row(trace, "creatinine rise", rise, ">=", CREATININE_RISE_UMOL_L, "umol/L"),
        "hyperviscosity": Truth.of(signs.hyperviscosity),
    }
    rows |= {item.finding: Truth.FALSE for item in signs.attributions if item.finding in rows}
    found = any_of(rows.values())
    wanted = Truth.UNKNOWN if found is Truth.UNKNOWN else Truth.TRUE
    return Derivation(
        RULE,
        category={Truth.TRUE: "RELAPSE", Truth.FALSE: "NONE", Truth.UNKNOWN: NE}[found],
        deciding=tuple(name for name, truth in rows.items() if truth is wanted) or tuple(rows),
        inputs=inputs_of(signs, *(name for name in RelapseSigns.__dataclass_fields__ if name != "attributions")),
        trace=tuple(trace),
        incomplete=found is Truth.UNKNOWN,
        excluded=signs.attributions,
    )

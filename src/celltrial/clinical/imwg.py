"""Myeloma response at one assessment by the IMWG criteria of 2016.

Deepening is measured against baseline, progression against the lowest value on
study (nadir). Every criterion is three-valued: a category is given when it is
met; where a better one could not be judged the result is `incomplete`; where
progression could not be judged, or nothing is met and something is unknown, it
is NE. Stable disease is therefore a finding, never a default. What a finding implies counts as
known: an M protein that electrophoresis measures is a positive immunofixation, which laboratories repeat
only when the spike is gone; a negative immunofixation is no M protein; an involved light chain of more than 3.85 times
the other is an abnormal ratio, whichever of the two it is (reference range of kappa to lambda 0.26 to 1.65).

Free light chains count only where neither serum nor urine is measurable; the
marrow only where nothing else is. Imaging and marrow need not be repeated at
each visit: the caller carries the last value forward where the protocol says so.
Confirmation by a second assessment is in `imwg_best`. Reference: Kumar et al.
(2016), doi:10.1016/S1470-2045(16)30206-6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Comparator, Comparison, Derivation, Evidence, Rule, inputs_of
from celltrial.clinical.exact import Number, exact_in
from celltrial.clinical.queries import Query
from celltrial.core.truth import Truth, all_of, any_of, negate

RULE: Final = Rule("imwg_2016", "3", Evidence.TRANSCRIBED, "doi:10.1016/S1470-2045(16)30206-6")
#: 1 / 0.26, the wider end of the reference range of kappa to lambda, 0.26 to 1.65 (Katzmann et al. 2002).
ABNORMAL_FLC_RATIO: Final = Decimal("3.85")
#: Categories from the worst to the best.
RANK: Final[Mapping[str, int]] = {"PD": 0, "SD": 1, "MR": 2, "PR": 3, "VGPR": 4, "CR": 5, "sCR": 6}
_NUMBERS: Final[Mapping[str, int]] = {
    "serum_m_g_dl": 50,
    "urine_m_mg_24h": 100_000,
    "involved_flc_mg_dl": 1_000_000,
    "uninvolved_flc_mg_dl": 100_000,
    "marrow_plasma_percent": 100,
    "plasmacytoma_spd_mm2": 10_000_000,
    "circulating_plasma_per_ul": 10_000_000,
}


@dataclass(frozen=True, slots=True)
class MyelomaAssessment:
    """The findings at baseline or at one assessment; None means not done.

    serum_m_g_dl:              serum M protein by electrophoresis, g/dL; 0 where not detectable.
    urine_m_mg_24h:            urine M protein, mg/24 h.
    involved_flc_mg_dl, uninvolved_flc_mg_dl: serum free light chains, mg/dL.
    flc_ratio_normal:          the kappa/lambda ratio is in the reference range.
    serum_ife_negative, urine_ife_negative: immunofixation shows no M protein.
    antibody_interference:     a therapeutic antibody may be what the immunofixation shows.
    marrow_plasma_percent:     plasma cells in the marrow, %.
    clonal_plasma_absent:      no clonal plasma cells by immunohistochemistry or flow.
    plasmacytoma_spd_mm2:      sum of products of diameters, mm2; 0 where there are none.
    new_lesion:                a new bone lesion or plasmacytoma.
    plasmacytoma_diameter_growth: longest diameter of a lesion > 1 cm in short axis grew by >= 50 %.
    circulating_plasma_per_ul: plasma cells in the blood, per microlitre.
    """

    serum_m_g_dl: Number | None = None
    urine_m_mg_24h: Number | None = None
    involved_flc_mg_dl: Number | None = None
    uninvolved_flc_mg_dl: Number | None = None
    flc_ratio_normal: bool | None = None
    serum_ife_negative: bool | None = None
    urine_ife_negative: bool | None = None
    antibody_interference: bool = False
    marrow_plasma_percent: Number | None = None
    clonal_plasma_absent: bool | None = None
    plasmacytoma_spd_mm2: Number | None = None
    new_lesion: bool | None = None
    plasmacytoma_diameter_growth: bool | None = None
    circulating_plasma_per_ul: Number | None = None

    def number(self, name: str) -> Decimal | None:
        """Return a measurement as a Decimal; "dflc" is involved minus uninvolved light chain.

        A negative immunofixation is more sensitive than electrophoresis: where that was not done, there is no M protein.
        """
        if name == "dflc":
            involved, other = self.number("involved_flc_mg_dl"), self.number("uninvolved_flc_mg_dl")
            return None if involved is None or other is None else involved - other
        value: Number | None = getattr(self, name)
        if value is None and self._fixed_negative(name):
            return Decimal(0)
        return None if value is None else exact_in(value, 0, _NUMBERS[name], name)

    def _fixed_negative(self, name: str) -> bool:
        done = {"serum_m_g_dl": self.serum_ife_negative, "urine_m_mg_24h": self.urine_ife_negative}
        return done.get(name) is True


@dataclass(slots=True)
class _Judge:
    """Compares one visit with baseline and nadir, and keeps every comparison."""

    baseline: MyelomaAssessment
    visit: MyelomaAssessment
    earlier: tuple[MyelomaAssessment, ...]
    trace: list[Comparison] = field(default_factory=list)

    def compare(self, name: str, found: Decimal | None, comparator: Comparator, limit: Number, unit: str = "") -> Truth:
        if found is None:
            return Truth.UNKNOWN
        row = Comparison(name, found, comparator, Decimal(str(limit)), unit)
        self.trace.append(row)
        return Truth.of(row.holds)

    def now(self, name: str, comparator: Comparator, limit: Number) -> Truth:
        return self.compare(name, self.visit.number(name), comparator, limit)

    def at_baseline(self, name: str, limit: Number) -> bool:
        value = self.baseline.number(name)
        return value is not None and value >= Decimal(str(limit))

    def fell(self, name: str, percent: int) -> Truth:
        """Whether the value is at least this many percent below baseline."""
        start, value = self.baseline.number(name), self.visit.number(name)
        if start is None or value is None or start <= 0:
            return Truth.UNKNOWN
        return self.compare(f"{name} fall", (start - value) * 100 / start, ">=", percent, "%")

    def nadir(self, name: str) -> Decimal | None:
        values = [item.number(name) for item in (self.baseline, *self.earlier)]
        return min((value for value in values if value is not None), default=None)

    def rose(self, name: str, percent: int, amount: Number, comparator: Comparator = ">=") -> Truth:
        """Whether the value rose from its nadir by a share and by an amount."""
        low, value = self.nadir(name), self.visit.number(name)
        if low is None or value is None:
            return Truth.UNKNOWN
        rise = value - low
        return all_of(
            (
                self.compare(f"{name} rise over nadir", rise * 100, ">=", low * percent, "% x nadir"),
                self.compare(f"{name} rise over nadir", rise, comparator, amount),
            )
        )


@dataclass(frozen=True, slots=True)
class _Measurable:
    serum: bool
    urine: bool
    flc: bool
    marrow: bool

    @property
    def any(self) -> bool:
        return self.serum or self.urine or self.flc or self.marrow


def _measurable(judge: _Judge) -> _Measurable:
    serum = judge.at_baseline("serum_m_g_dl", 1)
    urine = judge.at_baseline("urine_m_mg_24h", 200)
    flc = not (serum or urine) and judge.at_baseline("involved_flc_mg_dl", 10)
    flc = flc and judge.baseline.flc_ratio_normal is not True
    marrow = not (serum or urine or flc) and judge.at_baseline("marrow_plasma_percent", 30)
    return _Measurable(serum, urine, flc, marrow)


def _progressed(judge: _Judge, by: _Measurable) -> Truth:
    rows = [
        judge.rose("serum_m_g_dl", 25, "0.5"),
        judge.rose("urine_m_mg_24h", 25, 200),
    ]
    low = judge.nadir("serum_m_g_dl")
    if low is not None and low >= 5:
        rows.append(judge.rose("serum_m_g_dl", 0, 1))
    if by.flc:
        rows.append(judge.rose("dflc", 25, 10, ">"))
    if by.marrow or not by.any:
        rows.append(judge.rose("marrow_plasma_percent", 25, 10))
    if not by.any:
        rows.append(
            all_of((judge.rose("circulating_plasma_per_ul", 50, 0), judge.now("circulating_plasma_per_ul", ">=", 200)))
        )
    lesions = [judge.visit.new_lesion, judge.visit.plasmacytoma_diameter_growth]
    spd = judge.nadir("plasmacytoma_spd_mm2")
    if spd is not None:
        rows.append(judge.rose("plasmacytoma_spd_mm2", 50, 0, ">"))
    if Truth.TRUE in rows or True in lesions:
        return Truth.TRUE
    return _not_progressed(judge, by)


def _not_progressed(judge: _Judge, by: _Measurable) -> Truth:
    """Return FALSE where each measurable marker was measured, else UNKNOWN."""
    names = {"serum_m_g_dl": by.serum, "urine_m_mg_24h": by.urine, "dflc": by.flc, "marrow_plasma_percent": by.marrow}
    needed = [name for name, counts in names.items() if counts]
    measured = needed and all(judge.visit.number(name) is not None for name in needed)
    return Truth.FALSE if measured else Truth.UNKNOWN


def _plasmacytoma(judge: _Judge, percent: int) -> Truth:
    if not judge.baseline.number("plasmacytoma_spd_mm2"):
        return negate(Truth.of(bool(judge.visit.number("plasmacytoma_spd_mm2"))))
    return judge.fell("plasmacytoma_spd_mm2", percent)


def _immunofixation_negative(judge: _Judge) -> Truth:
    """Return whether immunofixation shows no M protein in serum and urine; a spike that is measured is a positive one."""
    visit = judge.visit
    serum = _fixation(judge, "serum_m_g_dl", visit.serum_ife_negative)
    if serum is Truth.FALSE and visit.antibody_interference:
        serum = Truth.UNKNOWN
    return all_of((serum, _fixation(judge, "urine_m_mg_24h", visit.urine_ife_negative)))


def _fixation(judge: _Judge, spike: str, negative: bool | None) -> Truth:  # noqa: FBT001 - the entered result
    return Truth.FALSE if judge.now(spike, ">", 0) is Truth.TRUE else Truth.of(negative)


def _disagrees(visit: MyelomaAssessment) -> bool:
    """Whether immunofixation is said to be negative where electrophoresis measured an M protein."""
    pairs = (("serum_m_g_dl", visit.serum_ife_negative), ("urine_m_mg_24h", visit.urine_ife_negative))
    return any(negative and (visit.number(name) or 0) > 0 for name, negative in pairs)


def _ratio_normal(judge: _Judge) -> Truth:
    """Return whether the ratio of the free light chains is normal; far apart, the chains themselves say that it is not."""
    visit = judge.visit
    if visit.flc_ratio_normal is None:
        involved, other = visit.number("involved_flc_mg_dl"), visit.number("uninvolved_flc_mg_dl")
        if involved is not None and other is not None and involved > 0:
            row = judge.compare("involved light chain", involved, ">", other * ABNORMAL_FLC_RATIO, "mg/dL")
            return Truth.FALSE if row is Truth.TRUE else Truth.UNKNOWN
    return Truth.of(visit.flc_ratio_normal)


def _complete(judge: _Judge, by: _Measurable) -> Truth:
    rows = [
        _immunofixation_negative(judge),
        judge.now("marrow_plasma_percent", "<", 5),
        _plasmacytoma(judge, 100),
    ]
    if by.flc:
        rows.append(_ratio_normal(judge))
    return all_of(rows)


def _stringent(judge: _Judge, by: _Measurable) -> Truth:
    return all_of((_complete(judge, by), _ratio_normal(judge), Truth.of(judge.visit.clonal_plasma_absent)))


def _very_good(judge: _Judge, by: _Measurable) -> Truth:
    if by.flc:
        return all_of((judge.fell("dflc", 90), _plasmacytoma(judge, 90)))
    if not (by.serum or by.urine):
        return _complete(judge, by)
    undetected = all_of((judge.now("serum_m_g_dl", "<=", 0), judge.now("urine_m_mg_24h", "<=", 0)))
    fallen = [judge.now("urine_m_mg_24h", "<", 100)]
    if by.serum:
        fallen.append(judge.fell("serum_m_g_dl", 90))
    return all_of((any_of((undetected, all_of(fallen))), _plasmacytoma(judge, 90)))


def _fallen_by(judge: _Judge, by: _Measurable, serum: int, urine: int, urine_limit: int | None) -> Truth:
    """Return whether serum and urine, as far as measurable, fell by these percentages."""
    rows = [judge.fell("serum_m_g_dl", serum)] if by.serum else []
    if by.urine:
        enough = judge.fell("urine_m_mg_24h", urine)
        if urine_limit is not None:
            enough = any_of((enough, judge.now("urine_m_mg_24h", "<", urine_limit)))
        rows.append(enough)
    return all_of((*rows, _plasmacytoma(judge, 50)))


def _partial(judge: _Judge, by: _Measurable) -> Truth:
    if by.serum or by.urine:
        return _fallen_by(judge, by, 50, 90, 200)
    if by.flc:
        return all_of((judge.fell("dflc", 50), _plasmacytoma(judge, 50)))
    return all_of((judge.fell("marrow_plasma_percent", 50), _plasmacytoma(judge, 50)))


def _minimal(judge: _Judge, by: _Measurable) -> Truth:
    return _fallen_by(judge, by, 25, 50, None) if by.serum or by.urine else Truth.FALSE


_CATEGORIES: Final[tuple[tuple[str, Callable[[_Judge, _Measurable], Truth]], ...]] = (
    ("sCR", _stringent),
    ("CR", _complete),
    ("VGPR", _very_good),
    ("PR", _partial),
    ("MR", _minimal),
)


def _category(judge: _Judge, by: _Measurable) -> tuple[str, bool]:
    """Return the category and whether a better one could not be judged."""
    progressed = _progressed(judge, by)
    if progressed is Truth.TRUE:
        return "PD", False
    if not by.any or progressed is Truth.UNKNOWN:
        return NE, True
    judged = [(name, rule(judge, by)) for name, rule in _CATEGORIES]
    better_unknown = False
    for name, truth in judged:
        if truth is Truth.TRUE:
            return name, better_unknown
        better_unknown = better_unknown or truth is Truth.UNKNOWN
    return (NE, True) if better_unknown else ("SD", False)


def _inputs(judge: _Judge) -> Mapping[str, str]:
    """Return the findings of the visit, of the baseline, and of the visits between that give the nadir."""
    names = tuple(MyelomaAssessment.__dataclass_fields__)
    before = {"baseline": judge.baseline} | {f"earlier {number}": item for number, item in enumerate(judge.earlier, 1)}
    used = {f"{when} {name}": text for when, item in before.items() for name, text in inputs_of(item, *names).items()}
    return MappingProxyType(dict(inputs_of(judge.visit, *names)) | used)


def derive_imwg_response(
    visit: MyelomaAssessment,
    *,
    baseline: MyelomaAssessment,
    earlier: Iterable[MyelomaAssessment] = (),
) -> Derivation:
    """Return the IMWG category at one assessment: sCR, CR, VGPR, PR, MR, SD, PD or NE.

    visit:    the findings to judge.
    baseline: the findings before treatment, which say what is measurable.
    earlier:  the assessments between, in any order, from which the nadir is taken.

    Raises CLN-001 or CLN-002 for numbers that cannot be meant. Checked by hand
    against the rows of the published table.

    >>> derive_imwg_response(
    ...     MyelomaAssessment(serum_m_g_dl=2, urine_m_mg_24h=0),
    ...     baseline=MyelomaAssessment(serum_m_g_dl=4, urine_m_mg_24h=0),
    ... ).label
    'PR'
    """
    judge = _Judge(baseline, visit, tuple(earlier))
    by = _measurable(judge)
    category, incomplete = _category(judge, by)
    queries = []
    if not by.any:
        queries.append(Query.IMWG_BASELINE_NOT_MEASURABLE)
    if _disagrees(visit):
        queries.append(Query.IMWG_IMMUNOFIXATION_DISAGREES)
    if visit.antibody_interference and visit.serum_ife_negative is False:
        queries.append(Query.IMWG_ANTIBODY_INTERFERENCE)
    markers = (("serum", by.serum), ("urine", by.urine), ("light chains", by.flc), ("marrow", by.marrow))
    return Derivation(
        RULE,
        category=category,
        deciding=tuple(name for name, counts in markers if counts),
        inputs=_inputs(judge),
        trace=tuple(judge.trace),
        incomplete=incomplete,
        queries=tuple(queries),
    )

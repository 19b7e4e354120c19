"""Anatomic response of lymphoma on CT by Lugano 2014: CR, PR, SD, PD.

Up to six target lesions; SPD is the sum of longest times shortest diameter. A single
lesion is progression where it is longer than 1.5 cm, its product is at least 50 % above
its own nadir, and a diameter grew by at least 0.5 cm (lesions up to 2 cm at nadir) or
1.0 cm. Splenomegaly is a length above 13 cm; it progresses by more than half of its
prior excess (15 cm to more than 16 cm), or by 2 cm where there was none. Complete response
needs a spleen of at most 13 cm; an enlarged one that was not measured at baseline stays open.

One indexed copy of the table prints the complete response as "> 1.5 cm" and another
the spleen rule as "> 50 % from baseline"; both are misprints. Reference: Cheson et
al. (2014), doi:10.1200/JCO.2013.54.8800.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Comparison, Derivation, Evidence, Rule, inputs_of
from celltrial.clinical.exact import Number, exact, exact_in
from celltrial.core.errors import UserError, fault
from celltrial.core.truth import Truth, all_of, any_of, negate
from celltrial.core.values import ABSENT, message

RULE: Final = Rule("lugano_2014_ct", "4", Evidence.CHECKED, "doi:10.1200/JCO.2013.54.8800")
SPLEEN_NORMAL_CM: Final = Decimal(13)
MOST_TARGETS: Final = 6
MEASURABLE_NODE_CM: Final = Decimal("1.5")
MEASURABLE_EXTRANODAL_CM: Final = Decimal("1.0")


class NonMeasured(StrEnum):
    """Lesions that are followed but not measured."""

    ABSENT = "absent"
    PRESENT = "present"
    PROGRESSED = "progressed"


@dataclass(frozen=True, slots=True)
class LymphomaLesion:
    """A target lesion: longest diameter and the shortest perpendicular to it, in cm; None where not assessed.

    Enter 0.5 x 0.5 cm where it is too small to measure and 0 x 0 where it is gone.
    """

    id: str
    ldi_cm: Number | None
    sdi_cm: Number | None
    extranodal: bool = False

    @property
    def diameters(self) -> tuple[Decimal, Decimal] | None:
        """Longest and shortest diameter, or None; CLN-009 where the shortest is the longer one."""
        if self.ldi_cm is None or self.sdi_cm is None:
            return None
        longest, shortest = exact_in(self.ldi_cm, 0, 100, self.id), exact_in(self.sdi_cm, 0, 100, self.id)
        if shortest > longest:
            raise UserError(fault("CLN-009", where=self.id, expected=f"SDi <= {longest} cm", found=str(shortest)))
        return longest, shortest

    @property
    def is_measurable(self) -> bool:
        """Whether it may be a target: a node longer than 1.5 cm, an extranodal lesion longer than 1.0 cm."""
        size = self.diameters
        return size is not None and size[0] > (MEASURABLE_EXTRANODAL_CM if self.extranodal else MEASURABLE_NODE_CM)


@dataclass(frozen=True, slots=True)
class CtBaseline:
    """The disease at baseline; spleen length in cm where it was measured."""

    targets: tuple[LymphomaLesion, ...]
    spleen_cm: Number | None = None
    marrow_involved: bool = False

    def __post_init__(self) -> None:
        """Refuse no, too many, or repeated target lesions, unmeasured ones and ones too small to measure (CLN-008)."""
        ids = [item.id for item in self.targets]
        measured = all(item.diameters is not None for item in self.targets)
        if not 1 <= len(ids) <= MOST_TARGETS or len(set(ids)) < len(ids) or not measured:
            raise UserError(
                fault("CLN-008", expected=message("1_to_6_measured_target_lesions"), found=", ".join(ids) or ABSENT)
            )
        small = [item for item in self.targets if not item.is_measurable]
        if small:
            limits = f"LDi > {MEASURABLE_NODE_CM} cm, extranodal > {MEASURABLE_EXTRANODAL_CM} cm"
            raise UserError(*(fault("CLN-008", where=i.id, expected=limits, found=f"{i.ldi_cm} cm") for i in small))


@dataclass(frozen=True, slots=True)
class CtVisit:
    """The disease at one visit; None means not known.

    targets:             one measure per target lesion.
    spleen_cm:           length of the spleen; needed where it was enlarged at baseline.
    non_measured:        lesions followed without measuring.
    new_nodes_cm:        longest axes of new nodes; new_extranodal_cm of new extranodal lesions; None not looked for.
    new_unequivocal:     a smaller new lesion that is unequivocally lymphoma.
    regrowth:            a lesion that had resolved grew again; found by itself where a visit before shows it gone.
    marrow_new:          new or recurrent involvement of the marrow.
    marrow_normal:       the marrow is normal (immunohistochemistry where indeterminate).
    """

    targets: tuple[LymphomaLesion, ...] = ()
    spleen_cm: Number | None = None
    non_measured: NonMeasured | None = None
    new_nodes_cm: tuple[Number, ...] | None = None
    new_extranodal_cm: tuple[Number, ...] | None = None
    new_unequivocal: bool = False
    regrowth: bool = False
    marrow_new: bool = False
    marrow_normal: bool | None = None


@dataclass(slots=True)
class _Judge:
    baseline: CtBaseline
    visit: CtVisit
    earlier: tuple[CtVisit, ...]
    trace: list[Comparison]

    def sizes(self, visit: CtVisit) -> dict[str, tuple[Decimal, Decimal] | None]:
        known = {item.id for item in self.baseline.targets}
        stray = sorted({item.id for item in visit.targets} - known)
        if stray:
            raise UserError(fault("CLN-009", expected=", ".join(sorted(known)), found=", ".join(stray)))
        given = {item.id: item.diameters for item in visit.targets}
        return {item.id: given.get(item.id) for item in self.baseline.targets}

    def holds(self, row: Comparison) -> Truth:
        self.trace.append(row)
        return Truth.of(row.holds)

    def lesion_progressed(self, lesion: LymphomaLesion) -> Truth:
        now = self.sizes(self.visit)[lesion.id]
        if now is None:
            return Truth.UNKNOWN
        before = [lesion.diameters, *(self.sizes(item)[lesion.id] for item in self.earlier)]
        seen = [item for item in before if item is not None]
        nadir_ldi, nadir_sdi = min(item[0] for item in seen), min(item[1] for item in seen)
        product = min(item[0] * item[1] for item in seen)
        growth = Decimal("0.5") if nadir_ldi <= 2 else Decimal("1.0")
        rise = max(now[0] - nadir_ldi, now[1] - nadir_sdi)
        return all_of(
            (
                self.holds(Comparison(f"{lesion.id} LDi", now[0], ">", Decimal("1.5"), "cm")),
                self.holds(Comparison(f"{lesion.id} product", now[0] * now[1], ">=", product * Decimal("1.5"), "cm2")),
                self.holds(Comparison(f"{lesion.id} rise", rise, ">=", growth, "cm")),
            )
        )

    def spleen(self) -> tuple[Decimal | None, Decimal | None]:
        lengths = (self.baseline.spleen_cm, self.visit.spleen_cm)
        before, now = (None if item is None else exact_in(item, 0, 60, "spleen_cm") for item in lengths)
        return before, now

    def spleen_progressed(self) -> Truth:
        before, now = self.spleen()
        if before is None:
            return Truth.FALSE if now is None or now <= SPLEEN_NORMAL_CM else Truth.UNKNOWN
        if now is None:
            return Truth.UNKNOWN if before > SPLEEN_NORMAL_CM else Truth.FALSE
        if before > SPLEEN_NORMAL_CM:
            limit = before + (before - SPLEEN_NORMAL_CM) / 2
            rows = [self.holds(Comparison("spleen", now, ">", limit, "cm"))]
            lengths = [exact(item.spleen_cm) for item in self.earlier if item.spleen_cm is not None]
            if lengths and min(lengths) <= SPLEEN_NORMAL_CM:
                rows.append(self.holds(Comparison("spleen", now, ">", SPLEEN_NORMAL_CM, "cm")))
            return any_of(rows)
        over = self.holds(Comparison("spleen", now, ">", SPLEEN_NORMAL_CM, "cm"))
        return all_of((over, self.holds(Comparison("spleen", now, ">=", before + 2, "cm"))))

    def spleen_is_normal(self) -> Truth:
        before, now = self.spleen()
        if now is None:
            return Truth.TRUE if before is None or before <= SPLEEN_NORMAL_CM else Truth.UNKNOWN
        return self.holds(Comparison("spleen", now, "<=", SPLEEN_NORMAL_CM, "cm"))

    def spleen_halved(self) -> Truth:
        """Whether more than half of the excess of an enlarged spleen is gone."""
        before, now = self.spleen()
        if before is None or before <= SPLEEN_NORMAL_CM:
            return Truth.TRUE
        if now is None:
            return Truth.UNKNOWN
        limit = SPLEEN_NORMAL_CM + (before - SPLEEN_NORMAL_CM) / 2
        return self.holds(Comparison("spleen", now, "<", limit, "cm"))

    def regrown(self) -> Truth:
        """Whether a lesion that had gone is back: an extranodal one at any size, a node once it is abnormal again."""
        rows = [Truth.FALSE]
        for lesion in self.baseline.targets:
            now = self.sizes(self.visit)[lesion.id]
            gone = any(
                size is not None and size[0] == 0 for size in (self.sizes(item)[lesion.id] for item in self.earlier)
            )
            if gone and now is not None and now[0] > 0:
                limit = Decimal(0) if lesion.extranodal else MEASURABLE_NODE_CM
                rows.append(self.holds(Comparison(f"{lesion.id} LDi after it had gone", now[0], ">", limit, "cm")))
        absent = any(item.non_measured is NonMeasured.ABSENT for item in self.earlier)
        rows.append(Truth.of(absent and self.visit.non_measured is NonMeasured.PRESENT))
        return any_of(rows)

    def marrow_recurred(self) -> bool:
        """Whether the marrow, normal at a visit before, is not normal now."""
        return self.visit.marrow_normal is False and any(item.marrow_normal for item in self.earlier)

    def new_lesion(self) -> Truth:
        visit, rows = self.visit, list[Truth]()
        for name, sizes, limit in (("node", visit.new_nodes_cm, "1.5"), ("extranodal", visit.new_extranodal_cm, "1.0")):
            if sizes is None:
                rows.append(Truth.UNKNOWN)
                continue
            for size in sizes:
                rows.append(self.holds(Comparison(f"new {name}", exact(size), ">", Decimal(limit), "cm")))
        return any_of((*rows, Truth.of(visit.new_unequivocal)))


def _progression(judge: _Judge) -> tuple[Truth, tuple[str, ...]]:
    """Return whether anything progressed, and the rows that did, or that are not known where none did."""
    visit = judge.visit
    rows = {
        "lesion": any_of([judge.lesion_progressed(item) for item in judge.baseline.targets]),
        "spleen": judge.spleen_progressed(),
        "non_measured": Truth.UNKNOWN if visit.non_measured is None else Truth.of(visit.non_measured == "progressed"),
        "new_lesion": judge.new_lesion(),
        "regrowth": any_of((Truth.of(visit.regrowth), judge.regrown())),
        "marrow": Truth.of(visit.marrow_new or judge.marrow_recurred()),
    }
    found = any_of(rows.values())
    return found, tuple(name for name, truth in rows.items() if truth is found is not Truth.FALSE)


def _complete(judge: _Judge) -> Truth:
    rows = []
    for lesion in judge.baseline.targets:
        now = judge.sizes(judge.visit)[lesion.id]
        limit = Decimal(0) if lesion.extranodal else Decimal("1.5")
        row = Truth.UNKNOWN if now is None else judge.holds(Comparison(f"{lesion.id} LDi", now[0], "<=", limit, "cm"))
        rows.append(row)
    visit = judge.visit
    absent = Truth.UNKNOWN if visit.non_measured is None else Truth.of(visit.non_measured is NonMeasured.ABSENT)
    marrow = Truth.of(visit.marrow_normal) if judge.baseline.marrow_involved else Truth.TRUE
    return all_of((*rows, absent, marrow, judge.spleen_is_normal()))


def _partial(judge: _Judge) -> Truth:
    now = judge.sizes(judge.visit).values()
    if None in now:
        return Truth.UNKNOWN
    start = sum((size[0] * size[1] for item in judge.baseline.targets if (size := item.diameters)), Decimal(0))
    spd = sum((size[0] * size[1] for size in now if size), Decimal(0))
    fallen = judge.holds(Comparison("SPD", spd, "<=", start / 2, "cm2"))
    return all_of((fallen, judge.spleen_halved()))


def _inputs(judge: _Judge) -> Mapping[str, str]:
    """Return every lesion and spleen that was compared, and what was said of the rest."""
    visits = {f"earlier {number} ": visit for number, visit in enumerate(judge.earlier, start=1)} | {"": judge.visit}
    used = {f"baseline {item.id}": f"{item.ldi_cm} x {item.sdi_cm}" for item in judge.baseline.targets}
    used |= {
        f"baseline {name}": text for name, text in inputs_of(judge.baseline, "spleen_cm", "marrow_involved").items()
    }
    for when, visit in visits.items():
        used |= {f"{when}{item.id}": f"{item.ldi_cm} x {item.sdi_cm}" for item in visit.targets}
        used |= {f"{when}{name}": text for name, text in inputs_of(visit, "spleen_cm").items()}
    said = [name for name in CtVisit.__dataclass_fields__ if name not in {"targets", "spleen_cm"}]
    return MappingProxyType(used | dict(inputs_of(judge.visit, *said)))


def derive_lugano_ct(visit: CtVisit, *, baseline: CtBaseline, earlier: Iterable[CtVisit] = ()) -> Derivation:
    """Return the anatomic response: CR, PR, SD, PD or NE; `incomplete` where a better one could not be judged.

    earlier: the visits between, in any order; each lesion is compared with its own nadir.
    Raises CLN-008 or CLN-009 for a baseline without targets or lesions not at baseline.

    >>> lesions = CtBaseline((LymphomaLesion("N1", 4, 3),))
    >>> derive_lugano_ct(CtVisit((LymphomaLesion("N1", 2, 2),), non_measured=NonMeasured.ABSENT, new_nodes_cm=(),
    ...                          new_extranodal_cm=()), baseline=lesions).category
    'PR'
    """
    judge = _Judge(baseline, visit, tuple(earlier), [])
    progressed, by = _progression(judge)
    complete, partial = _complete(judge), _partial(judge)
    category, incomplete = NE, True
    if progressed is Truth.FALSE:
        by = ("lesion", "spleen", "non_measured", "marrow") if complete is Truth.TRUE else ("SPD",)
    if progressed is Truth.TRUE:
        category, incomplete = "PD", False
    elif progressed is Truth.FALSE and complete is Truth.TRUE:
        category, incomplete = "CR", False
    elif progressed is Truth.FALSE and partial is Truth.TRUE:
        category, incomplete = "PR", complete is Truth.UNKNOWN
    elif all_of((negate(progressed), negate(complete), negate(partial))) is Truth.TRUE:
        category, incomplete = "SD", False
    return Derivation(
        RULE,
        category=category,
        deciding=by,
        inputs=_inputs(judge),
        trace=tuple(judge.trace),
        incomplete=incomplete,
    )

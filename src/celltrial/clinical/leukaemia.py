"""Response of acute lymphoblastic leukaemia at one assessment.

CR needs no blasts in the blood, no extramedullary disease, a trilineage marrow with
less than 5 % blasts, and neutrophils and platelets above 1.0 and 100 x 1e9/L. Blasts of up to
5 % in the marrow are not progression, however few there were at baseline. CRh has
partial recovery (0.5 and 50), CRi incomplete recovery, MLFS none is required. Guidelines
differ in the comparator (NCCN above, CIBMTR and NCI at least), the blast share that is a
relapse, and whether transfusion independence counts: all are parameters. References:
NCI consensus workshop (PMC7272718), adult consensus 2024 (ash view-large/12204026), CIBMTR.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from celltrial.clinical.derivation import NE, Comparator, Comparison, Derivation, Evidence, Rule, inputs_of
from celltrial.clinical.exact import Number, exact_in
from celltrial.core.errors import UserError, fault
from celltrial.core.truth import Truth, all_of, negate
from celltrial.core.values import Formula

RULE: Final = Rule("all_response", "2", Evidence.CHECKED, "PMC7272718; ash view-large/12204026; CIBMTR")
BEST_RULE: Final = Rule(
    "all_remission", "1", Evidence.TRANSCRIBED, "pivotal CAR-T practice: CR or CRi by 3 months, kept"
)
REMISSIONS: Final = ("CR", "CRh", "CRi")


@dataclass(frozen=True, slots=True)
class LeukaemiaRule:
    """What the protocol must state.

    at_least:                counts equal to the limit recover (CIBMTR, NCI) or not (NCCN).
    transfusion_independent: counts after a recent transfusion do not show recovery.
    relapse_above_percent:   marrow blasts above which a relapse is called (5; the NCI table uses 25 and more).
    relapse_at_least:        a share equal to that limit is a relapse too.
    partial_response:        PR is used (phase 1 and 2 only).
    """

    at_least: bool = False
    transfusion_independent: bool = False
    relapse_above_percent: Number = 5
    relapse_at_least: bool = False
    partial_response: bool = False


@dataclass(frozen=True, slots=True)
class LeukaemiaBaseline:
    """Blasts before treatment; None means not known."""

    marrow_blasts_percent: Number | None = None
    blood_blasts_1e9_l: Number | None = None


@dataclass(frozen=True, slots=True)
class LeukaemiaVisit:
    """The findings at one assessment; None means not done.

    blood_blasts_1e9_l:    blasts in the blood, 1e9/L; 0 where none.
    extramedullary:        extramedullary disease, CSF included; new_extramedullary where it was not there before.
    marrow_blasts_percent: blasts in the marrow, %.
    trilineage:            all three lineages are seen in the marrow.
    anc_1e9_l, platelets_1e9_l: counts.
    recently_transfused:   transfused too recently for the counts to show recovery.
    end_of_induction:      the protocol's last day for a first remission.
    """

    blood_blasts_1e9_l: Number | None = None
    extramedullary: bool | None = None
    new_extramedullary: bool = False
    marrow_blasts_percent: Number | None = None
    trilineage: bool | None = None
    anc_1e9_l: Number | None = None
    platelets_1e9_l: Number | None = None
    recently_transfused: bool | None = None
    end_of_induction: bool = False


@dataclass(slots=True)
class _Judge:
    visit: LeukaemiaVisit
    baseline: LeukaemiaBaseline
    rule: LeukaemiaRule
    trace: list[Comparison] = field(default_factory=list)

    def number(self, source: object, name: str) -> Decimal | None:
        value: Number | None = getattr(source, name)
        return None if value is None else exact_in(value, 0, 100 if "percent" in name else 100_000, name)

    def now(self, name: str, comparator: Comparator, limit: Number) -> Truth:
        found = self.number(self.visit, name)
        if found is None:
            return Truth.UNKNOWN
        self.trace.append(Comparison(name, found, comparator, Decimal(str(limit))))
        return Truth.of(self.trace[-1].holds)

    def recovered(self, anc: str, platelets: str) -> Truth:
        comparator: Comparator = ">=" if self.rule.at_least else ">"
        counts = [self.now("anc_1e9_l", comparator, anc), self.now("platelets_1e9_l", comparator, platelets)]
        if self.rule.transfusion_independent:
            counts.append(negate(Truth.of(self.visit.recently_transfused)))
        return all_of(counts)

    def rose_by_quarter(self, name: str, from_level: Number) -> Truth:
        """Whether blasts are above `from_level` and a quarter above baseline; below it nothing has grown."""
        start, found = self.number(self.baseline, name), self.number(self.visit, name)
        if found is not None and found <= Decimal(str(from_level)):
            return Truth.FALSE
        if start is None or found is None:
            return Truth.UNKNOWN
        row = Comparison(f"{name} / baseline", found * 100, ">=", start * 125, "%")
        self.trace.append(row)
        return Truth.of(row.holds and found > start)


def _clearance(judge: _Judge) -> dict[str, Truth]:
    return {
        "blood_blasts": judge.now("blood_blasts_1e9_l", "<=", 0),
        "extramedullary": negate(Truth.of(judge.visit.extramedullary)),
        "marrow_blasts": judge.now("marrow_blasts_percent", "<", 5),
    }


def _partial(judge: _Judge) -> Truth:
    start = judge.number(judge.baseline, "marrow_blasts_percent")
    halved = Truth.UNKNOWN if start is None else judge.now("marrow_blasts_percent", "<=", start / 2)
    return all_of(
        (
            Truth.of(judge.rule.partial_response),
            halved,
            judge.now("marrow_blasts_percent", ">=", 5),
            judge.now("marrow_blasts_percent", "<=", 25),
            judge.now("blood_blasts_1e9_l", "<=", 0),
            judge.recovered("1.0", "100"),
        )
    )


def _returned(judge: _Judge) -> dict[str, Truth]:
    comparator: Comparator = ">=" if judge.rule.relapse_at_least else ">"
    return {
        "blood_blasts": judge.now("blood_blasts_1e9_l", ">", 0),
        "marrow_blasts": judge.now("marrow_blasts_percent", comparator, judge.rule.relapse_above_percent),
        "extramedullary": Truth.of(judge.visit.extramedullary),
    }


def _progressed(judge: _Judge) -> dict[str, Truth]:
    return {
        "blood_blasts": judge.rose_by_quarter("blood_blasts_1e9_l", 0),
        "marrow_blasts": judge.rose_by_quarter("marrow_blasts_percent", 5),
        "extramedullary": Truth.of(judge.visit.new_extramedullary),
    }


def _remission(judge: _Judge, cleared: Truth) -> list[tuple[str, Truth]]:
    trilineage = Truth.of(judge.visit.trilineage)
    return [
        ("CR", all_of((cleared, trilineage, judge.recovered("1.0", "100")))),
        ("CRh", all_of((cleared, trilineage, judge.recovered("0.5", "50")))),
        ("CRi", all_of((cleared, trilineage, negate(judge.recovered("1.0", "100"))))),
        ("MLFS", cleared),
        ("PR", _partial(judge)),
    ]


#: What told a category from the better one above it.
_DECIDED_BY: Final = {
    "CR": ("blood_blasts", "extramedullary", "marrow_blasts", "counts"),
    "CRh": ("counts",),
    "CRi": ("counts",),
    "MLFS": ("counts", "trilineage"),
    "PR": ("marrow_blasts",),
}


def _named(rows: dict[str, Truth], wanted: Truth) -> tuple[str, ...]:
    return tuple(name for name, truth in rows.items() if truth is wanted)


def _category(judge: _Judge, *, in_remission: bool) -> tuple[str, tuple[str, ...], bool]:
    """Return the category, what decided, and whether a better one could not be judged."""
    back = _returned(judge) if in_remission else _progressed(judge)
    if Truth.TRUE in back.values():
        return ("RELAPSE" if in_remission else "PD"), _named(back, Truth.TRUE), False
    unknown_above = False
    cleared = _clearance(judge)
    for name, truth in _remission(judge, all_of(cleared.values())):
        if truth is Truth.TRUE:
            return name, _DECIDED_BY[name], unknown_above
        unknown_above = unknown_above or truth is Truth.UNKNOWN
    if unknown_above or Truth.UNKNOWN in back.values():
        return NE, _named(cleared, Truth.UNKNOWN) or _named(back, Truth.UNKNOWN) or ("counts",), True
    return ("REFRACTORY" if judge.visit.end_of_induction else "NR"), _named(cleared, Truth.FALSE), False


def derive_leukaemia_response(
    visit: LeukaemiaVisit,
    *,
    baseline: LeukaemiaBaseline,
    in_remission: bool = False,
    rule: LeukaemiaRule | None = None,
) -> Derivation:
    """Return CR, CRh, CRi, MLFS, PR, PD, RELAPSE, REFRACTORY, NR (none of these) or NE.

    in_remission: a CR, CRh or CRi came before, so that blasts are a relapse.
    `incomplete` where a better category could not be judged.

    >>> derive_leukaemia_response(
    ...     LeukaemiaVisit(0, False, False, 1, True, "0.8", 60), baseline=LeukaemiaBaseline(60)).category
    'CRh'
    """
    judge = _Judge(visit, baseline, rule or LeukaemiaRule())
    category, deciding, incomplete = _category(judge, in_remission=in_remission)
    return Derivation(
        RULE,
        category=category,
        deciding=deciding,
        inputs=MappingProxyType(
            {
                **inputs_of(visit, *LeukaemiaVisit.__dataclass_fields__),
                **{
                    f"baseline {name}": said
                    for name, said in inputs_of(baseline, *LeukaemiaBaseline.__dataclass_fields__).items()
                },
                **inputs_of(judge.rule, *LeukaemiaRule.__dataclass_fields__),
                "in_remission": str(in_remission),
            }
        ),
        trace=tuple(judge.trace),
        incomplete=incomplete,
    )


def derive_leukaemia_best(
    visits: Sequence[tuple[int, str]], *, within_days: int = 92, kept_days: int = 28
) -> Derivation:
    """Return the best remission reached by `within_days` and seen to last `kept_days`: CR, CRh, CRi or NE.

    visits: (infusion day, category) in any order. A remission lasts where a later assessment at least
    `kept_days` on still shows one, with no relapse or progression before it.

    >>> derive_leukaemia_best([(28, "CRi"), (60, "CR")]).category
    'CRi'
    """
    if within_days < 0 or kept_days < 0:
        raise UserError(fault("CLN-007", expected=Formula("days >= 0"), found=f"{within_days}, {kept_days}"))
    ordered = sorted(visits)
    best, on = NE, ""
    for index, (day, category) in enumerate(ordered):
        if category not in REMISSIONS or day > within_days:
            continue
        kept = False
        for later, seen in ordered[index + 1 :]:
            if seen not in {*REMISSIONS, NE}:
                break
            kept = kept or (seen in REMISSIONS and later - day >= kept_days)
        if kept and (best == NE or REMISSIONS.index(category) < REMISSIONS.index(best)):
            best, on = category, f"day {day}"
    return Derivation(
        BEST_RULE,
        category=best,
        deciding=(on,) if on else (),
        inputs=MappingProxyType(
            {"within_days": str(within_days), "kept_days": str(kept_days)}
            | {f"day {day}": category for day, category in ordered}
        ),
        incomplete=best == NE,
    )

"""Response of acute lymphoblastic leukaemia at one assessment.

CR needs no blasts in the blood, no extramedullary disease, a trilineage marrow with
less than 5 % blasts, and neutrophils and platelets above 1.0 and 100 x 1e9/L. CRh has
partial recovery (0.5 and 50), CRi incomplete recovery, MLFS none is required. Guidelines
differ in the comparator (NCCN above, CIBMTR and NCI at least), the blast share that is a
relapse, and whether transfusion independence counts: all are parameters. References:
NCI consensus workshop (PMC7272718), adult consensus 2024 (ash view-large/12204026), CIBMTR.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from celltrial.clinical.derivation import NE, Comparator, Comparison, Derivation, Evidence, Rule, inputs_of
from celltrial.clinical.quantities import Number, exact_in
from celltrial.core.errors import UserError, fault
from celltrial.core.truth import Truth, all_of, any_of, negate

__all__ = [
    "BEST_RULE",
    "RULE",
    "LeukaemiaBaseline",
    "LeukaemiaRule",
    "LeukaemiaVisit",
    "cns_status",
    "derive_leukaemia_best",
    "derive_leukaemia_response",
]

RULE: Final = Rule("all_response", "1", Evidence.CHECKED, "PMC7272718; ash view-large/12204026; CIBMTR")
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

    def rose_by_quarter(self, name: str) -> Truth:
        start, found = self.number(self.baseline, name), self.number(self.visit, name)
        if start is None or found is None:
            return Truth.UNKNOWN
        row = Comparison(f"{name} / baseline", found * 100, ">=", start * 125, "%")
        self.trace.append(row)
        return Truth.of(row.holds and found > start)


def _cleared(judge: _Judge) -> Truth:
    return all_of(
        (
            judge.now("blood_blasts_1e9_l", "<=", 0),
            negate(Truth.of(judge.visit.extramedullary)),
            judge.now("marrow_blasts_percent", "<", 5),
        )
    )


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


def _returned(judge: _Judge) -> Truth:
    comparator: Comparator = ">=" if judge.rule.relapse_at_least else ">"
    return any_of(
        (
            judge.now("blood_blasts_1e9_l", ">", 0),
            judge.now("marrow_blasts_percent", comparator, judge.rule.relapse_above_percent),
            Truth.of(judge.visit.extramedullary),
        )
    )


def _progressed(judge: _Judge) -> Truth:
    rises = [judge.rose_by_quarter(name) for name in ("blood_blasts_1e9_l", "marrow_blasts_percent")]
    if Truth.FALSE in rises and Truth.TRUE not in rises:
        rises = [Truth.FALSE]
    return any_of((*rises, Truth.of(judge.visit.new_extramedullary)))


def _remission(judge: _Judge) -> list[tuple[str, Truth]]:
    trilineage = Truth.of(judge.visit.trilineage)
    cleared = _cleared(judge)
    return [
        ("CR", all_of((cleared, trilineage, judge.recovered("1.0", "100")))),
        ("CRh", all_of((cleared, trilineage, judge.recovered("0.5", "50")))),
        ("CRi", all_of((cleared, trilineage, negate(judge.recovered("1.0", "100"))))),
        ("MLFS", cleared),
        ("PR", _partial(judge)),
    ]


def _category(judge: _Judge, *, in_remission: bool) -> tuple[str, bool]:
    back = _returned(judge) if in_remission else _progressed(judge)
    if back is Truth.TRUE:
        return ("RELAPSE" if in_remission else "PD"), False
    unknown_above = False
    for name, truth in _remission(judge):
        if truth is Truth.TRUE:
            return name, unknown_above
        unknown_above = unknown_above or truth is Truth.UNKNOWN
    if unknown_above:
        return NE, True
    return ("REFRACTORY" if judge.visit.end_of_induction else "NR"), False


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
    category, incomplete = _category(judge, in_remission=in_remission)
    return Derivation(
        RULE,
        category=category,
        inputs=inputs_of(visit, *LeukaemiaVisit.__dataclass_fields__),
        trace=tuple(judge.trace),
        incomplete=incomplete,
    )


def derive_leukaemia_best(visits: Sequence[tuple[int, str]], *, within_days: int = 92, kept_days: int = 28) -> str:
    """Return the best remission reached by `within_days` and seen to last `kept_days`: CR, CRh, CRi or NE.

    visits: (infusion day, category) in any order. A remission lasts where a later assessment at least
    `kept_days` on still shows one, with no relapse or progression before it.

    >>> derive_leukaemia_best([(28, "CRi"), (60, "CR")])
    'CRi'
    """
    if within_days < 0 or kept_days < 0:
        raise UserError(fault("CLN-007", expected="days >= 0", found=f"{within_days}, {kept_days}"))
    ordered = sorted(visits)
    best = NE
    for index, (day, category) in enumerate(ordered):
        if category not in REMISSIONS or day > within_days:
            continue
        kept = False
        for later, seen in ordered[index + 1 :]:
            if seen not in {*REMISSIONS, NE}:
                break
            kept = kept or (seen in REMISSIONS and later - day >= kept_days)
        if kept and (best == NE or REMISSIONS.index(category) < REMISSIONS.index(best)):
            best = category
    return best


def cns_status(*, white_cells_per_ul: Number | None, blasts: bool | None, clinical_signs: bool = False) -> str:
    """Return CNS-1, CNS-2, CNS-3 or NE from the cerebrospinal fluid.

    No blasts: 1. Blasts with fewer than 5 white cells per microlitre: 2; with 5 or more, or clinical signs: 3.

    >>> cns_status(white_cells_per_ul=4, blasts=True)
    'CNS-2'
    """
    if clinical_signs:
        return "CNS-3"
    if blasts is None:
        return NE
    if not blasts:
        return "CNS-1"
    if white_cells_per_ul is None:
        return NE
    return "CNS-3" if exact_in(white_cells_per_ul, 0, 1_000_000, "white_cells_per_ul") >= 5 else "CNS-2"

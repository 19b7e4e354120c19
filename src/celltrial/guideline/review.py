"""The review: a protocol held against every clause of a register; comply or explain.

A clause whose trigger is false is not applicable, with the facts that say so;
an unknown trigger applies, flagged. A clause without a check on the plan is
carried out in the product (see `traces`). A finding of any strength is closed
by a change of the protocol or by a signed justification that cites evidence
(see `justifying`); only a finding of a clause of strength *should*, or a danger
under any clause, keeps a protocol from approval. A danger is never justified.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Final

from celltrial.clinical.follow_up import FollowUpNeed
from celltrial.core.errors import UserError, fault
from celltrial.core.truth import Truth
from celltrial.core.values import Identifier, message
from celltrial.guideline.checks import CHECKS
from celltrial.guideline.experiments import Answer, answers_of
from celltrial.guideline.facts import facts_of, follow_up_need, missing_facts
from celltrial.guideline.grounds import grounds_of
from celltrial.guideline.justifying import justification_faults
from celltrial.guideline.register import Clause, Register, Strength
from celltrial.guideline.risk_tier import RiskTier, risk_tier
from celltrial.guideline.texts import hollow_texts
from celltrial.guideline.traces_data import ACTS
from celltrial.guideline.trigger import Applicability, FactValue, applicability
from celltrial.guideline.verdict import Case, Finding, Ground, Kind, Severity, Status, Verdict
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.governance import Justification

#: The clause that says which products the guideline speaks of.
SCOPE_CLAUSE: Final = "1.1-b"


#: Clauses that the product acts on during the trial, and that the plan is judged on only where it states something.
IN_CONDUCT_WITHOUT_FIGURE: Final = frozenset({"2.1.1.2-b", "2.1.3-k", "2.2.2.1-b", "2.3.2-d"})


@dataclass(frozen=True)
class Review:
    """Every verdict, and what they rest on.

    facts:            the trigger facts read from the protocol; missing_facts: those it does not state.
    stray_justifications: clauses that a justification names and the register does not have.
    """

    protocol_id: str
    protocol_version: str
    register_id: str
    register_version: str
    sample_register: bool
    tier: RiskTier
    follow_up: FollowUpNeed
    facts: Mapping[str, FactValue]
    missing_facts: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    stray_justifications: tuple[str, ...] = ()

    @cached_property
    def by_clause(self) -> Mapping[str, Verdict]:
        """Clause id to verdict."""
        return MappingProxyType({item.clause.id: item for item in self.verdicts})

    def verdict(self, clause: str) -> Verdict:
        """Return the verdict of one clause; GDL-005 where the register has none of this id."""
        try:
            return self.by_clause[clause]
        except KeyError:
            raise UserError(
                fault(
                    "GDL-005",
                    self.register_id,
                    expected=message("clause_of", register=Identifier(self.register_id)),
                    found=clause,
                )
            ) from None

    def of_status(self, status: Status) -> tuple[Verdict, ...]:
        """Return the verdicts of one status, in the order of the register."""
        return tuple(item for item in self.verdicts if item.status is status)

    def of_kind(self, kind: Kind) -> tuple[Verdict, ...]:
        """Return the verdicts of one kind, in the order of the register."""
        return tuple(item for item in self.verdicts if item.kind is kind)

    @property
    def counts(self) -> Mapping[Kind, int]:
        """How many verdicts of each kind; out of scope only where it is."""
        every = {kind: len(self.of_kind(kind)) for kind in Kind}
        return {kind: count for kind, count in every.items() if count or kind is not Kind.OUT_OF_SCOPE}

    @property
    def out_of_scope(self) -> bool:
        """Whether the guideline does not speak of this product, so that no verdict on it can lead to an approval."""
        return bool(self.of_status(Status.OUT_OF_SCOPE))

    @property
    def blockers(self) -> tuple[Verdict, ...]:
        """The verdicts that keep the protocol from being approved."""
        return tuple(item for item in self.verdicts if item.blocks_approval)


def review(
    protocol: Protocol, register: Register, *, signed: Collection[str] | Mapping[str, tuple[str, ...]] = ()
) -> Review:
    """Return the verdict of every clause of a register on a protocol; the same input gives the same review.

    signed: clauses whose justification in the protocol was signed for by as many persons as it needs, or who signed for each:
            then a clause counts as justified only where as many signed as its strength asks for. A justification that is
            only typed into the file shows as unsigned and closes nothing.
    """
    tier = risk_tier(protocol.product)
    facts = facts_of(protocol, tier)
    argued = bool(protocol.follow_up and protocol.follow_up.class_justification)
    need = follow_up_need(protocol.product, register, justified=argued)
    typed = {item.clause: item for item in protocol.justifications}
    applies = {clause.id: applicability(clause.trigger, facts) for clause in register.clauses.values()}
    tried = answers_of(protocol, {clause for clause, found in applies.items() if found.truth is not Truth.FALSE})
    verdicts = tuple(
        _judge(
            Case(protocol, register, clause, facts, tier, need),
            applies[clause.id],
            tried.get(clause.id, ()),
            typed.get(clause.id),
            signed=is_signed(clause, signed),
            signers=signed.get(clause.id, ()) if isinstance(signed, Mapping) else (),
        )
        for clause in register.clauses.values()
    )
    return Review(
        protocol_id=protocol.identification.id,
        protocol_version=protocol.identification.version,
        register_id=register.id,
        register_version=register.version,
        sample_register=register.sample,
        tier=tier,
        follow_up=need,
        facts=facts,
        missing_facts=missing_facts(facts),
        verdicts=verdicts,
        stray_justifications=tuple(sorted(set(typed) - set(register.clauses))),
    )


def is_signed(clause: Clause, signed: Collection[str] | Mapping[str, tuple[str, ...]]) -> bool:
    """Tell whether as many persons signed for a clause as its strength asks for; where no names are given, that is claimed."""
    if isinstance(signed, Mapping):
        return len(set(signed.get(clause.id, ()))) >= clause.signers_needed
    return clause.id in signed


def _judge(
    case: Case,
    applies: Applicability,
    tried: tuple[tuple[str, Answer], ...],
    justification: Justification | None,
    *,
    signed: bool,
    signers: tuple[str, ...],
) -> Verdict:
    clause = case.clause
    if applies.truth is Truth.FALSE:
        return Verdict(clause, Status.NOT_APPLICABLE, applies)
    checks = CHECKS.get(clause.id, ())
    found = [item for check in checks for item in check(case)]
    if clause.id == SCOPE_CLAUSE:
        return Verdict(clause, Status.OUT_OF_SCOPE if found else Status.MET, applies, tuple(found))
    findings = [_capped(item, clause) for item in (*_with_tried(found, tried), *hollow_texts(case))]
    findings.sort(key=lambda item: list(Severity).index(item.severity))
    if not findings:
        grounds = (*grounds_of(case), *(_held(name, answer) for name, answer in tried if answer.holds))
        left_to_conduct = (not checks or clause.id in IN_CONDUCT_WITHOUT_FIGURE) and clause.id in ACTS
        if not grounds and left_to_conduct:
            return Verdict(clause, Status.CARRIED_OUT, applies)
        return Verdict(clause, Status.MET, applies, grounds=grounds)
    if justification is None:
        return Verdict(clause, Status.FINDING, applies, tuple(findings))
    faults = tuple(justification_faults(case, justification, signed=signed))
    if faults or any(item.danger for item in findings):
        return Verdict(clause, Status.FINDING, applies, (*findings, *faults), justification, signers=signers)
    return Verdict(clause, Status.JUSTIFIED, applies, tuple(findings), justification, signers=signers)


def _held(experiment: str, answer: Answer) -> Ground:
    """Return what an experiment showed as what a clause rests on."""
    return Ground(
        answer.path, answer.found, answer.limit, what="tried", source="clause", experiment=experiment, code=answer.code,
        params=answer.params,
    )  # fmt: skip


def _with_tried(found: list[Finding], tried: tuple[tuple[str, Answer], ...]) -> Iterator[Finding]:
    """Yield the findings of the checks and of the experiments in which the protocol did not do what the clause wants.

    What a check found at the place where an experiment broke is said once, with the name of the experiment.
    """
    broken = {name: answer for name, answer in tried if not answer.holds}
    for item in found:
        name = next((name for name, answer in broken.items() if _same_place(item.path, answer.path)), "")
        broken.pop(name, None)
        yield replace(item, experiment=name) if name else item
    for name, answer in broken.items():
        shown = {**answer.params, "found": answer.found, "limit": answer.limit}
        yield Finding(
            f"tried_{answer.code}", answer.severity, answer.path, MappingProxyType(shown), answer.danger, name
        )


def _same_place(one: str, other: str) -> bool:
    """Tell whether one field of the protocol is another, or a part of it."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")


def _capped(item: Finding, clause: Clause) -> Finding:
    """Only a clause of strength `should` finds more than a note, but for a danger."""
    if clause.strength is Strength.SHOULD or item.severity is Severity.NOTE or item.danger:
        return item
    return replace(item, severity=Severity.NOTE)

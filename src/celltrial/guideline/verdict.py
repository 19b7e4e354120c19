"""What a review says about one clause: met, a finding, justified, not applicable, or carried out later.

Words are codes with parameters; the catalogue holds the texts. The code `x`
of a finding has two texts: `finding.x` (what was found) and `remedy.x` (what
would satisfy the clause).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from celltrial.clinical.follow_up import FollowUpNeed
from celltrial.guideline.register import Clause, Register
from celltrial.guideline.risk_tier import RiskTier
from celltrial.guideline.trigger import Applicability, FactValue
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.governance import Justification

#: The code of a check that lacks what it reads; such a clause is never met.
CANNOT_EVALUATE = "cannot_evaluate"


class Severity(StrEnum):
    """How grave a finding is; a note never blocks approval."""

    MAJOR = "major"
    MINOR = "minor"
    NOTE = "note"


class Status(StrEnum):
    """How the review of one clause ended; what that is worth is its `Kind`.

    CARRIED_OUT: nothing to judge on the plan; a part of the product that a command reaches acts on the clause during the trial.
    OUT_OF_SCOPE: the product is not one that the guideline speaks of; it can be approved on no other verdict.
    """

    MET = "met"
    FINDING = "finding"
    JUSTIFIED = "justified"
    NOT_APPLICABLE = "not_applicable"
    CARRIED_OUT = "carried_out"
    OUT_OF_SCOPE = "out_of_scope"


class Kind(StrEnum):
    """What a verdict is worth, in the order in which it is shown; this is what a reader gets, in every form.

    COMPUTED:  nothing was found, and the program worked out a figure and held it against a limit.
    EVIDENCED: nothing was found, and evidence that can be looked up, with a number, carries the clause.
    STATED:    nothing was found in what the protocol says, and the program cannot judge whether it is so. Never met.
    IN_CONDUCT: nothing to judge on the plan; the product acts on the clause during the trial.
    """

    OUT_OF_SCOPE = "out_of_scope"
    FINDING = "finding"
    JUSTIFIED = "justified"
    STATED = "stated"
    COMPUTED = "computed"
    EVIDENCED = "evidenced"
    IN_CONDUCT = "in_conduct"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a clause without a finding rests on: a figure, its limit and the source of the limit, or a reference.

    path:      the protocol field that the figure was worked out from.
    found:     the figure; limit: what it was held against.
    what:      code of what was worked out; its texts are under `ground.what.<code>`.
    source:    where the limit comes from: a code of `ground.source.<code>` (the register, another field of the protocol,
               a limit of ours) or a citation.
    reference: a citation instead of a figure: the line of evidence at `path` carries the clause.
    experiment: name of the experiment where the figure is what the protocol did when it was tried; `tried.<code>` says it,
               with params.
    """

    path: str
    found: str
    limit: str
    reference: str = ""
    what: str = ""
    source: str = ""
    experiment: str = ""
    code: str = ""
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a clause asks for and the protocol does not give.

    code:   names the two texts; path: the protocol field; params: what the texts need.
    danger: a slip of unit or a contradiction that would harm subjects; it keeps its severity and blocks approval
            whatever the strength of its clause.
    experiment: name of the experiment by which a person can see it for themselves; "" where there is none.
    """

    code: str
    severity: Severity
    path: str
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    danger: bool = False
    experiment: str = ""


def figure(what: str, path: str, found: object, limit: str, source: str) -> Ground:
    """Return a figure that a check held against a limit."""
    return Ground(path, str(found), limit, what=what, source=source)


def finding(code: str, path: str, severity: Severity = Severity.MAJOR, /, **params: object) -> Finding:
    """Build a finding from keyword parameters."""
    return Finding(code, severity, path, MappingProxyType(dict(params)))


def danger(code: str, path: str, /, **params: object) -> Finding:
    """Build a major finding that blocks approval whatever the strength of its clause."""
    return Finding(code, Severity.MAJOR, path, MappingProxyType(dict(params)), danger=True)


def unstated(path: str, owner: str) -> Finding:
    """Return the finding of a check whose section is missing; `owner` is the clause that asks for the section."""
    return finding(CANNOT_EVALUATE, path, Severity.NOTE, field=path, owner=owner)


@dataclass(frozen=True, slots=True)
class Case:
    """What a check may look at."""

    protocol: Protocol
    register: Register
    clause: Clause
    facts: Mapping[str, FactValue]
    tier: RiskTier
    follow_up: FollowUpNeed


#: Where a limit comes from where no citation states it; each has its text under `ground.source.<code>`.
SOURCES: Final = frozenset({"register", "protocol", "clause", "ours"})
#: A check yields what is wrong; yielding nothing means met.
Check = Callable[[Case], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one clause.

    applicability: whether the clause applies and which facts decided.
    findings:      what was found, gravest first; kept beside a justification.
    justification: the reason in the protocol; it closes the findings only where the status says so.
    grounds:       what a clause without a finding rests on.
    signers:       who signed the justification, and when, where their signatures are on record here.
    """

    clause: Clause
    status: Status
    applicability: Applicability
    findings: tuple[Finding, ...] = ()
    justification: Justification | None = None
    grounds: tuple[Ground, ...] = ()
    signers: tuple[str, ...] = ()

    @property
    def signatures_missing(self) -> int:
        """How many persons have still to sign the justification; 0 where there is none."""
        return 0 if self.justification is None else max(self.clause.signers_needed - len(set(self.signers)), 0)

    @property
    def kind(self) -> Kind:
        """What the verdict is worth."""
        if self.status is Status.MET:
            if any(not item.reference for item in self.grounds):
                return Kind.COMPUTED
            return Kind.EVIDENCED if self.grounds else Kind.STATED
        return Kind.IN_CONDUCT if self.status is Status.CARRIED_OUT else Kind(self.status.value)

    @property
    def severity(self) -> Severity | None:
        """The gravest severity among the findings."""
        order = list(Severity)
        return min((item.severity for item in self.findings), key=order.index, default=None)

    @property
    def blocks_approval(self) -> bool:
        """Whether this clause keeps a protocol from being approved."""
        if self.status is Status.OUT_OF_SCOPE:
            return True
        if self.status is not Status.FINDING:
            return False
        if any(item.danger for item in self.findings):
            return True
        return self.clause.strength.value == "should" and self.severity in {Severity.MAJOR, Severity.MINOR}

"""Facts about what may go on: stopping boundaries, suspensions, quality halts, and their end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from celltrial.conduct.vocabulary import QualityCause, ResumeItem, ScopeKind, Signature


@dataclass(frozen=True, slots=True)
class StoppingBoundaryCrossed:
    """A stopping rule was met: `events` among `evaluable`, where `boundary` events suffice.

    rule:  id in the protocol.
    scope: what it closes; `target` names the level or arm, "" for the trial.
    as_known:    met by all that was known when it was recorded.
    as_occurred: the site-local day on which it was first met when events are put in order of onset; None if
                 it was met only in the order in which things became known.
    on_record:   qualifying subjects known then; after a resume the rule fires again only beyond this number.
    """

    rule: str
    scope: ScopeKind
    target: str
    events: int
    evaluable: int
    boundary: int
    as_known: bool = True
    as_occurred: date | None = None
    on_record: int = 0


@dataclass(frozen=True, slots=True)
class ScopeSuspended:
    """Enrolment and dosing are suspended in this scope; `cause` is a rule id or "by_hand"."""

    suspension: str
    scope: ScopeKind
    target: str
    cause: str
    crossing: StoppingBoundaryCrossed | None = None


@dataclass(frozen=True, slots=True)
class EvaluationOpened:
    """A suspension is being evaluated."""

    suspension: str


@dataclass(frozen=True, slots=True)
class ResumeItemRecorded:
    """One of the things a resume needs, dated; for a site or a subject where it is theirs.

    reference: document, protocol version or signed reason.
    """

    suspension: str
    item: ResumeItem
    on: date
    reference: str
    site: str = ""
    subject: str = ""
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class ScopeResumed:
    """A suspension ended; sites that accepted are open.

    on_record: qualifying subjects of its stopping rule known then, which the evaluation has weighed.
    """

    suspension: str
    sites: tuple[str, ...]
    on_record: int = 0


@dataclass(frozen=True, slots=True)
class ScopeTerminated:
    """A suspension ended for good."""

    suspension: str
    reason: str


@dataclass(frozen=True, slots=True)
class InFlightExceptionSigned:
    """An already lymphodepleted subject may be infused under the protocol's in-flight rule.

    suspension: id of the suspension or of the halt.
    """

    suspension: str
    subject: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class TrialHalted:
    """The whole trial is halted for product quality; suspected is enough."""

    halt: str
    cause: QualityCause
    batch: str
    event: str


@dataclass(frozen=True, slots=True)
class HaltCauseRuledOut:
    """A signed act, with evidence, found the product not to be the cause."""

    halt: str
    evidence: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class CorrectiveActionImplemented:
    """A corrective action was put in place on that day; it asks for `needed` good runs."""

    halt: str
    action: str
    on: date
    needed: int


@dataclass(frozen=True, slots=True)
class CorrectiveActionValidated:
    """A corrective action was tested on that day: `passed` of `tested` runs were good."""

    halt: str
    action: str
    on: date
    passed: int
    tested: int


@dataclass(frozen=True, slots=True)
class HaltLifted:
    """Measures are validated and the halt ended."""

    halt: str
    signatures: tuple[Signature, ...]

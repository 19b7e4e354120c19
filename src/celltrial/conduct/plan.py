"""The protocol in force, with its dose rule and stopping rules built: the same objects that planned the trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from celltrial.conduct.vocabulary import ConsentKind
from celltrial.designs.in_use import OWN
from celltrial.protocol import Protocol, load_canonical
from celltrial.protocol.model.population import Criterion
from celltrial.protocol.model.stopping import StoppingRule
from celltrial.protocol.policies import boundary_of, dose_policy

if TYPE_CHECKING:
    from celltrial.designs import Policy
    from celltrial.designs.stopping.boundary import BoundaryRule

#: What the bedside check calls the protocol's criteria for a further dose.
REDOSE_CRITERIA: Final = "redose_criteria"


@dataclass(frozen=True)
class CompiledRule:
    """A stopping rule of the protocol with its boundary; `path` is its field."""

    rule: StoppingRule
    path: str

    @cached_property
    def boundary(self) -> BoundaryRule:
        """Where the rule stops, computed when it is first asked for."""
        return boundary_of(self.rule)


@dataclass(frozen=True)
class Plan:
    """One version of the protocol, ready to be enforced; two plans of one protocol are equal."""

    protocol: Protocol
    rules: tuple[CompiledRule, ...] = field(compare=False)

    @cached_property
    def policy(self) -> Policy | None:
        """The dose-finding policy, computed when it is first asked for; None where no dose is found."""
        return dose_policy(self.protocol)

    @cached_property
    def asked(self) -> Mapping[str, tuple[Criterion, ...]]:
        """What the protocol asks to have observed, by the name under which it is kept, with the criteria on it.

        A judgement by a named person is kept under the id of its criterion.
        """
        found: dict[str, tuple[Criterion, ...]] = dict.fromkeys(self.sentinel_concepts, ())
        courses, cohorts = self.protocol.treatment.courses, self.protocol.cohorts
        of_courses = (item for course in courses for item in (*course.when, *course.criteria))
        of_cohorts = (item for cohort in cohorts for item in cohort.criteria)
        stated = (*self.protocol.population.criteria, *self.protocol.treatment.infusion.conditions)
        for item in (*stated, *of_courses, *of_cohorts):
            name = item.id if item.source == "manual" else item.concept
            found[name] = (*found.get(name, ()), item)
        if self.protocol.dose.repeat.redose_criteria is not None:
            found[REDOSE_CRITERIA] = ()
        return MappingProxyType(found)

    @cached_property
    def sentinel_concepts(self) -> frozenset[str]:
        """What the first subject of a level is looked at for, before the next may follow."""
        escalation = self.protocol.escalation
        asked = escalation.staggering.sentinel_assessments if escalation is not None else ()
        return frozenset(item.concept for item in asked)


def compile_plan(document: str) -> Plan:
    """Return the plan of a protocol in canonical JSON; raise UserError or ValueError where it is none.

    Most acts ask for no policy and no boundary, and the designs with their tables take longer than all else: those of ours
    wait until they are asked for. A design of another package is built at once, so that a missing or broken package is named
    before anything is done.
    """
    protocol = load_canonical(document)
    rules = tuple(
        CompiledRule(rule, f"stopping.rules.{index}")
        for index, rule in enumerate(protocol.stopping.rules if protocol.stopping else ())
    )
    plan = Plan(protocol, rules)
    if protocol.escalation is not None and protocol.escalation.design.kind not in OWN:
        _ = plan.policy
    return plan


def follow_up_consents(protocol: Protocol) -> frozenset[ConsentKind]:
    """Return the consents of which a withdrawal ends follow-up: a separate one where there is one, and the own at majority."""
    separate = protocol.follow_up is not None and protocol.follow_up.arrangement == "separate"
    return frozenset({ConsentKind.FOLLOW_UP if separate else ConsentKind.MAIN, ConsentKind.MAJORITY})

"""Evidence as it would be written down: a finding that meets a criterion, or fails it."""

from __future__ import annotations

from celltrial.conduct.acts.subject import commands as ask
from celltrial.conduct.envelope import Role
from celltrial.protocol.model.population import Criterion
from celltrial.simulation.twin.world import Virtual, World


def evidence_value(criterion: Criterion, subject: Virtual, *, failing: bool) -> str:
    """Return a finding that meets the criterion (or fails it), as it would be written down."""
    if criterion.concept == "age":
        return str(subject.truth.age)
    wanted = criterion.value
    met = (criterion.kind == "inclusion") is not failing
    if isinstance(wanted, bool):
        return "yes" if wanted is met else "no"
    if isinstance(wanted, tuple):
        return wanted[0] if met else "none"
    if isinstance(wanted, str):
        return wanted if met else "negative"
    step = max(abs(wanted) * 0.25, 1.0 if criterion.unit in {"", "wk", "mo"} else 0.5)
    if criterion.concept == "ecog":
        step = 1.0
    rising = criterion.operator in {">", ">="}
    value = wanted + (step if rising is met else -step)
    return f"{max(value, 0.0):g}"


def record_evidence(world: World, subject: Virtual, criteria: tuple[Criterion, ...], *, failing: str = "") -> None:
    """Write down today's finding for each criterion."""
    today = world.today(subject.site)
    done: set[str] = set()
    for criterion in criteria:
        name = criterion.id if criterion.source == "manual" else criterion.concept
        if name in done:
            continue
        done.add(name)
        value = evidence_value(criterion, subject, failing=criterion.concept == failing)
        world.staff.must(
            Role.INVESTIGATOR,
            ask.RecordEvidence(
                subject.id, name, value, criterion.unit, today, criterion.source, criterion.assessor or ""
            ),
            site=subject.site,
        )

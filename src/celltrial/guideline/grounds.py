"""On what a clause without a finding rests: a figure against its limit, evidence that can be looked up, or a statement.

`GROUNDS` computes, for the clauses that can be, the figure that the check held against a limit; `EVIDENCE` names the
lines of evidence that carry a clause, each of its fields at least once. A line carries it where its reference can be looked up (`references`) and its
statement or citation gives a number. What has neither rests on what somebody says: it is counted as stated, never as met.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from celltrial.core.errors import UserError
from celltrial.designs.sizing.safety_set import detectable_rate
from celltrial.guideline.checks.stopping import MOST_TRIED, planned_exposure
from celltrial.guideline.knowledge import dose_row, stagger_row
from celltrial.guideline.references import resolves
from celltrial.guideline.verdict import Case, Ground
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Duration, Evidence
from celltrial.protocol.policies import boundary_of

_Grounds = Callable[[Case], Iterator[Ground]]


def _against(path: str, found: object, limit: object) -> Ground:
    return Ground(path, str(found), str(limit))


def _evidence_review(case: Case) -> Iterator[Ground]:
    governance = case.protocol.governance
    if governance is not None and governance.evidence_review_interval is not None:
        months = case.clause.params.get("review_interval_months", 6)
        yield _against("governance.evidence_review_interval", governance.evidence_review_interval, f"<= {months} mo")


def _risk_tier(case: Case) -> Iterator[Ground]:
    yield _against("product", case.tier.points, ">= 4 | >= 2 | < 2")


def _pregnancy(case: Case) -> Iterator[Ground]:
    days = case.clause.params.get("pregnancy_test_window_days", 7)
    yield _against("population.pregnancy_test_window", case.protocol.population.pregnancy_test_window, f"<= {days} d")


def _contraception(case: Case) -> Iterator[Ground]:
    stated = case.protocol.population.contraception_required
    if stated is not None:
        yield _against(
            "population.contraception_required", stated, ">= 6 mo" if case.facts["exogenous_gene"] else ">= 1 mo"
        )


def _stopping(case: Case) -> Iterator[Ground]:
    n = planned_exposure(case.protocol)
    for index, rule in enumerate(case.protocol.stopping.rules if case.protocol.stopping else ()):
        try:
            boundary = boundary_of(rule)
        except (UserError, TypeError, ValueError):
            continue
        if n is None or boundary.denominator == "exposure":
            continue
        limits = ((size, boundary.boundary(size)) for size in range(1, min(n, MOST_TRIED) + 1))
        first = next((size for size, limit in limits if limit is not None and limit <= size), None)
        if first is not None:
            yield _against(f"stopping.rules.{index}", f"{first}/{first}", f"n = {n}")


def _life_expectancy(case: Case) -> Iterator[Ground]:
    protocol = case.protocol
    stated, wait = protocol.population.minimum_life_expectancy, protocol.treatment.vein_to_vein_expected
    if stated is not None and wait is not None:
        after = protocol.escalation.dlt.window.days if protocol.escalation else 0.0
        yield _against("population.minimum_life_expectancy", stated, f">= {math.ceil(wait.days + after)} d")


def _shelf_life(case: Case) -> Iterator[Ground]:
    regimen, manufacturing = case.protocol.treatment.lymphodepletion, case.protocol.manufacturing
    if regimen is not None and manufacturing is not None:
        days = [day for drug in regimen.drugs for day in drug.days]
        needed = max(days) - min(days) + regimen.maximum_days_to_infusion
        yield _against("manufacturing.shelf_life", manufacturing.shelf_life, f">= {needed} d")


def _attempts(case: Case) -> Iterator[Ground]:
    manufacturing, expected = case.protocol.manufacturing, case.protocol.population.minimum_life_expectancy
    if manufacturing is not None and manufacturing.failure_plan is not None and expected is not None:
        needed = manufacturing.failure_plan.maximum_attempts * manufacturing.turnaround.days
        yield _against("manufacturing.failure_plan.maximum_attempts", f"{needed:g} d", f"<= {expected}")


def _enrolment(case: Case) -> Iterator[Ground]:
    target = planned_exposure(case.protocol)
    plan = case.protocol.manufacturing.failure_plan if case.protocol.manufacturing else None
    if plan is not None and plan.maximum_enrolled is not None and target is not None:
        yield _against("manufacturing.failure_plan.maximum_enrolled", plan.maximum_enrolled, f">= {target}")


def _validation_runs(case: Case) -> Iterator[Ground]:
    halt = case.protocol.stopping.halt if case.protocol.stopping else None
    if halt is not None and halt.minimum_validation_runs is not None:
        yield _against("stopping.halt.minimum_validation_runs", halt.minimum_validation_runs, ">= 3")


def _staggering(case: Case) -> Iterator[Ground]:
    plan, row = case.protocol.escalation, stagger_row(case.protocol)
    if plan is not None:
        path = "escalation.staggering"
        yield _against(f"{path}.after_first_of_level", plan.staggering.after_first_of_level, f">= {row.ask_days:g} d")
        yield _against(f"{path}.between_later", plan.staggering.between_later, f">= {row.later_days:g} d")
        yield _against(f"{path}.between_levels", plan.staggering.between_levels, f">= {plan.dlt.window}")


def _onset(case: Case) -> Iterator[Ground]:
    plan = case.protocol.escalation
    onset: Duration | None = plan.staggering.analogue_onset_p95 if plan else None
    if plan is not None and onset is not None:
        yield _against(
            "escalation.staggering.after_first_of_level", plan.staggering.after_first_of_level, f">= {onset}"
        )


def _dose(case: Case) -> Iterator[Ground]:
    found = dose_row(case.protocol)
    if found is None:
        return
    row, factor = found
    dose = case.protocol.dose
    for index, level in enumerate(dose.levels):
        yield _against(
            f"dose.levels.{index}.{level.stated}", f"{float(level.most) * factor:.3g}", f"<= {row.strong_level:.3g}"
        )


def _steps(case: Case) -> Iterator[Ground]:
    high = case.clause.params.get("step_high", 3.6)
    for index, (low, above) in enumerate(pairwise(level.most for level in case.protocol.dose.levels), 1):
        yield _against(f"dose.levels.{index}.cells", f"{float(above / low):.2f}", f"<= {high}")


def _follow_up(case: Case) -> Iterator[Ground]:
    if case.protocol.follow_up is not None:
        yield _against("follow_up.years", f"{case.protocol.follow_up.years:g} y", f">= {case.follow_up.years:g} y")


def _dlt_window(case: Case) -> Iterator[Ground]:
    plan = case.protocol.escalation
    onset = plan.staggering.analogue_onset_p95 if plan else None
    if plan is not None and onset is not None:
        yield _against("escalation.dlt.window", plan.dlt.window, f">= {onset}")


def _sentinel_watch(case: Case) -> Iterator[Ground]:
    watched, row = case.protocol.treatment.infusion.watch_period, stagger_row(case.protocol)
    if case.protocol.escalation is not None and watched is not None:
        yield _against("treatment.infusion.watch_period", watched, f">= {row.strong_days:g} d")


def _safety_set(case: Case) -> Iterator[Ground]:
    plan = case.protocol.confirmatory
    if plan is not None and plan.safety_set_size is not None:
        wanted, chance = case.clause.params.get("detectable_rate", 0.01), case.clause.params.get("confidence", 0.95)
        seen = detectable_rate(plan.safety_set_size, chance)
        yield _against("confirmatory.safety_set_size", f"{100 * seen:.2f} %", f"<= {100 * wanted:g} %")


#: Clause to what its check computed: the figure and the limit it was held against.
GROUNDS: Final[Mapping[str, _Grounds]] = MappingProxyType(
    {
        "1.3-e": _risk_tier,
        "1.3-g": _evidence_review,
        "2.1.1.4-c": _pregnancy,
        "2.1.1.4-d": _contraception,
        "2.1.2.4-a": _stopping,
        "2.1.3-c": _life_expectancy,
        "2.1.3-g": _shelf_life,
        "2.1.3-h": _attempts,
        "2.1.3-i": _enrolment,
        "2.1.3-n": _validation_runs,
        "2.2.1.1-d": _dlt_window,
        "2.2.2.1-a": _dose,
        "2.2.2.3-b": _steps,
        "2.2.2.3-c": _steps,
        "2.2.4-a": _staggering,
        "2.2.4-b": _sentinel_watch,
        "2.2.4-c": _onset,
        "2.3.2-l": _safety_set,
        "3.1-d": _follow_up,
        "3.1-f": _follow_up,
        "3.1-g": _follow_up,
        "3.1-h": _follow_up,
    }
)

#: Clause to the lines of evidence that carry it.
EVIDENCE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "2.1.1-a": ("population.benefit_risk.*.expected_benefit.*", "population.benefit_risk.*.expected_risk.*"),
        "2.1.1-b": ("product.nonclinical.*",),
        "2.1.1.3-a": ("population.paediatric.adult_data.*",),
        "2.1.2.1-c": ("trial.washout_rationale", "trial.interruption.evidence.*"),
        "2.2.2.3-f": ("dose.repeat.low_risk_evidence.*", "dose.repeat.activity_duration_evidence.*"),
        "2.2.3-b": ("population.benefit_risk.*.expected_benefit.*",),
        "2.3.1-b": ("confirmatory.single_arm_evidence.*",),
        "2.3.2-e": ("efficacy.endpoints.*.validation",),
    }
)
_NUMBER: Final = re.compile(r"\d")


def grounds_of(case: Case) -> tuple[Ground, ...]:
    """Return what a clause without a finding rests on: figures first, then lines of evidence that carry it."""
    figures = tuple(GROUNDS[case.clause.id](case)) if case.clause.id in GROUNDS else ()
    carried = [tuple(_carried(case.protocol, pattern)) for pattern in EVIDENCE.get(case.clause.id, ())]
    return figures + (tuple(ground for lines in carried for ground in lines) if all(carried) else ())


def _carried(protocol: Protocol, pattern: str) -> Iterator[Ground]:
    citations = {item.id: item.citation for item in protocol.references}
    for path, item in _lines(protocol, pattern):
        said = f"{item.statement.en} {item.statement.zh}"
        if resolves(item, protocol) and _NUMBER.search(said):
            yield Ground(path, "", "", reference=citations[item.reference or ""])


def _lines(section: object, pattern: str) -> Iterator[tuple[str, Evidence]]:
    """Yield every line of evidence at a pattern, with its path."""
    head, _, rest = pattern.partition(".")
    if head == "*":
        inner = [(str(index), value) for index, value in enumerate(section)] if isinstance(section, tuple) else []
    else:
        inner = [(head, getattr(section, head, None))] if isinstance(section, BaseModel) else []
    for key, value in inner:
        if rest:
            yield from ((f"{key}.{path}", item) for path, item in _lines(value, rest))
        elif isinstance(value, Evidence):
            yield key, value

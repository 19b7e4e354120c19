"""Contradictions inside a protocol: schema errors, not findings of the guideline.

Each check is a small function that yields faults with the dotted path of the
field; `check_consistency` runs the visible table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final

from celltrial.core.errors import Fault, UserError, fault
from celltrial.protocol.model import Protocol
from celltrial.protocol.policies import boundary_of, dose_policy

__all__ = ["CHECKS", "check_consistency"]


def _gene_modification(protocol: Protocol) -> Iterator[Fault]:
    product = protocol.product
    if product.type in {"CAR-T", "TCR-T", "CAR-NK"} and product.gene_modified is False:
        yield fault("PRT-010", "product.gene_modified", expected=f"true for {product.type}", found="false")
    if product.gene_modified is False and (product.exogenous_gene or product.gene_knockout or product.vector):
        yield fault(
            "PRT-010", "product.gene_modified", expected="true beside a vector, transgene or knockout", found="false"
        )
    if product.type == "other" and product.other_mechanism is None:
        yield fault("PRT-003", "product", field="product.other_mechanism", expected="other_mechanism", found="nothing")


def _ages(protocol: Protocol) -> Iterator[Fault]:
    adults_only = any(
        item.kind == "inclusion"
        and item.concept == "age"
        and item.operator in {">=", ">"}
        and isinstance(item.value, int | float)
        and item.value >= 18
        for item in protocol.population.criteria
    )
    if adults_only and protocol.population.paediatric.included:
        yield fault("PRT-011", "population.paediatric.included", expected="false where age >= 18", found="true")


def _criteria(protocol: Protocol) -> Iterator[Fault]:
    seen: set[str] = set()
    for index, item in enumerate(protocol.population.criteria):
        if item.id in seen:
            yield fault("PRT-012", f"population.criteria.{index}.id", expected="each id once", found=item.id)
        seen.add(item.id)
        if item.window is not None and item.window.unit not in {"d", "wk"}:
            place = f"population.criteria.{index}.window"
            yield fault("PRT-005", place, field=place, expected="d or wk", found=str(item.window))
    yield from _opposite_bounds(protocol)


def _opposite_bounds(protocol: Protocol) -> Iterator[Fault]:
    lowest: dict[str, float] = {}
    highest: dict[str, float] = {}
    for item in protocol.population.criteria:
        if item.kind != "inclusion" or not isinstance(item.value, int | float) or isinstance(item.value, bool):
            continue
        if item.operator in {">=", ">"}:
            lowest[item.concept] = max(item.value, lowest.get(item.concept, item.value))
        elif item.operator in {"<=", "<"}:
            highest[item.concept] = min(item.value, highest.get(item.concept, item.value))
    for concept in lowest.keys() & highest.keys():
        if lowest[concept] > highest[concept]:
            found = f"{concept} >= {lowest[concept]:g} and <= {highest[concept]:g}"
            yield fault("PRT-013", "population.criteria", expected="bounds that some subject can meet", found=found)


def _ladder(protocol: Protocol) -> Iterator[Fault]:
    cells = [level.cells for level in protocol.dose.levels]
    if any(later <= earlier for earlier, later in pairwise(cells)):
        yield fault("PRT-014", "dose.levels", expected="rising doses", found=", ".join(f"{value:g}" for value in cells))
    if protocol.dose.start_level > len(cells):
        found = str(protocol.dose.start_level)
        yield fault("PRT-014", "dose.start_level", expected=f"1 to {len(cells)}", found=found)


def _lymphodepletion(protocol: Protocol) -> Iterator[Fault]:
    plan = protocol.treatment.lymphodepletion
    if plan is None:
        return
    last = max(day for drug in plan.drugs for day in drug.days)
    if last >= 0:
        yield fault("PRT-015", "treatment.lymphodepletion.drugs", expected="days before 0", found=str(last))
    low, high = plan.minimum_days_to_infusion, plan.maximum_days_to_infusion
    if not low <= -last <= high:
        place = "treatment.lymphodepletion.minimum_days_to_infusion"
        yield fault("PRT-015", place, expected=f"{low} to {high} days before infusion", found=f"last day {last}")


#: Rates of a scenario per dose level, and whether every scenario owes them.
_SCENARIO_RATES = (
    ("dlt_rates", True),
    ("response_rates", False),
    ("moderate_rates", False),
    ("feasible_rates", False),
)


def _design(protocol: Protocol) -> Iterator[Fault]:
    plan = protocol.escalation
    if plan is None:
        return
    levels = len(protocol.dose.levels)
    if protocol.dose.start_level <= levels:
        try:
            dose_policy(protocol)
        except (UserError, TypeError, ValueError) as error:
            yield from _at("escalation.design", error)
    for index, scenario in enumerate(plan.scenarios):
        for name, owed in _SCENARIO_RATES:
            rates = getattr(scenario, name)
            if len(rates) != levels and (owed or rates):
                place = f"escalation.scenarios.{index}.{name}"
                yield fault("PRT-017", place, expected=f"{levels} rates, one per dose level", found=str(len(rates)))


def _stopping(protocol: Protocol) -> Iterator[Fault]:
    for index, rule in enumerate(protocol.stopping.rules if protocol.stopping else ()):
        try:
            boundary_of(rule)
        except (UserError, TypeError, ValueError) as error:
            yield from _at(f"stopping.rules.{index}.params", error)


def _at(place: str, error: UserError | TypeError | ValueError) -> Iterator[Fault]:
    """Yield what keeps a design or rule from being built; a parameter of the wrong type is one fault."""
    if not isinstance(error, UserError):
        yield fault("PRT-016", place, rule="DSG-007", expected="parameters of the stated types", found=str(error))
        return
    for item in error.faults:
        yield fault(
            "PRT-016", place, rule=item.id, expected=item.params.get("expected"), found=item.params.get("found")
        )


def _references(protocol: Protocol) -> Iterator[Fault]:
    known = {item.id for item in protocol.references}
    document = protocol.model_dump(mode="json")
    for index, item in enumerate(protocol.provenance):
        place = f"provenance.{index}"
        if item.kind == "published" and item.reference not in known:
            yield fault(
                "PRT-019",
                place,
                expected=", ".join(sorted(known)) or "an entry in references",
                found=str(item.reference),
            )
        if item.kind == "chosen" and item.note is None:
            yield fault("PRT-003", place, field=f"{place}.note", expected="note", found="nothing")
        here: object = document
        for part in item.field.split("."):
            if isinstance(here, dict) and part in here:
                here = here[part]
            elif isinstance(here, list) and part.isdigit() and int(part) < len(here):
                here = here[int(part)]
            else:
                yield fault("PRT-020", f"{place}.field", expected="a field of this protocol", found=item.field)
                break


def _visits(protocol: Protocol) -> Iterator[Fault]:
    if protocol.follow_up is not None:
        months = protocol.follow_up.visits_months
        if any(later <= earlier for earlier, later in pairwise(months)):
            found = ", ".join(str(month) for month in months)
            yield fault("PRT-021", "follow_up.visits_months", expected="rising months", found=found)
        if protocol.follow_up.arrangement == "separate" and protocol.follow_up.separate_protocol_id is None:
            name = "separate_protocol_id"
            yield fault("PRT-003", "follow_up", field=f"follow_up.{name}", expected=name, found="nothing")


def _interruption(protocol: Protocol) -> Iterator[Fault]:
    costs = protocol.trial.interruption
    if costs is None:
        return
    if costs.median_progression_low.days > costs.median_progression.days:
        place, most = "trial.interruption.median_progression_low", costs.median_progression
        yield fault("PRT-022", place, field=place, expected=f"<= {most}", found=str(costs.median_progression_low))
    if costs.benefit_probability_low > costs.benefit_probability:
        place, found = "trial.interruption.benefit_probability_low", costs.benefit_probability_low
        yield fault("PRT-022", place, field=place, expected=f"<= {costs.benefit_probability:g}", found=f"{found:g}")


def _enrolment_cap(protocol: Protocol) -> Iterator[Fault]:
    plan = protocol.manufacturing.failure_plan if protocol.manufacturing else None
    size = protocol.confirmatory.sample_size if protocol.confirmatory else None
    if plan is None or plan.maximum_enrolled is None or size is None:
        return
    if plan.maximum_enrolled < size.enrolled:
        place = "manufacturing.failure_plan.maximum_enrolled"
        found = str(plan.maximum_enrolled)
        yield fault("PRT-022", place, field=place, expected=f">= {size.enrolled} (planned)", found=found)


#: Every rule between fields, in the order its faults are shown.
CHECKS: Final[tuple[Callable[[Protocol], Iterator[Fault]], ...]] = (
    _gene_modification,
    _ages,
    _criteria,
    _ladder,
    _lymphodepletion,
    _design,
    _stopping,
    _references,
    _visits,
    _interruption,
    _enrolment_cap,
)


def check_consistency(protocol: Protocol) -> list[Fault]:
    """Return every contradiction; `where` is the dotted path of the field."""
    return [item for check in CHECKS for item in check(protocol)]

"""Contradictions inside a protocol: schema errors, not findings of the guideline.

Each check is a small function that yields faults with the dotted path of the
field; `check_consistency` runs the visible table of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Final

from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.values import (
    ABSENT,
    NOT_STATED,
    Count,
    Duration,
    Formula,
    Identifier,
    Sayable,
    Value,
    all_of,
    as_value,
    as_written,
    at_least,
    at_most,
    between,
    message,
    one_of,
    or_absent,
)
from celltrial.protocol.course_consistency import check_arms, check_courses, check_drugs, check_levels
from celltrial.protocol.criteria_consistency import check_ages, check_bounds, check_criteria, check_life_expectancy
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.confirmatory import ExploratoryResult
from celltrial.protocol.policies import boundary_of, dose_policy
from celltrial.protocol.reporting_consistency import check_collection, check_errors, check_tested_endpoints
from celltrial.protocol.time_consistency import (
    check_confirmation,
    check_course,
    check_follow_up_visits,
    check_lymphodepletion,
    check_response_visits,
    check_windows,
)

#: Vectors that bring a foreign gene in; a ribonucleoprotein only cuts.
_CARRIERS: Final = frozenset({"lentiviral", "gammaretroviral", "transposon", "mRNA", "plasmid", "adenoviral", "AAV"})


def _gene_modification(protocol: Protocol) -> Iterator[Fault]:
    product = protocol.product
    if product.type in {"CAR-T", "TCR-T", "CAR-NK"} and product.gene_modified is False:
        yield fault(
            "PRT-010",
            "product.gene_modified",
            expected=message("true_for", what=Identifier(product.type)),
            found=Identifier("false"),
        )
    if product.gene_modified is False and (product.exogenous_gene or product.gene_knockout or product.vector):
        yield fault(
            "PRT-010",
            "product.gene_modified",
            expected=message("true_beside_a_vector_transgene_or_knockout"),
            found=Identifier("false"),
        )
    if product.exogenous_gene is False and product.vector and product.vector.kind in _CARRIERS:
        kind = product.vector.kind
        yield fault(
            "PRT-010",
            "product.exogenous_gene",
            expected=message("true_for", what=Identifier(kind)),
            found=Identifier("false"),
        )
    if product.gene_knockout is False and product.knocked_out_genes:
        found = ", ".join(product.knocked_out_genes)
        yield fault(
            "PRT-010",
            "product.gene_knockout",
            expected=message("true_for", what=Identifier(found)),
            found=Identifier("false"),
        )
    if product.risk_tier is not None and product.risk_override is None:
        reason = message("reason_for_another_tier")
        yield fault("PRT-003", "product", field="product.risk_override", expected=reason, found=ABSENT)
    if product.type == "other" and product.other_mechanism is None:
        yield fault("PRT-003", "product", field="product.other_mechanism", expected="other_mechanism", found=ABSENT)


def _ladder(protocol: Protocol) -> Iterator[Fault]:
    cells = [level.most for level in protocol.dose.levels]
    if any(later <= earlier for earlier, later in pairwise(cells)):
        yield fault("PRT-014", "dose.levels", expected=message("rising_doses"), found=all_of(*cells))
    if protocol.dose.start_level > len(cells):
        yield fault(
            "PRT-014", "dose.start_level", expected=between(1, len(cells)), found=Count(protocol.dose.start_level)
        )
    dose = protocol.dose
    if not dose.per_kg and dose.cap is not None and dose.cap < cells[-1]:
        place = f"dose.levels.{len(cells) - 1}.cells"
        yield fault(
            "PRT-022", place, field=place, expected=_at_most_by(dose.cap, "dose.cap"), found=as_value(cells[-1])
        )
    if dose.minimum_dose is not None and dose.minimum_dose > dose.levels[0].least:
        expected = _at_most_by(dose.levels[0].least, "dose.levels.0.cells")
        yield fault(
            "PRT-022",
            "dose.minimum_dose",
            field="dose.minimum_dose",
            expected=expected,
            found=as_value(dose.minimum_dose),
        )


#: Rates of a scenario per dose level, and whether every scenario must state them.
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
        for name, required in _SCENARIO_RATES:
            rates = getattr(scenario, name)
            if len(rates) != levels and (required or rates):
                place = f"escalation.scenarios.{index}.{name}"
                yield fault(
                    "PRT-017",
                    place,
                    expected=message("rates_one_per_dose_level", levels=levels),
                    found=Count(len(rates)),
                )


def _stopping(protocol: Protocol) -> Iterator[Fault]:
    for index, rule in enumerate(protocol.stopping.rules if protocol.stopping else ()):
        try:
            boundary_of(rule)
        except (UserError, TypeError, ValueError) as error:
            yield from _at(f"stopping.rules.{index}.params", error)


def _at(place: str, error: UserError | TypeError | ValueError) -> Iterator[Fault]:
    """Yield what keeps a design or rule from being built; a parameter of the wrong type is one fault."""
    if not isinstance(error, UserError):
        yield fault(
            "PRT-016", place, rule="DSG-007", expected=message("parameters_of_the_stated_types"), found=str(error)
        )
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
                expected=one_of(*map(Identifier, sorted(known))) if known else message("entry_in_references"),
                found=as_written(item.reference or ""),
            )
        if item.kind == "chosen" and item.note is None:
            yield fault("PRT-003", place, field=f"{place}.note", expected="note", found=ABSENT)
        here: object = document
        for part in item.field.split("."):
            if isinstance(here, dict) and part in here:
                here = here[part]
            elif isinstance(here, list) and part.isdigit() and int(part) < len(here):
                here = here[int(part)]
            else:
                yield fault("PRT-020", f"{place}.field", expected=message("field_of_this_protocol"), found=item.field)
                break


def _interruption(protocol: Protocol) -> Iterator[Fault]:
    costs = protocol.trial.interruption
    if costs is None:
        return
    if costs.median_progression_low.days > costs.median_progression.days:
        place, most = "trial.interruption.median_progression_low", costs.median_progression
        yield fault(
            "PRT-022",
            place,
            field=place,
            expected=at_most(most.as_value()),
            found=costs.median_progression_low.as_value(),
        )
    if costs.benefit_probability_low > costs.benefit_probability:
        place, found = "trial.interruption.benefit_probability_low", costs.benefit_probability_low
        yield fault("PRT-022", place, field=place, expected=at_most(costs.benefit_probability), found=as_value(found))


def _repeats(protocol: Protocol) -> Iterator[Fault]:
    """Yield further doses that come too soon: each follows a course of lymphodepletion of its own, which takes its days."""
    regimen, repeat = protocol.treatment.lymphodepletion, protocol.dose.repeat
    if repeat.doses == 1:
        return
    place = "dose.repeat.interval"
    if repeat.interval is None:
        yield fault("PRT-022", place, field=place, expected=message("an_interval_between_doses"), found=NOT_STATED)
    elif regimen is not None:
        days = -min(day for drug in regimen.drugs for day in drug.days)
        if repeat.interval.days < days:
            least = at_least(Duration(days, "d"))
            yield fault("PRT-022", place, field=place, expected=least, found=repeat.interval.as_value())


def _sizes(protocol: Protocol) -> Iterator[Fault]:
    plan = protocol.confirmatory
    if plan is None:
        return
    failure = protocol.manufacturing.failure_plan if protocol.manufacturing else None
    size = plan.sample_size
    if size is not None:
        place = "confirmatory.sample_size.enrolled"
        yield from _at_most("confirmatory.sample_size.infused", size.infused, size.enrolled, place)
        if failure is not None and failure.maximum_enrolled is not None:
            cap = "manufacturing.failure_plan.maximum_enrolled"
            yield from _at_most(place, size.enrolled, failure.maximum_enrolled, cap)
    studies = {f"confirmatory.null_derivation.studies.{index}": study for index, study in enumerate(_studies(protocol))}
    if plan.exploratory_result is not None:
        studies["confirmatory.exploratory_result"] = plan.exploratory_result
    for place, study in studies.items():
        yield from _at_most(f"{place}.responders", study.responders, study.subjects, f"{place}.subjects")
    for index, tested in enumerate(plan.tested_doses):
        place = f"confirmatory.tested_doses.{index}"
        yield from _at_most(f"{place}.low", tested.low, tested.high, f"{place}.high")
    if plan.randomisation is not None and (len(plan.randomisation.ratio) < 2 or min(plan.randomisation.ratio) < 1):
        place, found = "confirmatory.randomisation.ratio", all_of(*plan.randomisation.ratio)
        yield fault(
            "PRT-022", place, field=place, expected=message("one_part_at_least_1_per_arm_two_arms_or_more"), found=found
        )


#: Kinds of endpoint that arms can be compared on by a test of survival.
_SURVIVAL: Final = frozenset({"overall_survival", "progression_free_survival"})
#: Spending functions with a parameter.
_WITH_GAMMA: Final = frozenset({"hwang_shih_decani", "power"})


def _primary_analysis(protocol: Protocol) -> Iterator[Fault]:
    plan = protocol.confirmatory.primary_analysis if protocol.confirmatory else None
    if plan is None:
        return
    place = "confirmatory.primary_analysis"
    endpoints = protocol.efficacy.endpoints if protocol.efficacy else ()
    usable = [item.id for item in endpoints if item.kind in _SURVIVAL]
    if plan.endpoint not in usable:
        yield fault(
            "PRT-022",
            f"{place}.endpoint",
            field=f"{place}.endpoint",
            expected=one_of(*map(Identifier, usable)) if usable else message("an_endpoint_of_survival"),
            found=Identifier(plan.endpoint),
        )
    rising = all(a < b for a, b in pairwise((0.0, *plan.looks)))
    if not rising or not plan.looks or plan.looks[-1] != 1:
        expected, found = message("shares_that_rise_to_1"), all_of(*plan.looks)
        yield fault("PRT-022", f"{place}.looks", field=f"{place}.looks", expected=expected, found=found)
    if (plan.spending in _WITH_GAMMA) != (plan.spending_gamma is not None):
        expected = message("a_gamma_where_the_function_has_one")
        found = Identifier(f"{plan.spending}, {plan.spending_gamma}")
        yield fault(
            "PRT-022", f"{place}.spending_gamma", field=f"{place}.spending_gamma", expected=expected, found=found
        )


def _studies(protocol: Protocol) -> tuple[ExploratoryResult, ...]:
    derived = protocol.confirmatory.null_derivation if protocol.confirmatory else None
    return derived.studies if derived else ()


def _ranges(protocol: Protocol) -> Iterator[Fault]:
    for index, subset in enumerate(protocol.product.subsets):
        if subset.minimum_percent is not None and subset.maximum_percent is not None:
            place = f"product.subsets.{index}"
            limits = (subset.minimum_percent, subset.maximum_percent)
            yield from _at_most(f"{place}.minimum_percent", *limits, f"{place}.maximum_percent")
    limits_of_agreement = protocol.pharmacology.assay_agreement_limits if protocol.pharmacology else None
    if limits_of_agreement is not None:
        yield from _at_most("pharmacology.assay_agreement_limits", *limits_of_agreement, "1")
    custody = protocol.manufacturing.custody if protocol.manufacturing else None
    if custody is not None and custody.temperature_low_c is not None and custody.temperature_high_c is not None:
        place = "manufacturing.custody.temperature_low_c"
        high = "manufacturing.custody.temperature_high_c"
        yield from _at_most(place, custody.temperature_low_c, custody.temperature_high_c, high)


def _by(value: Sayable, field: str) -> Value:
    """Return a value with the field that states it."""
    return message("by_field", value=value, field=Identifier(field))


def _at_most_by(limit: float | Decimal, field: str) -> Value:
    return _by(at_most(limit), field)


def _at_most(place: str, low: float | Decimal, high: float | Decimal, other: str) -> Iterator[Fault]:
    if low > high:
        yield fault(
            "PRT-022",
            place,
            field=place,
            expected=at_most(high) if other == "1" else _at_most_by(high, other),
            found=as_value(low),
        )


def _trial(protocol: Protocol) -> Iterator[Fault]:
    trial = protocol.trial
    if trial.haematological and not trial.malignancy:
        place = "trial.haematological"
        yield fault(
            "PRT-022",
            place,
            field=place,
            expected=message("false_where", rule=Formula("malignancy = false")),
            found=Identifier("true"),
        )


def _said_twice(protocol: Protocol) -> Iterator[Fault]:
    """Find one fact that is in two places with two values."""
    plan, infusion = protocol.risk_plan, protocol.treatment.infusion
    if plan and plan.watch_period and infusion.watch_period and plan.watch_period != infusion.watch_period:
        place = "risk_plan.watch_period"
        expected = _by(infusion.watch_period.as_value(), "treatment.infusion.watch_period")
        yield fault("PRT-022", place, field=place, expected=expected, found=plan.watch_period.as_value())
    stated = protocol.manufacturing.expected_success if protocol.manufacturing else None
    assumed = protocol.assumptions.manufacturing_success if protocol.assumptions else None
    if protocol.product.made_per_subject is not False and None not in {stated, assumed} and stated != assumed:
        place = "manufacturing.expected_success"
        expected = _by(or_absent(assumed), "assumptions.manufacturing_success")
        yield fault("PRT-022", place, field=place, expected=expected, found=or_absent(stated))


def _names(protocol: Protocol) -> Iterator[Fault]:
    """Find what is named twice among things that other parts point to by name."""
    endpoints = protocol.efficacy.endpoints if protocol.efficacy else ()
    lists: dict[str, list[str]] = {
        "trial.objectives.{}.id": [item.id for item in protocol.trial.objectives],
        "efficacy.endpoints.{}.id": [item.id for item in endpoints],
        "stopping.rules.{}.id": [item.id for item in (protocol.stopping.rules if protocol.stopping else ())],
        "risk_plan.risks.{}.term": [item.term for item in (protocol.risk_plan.risks if protocol.risk_plan else ())],
        "escalation.dlt.rules.{}.id": [
            rule.id for rule in (protocol.escalation.dlt.rules if protocol.escalation else ())
        ],
        "escalation.scenarios.{}.id": [
            one.id for one in (protocol.escalation.scenarios if protocol.escalation else ())
        ],
        "dose.levels.{}.label": [item.label for item in protocol.dose.levels],
        "references.{}.id": [item.id for item in protocol.references],
        "justifications.{}.clause": [item.clause for item in protocol.justifications],
    }
    for index, item in enumerate(endpoints):
        handled = item.estimand.intercurrent_events if item.estimand else ()
        lists[f"efficacy.endpoints.{index}.estimand.intercurrent_events.{{}}.event"] = [one.event for one in handled]
    for pattern, names in lists.items():
        for index, name in enumerate(names):
            if name in names[:index]:
                yield fault("PRT-012", pattern.format(index), expected=message("each_id_once"), found=name)


#: Every rule between fields, in the order its faults are shown.
CHECKS: Final[tuple[Callable[[Protocol], Iterator[Fault]], ...]] = (
    _gene_modification,
    check_ages,
    check_criteria,
    check_bounds,
    check_life_expectancy,
    _ladder,
    check_lymphodepletion,
    check_confirmation,
    check_course,
    check_levels,
    check_courses,
    check_drugs,
    check_arms,
    check_response_visits,
    check_follow_up_visits,
    check_windows,
    _design,
    _stopping,
    _references,
    _interruption,
    _repeats,
    _sizes,
    _primary_analysis,
    _ranges,
    _trial,
    _said_twice,
    _names,
    check_collection,
    check_tested_endpoints,
    check_errors,
)


def check_consistency(protocol: Protocol) -> list[Fault]:
    """Return every contradiction; `where` is the dotted path of the field."""
    return [item for check in CHECKS for item in check(protocol)]

"""Section 5: the population, the criteria with their computable parts, contraception, restrictions, rescreening."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from celltrial.protocol.model.population import Criterion, Paediatric
from celltrial.report.content.values import Code, Count, Recorded, Sentences, Text, Value
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import ended, inline, listed, one_of_two, paragraph, say, series, span, words
from celltrial.report.document.standard import standard
from celltrial.report.document.stating import computable, evidence, local, prose, shown


def description(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield who is studied and why."""
    plan = inputs.protocol.population
    yield from paragraph(
        say("condition", condition=inline(inputs.protocol.trial.indication)),
        say("population.stages", stages=words(plan.stages_allowed), scale=Code("free", plan.stage_scale or "-"))
        if plan.stages_allowed
        else None,
        say("population.survival", time=span(plan.minimum_life_expectancy)) if plan.minimum_life_expectancy else None,
        say("population.no_alternative") if plan.no_alternative_required else None,
        fields=(
            "trial.indication", "population.stages_allowed", "population.stage_scale", "population.minimum_life_expectancy",
            "population.no_alternative_required",
        ),
    )  # fmt: skip
    yield from prose(plan.rationale, "population.rationale")
    reasons = tuple(say(f"population.reason.{name}", text=ended(text)) for name, text in plan.stage_rationale.items())
    yield from listed(reasons, "population.stage_rationale")
    yield from prose(plan.early_stage_reason, "population.early_stage_reason")
    if plan.label_population or plan.studied_population:
        yield from paragraph(
            say("population.label", who=words(plan.label_population)) if plan.label_population else None,
            say("population.studied", who=words(plan.studied_population)) if plan.studied_population else None,
            fields=("population.label_population", "population.studied_population"),
        )
    yield from prose(plan.bridging_plan, "population.bridging_plan")
    yield from prose(plan.confounders_considered, "population.confounders_considered")
    yield from _children(inputs, plan.paediatric)


def _children(inputs: DocumentInputs, plan: Paediatric) -> Iterator[Block]:
    place = "population.paediatric"
    yield from paragraph(
        one_of_two("children", plan.included),
        ended(plan.justification) if plan.justification is not None else None,
        say("children.after_adults") if plan.cohort_opens_after_adult_review else None,
        fields=(f"{place}.included", f"{place}.justification", f"{place}.cohort_opens_after_adult_review"),
    )
    yield from evidence(inputs, plan.adult_data, f"{place}.adult_data")


def inclusion(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the inclusion criteria."""
    yield from _criteria(inputs, "inclusion")


def exclusion(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the exclusion criteria."""
    yield from _criteria(inputs, "exclusion")


def _criteria(inputs: DocumentInputs, kind: str) -> Iterator[Block]:
    found = [(index, item) for index, item in enumerate(inputs.protocol.population.criteria) if item.kind == kind]
    if found:
        yield from paragraph(say(f"criteria.{kind}"))
    yield from criteria_table((item for _, item in found), *(f"population.criteria.{index}" for index, _ in found))


def criteria_table(found: Iterable[Criterion], *paths: str, kinds: bool = False) -> Iterator[Block]:
    """Yield criteria: number, text, and how it is decided: what is computed, from which source, how old it may be.

    kinds: whether the list holds criteria of both kinds, so that each says which it is.
    """
    rows = tuple(GridRow((Recorded(item.id), _text(item, kinds=kinds), _decided(item))) for item in found)
    if rows:
        heads = tuple(Text(f"document.head.criterion.{name}") for name in ("id", "text", "decided"))
        yield Grid(heads, rows, fields=paths, look="criteria")


def _text(item: Criterion, *, kinds: bool) -> Value:
    if not kinds:
        return local(item.text)
    return say("criteria.kind", kind=shown(item.kind, item, "kind"), text=local(item.text))


def _decided(item: Criterion) -> Value:
    said = {
        "computed": computable(item),
        "assessment": Code("free", item.assessment),
        "source": shown(item.source, item, "source"),
    }
    parts: list[Value] = [
        say("criteria.decided", **said) if item.concept != "other" else say("criteria.judged", **said)
    ]
    if item.assessor is not None:
        parts.append(say("criteria.assessor", who=Code("free", item.assessor)))
    if item.window is not None:
        parts.append(say("criteria.window", time=span(item.window)))
    if item.recheck_before:
        again = series(shown(point, item, "recheck_before") for point in item.recheck_before)
        parts.append(say("criteria.again", points=again))
    return Sentences(tuple(parts))


def childbearing(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield who can bear children."""
    yield from prose(inputs.protocol.population.childbearing, "population.childbearing")
    if inputs.protocol.population.childbearing is None:
        yield from standard(inputs, "5.4.1")


def contraception(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield who uses contraception, which, and how long."""
    plan = inputs.protocol.population
    methods = plan.contraception
    sentences: list[Value | None] = []
    if methods is not None:
        who = [name for name, asked in (("females", methods.females), ("males", methods.males)) if asked]
        if who:
            people = series(say(f"contraception.{name}") for name in who)
            sentences.append(say("contraception.who", who=people, methods=Code("plan.methods", methods.methods)))
        sentences.append(say("contraception.gametes") if methods.gamete_donation_forbidden else None)
        sentences.append(ended(methods.text) if methods.text is not None else None)
    if plan.contraception_required is not None:
        sentences.insert(1, say("contraception.long", time=span(plan.contraception_required)))
    yield from paragraph(*sentences, fields=("population.contraception", "population.contraception_required"))


def restrictions(inputs: DocumentInputs, *kinds: str) -> Iterator[Block]:
    """Yield what participants may not do, of these kinds; that nothing is restricted where the protocol says so."""
    plan = inputs.protocol.population.restrictions
    if plan is None:
        return
    said = []
    for item in plan:
        if item.kind in kinds:
            end = say("restriction.until", time=span(item.until)) if item.until is not None else None
            said.append((ended(item.text), end))
    if not said:
        yield from paragraph(say("restriction.none"), fields=("population.restrictions",))
    for text, end in said:
        yield from paragraph(text, end, fields=("population.restrictions",))


def screen_failure(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield who is a screen failure, whether screening may be repeated, and which criteria are checked again."""
    population = inputs.protocol.population
    plan = population.rescreening
    yield from paragraph(say("screen.failure"), fields=("population.criteria",))
    if plan is not None:
        yield from paragraph(
            one_of_two("screen.again", plan.allowed),
            say("screen.times", n=Count(plan.times)) if plan.times is not None else None,
            say("screen.after", time=span(plan.after)) if plan.after is not None else None,
            one_of_two("screen.consent", plan.new_consent) if plan.allowed else None,
            ended(plan.text) if plan.text is not None else None,
            fields=("population.rescreening",),
        )
    again = [item for item in population.criteria if item.recheck_before]
    if again:
        yield from paragraph(Text("document.recheck"), fields=("population.criteria",))
        said = tuple(
            say(
                "screen.recheck",
                id=Recorded(item.id),
                text=inline(item.text),
                points=series(shown(point, item, "recheck_before") for point in item.recheck_before),
            )
            for item in again
        )
        yield Bullets(said, ("population.criteria",))

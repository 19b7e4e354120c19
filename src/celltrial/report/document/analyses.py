"""Section 10: general rules, sets, analyses by objective, interim looks, multiplicity, sample size."""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.protocol.model.efficacy import Endpoint
from celltrial.report.content.values import Code, Count, Recorded, Sentences, Text, Value
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.objectives import endpoint_places, of_rank
from celltrial.report.document.sentences import (
    ended,
    inline,
    listed,
    number,
    one_of_two,
    paragraph,
    say,
    series,
    span,
    words,
)
from celltrial.report.document.stating import items, local, prose, share, shown


def general(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield where the plan is, the level of intervals, and when analyses are made."""
    plan = inputs.protocol.statistics
    if plan is None:
        return
    yield from paragraph(
        say("stats.plan", where=Code("plan.plan", plan.plan)) if plan.plan is not None else None,
        say("stats.level", level=share(plan.level)) if plan.level is not None else None,
        fields=("statistics.plan", "statistics.level"),
    )
    yield from listed((ended(item) for item in plan.cuts), "statistics.cuts")


def sets(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the sets and what each is used for; where none are listed, the sets of the endpoints."""
    protocol = inputs.protocol
    stated = protocol.statistics.sets if protocol.statistics else ()
    found = protocol.efficacy.endpoints if protocol.efficacy else ()
    used: dict[str, list[Value]] = {}
    for item in found:
        if item.estimand is not None:
            used.setdefault(item.estimand.population, []).append(Recorded(item.id))
    if stated:
        heads = tuple(Text(f"field.AnalysisSet.{name}") for name in ("id", "population", "used_for"))
        rows = tuple(
            GridRow((Code("free", item.id), say(f"set.{item.population}"), local(item.used_for))) for item in stated
        )
        yield Grid(heads, rows, fields=("statistics.sets",))
    if used:
        heads = (Text("field.AnalysisSet.population"), Text("document.head.endpoints"))
        rows = tuple(GridRow((say(f"set.{name}"), series(ids))) for name, ids in used.items())
        ranks = ("primary", "key_secondary", "secondary", "exploratory")
        places = endpoint_places(protocol, ranks, "id", "estimand.population")
        yield Grid(heads, rows, Text("document.caption.sets"), places)
    making = protocol.manufacturing
    if making is not None and making.not_treated_denominator is not None:
        said = say("set.denominator", set=say(f"set.{making.not_treated_denominator}"))
        yield from paragraph(said, fields=("manufacturing.not_treated_denominator",))


def baseline(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what is described before treatment."""
    plan = inputs.protocol.statistics
    if plan is not None and plan.baseline:
        yield from paragraph(say("baseline", what=words(plan.baseline)), fields=("statistics.baseline",))


def _of_rank(inputs: DocumentInputs, rank: str) -> tuple[Endpoint, ...]:
    return of_rank(inputs.protocol, rank)


def _places(inputs: DocumentInputs, rank: str, *names: str) -> tuple[str, ...]:
    return endpoint_places(inputs.protocol, (rank, f"key_{rank}"), *names)


def method(inputs: DocumentInputs, rank: str) -> Iterator[Block]:
    """Yield how each endpoint of a rank is analysed: model, hypothesis, method."""
    said = [
        say("analysis.of", id=Recorded(item.id), text=inline(item.text), how=_how(item))
        for item in _of_rank(inputs, rank)
        if item.estimand is not None or item.analysis is not None
    ]
    names = ("id", "text", "estimand.summary", "estimand.population", "analysis.method", "analysis.null", "analysis.alternative",
             "analysis.alpha", "analysis.sides", "analysis.covariates")  # fmt: skip
    yield from listed(said, *_places(inputs, rank, *names))


def _how(item: Endpoint) -> Value:
    said: list[Value] = []
    if item.estimand is not None:
        what = shown(item.estimand.summary, item.estimand, "summary")
        said.append(say("analysis.summary", summary=what, set=say(f"set.{item.estimand.population}")))
    plan = item.analysis
    if plan is not None:
        said.append(say("analysis.method", method=Code("plan.method", plan.method)))
        if plan.null is not None and plan.alternative is not None:
            said.append(say("analysis.hypothesis", null=number(plan.null), other=number(plan.alternative)))
        elif plan.null is not None:
            said.append(say("analysis.null", null=number(plan.null)))
        if plan.alpha is not None:
            sides = Code("plan.sides", str(plan.sides)) if plan.sides is not None else Recorded("")
            said.append(say("analysis.alpha", alpha=share(plan.alpha), sides=sides))
        if plan.covariates:
            said.append(say("analysis.covariates", what=words(plan.covariates)))
    return Sentences(tuple(said))


def primary_method(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the primary endpoints are analysed, and the comparison of the arms where there is one."""
    yield from method(inputs, "primary")
    plan = inputs.protocol.confirmatory.primary_analysis if inputs.protocol.confirmatory else None
    if plan is None:
        return
    place = "confirmatory.primary_analysis"
    test = Code("plan.test", plan.test)
    yield from paragraph(
        say("compare", endpoint=Recorded(plan.endpoint), test=test, alpha=share(plan.alpha), events=Count(plan.events)),
        one_of_two("compare.stratified", plan.stratified),
        say("compare.horizon", time=span(plan.horizon)) if plan.horizon is not None else None,
        fields=tuple(f"{place}.{name}" for name in ("endpoint", "test", "alpha", "events", "stratified", "horizon")),
    )


def _looks(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the looks at the primary comparison and how its error is spent over them."""
    plan = inputs.protocol.confirmatory.primary_analysis if inputs.protocol.confirmatory else None
    if plan is None or len(plan.looks) < 2:
        return
    shares = series(share(each) for each in plan.looks)
    spending = Code("plan.spending", plan.spending)
    gamma = say("compare.gamma", value=number(plan.spending_gamma)) if plan.spending_gamma is not None else None
    yield from paragraph(
        say("compare.looks", shares=shares, spending=spending), gamma,
        fields=tuple(f"confirmatory.primary_analysis.{name}" for name in ("looks", "spending", "spending_gamma")),
    )  # fmt: skip


def handling(inputs: DocumentInputs, rank: str) -> Iterator[Block]:
    """Yield what is done with the data of each intercurrent event."""
    said, fields = [], []
    for item in _of_rank(inputs, rank):
        for one in item.estimand.intercurrent_events if item.estimand is not None else ():
            event = Code("plan.event", one.event)
            said.append(say(f"strategy.{one.strategy}", id=Recorded(item.id), event=event))
    if said:
        fields = list(_places(inputs, rank, "id", "estimand.intercurrent_events"))
    yield from listed(said, *fields)


def missing(inputs: DocumentInputs, rank: str) -> Iterator[Block]:
    """Yield what a value that is not there counts as."""
    said = [
        say("analysis.missing", id=Recorded(item.id), how=Code("plan.missing", item.analysis.missing))
        for item in _of_rank(inputs, rank)
        if item.analysis is not None and item.analysis.missing is not None
    ]
    yield from listed(said, *_places(inputs, rank, "id", "analysis.missing"))


def sensitivity(inputs: DocumentInputs, rank: str) -> Iterator[Block]:
    """Yield the sensitivity analyses."""
    yield from _extra(inputs, rank, "sensitivity")
    plan = inputs.protocol.efficacy
    if rank == "primary" and plan is not None and plan.investigator_sensitivity_analysis:
        yield from paragraph(say("review.investigator"), fields=("efficacy.investigator_sensitivity_analysis",))


def supplementary(inputs: DocumentInputs, rank: str) -> Iterator[Block]:
    """Yield the supplementary analyses."""
    yield from _extra(inputs, rank, "supplementary")


def _extra(inputs: DocumentInputs, rank: str, name: str) -> Iterator[Block]:
    said = [
        say("analysis.extra", id=Recorded(item.id), text=ended(text))
        for item in _of_rank(inputs, rank)
        if item.analysis is not None
        for text in getattr(item.analysis, name)
    ]
    yield from listed(said, *_places(inputs, rank, "id", f"analysis.{name}"))


def exploratory(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the exploratory endpoints are analysed."""
    yield from method(inputs, "exploratory")
    yield from handling(inputs, "exploratory")


def safety(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how safety is analysed: the set, the rates that are watched, the size of the safety set."""
    protocol = inputs.protocol
    if protocol.trial.conducted_with == "celltrial":
        yield from paragraph(say("safety.analysis"), fields=("trial.conducted_with",))
    yield from prose(protocol.statistics.safety_text if protocol.statistics else None, "statistics.safety_text")
    plan = protocol.risk_plan
    watched = [(i, risk) for i, risk in enumerate(plan.risks) if risk.metric_threshold is not None] if plan else []
    if watched:
        said = tuple(
            say("safety.metric", term=Code("free", risk.term), rate=share(risk.metric_threshold or 0))
            for _, risk in watched
        )
        yield from paragraph(say("safety.metrics"))
        fields = tuple(f"risk_plan.risks.{i}.{name}" for i, _ in watched for name in ("term", "metric_threshold"))
        yield Bullets(said, fields)
    more = protocol.confirmatory
    if more is not None and more.safety_set_size is not None:
        yield from paragraph(
            say("safety.size", n=Count(more.safety_set_size)),
            ended(more.safety_set_rationale) if more.safety_set_rationale is not None else None,
            fields=("confirmatory.safety_set_size", "confirmatory.safety_set_rationale"),
        )


def other(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield subgroups and the clinical comparison of process versions."""
    plan, making = inputs.protocol.statistics, inputs.protocol.manufacturing
    if plan is not None and plan.subgroups:
        yield from paragraph(say("subgroups"), fields=("statistics.subgroups",))
        yield from listed((ended(item) for item in plan.subgroups), "statistics.subgroups")
    compared = inputs.protocol.confirmatory.primary_analysis if inputs.protocol.confirmatory else None
    if compared is not None and compared.subgroups:
        groups = series(Code("plan.subgroups", each) for each in compared.subgroups)
        yield from paragraph(
            say("compare.subgroups", groups=groups), fields=("confirmatory.primary_analysis.subgroups",)
        )
    if making is not None:
        margins = making.comparability_margins
        yield from items(margins, "manufacturing.comparability_margins", caption=Text("document.caption.margins"))


def interim(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield what is looked at while the trial runs."""
    plan = inputs.protocol.statistics
    looks = plan.interim if plan is not None else ()
    for index, look in enumerate(looks):
        yield from paragraph(
            say("look", id=Recorded(look.id), purpose=Code("plan.purpose", look.purpose), when=inline(look.when)),
            say("look.seen", who=words(look.seen_by)) if look.seen_by else None,
            ended(look.text) if look.text is not None else None,
            fields=(f"statistics.interim.{index}",),
        )
    spent = tuple(_looks(inputs))
    yield from spent
    rules = inputs.protocol.stopping.rules if inputs.protocol.stopping else ()
    if rules:
        none = say("look.none") if not looks and not spent else None
        said = say("look.rules", n=Count(len(rules)), ids=series(Recorded(rule.id) for rule in rules))
        yield from paragraph(none, said, fields=tuple(f"stopping.rules.{i}.id" for i in range(len(rules))))


def multiplicity(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield how the error over several endpoints is kept, and when the trial is positive."""
    plan = inputs.protocol.statistics
    if plan is None:
        return
    rule = plan.multiplicity
    if rule is not None:
        yield from paragraph(
            say("multiple.none") if rule.method == "none" else say("multiple", method=Code("plan.method", rule.method)),
            say("multiple.order", order=series(map(Recorded, rule.order))) if rule.order else None,
            ended(rule.text) if rule.text is not None else None,
            fields=("statistics.multiplicity",),
        )
    yield from prose(plan.success, "statistics.success")


def sample_size(inputs: DocumentInputs) -> Iterator[Block]:
    """Yield the stated size with the sentence of its design, and what it rests on."""
    protocol, size = inputs.protocol, inputs.size
    if protocol.escalation is not None and inputs.policy is not None:
        yield from _finding_size(inputs, inputs.policy.max_subjects)
    plan = protocol.confirmatory
    if plan is None:
        return
    stated = plan.sample_size
    if stated is not None:
        place = "confirmatory.sample_size"
        sentence = Text(size.sentence.id, size.sentence.params) if size is not None else None
        parts = (
            sentence,
            say("size.numbers", infused=Count(stated.infused), enrolled=Count(stated.enrolled)),
            say("size.infused", share=share(stated.probability_infused))
            if stated.probability_infused is not None
            else None,
            say("size.assured", share=share(stated.assurance)) if stated.assurance is not None else None,
        )
        yield from paragraph(*parts, fields=tuple(f"{place}.{name}" for name in type(stated).model_fields))
        params = tuple(
            say("size.param", name=Text(f"design.param.{name}"), value=shown(value, stated, "params"))
            for name, value in stated.params.items()
        )
        yield from paragraph(say("size.params", params=series(params)), fields=(f"{place}.params",)) if params else ()
    if plan.exploratory_result is not None:
        found = plan.exploratory_result
        said = {"x": Count(found.responders), "n": Count(found.subjects)}
        cite = Recorded(inputs.citation(found.reference)) if found.reference else None
        sentence = say("size.before", **said) if cite is None else say("size.before_cited", **said, reference=cite)
        yield from paragraph(sentence, fields=("confirmatory.exploratory_result",))
    if plan.null_derivation is not None:
        place = "confirmatory.null_derivation"
        studies = tuple(
            say("size.study", x=Count(item.responders), n=Count(item.subjects),
                reference=Recorded(inputs.citation(item.reference) if item.reference else "–"))
            for item in plan.null_derivation.studies
        )  # fmt: skip
        yield from listed(studies, f"{place}.studies")
        yield from prose(plan.null_derivation.differences_listed, f"{place}.differences_listed")


def _finding_size(inputs: DocumentInputs, most: int) -> Iterator[Block]:
    plan = inputs.protocol.escalation
    expansion = plan.transition.expansion_size if plan is not None and plan.transition is not None else None
    yield from paragraph(
        say("size.no_test"),
        Text("document.escalation_size", {"most": Count(most)}),
        say("size.expansion", n=Count(expansion), all=Count(most + expansion)) if expansion is not None else None,
        say("size.characteristics"),
        fields=("escalation.design.params.max_subjects", "escalation.transition.expansion_size"),
    )
    scenarios = plan.scenarios if plan is not None else ()
    if len(inputs.characteristics) == len(scenarios) > 0:
        names = ("truth", "rates", "recommended", "none", "treated", "dlts")
        heads = tuple(Text(f"document.head.oc.{name}") for name in names)
        rows = tuple(
            GridRow(
                (
                    local(truth.name),
                    series(share(rate) for rate in truth.dlt_rates),
                    series(Recorded(f"{100 * chance:.1f}%") for chance in found.prob_select),
                    Recorded(f"{100 * found.prob_none:.1f}%"),
                    Recorded(f"{found.expected_total_n:.1f}"),
                    Recorded(f"{found.expected_total_dlt:.1f}"),
                )
            )
            for truth, found in zip(scenarios, inputs.characteristics, strict=True)
        )
        places = ("escalation.scenarios", "escalation.design.params")
        yield Grid(heads, rows, Text("document.caption.oc"), places)
        first = inputs.characteristics[0]
        how = say("size.exact") if first.exact else say("size.simulated", n=Count(first.trials or 0))
        yield from paragraph(how, fields=("escalation.design.params",))

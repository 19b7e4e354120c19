"""Blocks of a stated sample size: stated beside computed, power by true rate, saw-tooth, bounds of the looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from celltrial.designs.single_arm.binomial_looks import Looks, follow_many
from celltrial.report.design_sheet.blocks import Block, Grid
from celltrial.report.design_sheet.curve_figures import bounds_plot, power_curve, saw_tooth
from celltrial.report.design_sheet.inputs import SizeView
from celltrial.report.render.words import Words

#: True rates at which power is drawn.
_RATES = tuple(k / 100 for k in range(101))


def confirmatory_blocks(size: SizeView, words: Words) -> Iterator[Block]:
    """Yield the blocks in reading order; a figure only where the design has what it shows."""
    yield _stated(size, words)
    looks = _looks(size)
    if looks:
        yield _power(size, looks, words)
    if size.key in {"one_stage", "a_hern"}:
        yield _saw_tooth(size, words)
    bounds = list(_count_bounds(looks, words))
    basis = words.say("sheet.basis.computed")
    if bounds:
        chart = bounds_plot(bounds, words, x="sheet.axis.subjects", y="sheet.axis.responders")
        yield Block(words.say("sheet.title.bounds"), basis, words.say("sheet.lead.count_bounds"), chart)
    z_bounds = list(_z_bounds(size, words))
    if z_bounds:
        chart = bounds_plot(z_bounds, words, x="sheet.axis.information", y="sheet.axis.z")
        yield Block(words.say("sheet.title.bounds"), basis, words.say("sheet.lead.z_bounds"), chart)


def _stated(size: SizeView, words: Words) -> Block:
    infused, enrolled = size.stated
    rows = [(words.say(f"cli.size.subjects.{name}"), f"{infused:,}", f"{n:,}", "") for name, n in size.subjects.items()]
    for name, n, chance in size.enrolment:
        numbers = (f"{n:,}", "") if name == "enrolled_stated" else ("", f"{n:,}")
        rows.append((words.say(f"sheet.row.{name}"), *numbers, f"{100 * chance:.1f}%"))
    if not size.enrolment:
        rows.append((words.say("sheet.row.enrolled_stated"), f"{enrolled:,}", "–", ""))
    heads = ("", words.say("cli.size.stated"), words.say("cli.size.computed"), words.say("sheet.head.enough"))
    basis = (
        words.say("sheet.basis.computed")
        if size.seed is None
        else words.say("cli.size.method.simulated", seed=size.seed)
    )
    sentence = words.say(size.sentence.id, **size.sentence.params)
    return Block(words.say("sheet.title.size"), basis, sentence, grid=Grid(heads, tuple(rows)))


def _looks(size: SizeView) -> dict[str, Looks]:
    """Return the counts that end the trial, by name of the design; empty where it does not count responders."""
    result = size.result
    if size.key in {"one_stage", "a_hern"}:
        found = {"smallest": result.smallest, "safe": result.safe} if size.key == "one_stage" else {"n": result}
        return {name: Looks((d.n,), (d.reject_from - 1,), (d.reject_from,)) for name, d in found.items()}
    if size.key == "simon":
        from celltrial.designs.single_arm.simon import simon_looks

        return {"minimax": simon_looks(result.minimax), "optimal": simon_looks(result.optimal)}
    return {"n": result.looks} if size.key in {"fleming", "predictive_probability"} else {}


def _power(size: SizeView, looks: Mapping[str, Looks], words: Words) -> Block:
    rows = [
        {
            "rate": one.rate,
            "value": one.p_success,
            "series": f"{words.say(f'sheet.series.{name}')}, n = {look.sizes[-1]}",
        }
        for name, look in looks.items()
        for one in follow_many(look, _RATES)
    ]
    marks = (size.params.null_rate, size.params.alternative_rate)
    chart = power_curve(rows, marks, words)
    lead = words.say("sheet.lead.power", null=f"{100 * marks[0]:g}", alternative=f"{100 * marks[1]:g}")
    return Block(words.say("sheet.title.power"), words.say("sheet.basis.computed"), lead, chart)


def _saw_tooth(size: SizeView, words: Words) -> Block:
    from celltrial.designs.single_arm.one_stage import one_stage_at

    sizes = sorted(set(size.subjects.values()))
    low, high = max(2, sizes[0] - 20), sizes[-1] + 20
    rows = [{"n": n, "value": one_stage_at(size.params, n).power} for n in range(low, high + 1)]
    chart = saw_tooth(rows, size.params.power, sizes, words)
    title = words.say("sheet.title.saw_tooth")
    return Block(title, words.say("sheet.basis.computed"), words.say("sheet.lead.saw_tooth"), chart)


def _count_bounds(looks: Mapping[str, Looks], words: Words) -> Iterator[dict[str, Any]]:
    for name, look in looks.items():
        if len(look.sizes) < 2:
            continue
        lead = f"{words.say(f'sheet.series.{name}')}, " if len(looks) > 1 else ""
        for n, low, high in zip(look.sizes, look.stop_low, look.stop_high, strict=True):
            if low >= 0:
                yield {"look": n, "value": low, "series": lead + words.say("sheet.series.futility")}
            if high <= n and len(looks) == 1:
                yield {"look": n, "value": high, "series": words.say("sheet.series.success")}


def _z_bounds(size: SizeView, words: Words) -> Iterator[dict[str, Any]]:
    """Yield the bounds of a group-sequential design on the scale of Z; a bound at infinity is not drawn."""
    if size.key == "group_sequential":
        design = size.result
    elif size.key in {"survival", "rates"}:
        from celltrial.designs.randomised.boundaries import boundaries

        design = boundaries(size.params.design)
    else:
        return
    for series, values in (("success", design.upper), ("futility", design.lower)):
        for share, value in zip(design.params.information, values, strict=True):
            if abs(value) < float("inf"):
                yield {"look": share, "value": value, "series": words.say(f"sheet.series.{series}")}

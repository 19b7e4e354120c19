"""Calculators: what a dose-finding design decides, and sizes, bounds and enrolment, from parameters alone.

What was asked is in the address, so that a result can be sent to a colleague and is computed anew there. Nothing of a trial
is read or written. What takes long is not computed while somebody waits: the page names the command that does it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, Final

from django.http import Http404, HttpResponse

from celltrial.app.design_by_parameters import MOST_DOSES, Designed, design_by_parameters, example_words
from celltrial.app.design_table import decision_ranges, second_count
from celltrial.app.sizing import compute, flat, parse_params, plain, shown_value, sizing_tables
from celltrial.core.errors import Fault, UserError, fault
from celltrial.core.values import at_most
from celltrial.designs.in_use import designs_in_use
from celltrial.designs.sizes import SIZE_ROWS
from celltrial.site.rendering import page
from celltrial.site.routing import Needs, Route
from celltrial.site.visit import Visit

#: So many reachable states are computed while a person waits.
STATES: Final = 100_000
#: Larger values than these keep a person waiting.
LARGEST: Final[Mapping[str, int]] = {"n_max": 1000, "scales": 40, "powers": 10, "max_subjects": 72}
#: Two stages are searched together.
LARGEST_OF: Final[Mapping[str, Mapping[str, int]]] = {"simon": {"n_max": 150}, "predictive_probability": {"n_max": 150}}
#: Beside the parameters of a dose-finding design.
_OF_THE_TRIAL: Final = {"doses": "5", "start": "1", "rates": ""}
_MOST: Final = 4_000


@dataclass(frozen=True, slots=True)
class Box:
    """A field: name, what is in it, and whether it was left as it came."""

    name: str
    value: str


def calculators(visit: Visit) -> HttpResponse:
    """List the calculators."""
    sizes = {
        group: [key for key, row in rows.items() if row.exact and not row.allocates]
        for group, rows in sizing_tables().items()
    }
    long = [key for key, row in SIZE_ROWS.items() if not row.allocates and not row.exact]
    return page(visit, "calculators/list.html", designs=list(designs_in_use()), sizes=sizes, long=long)


def design(visit: Visit, key: str) -> HttpResponse:
    """Show what a dose-finding design decides and how it does."""
    table = designs_in_use()
    if key not in table:
        raise Http404
    own = example_words(table[key])
    has_doses = not own.keys().isdisjoint({"skeleton", "doses"})
    trial = {name: word for name, word in _OF_THE_TRIAL.items() if name != "doses" or not has_doses}
    boxes = _boxes(visit, {**own, **trial})
    shown: Designed | None = None
    faults: tuple[Fault, ...] = ()
    try:
        given = _given(boxes)
        if not table[key].exact:
            given.pop("rates", None)
        shown = design_by_parameters(key, given, max_states=STATES, simulates=False)
    except UserError as error:
        faults = tuple(error.faults)
    heads, rows = decision_ranges(shown.decisions, second_count(shown.policy)) if shown else ([], [])
    return page(
        visit, "calculators/design.html", key=key, boxes=boxes, shown=shown, faults=faults, heads=heads, rows=rows,
        most=MOST_DOSES, status=422 if faults else 200,
    )  # fmt: skip


def size(visit: Visit, key: str) -> HttpResponse:
    """Compute a size, a bound or an enrolment."""
    row = SIZE_ROWS.get(key)
    if row is None or not row.exact or row.allocates:
        raise Http404
    boxes = _boxes(visit, {item.name: _word(plain(getattr(row.example, item.name))) for item in fields(row.params)})
    faults: tuple[Fault, ...] = ()
    sentence, results = None, []
    try:
        found = compute(key, _given(boxes, LARGEST_OF.get(key, {})), where="")
        sentence, result = found.sentence, plain(found.result)
        if isinstance(result, dict):
            result.pop("params", None)
        results = [(name or "n", shown_value(value)) for name, value in flat(result)][:_ROWS]
    except UserError as error:
        faults = tuple(error.faults)
    return page(
        visit, "calculators/size.html", key=key, boxes=boxes, faults=faults, sentence=sentence, results=results,
        status=422 if faults else 200,
    )  # fmt: skip


_ROWS: Final = 200


def _boxes(visit: Visit, known: Mapping[str, str]) -> list[Box]:
    asked = visit.request.GET
    return [Box(name, str(asked.get(f"p.{name}", word))[:_MOST]) for name, word in known.items()]


def _given(boxes: list[Box], largest_of: Mapping[str, int] = MappingProxyType({})) -> dict[str, Any]:
    """Return what is in the fields as parameters; an empty field is not given."""
    given = parse_params(f"{box.name}={box.value.strip()}" for box in boxes if box.value.strip())
    for name, largest in {**LARGEST, **largest_of}.items():
        value = given.get(name)
        if isinstance(value, int | float) and value > largest:
            raise UserError(fault("APP-273", name, expected=at_most(largest), found=shown_value(value)))
    return given


def _word(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


ROUTES: Final = (
    Route("calculators/", calculators, needs=Needs.PERSON),
    Route("calculators/design/<str:key>/", design, needs=Needs.PERSON),
    Route("calculators/size/<str:key>/", size, needs=Needs.PERSON),
)

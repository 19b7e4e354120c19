"""Handler of dose finding from parameters alone: no protocol is needed to see what a design decides and what it is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final

from celltrial.app.design_table import decision_rows
from celltrial.core.errors import UserError, fault
from celltrial.core.values import between, message
from celltrial.designs.building import build_policy
from celltrial.designs.design import Design
from celltrial.designs.in_use import designs_in_use
from celltrial.designs.observation import Channel
from celltrial.designs.policy import Policy
from celltrial.simulation.characteristics import OperatingCharacteristics
from celltrial.simulation.exact import exact_characteristics
from celltrial.simulation.exact_graph import MAX_STATES, TooManyStates, compile_graph
from celltrial.simulation.scenario import Scenario

#: Short names that people type, to the parameters they may stand for.
SHORT: Final[Mapping[str, tuple[str, ...]]] = {
    "target": ("target_dlt_rate", "max_dlt_rate"),
    "n": ("max_subjects",),
    "cohort": ("cohort_size",),
}
#: Words that are about the trial and not parameters of a design.
OF_THE_TRIAL: Final = ("doses", "start", "rates")
#: Most doses that are shown.
MOST_DOSES: Final = 12
_LEVELS: Final = 5
_COHORT: Final = 3
#: Looked at in the scenarios of a design that names no target.
_TARGET: Final = 0.30
#: More than so much above the target is an overdose, as a DLT rate.
_ABOVE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Designed:
    """A design by its parameters.

    params:    every parameter, those that were not given at their defaults.
    assumed:   the names of those that were not given.
    target:    the rate in the scenarios; `is_own` tells whether the design names it itself.
    decisions: as `decision_rows`; empty where the design has no table of counts.
    characteristics: one for each scenario; empty where the design looks at more than DLTs and no rates of that are known.
    """

    key: str
    row: Design
    params: Mapping[str, Any]
    assumed: tuple[str, ...]
    doses: int
    start: int
    policy: Policy
    target: float
    is_own: bool
    decisions: tuple[Mapping[str, Any], ...]
    scenarios: tuple[Scenario, ...]
    characteristics: tuple[OperatingCharacteristics, ...]


def design_by_parameters(
    key: str,
    given: Mapping[str, Any],
    *,
    trials: int = 10_000,
    seed: int = 1,
    max_states: int = MAX_STATES,
    simulates: bool = True,
) -> Designed:
    """Return what a design decides and how it does, from parameters alone.

    given: parameters of the design by name or short name (`SHORT`), and of the trial: `doses` (how many; 5 unless given),
           `start` (1 is the lowest), `rates` (true DLT rates of one scenario, or a list of such lists).
    max_states: more reachable states than that are simulated, by `trials` trials under `seed`, or not at all where not
           `simulates`.

    Without `rates` the scenarios have the target rate at each dose in turn, and one has every dose above it; from dose to
    dose the odds of a DLT double. DSG-007 to DSG-009, DSG-405: unknown designs and parameters; APP-270 to APP-272.

    >>> shown = design_by_parameters("boin", {"target": 0.3, "n": 18, "doses": 3})
    >>> [row["move"] for row in shown.decisions if row["n"] == 3]
    ['escalate', 'stay', 'de_escalate', 'eliminate']
    >>> shown.assumed[0]
    'cohort_size'
    """
    table = designs_in_use()
    if key not in table:
        raise UserError(fault("DSG-009", expected=", ".join(sorted(table)), found=key))
    row = table[key]
    params, assumed = _params(key, row, given)
    doses = _doses(params, given)
    start = _whole("start", given.get("start", 1), 1, doses)
    policy = build_policy(key, params, n_doses=doses, start=start - 1, designs=table)
    target, is_own = _target(params)
    scenarios = tuple(_scenarios(given.get("rates"), doses, target)) if row.endpoints == {Channel.DLT} else ()
    graph = compile_graph(policy, max_states=max_states) if scenarios else None
    if graph is None or (isinstance(graph, TooManyStates) and not simulates):
        found: tuple[OperatingCharacteristics, ...] = ()
    elif isinstance(graph, TooManyStates):
        from celltrial.simulation.monte_carlo import simulate_characteristics

        found = simulate_characteristics(policy, scenarios, trials=trials, seed=seed)
    else:
        found = exact_characteristics(graph, scenarios)
    decisions = tuple(decision_rows(policy))
    return Designed(key, row, params, assumed, doses, start, policy, target, is_own, decisions, scenarios, found)


def example_words(row: Design) -> dict[str, str]:
    """Return the parameters of a design as words that a form begins with: its example, else its default."""
    given = {**{name: value for name, value in _defaults(row).items() if value is not None}, **row.example}
    return {item.name: _word(given[item.name]) if item.name in given else "" for item in fields(row.params)}


def _word(value: Any) -> str:
    if isinstance(value, list | tuple):
        return (
            "[" + ", ".join(_word(item) if isinstance(item, list | tuple) else _in_list(item) for item in value) + "]"
        )
    return str(value).lower() if isinstance(value, bool) else str(value)


def _in_list(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _defaults(row: Design) -> dict[str, Any]:
    return {item.name: item.default for item in fields(row.params) if item.default is not MISSING}


def _params(key: str, row: Design, given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    names = {item.name for item in fields(row.params)}
    found: dict[str, Any] = {}
    for name, value in given.items():
        meant = name if name in names else next((full for full in SHORT.get(name, ()) if full in names), name)
        if meant in OF_THE_TRIAL and meant not in names:
            continue
        if meant in found:
            raise UserError(fault("APP-122", key, found=meant))
        if meant == "doses" and isinstance(value, int) and "reference_dose" in names:
            continue
        found[meant] = value
    if "cohort_size" in names:
        found.setdefault("cohort_size", _COHORT)
    said = {
        item for item in found if item in given or any(short in given for short, full in SHORT.items() if item in full)
    }
    policy_params = {**_defaults(row), **found}
    return policy_params, tuple(item.name for item in fields(row.params) if item.name not in said)


def _doses(params: Mapping[str, Any], given: Mapping[str, Any]) -> int:
    """Return how many doses there are: those of a skeleton or a ladder where the design has one."""
    own = next((params[name] for name in ("skeleton", "doses") if isinstance(params.get(name), list | tuple)), None)
    stated = given.get("doses")
    if own is not None:
        if isinstance(stated, int) and stated != len(own):
            raise UserError(
                fault("APP-270", "doses", expected=message("doses_of_the_design", number=len(own)), found=stated)
            )
        return _whole("doses", len(own), 1, MOST_DOSES)
    return _whole("doses", _LEVELS if stated is None else stated, 1, MOST_DOSES)


def _whole(name: str, value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise UserError(fault("APP-271", name, expected=between(low, high), found=str(value)))
    return value


def _target(params: Mapping[str, Any]) -> tuple[float, bool]:
    for name in ("target_dlt_rate", "max_dlt_rate"):
        if isinstance(params.get(name), float):
            return params[name], True
    if isinstance(params.get("target_from"), float) and isinstance(params.get("target_to"), float):
        return (params["target_from"] + params["target_to"]) / 2, True
    return _TARGET, False


def _scenarios(rates: Any, doses: int, target: float) -> Sequence[Scenario]:
    above = target + _ABOVE
    if rates is not None:
        lists = (
            rates if isinstance(rates, list) and rates and all(isinstance(item, list) for item in rates) else [rates]
        )
        for one in lists:
            numbers = isinstance(one, list) and all(
                isinstance(rate, int | float) and not isinstance(rate, bool) and 0 <= rate <= 1 for rate in one
            )
            if not numbers or len(one) != doses:
                raise UserError(
                    fault("APP-272", "rates", expected=message("rates_of_doses", number=doses), found=str(one))
                )
        return [
            Scenario(str(number), tuple(float(rate) for rate in one), overdose_above=above)
            for number, one in enumerate(lists, start=1)
        ]
    return [
        Scenario(
            str(place), tuple(_doubling(target, dose - place) for dose in range(1, doses + 1)), overdose_above=above
        )
        for place in range(doses + 1)
    ]


def _doubling(target: float, steps: int) -> float:
    """Return the rate whose odds are those of the target, doubled so many times."""
    odds = math.ldexp(target / (1 - target), steps)
    return odds / (1 + odds)


def example_line(key: str, row: Design) -> str:
    """Return words of the command line that run."""
    given = [f"{name}={_word(value)}".replace(" ", "") for name, value in row.example.items()]
    return " ".join(["celltrial design", key, *given])


def as_data(shown: Designed) -> dict[str, Any]:
    """Return it as plain data."""
    from celltrial.app.sizing import plain

    return {
        "design": shown.key,
        "params": plain(dict(shown.params)),
        "assumed": list(shown.assumed),
        "doses": shown.doses,
        "start": shown.start,
        "decision_table": [dict(row) for row in shown.decisions],
        "scenarios": [{"name": item.name, "dlt_rates": list(item.dlt_rates)} for item in shown.scenarios],
        "operating_characteristics": [plain(item) for item in shown.characteristics],
    }

"""Demonstrations: whole virtual trials with what befalls a trial of their kind, each from one command, the same bytes every time.

Protocols are the examples of the package with the fields that a demonstration needs changed; nothing of them is a real trial.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from celltrial.app.reporting import write_report
from celltrial.app.reviewing import review_protocol
from celltrial.app.simulating import remove_ledger, simulate_into
from celltrial.core.progress import Progress
from celltrial.locale import LANGUAGES
from celltrial.protocol import Protocol, canonical_json, read_protocol

if TYPE_CHECKING:
    from celltrial.simulation.twin import TwinSummary
    from celltrial.simulation.twin.happenings import Happening

#: The clause on the dose of a confirmatory trial (2.2.1.1-g), which the draft of a demonstration does not meet.
DOSE_CLAUSE: Final = "2.2.1.1-g"


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A trial to show.

    example: of which its protocol is made; fields: what is changed, by dotted path.
    draft:    further fields of a first version that the review does not let pass; none where the protocol is right at once.
    """

    name: str
    example: str
    fields: Mapping[str, Any]
    years: float
    seed: int
    happenings: Callable[[], tuple[Happening, ...]]
    draft: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a demonstration came to.

    fired: findings on the draft that the final version does not have, as (clause, code); left: those that it has on the same
    clauses. Both are empty where there is no draft.
    """

    summary: TwinSummary
    ledger: Path
    reports: tuple[Path, ...]
    fired: tuple[tuple[str, str], ...]
    left: tuple[tuple[str, str], ...]


def changed(protocol: Protocol, fields: Mapping[str, Any]) -> Protocol:
    """Return a protocol with fields changed, by dotted path."""
    document = json.loads(canonical_json(protocol))
    for path, value in fields.items():
        *parents, last = path.split(".")
        here: Any = document
        for part in parents:
            here = here[int(part)] if isinstance(here, list) else here.setdefault(part, {})
        here[int(last) if isinstance(here, list) else last] = value
    return Protocol.model_validate(document)


def protocol_of(item: Demonstration) -> Protocol:
    """Return the protocol of a demonstration, as it is approved."""
    text = resources.files("celltrial.protocol.examples").joinpath(item.example).read_text(encoding="utf-8")
    return changed(read_protocol(text, item.example), item.fields)


def _findings(protocol: Protocol, clause: str) -> tuple[tuple[str, str], ...]:
    review = review_protocol(protocol)
    return tuple(
        (verdict.clause.id, found.code)
        for verdict in review.verdicts
        if verdict.clause.id == clause
        for found in verdict.findings
    )


def show(item: Demonstration, folder: Path, progress: Progress, *, seed: int | None = None) -> Shown:
    """Review draft and protocol, run the trial into a ledger in the folder, and report it in both languages."""
    protocol, ledger = protocol_of(item), folder / f"{item.name}.db"
    before = _findings(changed(protocol, item.draft), DOSE_CLAUSE) if item.draft else ()
    left = _findings(protocol, DOSE_CLAUSE) if item.draft else ()
    folder.mkdir(parents=True, exist_ok=True)
    remove_ledger(ledger, receipts=True)
    chosen = item.seed if seed is None else seed
    summary = simulate_into(
        ledger, protocol, seed=chosen, scenario=None, years=item.years, progress=progress, happenings=item.happenings()
    )
    reports = tuple(folder / f"{item.name}-{language}.html" for language in LANGUAGES)
    for path, language in zip(reports, LANGUAGES, strict=True):
        write_report(str(ledger), path, language, seed=chosen, force=True)
    return Shown(summary, ledger, reports, tuple(one for one in before if one not in left), left)


def _of_the_confirmatory() -> tuple[Happening, ...]:
    from celltrial.simulation.twin.happenings import process_change

    return (
        process_change(
            200, change="CH-1", step="cryopreservation medium", to_version="P3", classification="moderate", days=45
        ),
    )


def _of_the_follow_up() -> tuple[Happening, ...]:
    from celltrial.simulation.twin import following
    from celltrial.simulation.twin.happenings import Happening

    act = partial(following.extend_to, register="sample-2021", cause="another version of the guideline")
    return (Happening(8 * 365, act),)


_TITLES: Final = {
    "confirmatory": {"en": "Demonstration: a confirmatory single-arm trial", "zh": "演示：确证性单臂试验"},
    "follow-up": {"en": "Demonstration: fifteen years of follow-up", "zh": "演示：十五年随访"},
}
_EVIDENCE: Final = {
    "kind": "clinical",
    "statement": {"en": "Adults of the earlier phase.", "zh": "前期试验的成人数据。"},
    "reference": "locke2017",
}

CONFIRMATORY: Final = Demonstration(
    name="confirmatory",
    example="cd19-car-t-single-arm.yaml",
    fields=MappingProxyType(
        {
            "identification.id": "DEMO-D2",
            "identification.title": _TITLES["confirmatory"],
            "confirmatory.sample_size": {
                "method": "one_stage",
                "params": {"null_rate": 0.2, "alternative_rate": 0.4, "alpha": 0.025, "power": 0.9},
                "infused": 56,
                "enrolled": 72,
                "probability_infused": 0.85,
            },
            "efficacy.endpoints.0.analysis.null": 0.2,
            "efficacy.endpoints.0.analysis.alternative": 0.4,
            "assumptions.response_rate": 0.5,
            "assumptions.manufacturing_success": 0.93,
            "manufacturing.expected_success": 0.93,
            "assumptions.collection_success": 0.98,
            "assumptions.target_infused": 56,
        }
    ),
    years=2.6,
    seed=2,
    happenings=_of_the_confirmatory,
    draft=MappingProxyType({"dose.levels.0.cells": 8.0e6}),
)

FOLLOW_UP: Final = Demonstration(
    name="follow-up",
    example="cd19-car-t-single-arm.yaml",
    fields=MappingProxyType(
        {
            "identification.id": "DEMO-D3",
            "identification.title": _TITLES["follow-up"],
            "confirmatory.sample_size": {
                "method": "one_stage",
                "params": {"null_rate": 0.25, "alternative_rate": 0.5, "alpha": 0.025, "power": 0.85},
                "infused": 34,
                "enrolled": 44,
                "probability_infused": 0.85,
            },
            "population.paediatric": {
                "included": True,
                "adult_data": [_EVIDENCE],
                "justification": {"en": "The disease occurs in children.", "zh": "该疾病亦见于儿童。"},
            },
            "population.criteria.0.value": 3,
            "population.criteria.0.text": {"en": "Age 3 years or more", "zh": "年龄不小于3岁"},
            "follow_up.paediatric": {"growth_monitoring": True, "adult_care_age": 18},
            "assumptions.target_infused": 34,
            "assumptions.median_progression_free_survival": "120 mo",
            "assumptions.median_overall_survival": "300 mo",
            "assumptions.lost_to_follow_up_per_year": 0.02,
            "assumptions.new_malignancy_per_year": 0.006,
        }
    ),
    years=17.5,
    seed=3,
    happenings=_of_the_follow_up,
)

#: Demonstrations by name.
DEMONSTRATIONS: Final[Mapping[str, Demonstration]] = MappingProxyType(
    {item.name: item for item in (CONFIRMATORY, FOLLOW_UP)}
)

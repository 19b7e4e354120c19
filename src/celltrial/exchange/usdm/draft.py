"""A draft of a protocol from what a foreign USDM document says in its own classes."""

from __future__ import annotations

from typing import Any, Final

from celltrial.core.reading.yaml_text import Path
from celltrial.exchange.usdm.facts import Fact, Item, Source, facts_of

#: Classes of which a draft takes something.
READ_CLASSES: Final = frozenset(
    {
        "AdministrableProduct",
        "AnalysisPopulation",
        "EligibilityCriterion",
        "EligibilityCriterionItem",
        "Endpoint",
        "Estimand",
        "GovernanceDate",
        "Indication",
        "IntercurrentEvent",
        "InterventionalStudyDesign",
        "Objective",
        "Organization",
        "Study",
        "StudyDesignPopulation",
        "StudyIdentifier",
        "StudyTitle",
        "StudyVersion",
        "ObservationalStudyDesign",
        "ParameterMap",
        "SyntaxTemplateDictionary",
    }
)


def draft_data(source: Source) -> tuple[dict[str, Any], dict[Path, str], frozenset[str]]:
    """Return the fields that the document states, the JSON pointer of each, and the classes read.

    Only what a field states word for word is taken; what merely follows from fields (a planned age, a timeline) is not
    turned back into rules that nobody wrote.
    """
    data: dict[str, Any] = {"schema_version": 1}
    pointers: dict[Path, str] = {}
    for one in facts_of(source):
        if not one.derived and one.value is not None:
            pointers[_put(data, one)] = one.pointer
    return data, pointers, READ_CLASSES


def _put(data: dict[str, Any], one: Fact) -> Path:
    path: list[str | int] = []
    here: Any = data
    for number, step in enumerate(one.path):
        last = number == len(one.path) - 1
        if isinstance(step, Item):
            index = next((place for place, item in enumerate(here) if item.get(step.name) == step.value), len(here))
            if index == len(here):
                here.append({step.name: step.value})
            path.append(index)
            here = here[index]
        elif last:
            path.append(step)
            here[step] = list(one.value) if isinstance(one.value, tuple) else one.value
        else:
            path.append(step)
            here = here.setdefault(step, [] if isinstance(one.path[number + 1], Item) else {})
    return tuple(path)

"""Protocols to start from; each is a whole file that reads without a fault and cannot be approved as it is.

`car-t-escalation` is written to be filled in. The others are the study files of the examples under the name of their kind
of product and design (links, so that there is one file of each): they hold published facts, each with its source under
`provenance`, which the user replaces. Where a sponsor must think - why this dose, this population, what is done about a
reaction - a template is empty and says so; the review finds every such place.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from celltrial.core.errors import UserError, fault

DEFAULT_TEMPLATE = "car-t-escalation"
#: What is where a sponsor must write.
TO_BE_WRITTEN: Final = {"en": "To be written", "zh": "待填写"}
#: Texts that stay: names, what a rule says in words, and where a value comes from.
_KEPT: Final = (
    "identification.title",
    "trial.indication",
    "trial.objectives.*.text",
    "trial.blinding.unblinded_roles.*",
    "product.name",
    "product.vector.integration_evidence.*.statement",
    "population.criteria.*.text",
    "treatment.infusion.conditions.*.text",
    "escalation.dlt.rules.*.text",
    "escalation.scenarios.*.name",
    "stopping.rules.*.text",
    "efficacy.endpoints.*.text",
    "efficacy.endpoints.*.estimand.*",
    "provenance.*.note",
)


def template_names() -> list[str]:
    """Return the names of the templates, the one to be filled in first."""
    files = resources.files(__name__).iterdir()
    names = {item.name.removesuffix(".yaml") for item in files if item.name.endswith(".yaml")}
    return [DEFAULT_TEMPLATE, *sorted(names - {DEFAULT_TEMPLATE})]


def template_text(name: str) -> str:
    """Return the YAML text of a template, empty where a sponsor must write; PRT-030 where there is none of this name."""
    known = template_names()
    if name not in known:
        raise UserError(fault("PRT-030", found=name, expected=", ".join(known)))
    text = resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
    return _emptied(text)


def _emptied(text: str) -> str:
    """Return a protocol's text with every prose but the kept ones taken out; the rest stays to the letter."""
    root = YAML().compose(text)
    for start, end, language in sorted(_prose(root, ()), reverse=True):
        line_end = "\n" if text[start:end].endswith("\n") else ""
        text = text[:start] + TO_BE_WRITTEN[language] + line_end + text[end:]
    return text


def _prose(node: Node, path: tuple[str, ...]) -> Iterator[tuple[int, int, str]]:
    """Yield the place of every text of a pair of languages that is not kept."""
    if isinstance(node, MappingNode):
        if {key.value for key, _ in node.value} == {"en", "zh"}:
            if not any(_fits(path, pattern.split(".")) for pattern in _KEPT):
                yield from ((value.start_mark.index, value.end_mark.index, key.value) for key, value in node.value)
            return
        for key, value in node.value:
            yield from _prose(value, (*path, key.value))
    elif isinstance(node, SequenceNode):
        for value in node.value:
            yield from _prose(value, (*path, "*"))


def _fits(path: tuple[str, ...], pattern: list[str]) -> bool:
    return len(path) == len(pattern) and all(want in {"*", have} for have, want in zip(path, pattern, strict=True))

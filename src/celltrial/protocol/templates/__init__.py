"""Protocols to start from; each is a whole file that reads without a fault.

`car-t-escalation` is written to be filled in. The others are the study files
of the examples under the name of their kind of product and design (links, so
that there is one file of each): they hold published facts, each with its
source under `provenance`, which the user replaces.
"""

from __future__ import annotations

from importlib import resources

from celltrial.core.errors import UserError, fault

__all__ = ["DEFAULT_TEMPLATE", "template_names", "template_text"]

DEFAULT_TEMPLATE = "car-t-escalation"


def template_names() -> list[str]:
    """Return the names of the templates, the one to be filled in first."""
    files = resources.files(__name__).iterdir()
    names = {item.name.removesuffix(".yaml") for item in files if item.name.endswith(".yaml")}
    return [DEFAULT_TEMPLATE, *sorted(names - {DEFAULT_TEMPLATE})]


def template_text(name: str) -> str:
    """Return the YAML text of a template; PRT-030 where there is none of this name."""
    known = template_names()
    if name not in known:
        raise UserError(fault("PRT-030", found=name, expected=", ".join(known)))
    return resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")

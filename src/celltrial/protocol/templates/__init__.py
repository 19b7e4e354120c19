"""Protocols to start from; each is a whole file that reads without a fault."""

from __future__ import annotations

from importlib import resources

from celltrial.core.errors import UserError, fault

__all__ = ["template_names", "template_text"]


def template_names() -> list[str]:
    """Return the names of the templates."""
    files = resources.files(__name__).iterdir()
    return sorted(item.name.removesuffix(".yaml") for item in files if item.name.endswith(".yaml"))


def template_text(name: str) -> str:
    """Return the YAML text of a template; PRT-030 where there is none of this name."""
    known = template_names()
    if name not in known:
        raise UserError(fault("PRT-030", found=name, expected=", ".join(known)))
    return resources.files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")

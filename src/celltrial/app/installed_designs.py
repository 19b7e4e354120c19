"""Designs that other installed packages offer under the entry-point group `celltrial.designs`.

A name of the group is the design's key, its object a `celltrial.designs.Design`. Only names are read until a key is asked
for; a package that cannot be loaded then is one fault that names it, and so is a key that celltrial or another package has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from celltrial.core.errors import CelltrialError, UserError, fault
from celltrial.core.values import Identifier, message
from celltrial.designs.in_use import use_designs

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from celltrial.designs import Design, Policy

GROUP: Final = "celltrial.designs"


class InstalledDesigns(Mapping[str, "Design"]):
    """celltrial's own designs and those of installed packages, the latter loaded when asked for."""

    def __init__(self) -> None:
        self._loaded: dict[str, Design] = {}

    @cached_property
    def _own(self) -> Mapping[str, Design]:
        from celltrial.designs import DESIGNS

        return DESIGNS

    @cached_property
    def offers(self) -> Mapping[str, tuple[EntryPoint, ...]]:
        """The entry points by key, in the order of their packages' names; nothing is loaded."""
        from importlib.metadata import entry_points

        found: dict[str, list[EntryPoint]] = {}
        for entry in sorted(entry_points(group=GROUP), key=lambda item: (item.name, _package(item))):
            found.setdefault(entry.name, []).append(entry)
        return {key: tuple(entries) for key, entries in found.items()}

    def __getitem__(self, key: str) -> Design:
        """Return a design; APP-140 where its package is broken, APP-141 where more than one has the key."""
        offered = self.offers.get(key, ())
        if not offered:
            return self._own[key]
        others = ["celltrial"] if key in self._own else []
        if others or len(offered) > 1:
            packages = ", ".join([*others, *map(_package, offered)])
            raise UserError(
                fault(
                    "APP-141", key, expected=message("one_package_per_key_of", group=Identifier(GROUP)), found=packages
                )
            )
        if key not in self._loaded:
            self._loaded[key] = _load(offered[0])
        return self._loaded[key]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from (key for key in self.offers if key not in self._own)

    def __len__(self) -> int:
        return len(set(self._own) | set(self.offers))


def wire_installed_designs() -> None:
    """Let every protocol read from now on name the designs of installed packages too."""
    use_designs(InstalledDesigns())


def _package(entry: EntryPoint) -> str:
    return "?" if entry.dist is None else f"{entry.dist.name} {entry.dist.version}"


def _broken(entry: EntryPoint, found: str, expected: str) -> UserError:
    return UserError(fault("APP-140", entry.name, expected=expected, found=f"{_package(entry)}: {found}"))


def _load(entry: EntryPoint) -> Design:
    from celltrial.designs import Design

    try:
        row = entry.load()
    except Exception as error:  # whatever a stranger's module raises is that package's fault
        raise _broken(entry, f"{type(error).__name__}: {error}", entry.value) from error
    if not isinstance(row, Design):
        raise _broken(entry, type(row).__name__, "celltrial.designs.Design")
    return replace(row, build=_guarded(entry, row))


def _guarded(entry: EntryPoint, row: Design) -> Any:
    """Return the stranger's build; what it raises that is no fault of the parameters is the package's fault."""

    def build(params: Any, n_doses: int, start: int = 0) -> Policy:
        from celltrial.designs import Policy

        try:
            policy = row.build(params, n_doses, start)
        except CelltrialError:
            raise
        except Exception as error:  # as above
            raise _broken(entry, f"{type(error).__name__}: {error}", "celltrial.designs.Policy") from error
        if not isinstance(policy, Policy):
            raise _broken(entry, type(policy).__name__, "celltrial.designs.Policy")
        return policy

    return build

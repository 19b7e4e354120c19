"""The visible table of commands; heavy rooms are imported inside each command, so `--help` stays fast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from celltrial.cli import audit as trail
from celltrial.cli.account import ACCOUNT_COMMANDS
from celltrial.cli.act import ActCommand, act
from celltrial.cli.anchor import anchor
from celltrial.cli.backup import backup, restore
from celltrial.cli.command_help import commands
from celltrial.cli.datasets import datasets
from celltrial.cli.demo import demo
from celltrial.cli.design_compare import audit, compare, paths
from celltrial.cli.design_confirmatory import show
from celltrial.cli.design_search import calibrate, worst
from celltrial.cli.design_sheet import sheet
from celltrial.cli.design_table import diff, export, import_table, score
from celltrial.cli.doctor import doctor
from celltrial.cli.document import document
from celltrial.cli.enter import enter
from celltrial.cli.growth import growth
from celltrial.cli.import_data import import_data
from celltrial.cli.log_in import login, logout, whoami
from celltrial.cli.new import new
from celltrial.cli.report import report
from celltrial.cli.review import review
from celltrial.cli.sign import sign
from celltrial.cli.simulate import simulate
from celltrial.cli.size import size
from celltrial.cli.status import status
from celltrial.cli.usdm import export as usdm_export
from celltrial.cli.usdm import import_usdm
from celltrial.cli.verify import verify
from celltrial.cli.versions import amend, approve
from celltrial.cli.versions import diff as version_diff

COMMANDS: Final[Mapping[str, Callable[..., Any]]] = MappingProxyType(
    {
        "new": new,
        "review": review,
        "document": document,
        "diff": version_diff,
        "approve": approve,
        "amend": amend,
        "size": size,
        "simulate": simulate,
        "import": import_data,
        "login": login,
        "logout": logout,
        "whoami": whoami,
        "commands": commands,
        "act": act,
        "enter": enter,
        "sign": sign,
        "status": status,
        "verify": verify,
        "anchor": anchor,
        "backup": backup,
        "restore": restore,
        "report": report,
        "datasets": datasets,
        "growth": growth,
        "demo": demo,
        "doctor": doctor,
    }
)

#: Commands that read their words in a way of their own.
CLASSES: Final[Mapping[str, type[Any]]] = MappingProxyType({"act": ActCommand})

#: Groups of commands; the first is meant where none is named.
GROUPS: Final[Mapping[str, Mapping[str, Callable[..., Any]]]] = MappingProxyType(
    {
        "design": {
            "show": show,
            "compare": compare,
            "audit": audit,
            "worst": worst,
            "calibrate": calibrate,
            "paths": paths,
            "sheet": sheet,
        },
        "audit": {"show": trail.show, "export": trail.export},
    }
)

#: Groups within a group, by the outer group and their own name.
SUBGROUPS: Final[Mapping[str, Mapping[str, Mapping[str, Callable[..., Any]]]]] = MappingProxyType(
    {"design": {"table": {"export": export, "import": import_table, "diff": diff, "score": score}}}
)

#: Groups of which no command is meant where none is named, with what they are about.
PLAIN_GROUPS: Final[Mapping[str, tuple[str, Mapping[str, Callable[..., Any]]]]] = MappingProxyType(
    {
        "usdm": ("Protocols as USDM 4.0 JSON", {"export": usdm_export, "import": import_usdm}),
        "account": ("Accounts of persons, their log-ins and roles", ACCOUNT_COMMANDS),
    }
)

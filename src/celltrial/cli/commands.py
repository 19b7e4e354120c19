"""The visible table of commands, by name to the function that carries each out, which is imported when it is named."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Where a function stands: `module:name`, the module within `celltrial.cli`.
Place = str

COMMANDS: Final[Mapping[str, Place]] = MappingProxyType(
    {
        "new": "new:new",
        "review": "review:review",
        "try": "try_out:try_protocol",
        "justify": "justify:justify",
        "document": "document:document",
        "diff": "versions:diff",
        "approve": "versions:approve",
        "amend": "versions:amend",
        "size": "size:size",
        "simulate": "simulate:simulate",
        "import": "import_data:import_data",
        "login": "log_in:login",
        "logout": "log_in:logout",
        "whoami": "log_in:whoami",
        "commands": "command_help:commands",
        "act": "act:act",
        "enter": "enter:enter",
        "file": "file:file",
        "documents": "file:documents",
        "sign": "sign:sign",
        "serve": "serve:serve",
        "status": "status:status",
        "board": "board:board",
        "drafts": "drafts:drafts",
        "verify": "verify:verify",
        "anchor": "anchor:anchor",
        "backup": "backup:backup",
        "restore": "backup:restore",
        "report": "report:report",
        "trace": "trace:trace",
        "datasets": "datasets:datasets",
        "growth": "growth:growth",
        "signals": "signals:signals",
        "demo": "demo:demo",
        "doctor": "doctor:doctor",
    }
)

#: Commands that read their words in a way of their own.
CLASSES: Final[Mapping[str, Place]] = MappingProxyType({"act": "act:ActCommand"})

#: Groups of commands; the first is meant where none is named.
GROUPS: Final[Mapping[str, Mapping[str, Place]]] = MappingProxyType(
    {
        "design": {
            "show": "design_confirmatory:show",
            "of": "design_of:of",
            "list": "design_of:list_designs",
            "compare": "design_compare:compare",
            "audit": "design_compare:audit",
            "worst": "design_search:worst",
            "calibrate": "design_search:calibrate",
            "paths": "design_compare:paths",
            "sheet": "design_sheet:sheet",
        },
        "audit": {"show": "audit:show", "export": "audit:export"},
    }
)

#: Groups within a group, by the outer group and their own name.
SUBGROUPS: Final[Mapping[str, Mapping[str, Mapping[str, Place]]]] = MappingProxyType(
    {
        "design": {
            "table": {
                "export": "design_table:export",
                "import": "design_table:import_table",
                "diff": "design_table:diff",
                "score": "design_table:score",
            }
        }
    }
)

#: Groups of which no command is meant where none is named, with what they are about.
PLAIN_GROUPS: Final[Mapping[str, tuple[str, Mapping[str, Place]]]] = MappingProxyType(
    {
        "usdm": ("Protocols as USDM 4.0 JSON", {"export": "usdm:export", "import": "usdm:import_usdm"}),
        "export": (
            "Trials as authorities ask for them",
            {"sdtm": "export:sdtm", "adam": "export:adam", "icsr": "export_case:icsr"},
        ),
        "registry": ("Registries after approval", {"size": "registry:size", "watch": "registry:watch"}),
        "account": (
            "Accounts of persons, their log-ins and roles",
            {
                "init": "account:init",
                "create": "account:create",
                "list": "account:list_accounts",
                "passphrase": "account:passphrase",
                "second-factor": "account:second_factor",
                "check": "account:check",
                "reset": "account:reset",
                "make-administrator": "account:make_administrator",
                "end-administrator": "account:end_administrator",
                "lock": "account:lock",
                "unlock": "account:unlock",
                "close": "account:close",
                "grant": "account:grant",
                "revoke": "account:revoke",
            },
        ),
    }
)

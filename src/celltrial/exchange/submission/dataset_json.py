"""Dataset-JSON 1.1, after CDISC's specification of 2024-12-05 and its JSON schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from celltrial import __version__
from celltrial.exchange.submission.dataset import Cell, Dataset
from celltrial.exchange.submission.define import item_oid

#: The version of the format.
VERSION: Final = "1.1.0"
#: A datetime is written as a string, because it may be known in part only.
_TYPES: Final = {"text": "string", "datetime": "string", "integer": "integer", "float": "float", "date": "date"}


@dataclass(frozen=True, slots=True)
class Source:
    """What the files of a package state of themselves.

    moment: of the last record that they rest on, which stands for the time of making.
    """

    trial: str
    originator: str
    moment: datetime


def write_dataset_json(made: Dataset, label: str, source: Source) -> bytes:
    """Return a table as Dataset-JSON; a missing text is "", a missing number null.

    The time of creation is that of the last record, so that the same data make the same bytes.
    """
    moment = source.moment.isoformat(timespec="seconds")
    said: dict[str, Any] = {
        "datasetJSONCreationDateTime": moment,
        "datasetJSONVersion": VERSION,
        "fileOID": f"{source.trial}.{made.name}",
        "dbLastModifiedDateTime": moment,
        "originator": source.originator or source.trial,
        "sourceSystem": {"name": "celltrial", "version": __version__},
        "studyOID": source.trial,
        "metaDataVersionOID": f"MDV.{source.trial}",
        "metaDataRef": "define.xml",
        "itemGroupOID": f"IG.{made.name}",
        "records": len(made.rows),
        "name": made.name,
        "label": label,
        "columns": [_column(made, name) for name in made.spec.by_name],
        "rows": [[_cell(made, name, value) for name, value in row.items()] for row in made.rows],
    }
    return (json.dumps(said, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def _cell(made: Dataset, name: str, value: Cell) -> Cell:
    """Return a cell; a missing date is null, as a missing number is."""
    return None if value == "" and made.spec.by_name[name].type == "date" else value


def _column(made: Dataset, name: str) -> Mapping[str, Any]:
    item = made.spec.by_name[name]
    found: dict[str, Any] = {
        "itemOID": item_oid(made.name, name),
        "name": name,
        "label": item.label,
        "dataType": _TYPES[item.type],
    }
    if item.type == "date":
        found |= {"targetDataType": "integer", "displayFormat": "DATE9."}
    if item.is_text:
        found["length"] = max((len(str(value)) for value in made.column(name)), default=0) or 1
    if name in made.spec.keys:
        found["keySequence"] = made.spec.keys.index(name) + 1
    return found

"""The forms of the files of data sets, without loading what writes them."""

from __future__ import annotations

from enum import StrEnum


class FileFormat(StrEnum):
    """The form of the files of data sets; the value is what the command line takes."""

    XPT = "xpt"
    DATASET_JSON = "dataset-json"
    CSV = "csv"

    @property
    def suffix(self) -> str:
        """The end of the name of a file."""
        return "json" if self is FileFormat.DATASET_JSON else self.value

"""Handlers of the exchange as USDM: a study file out, a study file or a draft in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from celltrial.app.files import read_text, refuse_existing, write_text
from celltrial.core.errors import DefectError, Fault, UserError, fault
from celltrial.core.reading.text import MOST_BYTES_OF_DATA
from celltrial.protocol import Protocol, read_protocol

if TYPE_CHECKING:
    from celltrial.exchange.usdm import Imported


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What was written."""

    protocol: Protocol
    usdm_version: str
    fields: int


def export_usdm(path: Path, out: Path, *, force: bool = False) -> ExportSummary:
    """Write the USDM JSON of a study file; the text is read back first, so that what is written can be imported."""
    from celltrial.exchange.usdm import format_usdm, read_usdm, write_usdm

    refuse_existing(out, force=force)
    protocol = read_protocol(read_text(path), str(path))
    text = format_usdm(protocol)
    if read_usdm(text, str(out)).protocol != protocol:
        raise DefectError(f"{path}: the document that was written gives another protocol")
    write_text(out, text)
    written = write_usdm(protocol)
    return ExportSummary(protocol, written.usdm_version, len(written.study.versions[0].extension_attributes))


def import_usdm(path: Path, out: Path, *, partial: bool = False, force: bool = False) -> Imported:
    """Write the study file of a USDM document; one that is not whole only as a draft, and only where asked for.

    Raise UserError with every missing field, the last one being APP-095, where it is not whole and no draft was asked for.
    """
    from celltrial.exchange.usdm import read_usdm
    from celltrial.protocol.writing import format_protocol, format_yaml

    refuse_existing(out, force=force)
    found = read_usdm(read_text(path, most=MOST_BYTES_OF_DATA), str(path))
    if found.protocol is None:
        if not partial:
            raise UserError(*found.missing, _not_whole(path, found.missing))
        write_text(out, format_yaml(found.data))
        return found
    text = format_protocol(found.protocol)
    if read_protocol(text, str(out)) != found.protocol:
        raise DefectError(f"{path}: the study file that was written gives another protocol")
    write_text(out, text)
    return found


def _not_whole(path: Path, missing: tuple[Fault, ...]) -> Fault:
    return fault("APP-095", str(path), found=len(missing))

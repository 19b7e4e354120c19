"""Protocols as USDM 4.0 JSON, out and in."""

from celltrial.exchange.usdm.importing import Imported, read_usdm
from celltrial.exchange.usdm.writing import format_usdm, write_usdm

__all__ = ["Imported", "format_usdm", "read_usdm", "write_usdm"]

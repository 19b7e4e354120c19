"""The typed protocol: one file per section; frozen, and strict about names, types and units."""

from celltrial.protocol.model.base import Duration, Evidence, LocalText, Section
from celltrial.protocol.model.protocol import Protocol

__all__ = ["Duration", "Evidence", "LocalText", "Protocol", "Section"]

"""What is known of documents."""

from __future__ import annotations

from dataclasses import dataclass

from celltrial.conduct.facts.document.events import DocumentFiled
from celltrial.core.dates import Instant


@dataclass(frozen=True, slots=True)
class DocumentState:
    """A document as it was filed; withdrawn: why it stands for nothing any more, "" while it stands.

    by: account of whoever filed it.
    """

    filed: DocumentFiled
    at: Instant
    by: str
    withdrawn: str = ""

    @property
    def about(self) -> str:
        """What it is about."""
        return self.filed.about

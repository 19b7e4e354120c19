"""The kinds of document made from a protocol, by the word of the command line; apart, so that naming them loads nothing."""

from __future__ import annotations

from enum import StrEnum


class DocumentKind(StrEnum):
    """The documents that are made from one protocol."""

    PROTOCOL = "protocol"
    CONSENT = "consent"
    PRE_IND = "pre-ind"

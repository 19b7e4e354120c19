"""The protocol as data: typed model, YAML reader, consistency checks, templates."""

from celltrial.protocol.model import Protocol
from celltrial.protocol.reading import canonical_json, fingerprint, load_canonical, parse_protocol, read_protocol

__all__ = ["Protocol", "canonical_json", "fingerprint", "load_canonical", "parse_protocol", "read_protocol"]

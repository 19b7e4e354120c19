"""Documents: the protocol in the section order of ICH M11, as content, then as HTML or DOCX."""

from celltrial.report.document.assembling import protocol_document
from celltrial.report.document.inputs import DocumentInputs

__all__ = ["DocumentInputs", "protocol_document"]

"""Documents: the protocol in the section order of ICH M11, its consent form and its questions, as content, then as a file."""

from celltrial.report.document.assembling import protocol_document
from celltrial.report.document.consent import consent_document
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.pre_ind import pre_ind_document

__all__ = ["DocumentInputs", "consent_document", "pre_ind_document", "protocol_document"]

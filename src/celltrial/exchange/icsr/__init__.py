"""One adverse event as an individual case safety report, ICH E2B(R3): what the ledger knows of it, and what is still missing."""

from celltrial.exchange.icsr.case import Case, Sender, case_of
from celltrial.exchange.icsr.message import write_message
from celltrial.exchange.icsr.missing import faults_of

__all__ = ["Case", "Sender", "case_of", "faults_of", "write_message"]

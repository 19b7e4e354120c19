"""SDTM data sets of a trial from its ledger: one table of specifications, domains made from facts, checked by ourselves."""

from celltrial.exchange.sdtm.package import Package, make_package, sdtm_standard
from celltrial.exchange.sdtm.study import Study

__all__ = ["Package", "Study", "make_package", "sdtm_standard"]

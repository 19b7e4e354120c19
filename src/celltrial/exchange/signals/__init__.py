"""Case reports of others as tables: read, cleaned and counted, with what was left out and why."""

from celltrial.exchange.signals.reports import Cleaning, Reports, read_reports

__all__ = ["Cleaning", "Reports", "read_reports"]

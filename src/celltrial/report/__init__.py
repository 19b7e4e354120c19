"""The study report: content (tables, figures, listings) and its rendering in both languages."""

from celltrial.report.building import Report, build_report, inputs_from, report_from
from celltrial.report.meta import ReportMeta, Source
from celltrial.report.render.html import render_html

__all__ = ["Report", "ReportMeta", "Source", "build_report", "inputs_from", "render_html", "report_from"]

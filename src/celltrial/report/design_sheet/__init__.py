"""The design sheet: one page that shows what a protocol's design will do, before the first subject."""

from celltrial.report.design_sheet.inputs import Finding, Pathways, Rival, RuleView, SheetInputs, SizeView
from celltrial.report.design_sheet.rendering import render_sheet

__all__ = ["Finding", "Pathways", "Rival", "RuleView", "SheetInputs", "SizeView", "render_sheet"]

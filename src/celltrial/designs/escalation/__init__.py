"""Dose-escalation designs, one file each."""

"""Screening: every criterion of the version in force on one form."""

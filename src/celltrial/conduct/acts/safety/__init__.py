"""Adverse events, grades, expedited reports, queries."""

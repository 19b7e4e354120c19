"""Adverse events: what is known of them, their clocks, and a report that is graded while somebody types."""

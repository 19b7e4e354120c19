"""Cohorts and levels: places, stagger slots, DLT windows, dose decisions."""

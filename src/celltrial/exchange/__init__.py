"""Data in and out: reading cohorts from tables, writing what agencies and other systems read."""

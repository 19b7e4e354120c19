"""Cohort and dose meeting: the data, what the design says, and the decision that several sign."""

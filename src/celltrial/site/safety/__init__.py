"""Stopping rules with their distance to the boundary, suspensions and halts, and who is on the way meanwhile."""

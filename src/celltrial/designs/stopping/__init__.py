"""Stopping rules, one file each: one object to plan, to enforce and to print."""

"""Appearance: numbers are rounded and words translated here, once, and nowhere else."""

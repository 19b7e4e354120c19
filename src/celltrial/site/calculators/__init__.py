"""Calculators for people without a trial: dose-finding designs, sizes, bounds, enrolment."""

"""Trials that are computed or simulated: exact engine, Monte Carlo, the virtual trial."""

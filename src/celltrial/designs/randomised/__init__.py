"""Randomised designs: group-sequential boundaries, survival and rates, power under a delayed effect, randomisation."""

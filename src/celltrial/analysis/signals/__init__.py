"""Signals from case reports: counts of cases by product and event, measures of disproportion, and how sure they are.

A high measure is a reason to look, not a finding: who reports what is not a sample of who had what.
"""

from celltrial.analysis.signals.disproportion import disproportion, two_by_two
from celltrial.analysis.signals.gamma_poisson import Prior, fit_prior, shrunken
from celltrial.analysis.signals.likelihood_ratio import LikelihoodRatio, likelihood_ratio

__all__ = ["LikelihoodRatio", "Prior", "disproportion", "fit_prior", "likelihood_ratio", "shrunken", "two_by_two"]

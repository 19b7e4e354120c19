"""Experiments: the protocol's own criteria, gates and rules are tried in memory, through the commands of a running trial."""

from celltrial.guideline.experiments.outcome import Answer, NotTriedError, Outcome, Reply, Step
from celltrial.guideline.experiments.table import EXPERIMENTS, Experiment, answers_of, opened, run

__all__ = [
    "EXPERIMENTS",
    "Answer",
    "Experiment",
    "NotTriedError",
    "Outcome",
    "Reply",
    "Step",
    "answers_of",
    "opened",
    "run",
]

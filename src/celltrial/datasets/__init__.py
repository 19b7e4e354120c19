"""Analysis tables derived from the events of a trial, as of a data cut, with ADaM-like names."""

from celltrial.datasets.derive import derive
from celltrial.datasets.schema import DATASETS
from celltrial.datasets.trial_data import CutKind, DataCut, TrialData

__all__ = ["DATASETS", "CutKind", "DataCut", "TrialData", "derive"]
